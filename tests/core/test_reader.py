"""Looking into a task file: one committed state, beside a live writer or after a dead one."""

from __future__ import annotations

import dataclasses
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import mundane

from ..bench.readers import READERS
from ..bench.readers import beside as write_beside
from .support import BoomError, Child, beside, flock_holders, leave_hot_journal, sql


@pytest.fixture
def task_file(path: Path) -> Path:
    """A task file with a step in every state."""
    with mundane.open(path) as task:
        task.step("done", lambda: {"ä": [1]})
        task.step("raw", lambda: b"\0\xff")
        task.sleep("nap", 0)
        task.begin("failed").failed(BoomError("no network"))
        task.begin("pending")
    return path


def test_every_row_is_shown(task_file: Path) -> None:
    """In the order of their start, with kind, status, times, size and error, without the values."""
    with mundane.read(task_file) as view:
        steps = view.steps()
    assert [(s.name, s.kind, s.encoding, s.status, s.size_bytes) for s in steps] == [
        ("done", "step", "json", "done", len('{"\\u00e4": [1]}')),
        ("raw", "step", "bytes", "done", 2),
        ("nap", "sleep", "json", "done", 13),
        ("failed", "step", "json", "failed", 0),
        ("pending", "step", "json", "pending", 0),
    ]
    assert [s.finished_at is None for s in steps] == [False] * 4 + [True]
    assert steps[3].error is not None
    assert steps[3].error.startswith("BoomError('no network')")
    with pytest.raises(dataclasses.FrozenInstanceError):
        steps[0].name = "x"  # type: ignore[misc]


def test_values_are_read_one_by_one(task_file: Path) -> None:
    """JSON is decoded, bytes are bytes, a sleep is its end."""
    with mundane.read(task_file) as view:
        assert view.get("done") == {"ä": [1]}
        assert view.get("raw") == b"\0\xff"
        assert isinstance(view.get("nap"), int)
        for name, status in (("failed", "failed"), ("pending", "pending"), ("none", None)):
            with pytest.raises(mundane.UnknownStepError) as info:
                view.get(name)
            assert info.value.status == status


def test_the_header(task_file: Path) -> None:
    """The view knows the task's id and when it was made."""
    with mundane.open(task_file) as task:
        made = task.task_id, task.created_at
    with mundane.read(task_file) as view:
        assert (view.task_id, view.created_at) == made


def test_no_file(path: Path) -> None:
    """A path without a file is a FileNotFoundError, and none is made."""
    with pytest.raises(mundane.TaskNotFoundError, match="there is no such task file"):
        mundane.read(path)
    with pytest.raises(FileNotFoundError):
        mundane.read(path.parent / "none" / "task.db")
    assert beside(path) == []


def test_an_empty_file_holds_no_task(path: Path) -> None:
    """It is told so, and stays empty."""
    path.touch()
    with pytest.raises(mundane.SchemaError, match="holds no task yet"):
        mundane.read(path)
    assert path.read_bytes() == b""


def test_reading_changes_nothing(task_file: Path) -> None:
    """Not a byte, no file beside it, no lock."""
    before = task_file.read_bytes(), task_file.stat().st_mtime_ns
    with mundane.read(task_file) as view:
        view.steps()
        view.get("done")
        assert list(flock_holders(task_file)) == []
        with pytest.raises(mundane.StorageError):
            view.query(lambda c: c.execute("DELETE FROM mundane_steps"))
    assert (task_file.read_bytes(), task_file.stat().st_mtime_ns) == before
    assert beside(task_file) == []


def test_a_closed_view_says_so(task_file: Path) -> None:
    """Every look after the end is a ClosedTaskError, at once, writer or not."""
    view = mundane.read(task_file)
    view.close()
    view.close()
    with mundane.open(task_file):
        for look in (view.steps, lambda: view.get("done"), lambda: view.query(lambda c: None)):
            with pytest.raises(mundane.ClosedTaskError):
                look()


def test_a_wrong_statement_of_a_tool_fails_at_once(task_file: Path) -> None:
    """Beside a live writer too: it is not taken for a passing state."""
    with (
        mundane.open(task_file),
        mundane.read(task_file) as view,
        pytest.raises(mundane.StorageError, match="no such table: none"),
    ):
        view.query(lambda c: c.execute("SELECT * FROM none").fetchall())


def test_a_view_sees_what_was_committed_since(path: Path) -> None:
    """Each look is a new one."""
    with mundane.open(path) as task, mundane.read(path) as view:
        assert view.steps() == []
        attempt = task.begin("a")
        assert [step.status for step in view.steps()] == ["pending"]
        attempt.done(1)
        assert view.get("a") == 1


def test_the_writer_is_told(path: Path) -> None:
    """Its process id while it has the file open, else None."""
    with mundane.open(path), mundane.read(path) as view:
        assert view.writer() == os.getpid()
    with mundane.read(path) as view:
        assert view.writer() is None
        script = "import sys, mundane\nwith mundane.open(sys.argv[1]):\n print(flush=True); input()"
        with Child(script, path) as child:
            child.line()
            assert view.writer() == child.pid


