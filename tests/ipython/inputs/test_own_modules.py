"""Modules of the user's are inputs: what a step uses of them, as it stands in their files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..support.kernels import OPEN, open_notebook
from ..support.shells import Shell

Restart = Callable[[], Shell]

UTIL = """RATE = 2
TABLE = {}
TABLE.update(a=1)
def scale(x):
    return x * RATE
def other():
    return 1
"""
FEAT = """import util
from util import scale as sc
def make(x):
    return sc(x) + 1
def two():
    from util import other
    return util.other() + other()
def told():
    return util.TABLE
class Model:
    def go(self):
        return make(2)
if __name__ == "__main__":
    make(3)
"""
SCRIPT = "N = 2\ndef run():\n    return N\n"
PLAIN = """import feat
from feat import Model, make
model = Model()
def local():
    return feat.two()
def late():
    import feat
    return feat.two()
"""
BODIES = {
    "member": "x = feat.make(2)",
    "imported": "x = make(2)",
    "in the cell": "import feat as f\nx = f.make(1)",
    "instance": "x = model.go()",
    "helper": "x = local()",
    "late": "x = late()",
    "table": "x = feat.told()",
    "whole": "x = vars(feat)['make'](1)",
    "none": "x = 1",
    "script": "%run script.py\nx = N",
}
MAKERS = ("member", "imported", "in the cell", "instance")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Write the modules into the working folder, and forget them afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name, text in (("util", UTIL), ("feat", FEAT), ("script", SCRIPT)):
        (tmp_path / f"{name}.py").write_text(text)
    yield tmp_path
    _forget()


def _forget() -> None:
    for name in ("util", "feat"):
        sys.modules.pop(name, None)


def _run(restarted: Restart) -> dict[str, str]:
    """Run all steps in a new shell; return what each says of being stale, "whole" left aside."""
    _forget()
    shell = restarted()
    shell.ok(PLAIN)
    said = {}
    for number, (label, body) in enumerate(BODIES.items()):
        note = shell.step(f"s{number}", body).out
        said[label] = note.partition("STALE: ")[2].partition(". To run")[0]
    return {label: text for label, text in said.items() if text}


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("file", "old", "new", "says", "steps"),
    [
        ("util.py", "RATE = 2", "RATE = 3", "module util changed: RATE", MAKERS),
        ("util.py", "x * RATE", "x + RATE", "module util changed: scale", MAKERS),
        ("feat.py", "+ 1\ndef", "+ 5\ndef", "module feat changed: make", MAKERS),
        ("util.py", "return 1", "return 9", "module util changed: other", ("helper", "late")),
        ("util.py", "a=1", "a=2", "module util changed: TABLE", ("table",)),
        ("feat.py", "go(self):", "go(self, n=1):", "module feat changed: Model", ("instance",)),
        ("script.py", "N = 2", "N = 3", "module script.py changed", ("script",)),
    ],
)
def test_an_edit_is_noticed_where_it_is_used(  # noqa: PLR0913 (one edit, and what it does)
    restarted: Restart,
    folder: Path,
    file: str,
    old: str,
    new: str,
    says: str,
    steps: tuple[str, ...],
) -> None:
    """The part that was edited is named, through other modules as well, and by nobody else."""
    _run(restarted)
    _edit(folder / file, old, new)
    said = _run(restarted)
    assert {label: said.get(label) for label in steps} == dict.fromkeys(steps, says)
    assert said.keys() - {"whole"} == {*steps}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("util.py", "RATE = 2", "RATE = 2  # two"),
        ("feat.py", "import util\n", "import util\n\nUNUSED = 3\n"),
        ("feat.py", "return sc(x) + 1", "'''Doc.'''\n    return sc( x )+1"),
        ("feat.py", "make(3)", "make(4)"),
        ("script.py", "N = 2", "N = 2"),
    ],
)
def test_what_is_the_same_raises_no_alarm(
    restarted: Restart, folder: Path, file: str, old: str, new: str
) -> None:
    """Comments, docstrings, what nobody uses, and a file that was only touched."""
    _run(restarted)
    _edit(folder / file, old, new)
    assert _run(restarted).keys() <= {"whole"}


def test_a_whole_module_counts_where_it_is_passed_on(restarted: Restart, folder: Path) -> None:
    """Nobody can tell then which part of it is used."""
    _run(restarted)
    _edit(folder / "feat.py", "import util\n", "import util\nMORE = 1\n")
    assert _run(restarted) == {"whole": "module feat changed"}


def test_a_module_that_is_loaded_again(tmp_path: Path) -> None:
    """In one kernel an edited file is another module once it is loaded anew, and not before."""
    (tmp_path / "feat.py").write_text("def make(): return 1\n")
    cell = "%%step a\nx = feat.make()"
    with open_notebook(tmp_path) as notebook:
        notebook.ok(f"{OPEN}\nimport feat, importlib")
        notebook.ok(cell)
        (tmp_path / "feat.py").write_text("def make(): return 22\n")
        notebook.ok("%mundane_open task.db")
        assert "STALE" not in notebook.ok(cell).notes[0]
        notebook.ok("importlib.reload(feat)\n%mundane_open task.db")
        assert "STALE: module feat changed: make" in notebook.ok(cell).notes[0]
