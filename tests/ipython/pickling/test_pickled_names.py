"""The names of the extension that bundles refer to: whatever moves, old bundles find them.

`frozen/pickled-names.json` lists them. `frozen/names.db` is a task file whose bundles use each, but
for `from_file`, which goes with the path of a file on the machine. It was made from the cells of
`frozen/names.json` by `python -m tests.ipython.pickling.test_pickled_names`, and is never made
again.
"""

from __future__ import annotations

import importlib.util
import io
import json
import pickle
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import mundane
from mundane_ipython.adapter.types import home_of
from mundane_ipython.pickling.unpickler import NotebookUnpickler

from ...notebooks.pickled import KNOWN_NAMES, names_in_bundles
from ..support.shells import Shell, new_shell
from ..whole.test_frozen import FOLDER, needs_pandas_3

BOOKS: list[dict[str, Any]] = json.loads((FOLDER / "names.json").read_text(encoding="utf-8"))
TASK, KEY = FOLDER / "names.db", FOLDER / "names.key"


def find(name: str) -> Any:
    """Return what a bundle that names this gets."""
    module, _, attribute = name.partition(":")
    return NotebookUnpickler(io.BytesIO(), (), str).find_class(module, attribute)


@pytest.mark.parametrize("name", sorted(KNOWN_NAMES))
def test_it_is_found(name: str) -> None:
    """By the module that it had when the bundle was written."""
    assert callable(find(name))


def test_each_is_used_by_the_frozen_file() -> None:
    """All that there were then, but for the one that would need a file of the machine's."""
    then = {name for name in KNOWN_NAMES if name.count(".") == 1}  # modules had no rooms
    assert names_in_bundles(TASK) == then - {"mundane_ipython.filemodules:from_file"}


def test_what_has_moved_is_on_the_list_again() -> None:
    """By its old name, and by those that bundles have had for it since."""
    parts = [name.split(":") for name in KNOWN_NAMES]
    assert {f"{home_of(module)}:{attribute}" for module, attribute in parts} == {
        name for name in KNOWN_NAMES if name.count(".") > 1
    }


def test_a_row_of_a_task_is_named_by_where_everybody_finds_it() -> None:
    """A cell may keep one; older bundles name the file that it was in."""
    assert find("mundane._reader:StepRecord") is mundane.StepRecord
    row = mundane.StepRecord("a", "step", "json", "done", None, "t", None, 0)
    assert b"mundane._" not in pickle.dumps(row)


def run_book(shell: Shell, book: dict[str, Any]) -> tuple[str, str]:
    """Run the cells as steps, but for the last one; return their notes, and what that one shows."""
    *cells, probe = book["cells"]
    notes = "".join(shell.step(f"{book['book']}.{n}", cell).out for n, cell in enumerate(cells))
    return notes, shell.ok(probe).out


@needs_pandas_3
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the frozen code is of Python 3.11")
def test_what_they_made_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each cell is restored, none runs, and the values are those that were stored."""
    task, key = tmp_path / "task.db", tmp_path / "key"
    shutil.copy(TASK, task)
    key.touch(0o600)
    key.write_bytes(KEY.read_bytes())
    monkeypatch.setenv("MUNDANE_KEY_FILE", str(key))
    run = 0
    with new_shell(task) as shell:
        for book in BOOKS:
            if all(map(importlib.util.find_spec, book["needs"])):
                notes, shown = run_book(shell, book)
                assert notes.count("restored, saved") == len(book["cells"]) - 1, notes
                assert "not stored" not in notes
                assert shown == book["shown"], book["book"]
                run += 1
    assert run >= len(BOOKS) - 6


def make() -> None:
    """Make the frozen file, and what its last cells show."""
    patch = pytest.MonkeyPatch()
    patch.setenv("MUNDANE_KEY_FILE", str(KEY))
    with new_shell(TASK) as shell:
        for book in BOOKS:
            notes, book["shown"] = run_book(shell, book)
            assert "stored, but for" not in notes, notes
    (FOLDER / "names.json").write_text(json.dumps(BOOKS, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make()
