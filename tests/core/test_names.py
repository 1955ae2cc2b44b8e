"""Names of steps and paths of task files: what may be one, and what is done with odd ones."""

from __future__ import annotations

import enum
import os
from pathlib import Path
from typing import Any

import pytest

import mundane

from .support import Calls, beside, rows


class _Name(str):
    __slots__ = ()


class _Stage(enum.StrEnum):
    LOAD = "load"


NAMES = {
    "letter": "a",
    "digit": "0",
    "all kinds": "Load-2026.11_x",
    "dots": "a..b",
    "ends in a dash": "a-",
    "long": "n" * 10_000,
}

NO_NAMES = {
    "empty": "",
    "newline at the end": "abc\n",
    "newline inside": "a\nb",
    "space": "a b",
    "space at the end": "a ",
    "starts with a dot": ".a",
    "starts with a dash": "-a",
    "starts with an underscore": "_a",
    "slash": "a/b",
    "colon": "a:b",
    "NUL": "a\0",
    "umlaut": "ä",
    "Arabic digit": "٣",
    "fullwidth letter": "\uff41",
    "lone surrogate": "a\ud800",
    "bytes": b"a",
    "int": 1,
    "None": None,
    "list": ["a"],
    "huge": "a b" * 1_000_000,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name(path: Path, name: str) -> None:
    """ASCII letters, digits, dot, underscore and dash; the first is a letter or digit."""
    assert mundane.run(path, lambda task: task.step(name, lambda: 1)) == 1
    assert [row[0] for row in rows(path)] == [name]


@pytest.mark.parametrize("name", NO_NAMES.values(), ids=NO_NAMES)
@pytest.mark.parametrize("method", ["step", "sleep", "begin", "idempotency_key"])
def test_no_name(path: Path, method: str, name: Any) -> None:
    """Anything else is an InvalidNameError in every method, before anything is touched."""
    calls = Calls()
    arguments = {"step": (name, calls), "sleep": (name, "1d")}.get(method, (name,))
    with mundane.open(path) as task:
        with pytest.raises(mundane.InvalidNameError, match="is not a step name"):
            getattr(task, method)(*arguments)
        assert task.used() == frozenset()
    assert rows(path) == []
    assert calls.count == 0


@pytest.mark.parametrize("name", [_Name("load"), _Stage.LOAD], ids=["str subclass", "StrEnum"])
def test_a_subclass_of_str_names_the_same_step(path: Path, name: str) -> None:
    """A name is what it is equal to, whatever its type."""
    mundane.run(path, lambda task: task.step(name, lambda: 1))
    assert mundane.run(path, lambda task: task.step("load", lambda: 2)) == 1
    with mundane.open(path) as task:
        task.begin("load")
        with pytest.raises(mundane.DuplicateStepError):
            task.begin(name)


ODD_FILES = [
    "task",
    "a b.db",
    "what?.db",
    "a#b.db",
    "100%.db",
    "%41.db",
    "a&mode=ro.db",
    "file:x.db",
    'it\'s "so".db',
    "back\\slash.db",
    "ünïcödé-日本-🎉.db",
    "new\nline.db",
    "\udcff.db",
    "-flag.db",
    "x" * 240 + ".db",
]


@pytest.mark.parametrize("file_name", ODD_FILES, ids=[ascii(name)[:20] for name in ODD_FILES])
def test_odd_characters_in_a_path(tmp_path: Path, file_name: str) -> None:
    """The path names this very file, whatever a URI or a shell would make of it."""
    path = tmp_path / file_name
    mundane.run(str(path), lambda task: task.step("a", lambda: 1))
    assert os.listdir(tmp_path) == [file_name]
    assert mundane.run(str(path), lambda task: task.step("a", lambda: 2)) == 1
    assert mundane.read(str(path)).get("a") == 1


def test_a_path_may_be_pathlike(path: Path) -> None:
    """`pathlib.Path` is taken by `run`, `open` and `read`."""
    mundane.run(path, lambda task: task.step("a", lambda: 1))
    with mundane.open(path) as task:
        assert task.path == str(path)
        assert task.get("a") == 1
    with mundane.read(path) as view:
        assert view.path == str(path)


def test_a_path_that_starts_with_two_slashes(path: Path) -> None:
    """POSIX allows them; SQLite would take them for a host's name."""
    mundane.run(f"/{path}", lambda task: task.step("a", lambda: 1))
    assert mundane.run(path, lambda task: task.step("a", lambda: 2)) == 1


def test_a_relative_path(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is relative to the folder in which the task was opened."""
    monkeypatch.chdir(path.parent)
    mundane.run("task.db", lambda task: task.step("a", lambda: 1))
    assert path.exists()
    assert (
        mundane.run(os.path.join("..", path.parent.name, "task.db"), lambda task: task.get("a"))
        == 1
    )


def test_the_folder_changes_during_a_run(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path goes on naming the file that was opened after `os.chdir`."""
    monkeypatch.chdir(path.parent)

    def work(task: mundane.Task) -> None:
        task.step("a", lambda: 1)
        os.chdir(tmp_path)
        task.step("b", lambda: 2)

    mundane.open("task.db").close()
    view = mundane.read("task.db")
    mundane.run("task.db", work)
    assert [step.name for step in view.steps()] == ["a", "b"]
    assert os.listdir(tmp_path) == []
    assert beside(path) == []


NO_PATHS = {
    "memory": (":memory:", mundane.StorageError, "a task lives in a file"),
    "empty": ("", mundane.StorageError, "is no path"),
    "NUL": ("a\0b", mundane.StorageError, "is no path"),
    "folder": (".", mundane.StorageError, "is a folder: name a file in it"),
    "bytes": (b"task.db", TypeError, "not bytes"),
    "None": (None, TypeError, "NoneType"),
    "number": (3, TypeError, "int"),
}


@pytest.mark.parametrize(("bad", "error", "text"), NO_PATHS.values(), ids=NO_PATHS)
@pytest.mark.parametrize("function", [mundane.open, mundane.read])
def test_no_path(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    function: Any,
    bad: Any,
    error: type[Exception],
    text: str,
) -> None:
    """What is no path of a task file is refused with the reason; no file is made."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=text):
        function(bad)
    assert os.listdir(tmp_path) == []


def test_a_missing_folder(tmp_path: Path) -> None:
    """A path in a folder that does not exist is a StorageError that says so."""
    with pytest.raises(mundane.StorageError, match="No such file or directory"):
        mundane.open(tmp_path / "none" / "task.db")


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero", "fifo"])
def test_no_regular_file(tmp_path: Path, device: str) -> None:
    """A device or a pipe cannot keep a task, and is neither read nor written."""
    target = Path(device)
    if device == "fifo":
        target = tmp_path / "pipe"
        os.mkfifo(target)
    for function in (mundane.open, mundane.read):
        with pytest.raises(mundane.StorageError, match="is no regular file"):
            function(target)


def test_links_to_one_file_are_one_task(path: Path) -> None:
    """Through a symbolic or a hard link the same file is locked and resumed."""
    mundane.run(path, lambda task: task.step("a", lambda: 1))
    symbolic, hard = path.parent / "symbolic.db", path.parent / "hard.db"
    symbolic.symlink_to(path.name)
    os.link(path, hard)
    for link in (symbolic, hard):
        assert mundane.run(link, lambda task: task.get("a")) == 1
        with mundane.open(path), pytest.raises(mundane.LockedError):
            mundane.open(link)
