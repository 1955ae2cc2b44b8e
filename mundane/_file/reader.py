"""Looking at a task file beside a live writer, never changing it.

Every look is one read transaction on a read-only connection, so it sees one committed state and
holds nothing afterwards. A journal that a dead writer left is rolled back first, under the lock; a
live writer's never is.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, TypeVar

from .._clock import SYSTEM
from .._names import check_path
from .._values import decode_result
from ..errors import (
    ClosedTaskError,
    LockedError,
    SchemaError,
    StorageError,
    TaskNotFoundError,
    UnknownStepError,
)
from .lock import FileLock, find_holder
from .schema import Header, check_schema
from .sqlite import (
    Connection,
    DatabaseError,
    OperationalError,
    connect,
    is_busy,
    looks_damaged,
    needs_recovery,
    storage_errors,
)

T = TypeVar("T")
Status = Literal["pending", "done", "failed"]
Kind = Literal["step", "sleep"]

# Of a row that somebody wrote, only a time that a datetime can tell: before the year 9000.
_WAKE_AT_MS = (
    " CASE WHEN kind = 'sleep' AND status = 'done' AND length(CAST(result AS BLOB)) <= 15"
    " AND CAST(result AS TEXT) NOT GLOB '*[^0-9]*' AND CAST(CAST(result AS TEXT) AS INTEGER)"
    " BETWEEN 1 AND 221845392000000 THEN CAST(CAST(result AS TEXT) AS INTEGER) END"
)
_STEPS = (
    "SELECT CAST(name AS TEXT), CAST(kind AS TEXT), CAST(encoding AS TEXT),"  # noqa: S608 (constants)
    " CAST(status AS TEXT), CAST(error AS TEXT), CAST(started_at AS TEXT),"
    " CAST(finished_at AS TEXT),"
    f" COALESCE(length(CAST(result AS BLOB)), 0), {_WAKE_AT_MS}"
    " FROM mundane_steps NOT INDEXED ORDER BY id"
)
_COUNTS = (
    "SELECT count(*) FILTER (WHERE status = 'done'),"  # noqa: S608 (constants)
    " count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'pending'),"
    " max(COALESCE(NULLIF(CAST(finished_at AS TEXT), ''), CAST(started_at AS TEXT))),"
    f" min(CASE WHEN {_WAKE_AT_MS} > ? THEN {_WAKE_AT_MS} END)"
    " FROM mundane_steps NOT INDEXED"
)
_IS_DONE = "SELECT count(*) FROM mundane_steps WHERE name = ? AND status = 'done'"
_ANYTHING = "SELECT count(*) FROM sqlite_master"
_RESULT = "SELECT status, encoding, result FROM mundane_steps WHERE name = ?"

# Changes with every commit of another connection.
_VERSION = "PRAGMA data_version"
# SQLite keeps pages while the file's version stays, even those of the state before, read where a
# writer that takes no locks had written the page with the version only.
_DROP_CACHE = "PRAGMA shrink_memory"
# How often a look is taken again that a commit fell into.
_LOOKS = 5
# How long a look is tried again while a live writer is in the way: it holds the file while its
# commits are synced, which on a slow disk is nearly always, so what counts is to ask often.
_PATIENCE_S = 60.0
_PAUSE_S = 0.001
# How long apparent damage beside a live writer is looked at again.
_DOUBT_S = 10.0


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
        wake_at_ms: of a sleep, its end in ms since the epoch; else None.
    """

    __module__ = "mundane"  # by which a pickle names it, whatever file it is in

    name: str
    kind: Kind
    encoding: str
    status: Status
    error: str | None
    started_at: str
    finished_at: str | None
    size_bytes: int
    wake_at_ms: int | None = None

    def sleeps(self, now_ms: int) -> bool:
        """Return whether this is a sleep that lasts at that time, in ms since the epoch."""
        return self.wake_at_ms is not None and self.wake_at_ms > now_ms


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a task is.

    Attributes:
        done: how many steps are.
        failed: how many have.
        pending: how many run, or were interrupted.
        marked: how many of those done were asked for by name.
        last_activity: when a step started or ended last; None where none did.
        wakes_at_ms: the first end of a sleep that lasts, in ms since the epoch; None without one.
    """

    done: int
    failed: int
    pending: int
    marked: int
    last_activity: str | None
    wakes_at_ms: int | None


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
        self._guard = threading.RLock()
        with storage_errors(self.path, "opening it"):
            self._connection = connect(self.path, self._file, "ro")
            self._witness = connect(self.path, self._file, "ro")
        try:
            header = self.query(self._check)
        except BaseException:
            self.close()
            raise
        self.task_id = header.task_id
        self.created_at = header.created_at

    def steps(self) -> list[StepRecord]:
        """Return every row, in the order in which the steps were first started."""
        return [StepRecord(*row) for row in self.rows()]

    def rows(self) -> list[tuple[Any, ...]]:
        """Return as `steps` does, each as the members of its record, for who needs few of many."""
        return self.query(lambda c: c.execute(_STEPS).fetchall())

    def counts(self, marked: Iterable[str] = ()) -> Counts:
        """Return how many steps there are of each kind; the rows stay in the file.

        Args:
            marked: names of steps; counted are those that are done.
        """
        names = list(marked)

        def look(connection: Connection) -> Counts:
            now_ms = SYSTEM.now_ms()
            done, failed, pending, last, wakes = connection.execute(_COUNTS, (now_ms,)).fetchone()
            found = sum(connection.execute(_IS_DONE, (name,)).fetchone()[0] for name in names)
            return Counts(done, failed, pending, found, last, wakes)

        return self.query(look)

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

    def version(self) -> int:
        """Return a number that is another one after each commit, for who looks again and again."""
        return int(self.query(lambda c: c.execute(_VERSION).fetchone()[0]))

    @property
    def file(self) -> str:
        """The task file's absolute path, from when it was opened."""
        return self._file

    def query(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` reads of one committed state; for tools with tables of their own.

        A writer's next commit waits until `work` returns, so it should be short.

        Args:
            work: reads through the connection; called again where a writer was in the way.

        Raises:
            SchemaError: the file is damaged or none of ours.
            StorageError: a writer kept the file busy too long.
            ClosedTaskError: after `close`.
        """
        return self._patiently(lambda: self._look(work, strictly=False))

    def query_strictly(self, work: Callable[[Connection], T]) -> T:
        """Do as `query`, and rather fail than return what may be of two states.

        They can only be mixed by a writer that takes none of SQLite's locks (mundane-sdk 0.1.0) and
        commits whenever it is looked at.
        """
        try:
            return self._patiently(lambda: self._look(work, strictly=True))
        except _Changed:
            reason = "a writer that takes no locks of SQLite's changed it all the time: stop it"
            raise StorageError(self.path, reason) from None

    def _patiently(self, look: Callable[[], T]) -> T:
        """Return what a look returns, taken again where a writer was in the way."""
        started_s = time.monotonic()
        doubted = False
        with storage_errors(self.path, "reading it"):
            while True:
                if self._closed:
                    raise ClosedTaskError(self.path, "closed: read it again")
                try:
                    with self._guard:
                        return look()
                except (DatabaseError, SchemaError, _Changed) as error:
                    patience_s = self._patience_s(error)
                    if time.monotonic() - started_s > patience_s and (
                        doubted or not _may_be_torn(error)
                    ):
                        raise
                    # A writer may have ended since the look: the next one is without any.
                    doubted = patience_s == 0
                time.sleep(_PAUSE_S)

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._closed = True
        self._connection.close()
        self._witness.close()

    def __del__(self) -> None:
        # sqlite3's connections are part of a reference cycle (the statement cache): one that is
        # dropped would keep the file open until the garbage collector runs.
        if hasattr(self, "_witness"):
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

    def _look(self, work: Callable[[Connection], T], *, strictly: bool) -> T:
        """Return what `work` reads of one state, even beside a writer that takes no locks."""
        for _ in range(_LOOKS):
            result, changed = self._hold(work)
            if not changed:
                return result
        if strictly:
            raise _Changed
        return result

    def _hold(self, work: Callable[[Connection], T]) -> tuple[T, bool]:
        """Return what `work` reads under SQLite's shared lock, and whether the file changed.

        A second connection, which gets that lock for nothing, tells by reading the version anew. A
        writer that takes no locks (mundane-sdk 0.1.0) writes the page with the version first, and
        its journal, which SQLite refuses to pass, lies there until it is done.

        The version is read before the lock is taken: what such a writer commits between the two is
        a change as well, since pages that SQLite has cached are only compared with the file then.
        """
        connection = self._connection
        unchanged = False
        before = self._witness.execute(_VERSION).fetchone()
        connection.execute("BEGIN")
        try:
            connection.execute(_ANYTHING).fetchone()  # takes the lock
            result = work(connection)
            unchanged = self._witness.execute(_VERSION).fetchone() == before
            return result, not unchanged
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if not unchanged:
                connection.execute(_DROP_CACHE)

    def _check(self, connection: Connection) -> Header:
        header = check_schema(self.path, self._file, connection)
        if header is None:
            raise SchemaError(self.path, "holds no task yet")
        return header

    def _patience_s(self, error: Exception) -> float:
        """Return how long a look is to be tried again; a dead writer's journal is rolled back."""
        if is_busy(error) or isinstance(error, _Changed):
            return _PATIENCE_S
        if needs_recovery(error):
            _recover(self.path, self._file)
            return _PATIENCE_S
        return _DOUBT_S if _may_be_torn(error) and self.writer() is not None else 0.0


def _may_be_torn(error: Exception) -> bool:
    """Return whether what looks like damage may be a writer's doing, and so does not last.

    A writer that takes no locks of SQLite's (mundane-sdk 0.1.0) lets a reader see a page of one
    state beside a page of another, or a file that is still growing.
    """
    return isinstance(error, SchemaError) or looks_damaged(error)


def _recover(path: str, file: str) -> None:
    """Roll back the journal of a dead writer, unless there is a live one by now."""
    lock = FileLock(file, shared=True)
    try:
        lock.acquire()
    except LockedError:
        return
    try:
        connection = connect(path, file, "rw")
        try:
            connection.execute(_ANYTHING).fetchone()
        except OperationalError as error:
            # Another reader is at it, which on a slow disk outlasts SQLite's wait: look again.
            if not is_busy(error):
                raise
        finally:
            connection.close()
    finally:
        lock.release()


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