@pytest.mark.parametrize("opened", ["before", "after"])
def test_a_dead_writers_journal_is_rolled_back(path: Path, opened: str) -> None:
    """A view, opened before or after the crash, shows the committed state and leaves it so."""
    mundane.run(path, lambda task: task.step("a", lambda: "whole"))
    view = mundane.read(path) if opened == "before" else None
    leave_hot_journal(path)
    view = view or mundane.read(path)
    with view:
        assert [step.name for step in view.steps()] == ["a"]
        assert view.get("a") == "whole"
    assert beside(path) == []


def test_a_live_writers_journal_is_let_be(path: Path) -> None:
    """While a writer is in the middle of a transaction, a reader sees the state before it."""
    mundane.run(path, lambda task: task.step("a", lambda: "before"))
    script = """
        import sys, mundane
        def slow(connection):
            connection.execute("CREATE TABLE mundane_extra (x)")
            print("inside", flush=True)
            input()
        with mundane.open(sys.argv[1]) as task:
            task.begin("b").done(1, also=slow)
    """
    with Child(script, path) as writer:
        assert writer.line() == "inside"
        assert beside(path) == ["task.db-journal"]
        with mundane.read(path) as view:
            assert [step.status for step in view.steps()] == ["done", "pending"]
        writer.say()
        writer.end()
    assert mundane.read(path).get("b") == 1


def test_a_reader_waits_for_a_task_that_is_being_made(path: Path) -> None:
    """Beside a writer that holds the file but has not made its tables yet."""
    script = """
        import sys
        from mundane._file import lock, schema, sqlite
        held = lock.FileLock(sys.argv[1])
        held.acquire()
        print("held", flush=True)
        input()
        connection = sqlite.connect(sys.argv[1], sys.argv[1], "rwc")
        connection.execute("BEGIN IMMEDIATE")
        schema.create_tables(connection, "the-task", "2027-01-15T08:00:00Z")
        connection.execute("COMMIT")
        connection.close()
        input()
    """
    look = """
        import sys, mundane
        print("look", flush=True)
        with mundane.read(sys.argv[1]) as view:
            print(view.task_id)
    """
    with Child(script, path) as writer:
        writer.line()
        with Child(look, path) as reader:
            reader.line()
            writer.say()
            assert reader.end() == "the-task\n"
            writer.say()
            writer.end()


def test_a_dropped_view_keeps_nothing_open(task_file: Path) -> None:
    """A view that was not closed frees its descriptor with its last reference."""
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        mundane.read(task_file).get("done")
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    "change",
    [
        "name = x'ff00'",
        "kind = x'fe'",
        "started_at = x'ff'",
        "error = x'ff', status = 'failed'",
        "finished_at = x'80'",
    ],
)
def test_a_row_whose_text_is_no_text_is_damage(task_file: Path, change: str) -> None:
    """What no runtime writes is a SchemaError, not a decoding error."""
    sql(task_file, f"UPDATE mundane_steps SET {change} WHERE name = 'done'")
    with mundane.read(task_file) as view, pytest.raises(mundane.SchemaError, match="is damaged"):
        view.steps()


@pytest.mark.parametrize("value", [1, 1.5, b"text"], ids=repr)
def test_a_row_of_other_types_is_shown_as_text(task_file: Path, value: Any) -> None:
    """A column that holds a number or text bytes does not break a look."""
    sql(task_file, ("UPDATE mundane_steps SET started_at = ?, error = ?", (value, value)))
    with mundane.read(task_file) as view:
        for step in view.steps():
            assert isinstance(step.started_at, str)
            assert isinstance(step.error, str)


@pytest.mark.parametrize("reader", READERS)
def test_a_writer_beside_a_reader_that_never_stops(path: Path, reader: str) -> None:
    """Neither has an error, nothing is lost; a benchmark does the same for a minute each."""
    found = write_beside(path, reader, seconds=1.5)
    assert found.steps > 0
    assert found.looks > 0


def test_an_ordinary_reader_does_no_harm(path: Path) -> None:
    """`sqlite3 task.db .dump` beside a run: neither side fails, nothing acknowledged is lost."""
    script = """
        import sys, mundane
        with mundane.open(sys.argv[1]) as task:
            for line in sys.stdin:
                for i in range(20):
                    task.step(f"s{line.strip()}-{i}", lambda: i)
    """
    with Child(script, path) as writer:
        for dump in range(20):
            writer.say(str(dump))
            with closing(sqlite3.connect(path, timeout=60)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                list(connection.iterdump())
        writer.end()
    done = [step.name for step in mundane.read(path).steps() if step.status == "done"]
    assert done == [f"s{dump}-{i}" for dump in range(20) for i in range(20)]


def test_the_version_tells_of_each_commit(path: Path) -> None:
    """It stays while nothing is written, and is another one after a commit."""
    with mundane.open(path) as task, mundane.read(path) as view:
        first = view.version()
        assert view.version() == first
        task.step("a", lambda: 1)
        second = view.version()
        assert second != first
        view.steps()
        assert view.version() == second
