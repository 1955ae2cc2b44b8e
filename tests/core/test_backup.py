"""A copy of a task file: whole, of one moment, or not there; beside any writer."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest

import mundane
from mundane.cli import main

from .support import Child, beside, leave_hot_journal, sql
from .tracing import Traced
from .workload import check_integrity

STEPS = 5


@pytest.fixture
def task_file(path: Path) -> Path:
    """A task file with some steps, of which one fills pages of its own."""
    with mundane.open(path) as task:
        for i in range(STEPS):
            task.step(f"s{i}", lambda i=i: [i, "x" * (20_000 if i == 3 else 10)])
    return path


def check_prefix(copy: Path) -> int:
    """Check that a copy is sound and holds the first steps of a run; return how many."""
    with mundane.open(copy) as task:
        check_integrity(task)
        done = [name for name in task.names_from("s0") if task.status(name) == "done"]
        assert done == [f"s{i}" for i in range(len(done))]
        for i, name in enumerate(done):
            assert task.get(name)[0] == i
    return len(done)


def test_a_copy_is_the_same_task(task_file: Path) -> None:
    """Rows and task_id are those of the original, which is not changed; so are the file's modes."""
    copy = task_file.with_name("copy.db")
    before = task_file.read_bytes()
    task_file.chmod(0o640)
    mundane.backup(task_file, copy)
    assert task_file.read_bytes() == before
    assert copy.stat().st_mode == task_file.stat().st_mode
    with mundane.read(task_file) as original, mundane.read(copy) as view:
        assert view.task_id == original.task_id
        assert view.steps() == original.steps()
    assert check_prefix(copy) == STEPS
    assert beside(task_file) == ["copy.db"]


def test_a_copy_of_a_wal_file_is_one_file(task_file: Path) -> None:
    """Where an inspector switched the original to WAL, the copy has a rollback journal."""
    sql(task_file, "PRAGMA journal_mode = WAL")
    copy = task_file.with_name("copy.db")
    mundane.backup(task_file, copy)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert check_prefix(copy) == STEPS


REFUSED = {
    "the file exists": ("taken.db", "exists already, and a backup replaces nothing"),
    "the task itself": ("task.db", "exists already"),
    "a link to nothing": ("dangling.db", "exists already"),
    "no such folder": ("none/copy.db", "cannot be written: No such file or directory"),
    "a folder": (".", "is a folder"),
    "no file": (":memory:", "a task lives in a file"),
}


