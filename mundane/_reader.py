"""Looking at a task file beside a live writer, never changing it.

Every look is one statement on a read-only connection, so it sees one committed state and holds
nothing; `TaskView.hold` alone keeps a writer waiting. A journal that a dead writer left is rolled
back first, under the lock; a live writer's never is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, TypeVar

from ._lock import FileLock, find_holder
from ._names import check_path
from ._schema import Header, check_schema
from ._sqlite import (
    Connection,
    DatabaseError,
    connect,
    is_busy,
    looks_damaged,
    needs_recovery,
    storage_errors,
)
from ._values import decode_result
from .errors import (
    ClosedTaskError,
    LockedError,
    SchemaError,
    StorageError,
    TaskNotFoundError,
    UnknownStepError,
)

T = TypeVar("T")
Status = Literal["pending", "done", "failed"]
Kind = Literal["step", "sleep"]

_STEPS = (
    "SELECT CAST(name AS TEXT), CAST(kind AS TEXT), CAST(encoding AS TEXT), CAST(status AS TEXT),"
    " CAST(error AS TEXT), CAST(started_at AS TEXT), CAST(finished_at AS TEXT),"
    " COALESCE(length(CAST(result AS BLOB)), 0) FROM mundane_steps NOT INDEXED ORDER BY id"
)
_ANYTHING = "SELECT count(*) FROM sqlite_master"
_RESULT = "SELECT status, encoding, result FROM mundane_steps WHERE name = ?"

# Changes with every commit of another connection.
_VERSION = "PRAGMA data_version"
# How often a look is taken again that a commit fell into.
_LOOKS = 5
# How long a look is tried again while a live writer is in the way.
_PATIENCE_S = 10.0
_PAUSE_S = 0.01


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One row of a task file, without its result.

    Attributes:
        name: the step's name, unique in the file.
        kind: `step` or `sleep`.
        encoding: of the result, `json` or `bytes`.
        status: `pending` (running or interrupted), `done` or `failed`.
        error: what a failed step raised: its repr, then its traceback.
        started_at: when the last attempt started, ISO-8601 in UTC.
        finished_at: when it ended, or None.
        size_bytes: of the stored result, 0 for none.
    """

    name: str
    kind: Kind
    encoding: str
    status: Status
    error: str | None
    started_at: str
    finished_at: str | None
    size_bytes: int


class _Changed(Exception):  # noqa: N818 (an answer to `_patiently`)
    """What was read may be of two states."""


