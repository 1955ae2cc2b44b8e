"""The writer of a task file: one locked connection, transactions, and the rows of format v1.

Knows rows and transactions, not what a step is for. SPEC.md, Durability, says what is synced when
and why that suffices.
"""

from __future__ import annotations

import os
import threading
import uuid
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from ._clock import SYSTEM, Clock, iso
from ._lock import FileLock
from ._schema import Header, check_schema, create_tables
from ._sqlite import (
    MOVED,
    Connection,
    IntegrityError,
    connect,
    keep_for_ever,
    patiently,
    storage_errors,
)
from .errors import ClosedTaskError, SchemaError, StorageError

T = TypeVar("T")

# In a row, the status stands behind the result, and SQLite reads through a large result to get at
# it. The index has it without the result; a file that lacks the index is read the slow way.
_ROWS = "SELECT id, name, kind FROM mundane_steps NOT INDEXED ORDER BY id"
_INDEXED = "SELECT id, status FROM mundane_steps INDEXED BY mundane_steps_status"
_STATUSES = "SELECT id, status FROM mundane_steps NOT INDEXED"
_HAS_INDEX = "SELECT count(*) FROM sqlite_master WHERE name = 'mundane_steps_status'"
_RESULT = "SELECT encoding, result, status FROM mundane_steps WHERE id = ?"
_STARTED = "SELECT started_at FROM mundane_steps WHERE id = ?"
_LAST = "SELECT coalesce(max(id), 0) FROM mundane_steps"
_SINCE = "SELECT id FROM mundane_steps WHERE id > ? ORDER BY id"
_FIND = "SELECT id FROM mundane_steps WHERE name = ?"
_INSERT = (
    "INSERT INTO mundane_steps (name, kind, encoding, result, status, started_at, finished_at)"
    " VALUES (?, ?, 'json', ?, ?, ?, ?)"
)
_RESTART = (
    "UPDATE mundane_steps SET kind = ?, encoding = 'json', result = ?, status = ?, error = NULL,"
    " started_at = ?, finished_at = ? WHERE id = ?"
)
_DONE = (
    "UPDATE mundane_steps SET status = 'done', encoding = ?, result = ?, error = NULL,"
    " finished_at = ? WHERE id = ?"
)
_FAILED = (
    "UPDATE mundane_steps SET status = 'failed', result = NULL, error = ?, finished_at = ?"
    " WHERE id = ?"
)
_FORGET = "DELETE FROM mundane_steps WHERE id = ?"

# A journal that a large commit left behind is cut to this size; a small one serves the next commit.
_JOURNAL_BYTES = 1 << 20

# What does not fit into the page cache is written twice: 16 MiB values of a tool's tables fit.
_CACHE_KIB = 24_000


@dataclass(slots=True)
class Batch:
    """What happens to many rows in one transaction.

    Attributes:
        done: (encoding, encoded result, row id) of each step that is done.
        failed: (error text, row id) of each that failed.
        pending: (name, id of its old row or None) of each whose attempt starts.
    """

    done: list[tuple[str, str | bytes, int]] = field(default_factory=list)
    failed: list[tuple[str, int]] = field(default_factory=list)
    pending: list[tuple[str, int | None]] = field(default_factory=list)