@pytest.mark.parametrize(("name", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_refused_copy(
    task_file: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    """It is a StorageError that says why; nothing is replaced, and nothing is left."""
    monkeypatch.chdir(task_file.parent)
    Path("taken.db").write_text("mine")
    Path("dangling.db").symlink_to("nowhere.db")
    before = task_file.read_bytes()
    with pytest.raises(mundane.StorageError, match=reason) as info:
        mundane.backup(task_file, name)
    assert str(info.value).startswith(name)
    assert Path("taken.db").read_text() == "mine"
    assert task_file.read_bytes() == before
    assert beside(task_file) == ["dangling.db", "taken.db"]


def test_what_is_no_task_is_not_copied(path: Path) -> None:
    """The errors are those of `mundane.read`."""
    with pytest.raises(mundane.TaskNotFoundError):
        mundane.backup(path, path.with_name("copy.db"))
    path.write_text("hello")
    with pytest.raises(mundane.SchemaError, match="not SQLite"):
        mundane.backup(path, path.with_name("copy.db"))
    assert beside(path) == []


def test_from_the_command_line(task_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says nothing where it went well, and never replaces a file."""
    copy = task_file.with_name("copy.db")
    assert main(["backup", str(task_file), str(copy)]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["backup", str(task_file), str(copy)]) == 1
    assert capsys.readouterr().err.startswith(f"mundane: {copy}: exists already")
    assert check_prefix(copy) == STEPS


WRITER = """
    import sys, mundane
    with mundane.open(sys.argv[1]) as task:
        for line in sys.stdin:
            first = int(line)
            for i in range(first, first + 100):
                task.step(f"s{i}", lambda: [i, "x" * (i % 7 * 1000)])
        print("ended", flush=True)
"""


def test_in_a_loop_beside_a_live_writer(path: Path) -> None:
    """Every copy opens and holds a prefix of the steps; the writer notices nothing."""
    mundane.open(path).close()
    rounds = 12
    copies = []
    with Child(WRITER, path) as writer:
        for number in range(rounds):
            writer.say(str(number * 100))
            copy = path.with_name(f"copy-{number}.db")
            mundane.backup(path, copy)
            copies.append(copy)
        assert writer.process.stdin is not None
        writer.process.stdin.close()
        assert writer.line() == "ended"
        writer.process.wait()
        assert writer.process.returncode == 0
    lengths = [check_prefix(copy) for copy in copies if mundane.read(copy).steps()]
    assert lengths == sorted(lengths)
    assert check_prefix(path) == rounds * 100


def test_beside_a_writer_of_this_process(path: Path) -> None:
    """Closing what the backup opened does not take the writer's locks away."""
    with mundane.open(path) as task:
        task.step("s0", lambda: [0])
        thread = threading.Thread(target=mundane.backup, args=(path, path.with_name("copy.db")))
        thread.start()
        for i in range(1, 50):
            task.step(f"s{i}", lambda i=i: [i])
        thread.join()
        look = "import sys, mundane; mundane.open(sys.argv[1])"
        with Child(look, path) as other:
            assert other.process.wait() == 1
    assert check_prefix(path.with_name("copy.db")) > 0
    assert check_prefix(path) == 50


THEIR_WRITER = """
    import sys, mundane
    assert not hasattr(mundane, "backup"), "this is not mundane-sdk"
    def work(task):
        print("open", flush=True)
        for i in range(1500):
            task.step(f"s{i}", lambda: [i, "x" * (i % 7 * 1000)])
    mundane.run(sys.argv[1], work)
    print("ended", flush=True)
"""


def test_beside_a_writer_that_takes_no_locks(path: Path, sdk: Path) -> None:
    """A copy beside mundane-sdk 0.1.0 is whole too, or refused; that writer is not disturbed."""
    taken = 0
    with Child(THEIR_WRITER, path, env={"PYTHONPATH": str(sdk)}, cwd=path.parent) as writer:
        assert writer.line() == "open"
        for number in range(15):
            copy = path.with_name(f"copy-{number}.db")
            with suppress(mundane.StorageError):  # it wrote all the time
                mundane.backup(path, copy)
            if copy.exists():
                taken += 1
                if mundane.read(copy).steps():
                    check_prefix(copy)
        assert writer.line() == "ended"
        writer.end()
    assert taken > 0
    assert check_prefix(path) == 1500


def test_a_dead_writers_journal_is_rolled_back_first(task_file: Path) -> None:
    """What a killed writer left half done is in no copy."""
    leave_hot_journal(task_file)
    copy = task_file.with_name("copy.db")
    mundane.backup(task_file, copy)
    assert check_prefix(copy) == STEPS


def traced_backup(task_file: Path) -> tuple[Traced, Path]:
    """Start a backup in a child, and tell where it goes."""
    copy = task_file.with_name("copy.db")
    copy.unlink(missing_ok=True)

    def run() -> None:
        try:
            mundane.backup(task_file, copy)
        except mundane.StorageError:
            os._exit(7)

    return Traced(run), copy


def writes(task_file: Path) -> list[str]:
    """Return the calls of a backup that write."""
    traced, copy = traced_backup(task_file)
    names = [call.name for call in traced]
    assert traced.exit_code == 0
    assert copy.exists()
    return names


def test_a_backup_killed_at_any_write_is_whole_or_not_there(task_file: Path) -> None:
    """What has the copy's name is a copy."""
    before = task_file.read_bytes()
    whole = []
    for at, _ in enumerate(writes(task_file)):
        traced, copy = traced_backup(task_file)
        for number, call in enumerate(traced):
            if number == at:
                call.kill()
        assert traced.exit_code == -9
        whole.append(copy.exists())
        if whole[-1]:
            assert check_prefix(copy) == STEPS
    assert True in whole
    assert whole.index(True) > 10
    assert task_file.read_bytes() == before


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC], ids=errno.errorcode.get)
def test_a_backup_that_cannot_be_written_leaves_nothing(task_file: Path, error: int) -> None:
    """At whatever write the disk is full or fails: a StorageError, no copy, no other file."""
    refused = 0
    for at, name in enumerate(writes(task_file)):
        if name == "unlink":
            continue
        traced, copy = traced_backup(task_file)
        for number, call in enumerate(traced):
            if number == at:
                call.fail(error)
        if copy.exists():  # it could not be linked and was renamed, or its name is not synced
            assert name in ("link", "linkat", "fsync")
            assert check_prefix(copy) == STEPS
        else:
            assert traced.exit_code == 7, name
            assert beside(task_file) == []
            refused += 1
    assert refused > 10