class TaskView:
    """A task file as it stands, from `mundane.read`; each call looks anew. A context manager.

    Attributes:
        path: as given.
        task_id: the task's UUID.
        created_at: when the file was made, ISO-8601 in UTC.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = check_path(path)
        self._file = os.path.abspath(self.path)
        self._closed = False
        if not os.path.exists(self._file):
            raise TaskNotFoundError(self.path, "there is no such task file")
        if not os.access(self._file, os.R_OK):  # not tried: a close would drop SQLite's locks
            raise StorageError(self.path, "may not be read: permission denied")
        with storage_errors(self.path, "opening it"):
            self._connection = connect(self._file, "ro")
        try:
            header = self.query(self._check)
        except BaseException:
            self.close()
            raise
        self.task_id = header.task_id
        self.created_at = header.created_at

    def steps(self) -> list[StepRecord]:
        """Return every row, in the order in which the steps were first started."""
        return [StepRecord(*row) for row in self.query(lambda c: c.execute(_STEPS).fetchall())]

    def get(self, name: str) -> Any:
        """Return the value of a finished step: JSON decoded, or bytes; of a sleep, its end in ms.

        Raises:
            UnknownStepError: there is no such step, or it is not done.
        """
        row = self.query(lambda c: c.execute(_RESULT, (name,)).fetchone())
        if row is None or row[0] != "done":
            raise UnknownStepError(self.path, name, row and row[0])
        return decode_result(self.path, name, row[1], row[2])

    def writer(self) -> int | None:
        """Return the process id of the task that has the file open, None where none is known."""
        pid, by_reader = find_holder(self._file)
        return None if by_reader else pid

    @property
    def file(self) -> str:
        """The task file's absolute path, from when it was opened."""
        return self._file

    def query(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` reads in one statement; for tools with tables of their own.

        Args:
            work: reads through the connection; called again where a writer was in the way.

        Raises:
            SchemaError: the file is damaged or none of ours.
            StorageError: a writer kept the file busy too long.
            ClosedTaskError: after `close`.
        """
        return self._patiently(lambda: self._look(work))

    def hold(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` reads in any number of statements, all of one committed state.

        A writer's next commit waits until `work` returns, so it should be short.

        Args:
            work: as in `query`.

        Raises:
            SchemaError, StorageError, ClosedTaskError: as in `query`.
        """
        try:
            return self._patiently(lambda: self._hold(work))
        except _Changed:
            reason = "a writer that takes no locks of SQLite's changed it all the time: stop it"
            raise StorageError(self.path, reason) from None

    def _patiently(self, look: Callable[[], T]) -> T:
        """Return what a look returns, taken again where a writer was in the way."""
        deadline_s = time.monotonic() + _PATIENCE_S
        with storage_errors(self.path, "reading it"):
            while True:
                if self._closed:
                    raise ClosedTaskError(self.path, "closed: read it again")
                try:
                    return look()
                except (DatabaseError, SchemaError, _Changed) as error:
                    if time.monotonic() > deadline_s or not self._worth_another_look(error):
                        raise
                time.sleep(_PAUSE_S)

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._closed = True
        self._connection.close()

    def __del__(self) -> None:
        # sqlite3's connections are part of a reference cycle (the statement cache): one that is
        # dropped would keep the file open until the garbage collector runs.
        if hasattr(self, "_connection"):
            self.close()

    def __enter__(self) -> TaskView:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _look(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` reads of one state, even beside a writer that hides its locks.

        Such a writer (mundane-sdk 0.1.0) may write while `work` reads. It writes the page with the
        version first, and its journal, which SQLite refuses to pass, lies there until it is done.
        """
        for _ in range(_LOOKS):
            before = self._connection.execute(_VERSION).fetchone()
            result = work(self._connection)
            if self._connection.execute(_VERSION).fetchone() == before:
                break
        # A writer that keeps committing beside a long look is one that locks: it saw one state.
        return result

    def _hold(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` reads of one state, if none was in the way that takes no locks.

        A second connection tells: it reads the version anew, while the first holds SQLite's lock,
        which no other writer passes.
        """
        with closing(connect(self._file, "ro")) as witness:
            self._connection.execute("BEGIN")
            try:
                self._connection.execute(_ANYTHING).fetchone()  # takes the lock
                before = witness.execute(_VERSION).fetchone()
                result = work(self._connection)
                if witness.execute(_VERSION).fetchone() == before:
                    return result
            finally:
                self._connection.execute("ROLLBACK")
        raise _Changed

    def _check(self, connection: Connection) -> Header:
        header = check_schema(self.path, self._file, connection)
        if header is None:
            raise SchemaError(self.path, "holds no task yet")
        return header

    def _worth_another_look(self, error: Exception) -> bool:
        """Return whether the error may pass; a dead writer's journal is rolled back for it."""
        if is_busy(error) or isinstance(error, _Changed):
            return True
        if needs_recovery(error):
            return _recover(self._file)
        # A writer that takes no locks of SQLite's (mundane-sdk 0.1.0) lets a reader see a page of
        # one state beside a page of another, or a file that is still growing: damage only where
        # it lasts.
        damaged = isinstance(error, SchemaError) or looks_damaged(error)
        return damaged and self.writer() is not None


def _recover(file: str) -> bool:
    """Roll back the journal of a dead writer; return whether another look makes sense."""
    lock = FileLock(file, shared=True)
    try:
        lock.acquire()
    except LockedError:
        return True
    try:
        connection = connect(file, "rw")
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            connection.close()
    finally:
        lock.release()
    return True


def read(path: str | os.PathLike[str]) -> TaskView:
    """Open a read-only view of a task file, safe beside a live writer.

    Args:
        path: of an existing task file.

    Raises:
        TaskNotFoundError: there is none.
        SchemaError: it is not a sound task file, or holds no task yet.
        StorageError: it cannot be read.
    """
    return TaskView(path)
