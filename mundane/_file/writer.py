"""The one locked connection of a writer, and its transactions.

Knows what is synced when, and nothing about rows. SPEC.md, Durability, says why that suffices.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

from ..errors import ClosedTaskError, SchemaError, StorageError
from .journal import cut, journal_of, refuse_beside
from .lock import FileLock
from .sqlite import (
    MOVED,
    Connection,
    Cursor,
    connect,
    keep_for_ever,
    patiently,
    storage_errors,
)

T = TypeVar("T")

# A larger journal is cut before the next commit; a small one serves it.
_JOURNAL_BYTES = 1 << 20

# What does not fit into the page cache is written twice: 16 MiB values of a tool's tables fit.
_CACHE_KIB = 24_000

# A statement with two rows at least, of which the second is never read: see `Writer._begin`.
_HOLD = "SELECT 1 UNION ALL SELECT count(*) FROM sqlite_master"

# Offset and size of SQLite's count of transactions (sqlite.org/fileformat2.html, section 1.3.7).
_COUNTER = (24, 4)


class Writer:
    """A file that this process alone writes to, until `close`. Threads may share it.

    Args:
        path: as the caller gave it; messages name it so.
        page_bytes: of its pages, if it is made now; None: SQLite's default.

    Raises:
        LockedError: another task has the file.
        SchemaError: the file is damaged, or no database.
        StorageError: the system refuses.
    """

    def __init__(self, path: str, page_bytes: int | None = None) -> None:
        self.path = path
        self._page_bytes = page_bytes
        self._file = os.path.abspath(path)
        self._journal = journal_of(self._file)
        self._pid = os.getpid()
        self._lock = FileLock(self._file)
        self._mutex = threading.RLock()
        self._queue: deque[_Commit[Any]] = deque()
        self._connection: Connection | None = None
        self._held: Cursor | None = None
        self._counter = b""
        try:
            # First, and inside: neither a fork nor an interrupt may fall between open and listed.
            _open_writers.add(self)
            self._open()
        except BaseException:
            self.close()
            raise

    def query(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` reads through the connection; it must not write."""
        with self._mutex, storage_errors(self.path, "reading it"):
            return work(self._use())

    def commit(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction, commit it, and return what `work` returned.

        Threads that call at once share a transaction: the one that gets the mutex commits for all
        that wait. Where a shared transaction fails, each work runs again in one of its own.

        Args:
            work: writes through the connection.
        """
        entry: _Commit[T] = _Commit(work)
        self._queue.append(entry)
        with self._mutex:
            if not entry.settled:
                self._settle(self._take_batch(entry))
        return entry.outcome()

    def write_out(self) -> None:
        """Have the system write what a transaction has written so far, beside the transaction.

        Raises:
            StorageError: it cannot be written. The system may say so once only, and to this caller:
                the transaction must not be committed.
        """
        try:
            self._lock.write_out()
        except OSError as error:
            raise StorageError(self.path, f"writing to it: the disk refuses ({error})") from error

    def vacuum(self) -> tuple[int, int]:
        """Write the file anew without the space of what was removed.

        Returns:
            Its size in bytes before and after.
        """
        with self._mutex, storage_errors(self.path, "compacting it"):
            connection = self._use()
            self._let_go()  # SQLite refuses while a statement is being read
            before = os.path.getsize(self._file)
            patiently(connection, "VACUUM")
            return before, os.path.getsize(self._file)

    @property
    def closed(self) -> bool:
        """Whether nothing more can be read or written: after `close`."""
        return self._connection is None

    def close(self) -> None:
        """Close the file so that nothing lies beside it, and release its lock. Idempotent."""
        if self._pid != os.getpid():
            return
        with self._mutex:
            connection, self._connection = self._connection, None
            try:
                self._let_go()
                if connection is not None:
                    _close(connection)
            finally:
                self._lock.release()
                _open_writers.discard(self)

    def _open(self) -> None:
        folder = os.path.dirname(self._file)
        if os.path.isdir(folder) and not os.access(folder, os.W_OK):
            raise StorageError(
                self.path, "its folder is read-only, and SQLite keeps its journal there"
            )
        refuse_beside(self.path, self._file)  # first: the lock makes the file where it is missing
        self._lock.acquire()
        with storage_errors(self.path, "opening it"):
            self._connection = connection = connect(self.path, self._file, "rwc")
            self._check(connection)
            if self._page_bytes is not None:
                connection.execute(f"PRAGMA page_size = {self._page_bytes:d}")
            # A rollback journal that stays, never WAL: no other runtime could open a WAL file.
            mode = connection.execute("PRAGMA journal_mode = PERSIST").fetchone()[0]
            if mode != "persist":
                raise StorageError(
                    self.path, f"another program keeps it open in journal mode {mode!r}: close that"
                )
            # Not less for `pending` rows: SPEC.md, Durability.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            # What was forgotten is overwritten where that costs no extra write.
            connection.execute("PRAGMA secure_delete = FAST")

    def _check(self, connection: Connection) -> None:
        """Check what the file holds, before anything is changed; a subclass knows its format."""

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
                results = self._transact([entry.work for entry in batch])
            except Exception as error:  # noqa: BLE001 (run again alone: each keeps its own error)
                del error
            else:
                for entry, result in zip(batch, results, strict=True):
                    entry.settle(result)
                return
        for entry in batch:
            try:
                entry.settle(self._transact([entry.work])[0])
            except Exception as error:  # noqa: BLE001 (raised in the thread whose work it is)
                entry.fail(error)

    def _transact(self, works: list[Callable[[Connection], Any]]) -> list[Any]:
        connection = self._use()
        with storage_errors(self.path, "writing to it"):
            try:
                self._begin(connection)
                results = [work(connection) for work in works]
                patiently(self._use(), "COMMIT")
                self._counter = self._lock.peek(*_COUNTER)
            finally:
                # Not in a child that one of the works forked: the transaction is its parent's.
                if self._pid == os.getpid() and connection.in_transaction:
                    connection.execute("ROLLBACK")
                    self._let_go()
        if not self._lock.still_names_file():
            raise StorageError(self.path, MOVED)
        return results

    def _begin(self, connection: Connection) -> None:
        """Start a transaction, on a connection that reads all the time.

        While a statement is being read, SQLite keeps its shared lock, its page cache and the open
        journal from one commit to the next. Else each commit opens the journal again, and syncs
        the folder for that. Should another program have written all the same, past that lock (any
        descriptor of the file that this process closes takes it away), the cache is out of date:
        the counter that each writer leaves in the file tells.
        """
        if self._held is None:
            self._held = patiently(connection, _HOLD)
            self._counter = self._lock.peek(*_COUNTER)
        patiently(connection, "BEGIN IMMEDIATE")
        if self._lock.peek(*_COUNTER) != self._counter:
            connection.execute("ROLLBACK")
            self._let_go()
            patiently(connection, "BEGIN IMMEDIATE")
        cut(self._journal, _JOURNAL_BYTES)

    def _let_go(self) -> None:
        """End the reading that `_begin` started, and with it the shared lock."""
        held, self._held = self._held, None
        if held is not None:
            held.close()

    def _abandon(self) -> None:
        """In a forked child: the connection may be neither used nor closed there."""
        if self._connection is not None:
            keep_for_ever(self._connection)
            self._connection = None
        self._mutex.release()


def sync_folder(path: str, file: str) -> None:
    """Make the name of a new file survive power loss (fsync(2): the folder needs its own).

    Args:
        path: as the caller gave it; messages name it so.
        file: the same, absolute.

    Raises:
        StorageError: the system refuses.
    """
    if os.name != "posix":
        return
    try:
        fd = os.open(os.path.dirname(file), os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as error:
        raise StorageError(path, f"its folder cannot be synced: {error.strerror}") from error


class _Commit(Generic[T]):
    """One caller's work on its way through a transaction that others may share."""

    __slots__ = ("_error", "_result", "settled", "work")

    def __init__(self, work: Callable[[Connection], T]) -> None:
        self.work = work
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


# A fork waits until no transaction is under way, so that a child inherits none.
_open_writers: weakref.WeakSet[Writer] = weakref.WeakSet()
_forking: list[Writer] = []


def _before_fork() -> None:
    for writer in list(_open_writers):
        writer._mutex.acquire()
        # The child would take the lock that SQLite remembers here for one of its own.
        writer._let_go()
        _forking.append(writer)


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
