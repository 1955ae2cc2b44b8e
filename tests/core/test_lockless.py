"""A look beside a writer that takes none of SQLite's locks, as mundane-sdk 0.1.0 is."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import mundane
from mundane._file.lock import FileLock

from .support import sql


@pytest.fixture
def task_file(path: Path) -> Path:
    """A task file with two tables of a tool, which every commit of `count_up` changes alike."""
    with mundane.open(path) as task:
        task.step("a", lambda: 1)
    sql(path, "CREATE TABLE first (n)", "CREATE TABLE second (n)")
    sql(path, "INSERT INTO first VALUES (0)", "INSERT INTO second VALUES (0)")
    return path


def count_up(path: Path) -> None:
    """Commit a change of both tables, opened as that writer opens it."""
    with closing(sqlite3.connect(f"file:{path}?vfs=unix-none", uri=True)) as writer, writer:
        writer.execute("UPDATE first SET n = n + 1")
        writer.execute("UPDATE second SET n = n + 1")


def write_over(path: Path, content: bytes) -> None:
    """Write over a file that is as long, as a commit does."""
    with path.open("r+b") as file:
        file.write(content)


def read_of(connection: sqlite3.Connection, table: str) -> int:
    """Return what a table counts."""
    return int(connection.execute(f"SELECT n FROM {table}").fetchone()[0])


class Busy:
    """A connection that something happens to before and after one of its statements."""

    def __init__(self, connection: sqlite3.Connection, *then: Callable[[], None]) -> None:
        self._connection = connection
        self._then = list(then)
        self.close = connection.close

    def execute(self, statement: str) -> Any:
        """Execute a statement, with what is due before and after the first one."""
        due, self._then = self._then, []
        if due:
            due[0]()
        found = self._connection.execute(statement)
        if due:
            due[1]()
        return found


@pytest.mark.parametrize("moment", ["before the version", "after the version", "in the look"])
def test_a_commit_at_any_moment(
    task_file: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Pages that were cached before are never shown beside those of the commit."""

    def commit_at(here: str) -> None:
        if here == moment:
            count_up(task_file)

    looks = 0

    def look(connection: sqlite3.Connection) -> tuple[int, int]:
        nonlocal looks
        looks += 1
        first = read_of(connection, "first")
        if looks == 1:
            commit_at("in the look")
        return first, read_of(connection, "second")

    with mundane.read(task_file) as view:
        assert view.query(lambda connection: read_of(connection, "first")) == 0
        busy = Busy(
            view._witness,
            lambda: commit_at("before the version"),
            lambda: commit_at("after the version"),
        )
        monkeypatch.setattr(view, "_witness", busy)
        assert view.query_strictly(look) == (1, 1)


def test_pages_read_in_the_middle_of_a_commit_are_dropped(
    task_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read where only the page with the version was written is read anew after it."""
    before = task_file.read_bytes()
    count_up(task_file)
    after = task_file.read_bytes()
    page = int.from_bytes(before[16:18], "big")
    journal = task_file.with_name(f"{task_file.name}-journal")
    # As if the journal had been made just after the look had seen that there is none.
    write_over(task_file, after[:page] + before[page:])
    looked = threading.Event()

    def commit_the_rest() -> None:
        looked.wait()
        write_over(task_file, after)
        journal.unlink()

    def look(connection: sqlite3.Connection) -> int:
        found = read_of(connection, "first")
        if not looked.is_set():
            journal.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(1016))
        return found

    lock = FileLock(str(task_file))
    lock.acquire()
    writer = threading.Thread(target=commit_the_rest)
    writer.start()
    try:
        with mundane.read(task_file) as view:
            patience_s = view._patience_s

            def refused(error: Exception) -> float:
                looked.set()
                return patience_s(error)

            monkeypatch.setattr(view, "_patience_s", refused)
            assert view.query(look) == 1
    finally:
        looked.set()
        writer.join()
        lock.release()
