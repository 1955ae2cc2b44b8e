"""Task files of earlier versions of the extension must restore for ever.

Each in `frozen/` was made by running `CELLS` with the version that its name says, signed with the
key beside it, and is never made again. (`python -m tests.ipython.whole.test_frozen` makes one for
the version that is about to be released.)
"""

from __future__ import annotations

import random
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import mundane

from ..support.shells import Shell, new_shell

# The run with the oldest versions alone has pandas 2, which cannot load what pandas 3 has pickled;
# that such a bundle is refused, and says which versions wrote it, is tested in test_bundle.py.
needs_pandas_3 = pytest.mark.skipif(
    int(pd.__version__.split(".")[0]) < 3, reason="the frozen frames are of pandas 3"
)

FOLDER = Path(__file__).parents[1] / "frozen"
FROZEN = sorted(FOLDER.glob("mundane-ipython-*.db"))

CELLS = {
    "values": "n, text, flag, none = 3, 'ä', True, None\nrows = [{'k': [1, 2.5]}]",
    "objects": "pairs = {(1, 2): {3}}\nraw = b'\\x00\\xff'\nbig = 2 ** 100\nz = 1 + 2j",
    "arrays": "import numpy as np\na = np.arange(12.0).reshape(3, 4)\nview = a[1]",
    "frames": "import pandas as pd\n"
    "frame = pd.DataFrame({'x': [1, 2], 'y': ['a', None]})\nseries = frame['x']",
    "aliases": "same = frame\nshared = [rows, rows]",
    "changes": "rows.append('more')\nframe['z'] = frame.x * 2\na[0, 0] = 9",
    "code": "def twice(v):\n    return factor * v\n\nfactor = 2\n\n"
    "class Point:\n    def __init__(self, x):\n        self.x = x",
    "instances": "p = Point(twice(n))\nq = [p, p]",
    "deleted": "del big",
    "seed": "import random\nrandom.seed(7)\nfirst = random.random()",
    "shown": "import sys\nprint('out')\nprint('err', file=sys.stderr)\n"
    "from IPython.display import HTML, display\ndisplay(HTML('<b>bold</b>'))\nlen(rows)",
    "left": "import threading\nlock, after = threading.Lock(), 5",
}


def run_cells(shell: Shell) -> dict[str, str]:
    """Run every cell as a step; return what each printed, without notes."""
    return {name: shell.step(name, body, "--quiet").out for name, body in CELLS.items()}


def facts(ns: dict[str, Any]) -> dict[str, Any]:
    """Return what the cells bound, in a form that compares."""
    plain = ["n", "text", "flag", "none", "rows", "pairs", "raw", "z", "factor", "first", "after"]
    return {
        **{name: repr(ns[name]) for name in plain},
        "a": ns["a"].tolist(),
        "view": (ns["view"].tolist(), ns["view"].base is ns["a"]),
        "frame": ns["frame"].to_csv(),
        "same": ns["same"] is ns["frame"],
        "shared": (ns["shared"][0] is ns["rows"], ns["shared"][1] is ns["rows"]),
        "series": ns["series"].tolist(),
        "twice": ns["twice"](21),
        "p": (ns["p"].x, type(ns["p"]) is ns["Point"], ns["q"][0] is ns["p"]),
        "big": "big" in ns,
        "random": random.random(),
    }


@needs_pandas_3
@pytest.mark.parametrize("frozen", FROZEN, ids=[file.stem for file in FROZEN])
def test_a_frozen_file_is_restored(
    frozen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each cell is restored with its outputs, none is stale, none runs."""
    with new_shell(tmp_path / "fresh.db") as shell:
        outputs, expected = run_cells(shell), facts(shell.ns)
        outputs = {k: re.sub(r"Out\[\d+]", "Out[n]", shown) for k, shown in outputs.items()}
        assert "lock" in shell.ns
    task = tmp_path / "task.db"
    shutil.copy(frozen, task)
    key = tmp_path / "key"
    key.touch(0o600)  # a checkout's may be read by others, which is warned of
    key.write_bytes(frozen.with_suffix(".key").read_bytes())
    monkeypatch.setenv("MUNDANE_KEY_FILE", str(key))
    # The frozen files' code is of Python 3.11; elsewhere that cell, alone, has to run again.
    other_python = {"code"} if sys.version_info[:2] != (3, 11) else set()
    before = times(task)
    with new_shell(task) as shell:
        for name, body in CELLS.items():
            if name in other_python:
                refusal = str(shell.fails(f"%%step {name}\n{body}"))
                assert "holds code compiled by Python 3.11, which Python 3." in refusal
                shell.step(name, body, "--rerun --quiet")
            shown = shell.step(name, body, "--quiet").out
            if other_python and name == "instances":
                assert "STALE: step code was run again since." in shown
            else:
                # It took one cell more where a cell had to run again.
                assert re.sub(r"Out\[\d+]", "Out[n]", shown) == outputs[name]
        assert facts(shell.ns) == expected
        assert "lock" not in shell.ns
        assert isinstance(shell.fails("lock"), NameError)
    after = times(task)
    assert [name for name in after if after[name] != before[name]] == sorted(other_python)


@needs_pandas_3
@pytest.mark.parametrize("frozen", FROZEN, ids=[file.stem for file in FROZEN])
def test_a_frozen_file_of_somebody_else_gives_its_data(frozen: Path, tmp_path: Path) -> None:
    """With another key, data types load, and what holds code is refused by name."""
    task = tmp_path / "task.db"
    shutil.copy(frozen, task)
    with new_shell(task) as shell:
        for name in ("values", "objects", "arrays", "frames"):
            assert "somebody else's" in shell.step(name, CELLS[name]).out
        assert shell.ns["frame"].x.sum() == 3
        assert "'%mundane_open FILE --trust'" in str(shell.fails(f"%%step code\n{CELLS['code']}"))


def test_there_are_frozen_files() -> None:
    """They are in the repository, each with its key."""
    assert FROZEN
    assert all(file.with_suffix(".key").exists() for file in FROZEN)


def times(task: Path) -> dict[str, str | None]:
    """Return when each step finished."""
    with mundane.read(task) as view:
        return {step.name: step.finished_at for step in view.steps()}


def make(version: str) -> None:
    """Make the frozen file of a version."""
    patch = pytest.MonkeyPatch()
    task = FOLDER / f"mundane-ipython-{version}.db"
    patch.setenv("MUNDANE_KEY_FILE", str(task.with_suffix(".key")))
    with new_shell(task) as shell:
        run_cells(shell)


if __name__ == "__main__":
    make(sys.argv[1])
