"""What lies beside a task file and would have SQLite touch another one; how a journal is cut."""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import mundane
from mundane._file.journal import cut
from mundane.cli import main

from .support import JOURNAL_MAGIC, Child, beside, forge_journal, leave_hot_journal, rows


@pytest.fixture
def keep(path: Path) -> Path:
    """A file of the user's, in the test's own folder, beside a task file with a step."""
    mundane.run(path, lambda task: task.step("a", lambda: 1))
    other = path.with_name("keep.txt")
    other.write_text("not SQLite's")
    return other


def forget(path: Path) -> None:
    with mundane.open(path) as task:
        task.forget("a")


ENTRIES: dict[str, Callable[[Path], object]] = {
    "open": mundane.open,
    "run": lambda path: mundane.run(path, lambda task: task.step("b", lambda: 2)),
    "read": mundane.read,
    "backup": lambda path: mundane.backup(path, path.with_name("copy.db")),
    "forget": forget,
}
COMMANDS = {
    "status": (),
    "steps": (),
    "get": ("a",),
    "backup": ("copy.db",),
    "forget": ("a", "--yes"),
    "vacuum": (),
    "report": (),
}


def states(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder with its bytes."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_sqlite_itself_removes_what_the_journal_names(path: Path, keep: Path) -> None:
    """The journals that these tests forge do what they are refused for."""
    forge_journal(path, os.fsencode(keep))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    assert not keep.exists()


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("named", ["there", "not there"])
def test_a_journal_that_names_a_file_is_refused(
    path: Path, keep: Path, entry: str, named: str
) -> None:
    """By every reader and writer, before SQLite sees it: nothing is touched."""
    forge_journal(path, os.fsencode(keep if named == "there" else keep.with_name("none.txt")))
    before = states(path.parent)
    with pytest.raises(mundane.SchemaError, match=r"names another file, '.*(keep|none).txt'"):
        ENTRIES[entry](path)
    assert states(path.parent) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_refuse_a_journal_that_names_a_file(
    path: Path, keep: Path, command: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """With exit code 2 and a line that says so."""
    monkeypatch.chdir(path.parent)
    forge_journal(path, os.fsencode(keep))
    before = states(path.parent)
    assert main([command, str(path), *COMMANDS[command]]) == 2
    assert "names another file" in capsys.readouterr().err
    assert states(path.parent) == before


@pytest.mark.parametrize("how", ["cold", "wrong checksum", "only the journal", "through a link"])
def test_a_journal_that_names_a_file_is_refused_in_any_state(
    path: Path, keep: Path, how: str
) -> None:
    """One that is over as well: a crash in a later transaction would make it count again."""
    opened = path
    if how == "cold":
        forge_journal(path, os.fsencode(keep), first=0)
    elif how == "wrong checksum":
        forge_journal(path, os.fsencode(keep), checksum=0)
    else:
        forge_journal(path, os.fsencode(keep))
    if how == "only the journal":
        path.unlink()
    elif how == "through a link":
        opened = path.with_name("link.db")
        opened.symlink_to(path)
    before = states(path.parent)
    with pytest.raises(mundane.SchemaError, match="names another file"):
        mundane.open(opened)
    assert states(path.parent) == before


def test_a_view_that_is_open_refuses_it_too(path: Path, keep: Path) -> None:
    """A hot journal that comes later is looked at before anything is rolled back."""
    with mundane.read(path) as view:
        forge_journal(path, os.fsencode(keep))
        with pytest.raises(mundane.SchemaError, match="names another file"):
            view.steps()
    assert keep.exists()


def test_an_honest_journal_names_none(path: Path, keep: Path) -> None:
    """A dead writer's is rolled back, as ever."""
    leave_hot_journal(path)
    assert mundane.read(path).get("a") == 1
    assert beside(path) == ["keep.txt"]


def test_a_live_writers_journal_names_none(path: Path, keep: Path) -> None:
    """However it grows and is cut while others open the file."""
    script = """
        import sys, mundane
        with mundane.open(sys.argv[1]) as task:
            for i in range(60):
                print(i, flush=True)
                task.step(f"s{i}", lambda: b"x" * 40_000 * (i % 40))
                task.forget(f"s{i}")
        print("end", flush=True)
    """
    with Child(script, path) as writer:
        while writer.line() != "end":
            for _ in range(5):
                mundane.read(path).close()
        writer.end()


@pytest.mark.parametrize("suffix", ["-journal", "-wal", "-shm"])
@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "pipe"])
def test_what_is_no_plain_file_beside_it_is_refused(
    path: Path, keep: Path, suffix: str, kind: str
) -> None:
    """SQLite would write through a link, and wait for a pipe for ever."""
    side = path.with_name(path.name + suffix)
    if kind == "folder":
        side.mkdir()
    elif kind == "pipe":
        os.mkfifo(side)
    else:
        side.symlink_to(keep if kind == "link" else keep.with_name("none.txt"))
    before = path.read_bytes()
    for entry in (mundane.open, mundane.read):
        with pytest.raises(mundane.SchemaError, match=f"task.db{suffix} beside it is a link"):
            entry(path)
    assert path.read_bytes() == before
    assert keep.read_text() == "not SQLite's"
    assert beside(path) == ["keep.txt", f"task.db{suffix}"]


def test_a_large_journal_is_cut_to_zeros(path: Path) -> None:
    """No text of a page stands at its end, where SQLite would look for a name after a crash."""
    journal = path.with_name(path.name + "-journal")
    end = b"keep.txt" + struct.pack(">II", 8, sum(b"keep.txt")) + JOURNAL_MAGIC
    with mundane.open(path) as task:
        task.step("large", lambda: end * 100_000)
        task.vacuum()
        assert journal.stat().st_size > 1 << 20
        task.step("small", lambda: 1)
        assert journal.stat().st_size < 1 << 20
    assert [name for name, *_ in rows(path)] == ["large", "small"]


def test_a_journal_is_cut_to_its_header(tmp_path: Path) -> None:
    """What is over is 512 zeros; a small one stays, and one that is not there is none."""
    journal = tmp_path / "x-journal"
    cut(str(journal), 100)
    journal.write_bytes(bytes(100))
    cut(str(journal), 100)
    assert journal.stat().st_size == 100
    journal.write_bytes(bytes(512) + b"x" * 5000)
    cut(str(journal), 100)
    assert journal.read_bytes() == bytes(512)


def test_a_kill_while_a_journal_is_cut(path: Path) -> None:
    """What the large transaction stored is there, and the next writer goes on."""
    script = """
        import os, signal, sys, mundane
        with mundane.open(sys.argv[1]) as task:
            task.step("large", lambda: "x" * 3_000_000)
            task.vacuum()
            cut = os.ftruncate
            def kill(*args):
                cut(*args)
                os.kill(os.getpid(), signal.SIGKILL)
            os.ftruncate = kill
            task.step("small", lambda: 1)
    """
    with Child(script, path) as child:
        child.process.communicate()
        assert child.process.returncode == -9
    with mundane.open(path) as task:
        assert task.get("large") == "x" * 3_000_000
        assert task.status("small") is None
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