class Store:
    """The open, locked and checked file of one writer. Threads may share it.

    Args:
        path: as the caller gave it; messages name it so.
        clock: whose time the rows get.

    Raises:
        LockedError: another task has the file.
        SchemaError: the file is not a sound task file; nothing was changed.
        StorageError: the system refuses.
    """

    header: Header

    def __init__(self, path: str, clock: Clock = SYSTEM) -> None:
        self.path = path
        self._clock = clock
        self._file = os.path.abspath(path)
        self._pid = os.getpid()
        self._lock = FileLock(self._file)
        self._mutex = threading.RLock()
        self._queue: deque[_Commit[Any]] = deque()
        self._connection: Connection | None = None
        self._synchronous = ""
        try:
            # First, and inside: neither a fork nor an interrupt may fall between open and listed.
            _open_stores.add(self)
            self._open()
        except BaseException:
            self.close()
            raise

    def rows(self) -> list[tuple[int, str, str, str]]:
        """Return (id, name, kind, status) of every row, oldest first, without the results."""
        return self.query(self._read_rows)

    def result(self, row_id: int) -> tuple[str, str | bytes | None]:
        """Return (encoding, stored result) of one row."""
        encoding, result, status = self._row(_RESULT, row_id)
        if status != "done":
            raise SchemaError(self.path, f"is damaged: an index says that row {row_id} is done")
        return encoding, result

    def results(self, row_ids: list[int]) -> list[tuple[str, str | bytes | None]]:
        """Return (encoding, stored result) of many rows."""
        with self._mutex:
            return [self.result(row_id) for row_id in row_ids]

    def started_at(self, row_id: int) -> str:
        """Return when the row's current attempt started (ISO-8601)."""
        return str(self._row(_STARTED, row_id)[0])

    def write_pending(self, name: str, row_id: int | None) -> int:
        """Commit a `pending` row whose attempt starts now; return its id.

        It survives a kill, not necessarily a power loss.
        """
        values = ("step", None, "pending", self._now(), None)
        return self.commit(lambda c: _upsert(c, name, row_id, values), durable=False)

    def write_sleep(
        self, name: str, row_id: int | None, started_at_ms: int, wake_at_ms: int
    ) -> int:
        """Commit a sleep that starts now as a `done` row; return its id."""
        start = iso(started_at_ms)
        values = ("sleep", str(wake_at_ms), "done", start, start)
        return self.commit(lambda c: _upsert(c, name, row_id, values))

    def write_done(
        self,
        row_id: int,
        encoding: str,
        result: str | bytes,
        also: Callable[[Connection], None] | None = None,
    ) -> None:
        """Commit `done` with its encoded result, and what `also` writes, in one transaction."""

        def work(connection: Connection) -> None:
            self._update(connection, _DONE, (encoding, result, self._now(), row_id))
            if also is not None:
                also(connection)

        self.commit(work)

    def write_failed(self, row_id: int, error: str) -> None:
        """Commit `failed` with an error text."""
        values = (error, self._now(), row_id)
        self.commit(lambda c: self._update(c, _FAILED, values))

    def write_batch(self, batch: Batch) -> list[int]:
        """Commit a batch in one transaction; return the ids of the rows that are `pending`."""
        now = self._now()
        done = [(encoding, result, now, row_id) for encoding, result, row_id in batch.done]
        failed = [(error, now, row_id) for error, row_id in batch.failed]
        values = ("step", None, "pending", now, None)

        def work(connection: Connection) -> list[int]:
            self._update(connection, _DONE, *done)
            self._update(connection, _FAILED, *failed)
            return _upsert_all(connection, batch.pending, values)

        return self.commit(work, durable=bool(done or failed))

    def delete(self, row_ids: list[int]) -> None:
        """Commit the removal of rows."""
        self.commit(lambda c: c.executemany(_FORGET, [(row_id,) for row_id in row_ids]))

    def query(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` reads through the connection; it must not write."""
        with self._mutex, storage_errors(self.path, "reading it"):
            return work(self._use())

    def commit(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Run `work` in a transaction, commit it, and return what `work` returned.

        Threads that call at once share a transaction: the one that gets the mutex commits for all
        that wait. Where a shared transaction fails, each work runs again in one of its own.

        Args:
            work: writes through the connection.
            durable: whether the commit must survive power loss, and not only a kill.
        """
        entry: _Commit[T] = _Commit(work, durable)
        self._queue.append(entry)
        with self._mutex:
            if not entry.settled:
                self._settle(self._take_batch(entry))
        return entry.outcome()

    def close(self) -> None:
        """Close the file so that nothing lies beside it, and release its lock. Idempotent."""
        if self._pid != os.getpid():
            return
        with self._mutex:
            connection, self._connection = self._connection, None
            try:
                if connection is not None:
                    _close(connection)
            finally:
                self._lock.release()
                _open_stores.discard(self)

    def _open(self) -> None:
        folder = os.path.dirname(self._file)
        if os.path.isdir(folder) and not os.access(folder, os.W_OK):
            raise StorageError(
                self.path, "its folder is read-only, and SQLite keeps its journal there"
            )
        self._lock.acquire()
        with storage_errors(self.path, "opening it"):
            self._connection = connection = connect(self._file, "rwc")
            header = check_schema(self.path, self._file, connection)
            # A rollback journal that stays, never WAL: no other runtime could open a WAL file.
            mode = connection.execute("PRAGMA journal_mode = PERSIST").fetchone()[0]
            if mode != "persist":
                raise StorageError(
                    self.path, f"another program keeps it open in journal mode {mode!r}: close that"
                )
            connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_BYTES}")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            # What was forgotten is overwritten where that costs no extra write.
            connection.execute("PRAGMA secure_delete = FAST")
            if header is None:
                _sync_folder(folder)
                self.commit(lambda c: create_tables(c, str(uuid.uuid4()), self._now()))
                header = check_schema(self.path, self._file, connection)
        if header is None:
            raise SchemaError(self.path, "is damaged: its tables cannot be made")
        self.header = header

    def _read_rows(self, connection: Connection) -> list[tuple[int, str, str, str]]:
        rows = connection.execute(_ROWS).fetchall()
        indexed = connection.execute(_HAS_INDEX).fetchone()[0]
        statuses = dict(connection.execute(_INDEXED if indexed else _STATUSES).fetchall())
        if statuses.keys() != {row[0] for row in rows}:
            raise SchemaError(self.path, "is damaged: its table and its index do not agree")
        return [(row_id, name, kind, statuses[row_id]) for row_id, name, kind in rows]

    def _row(self, statement: str, row_id: int) -> tuple[Any, ...]:
        row = self.query(lambda c: c.execute(statement, (row_id,)).fetchone())
        if row is None:
            raise SchemaError(self.path, f"is damaged: row {row_id} of mundane_steps is gone")
        return cast("tuple[Any, ...]", row)

    def _update(self, connection: Connection, statement: str, *rows: tuple[Any, ...]) -> None:
        if rows and connection.executemany(statement, rows).rowcount != len(rows):
            raise StorageError(
                self.path, "the step's row was removed while it ran: its outcome is not stored"
            )

    def _now(self) -> str:
        return iso(self._clock.now_ms())

    def _use(self) -> Connection:
        if self._pid != os.getpid():
            raise ClosedTaskError(
                self.path,
                "its parent process's: in a forked child return the value to the parent instead",
            )
        if self._connection is None:
            raise ClosedTaskError(self.path, "closed: use it inside run(), or open it again")
        return self._connection

    def _take_batch(self, own: _Commit[Any]) -> list[_Commit[Any]]:
        """Return everybody's waiting work, `own` among it even where a batch was interrupted."""
        batch: list[_Commit[Any]] = []
        while self._queue:
            batch.append(self._queue.popleft())
        if own not in batch:
            batch.append(own)
        return batch

    def _settle(self, batch: list[_Commit[Any]]) -> None:
        if len(batch) > 1:
            try:
                durable = any(entry.durable for entry in batch)
                results = self._transact([entry.work for entry in batch], durable)
            except Exception as error:  # noqa: BLE001 (run again alone: each keeps its own error)
                del error
            else:
                for entry, result in zip(batch, results, strict=True):
                    entry.settle(result)
                return
        for entry in batch:
            try:
                entry.settle(self._transact([entry.work], entry.durable)[0])
            except Exception as error:  # noqa: BLE001 (raised in the thread whose work it is)
                entry.fail(error)

    def _transact(self, works: list[Callable[[Connection], Any]], durable: bool) -> list[Any]:
        connection = self._use()
        with storage_errors(self.path, "writing to it"):
            try:
                self._sync("FULL" if durable else "NORMAL")
                patiently(connection, "BEGIN IMMEDIATE")
                results = [work(connection) for work in works]
                patiently(self._use(), "COMMIT")
            finally:
                # Not in a child that one of the works forked: the transaction is its parent's.
                if self._pid == os.getpid() and connection.in_transaction:
                    connection.execute("ROLLBACK")
        if not self._lock.still_names_file():
            raise StorageError(self.path, MOVED)
        return results

    def _sync(self, level: str) -> None:
        if level != self._synchronous:
            self._use().execute(f"PRAGMA synchronous = {level}")
            self._synchronous = level

    def _abandon(self) -> None:
        """In a forked child: the connection may be neither used nor closed there."""
        if self._connection is not None:
            keep_for_ever(self._connection)
            self._connection = None
        self._mutex.release()


class _Commit(Generic[T]):
    """One caller's work on its way through a transaction that others may share."""

    __slots__ = ("_error", "_result", "durable", "settled", "work")

    def __init__(self, work: Callable[[Connection], T], durable: bool) -> None:
        self.work = work
        self.durable = durable
        self.settled = False
        self._error: Exception | None = None
        self._result: T | None = None

    def settle(self, result: T) -> None:
        self._result = result
        self.settled = True

    def fail(self, error: Exception) -> None:
        self._error = error
        self.settled = True

    def outcome(self) -> T:
        if self._error is not None:
            raise self._error
        return cast("T", self._result)


def _upsert(
    connection: Connection, name: str, row_id: int | None, values: tuple[str | None, ...]
) -> int:
    """Start a row again, or insert it; return its id."""
    if row_id is not None and connection.execute(_RESTART, (*values, row_id)).rowcount == 1:
        return row_id
    try:
        return cast("int", connection.execute(_INSERT, (name, *values)).lastrowid)
    except IntegrityError:
        # There, but unknown to the caller: an interrupt fell between its commit and its return.
        found = connection.execute(_FIND, (name,)).fetchone()
        if found is None:
            raise
        return _upsert(connection, name, cast("int", found[0]), values)


def _upsert_all(
    connection: Connection, rows: list[tuple[str, int | None]], values: tuple[str | None, ...]
) -> list[int]:
    """`_upsert` each; return their ids."""
    if all(row_id is None for _, row_id in rows):
        last_id = connection.execute(_LAST).fetchone()[0]
        try:
            connection.executemany(_INSERT, [(name, *values) for name, _ in rows])
        except IntegrityError as error:
            del error  # one of them is there: those inserted so far are found below, too
        else:
            return [row_id for (row_id,) in connection.execute(_SINCE, (last_id,))]
    return [_upsert(connection, name, row_id, values) for name, row_id in rows]


def _close(connection: Connection) -> None:
    """Close a writer's connection; its journal goes, so that the task is one file."""
    try:
        with storage_errors("", "closing it"):
            connection.execute("PRAGMA journal_mode = DELETE")
    except (StorageError, SchemaError):
        # All that was acknowledged is synced; a journal that can't be removed is a cold one.
        return
    finally:
        connection.close()


def _sync_folder(folder: str) -> None:
    """Make the new file's own name survive power loss (fsync(2): the directory needs its own)."""
    if os.name != "posix":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


# A fork waits until no transaction is under way, so that a child inherits none.
_open_stores: weakref.WeakSet[Store] = weakref.WeakSet()
_forking: list[Store] = []


def _before_fork() -> None:
    for store in list(_open_stores):
        store._mutex.acquire()
        _forking.append(store)


def _after_fork_in_parent() -> None:
    while _forking:
        _forking.pop()._mutex.release()


def _after_fork_in_child() -> None:
    while _forking:
        _forking.pop()._abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
