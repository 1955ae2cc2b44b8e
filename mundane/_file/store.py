"""The rows of format v1, read and written through the task file's one writer.

Knows rows, not what a step is for; when what is synced is `writer`'s.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar, cast

from .._clock import SYSTEM, Clock, iso
from ..errors import SchemaError, StorageError, damaged
from .schema import Header, check_schema, create_tables
from .sqlite import Connection, IntegrityError, is_full
from .writer import Writer, sync_folder

T = TypeVar("T")

# SQLite's ids are of 64 bits.
_MAX_ID = 2**63 - 1

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
_LAST_ID_EVER = (
    "SELECT max(coalesce((SELECT max(id) FROM mundane_steps), 0),"
    " coalesce((SELECT max(CAST(seq AS INTEGER)) FROM sqlite_sequence"
    " WHERE name = 'mundane_steps'), 0))"
)
_FORGET = "DELETE FROM mundane_steps WHERE id = ?"


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


class Store(Writer):
    """The open, locked and checked task file of one writer. Threads may share it.

    Args:
        path: as the caller gave it; messages name it so.
        clock: whose time the rows get.
        page_bytes: of its pages, if it is made now; None: SQLite's default.

    Raises:
        LockedError: another task has the file.
        SchemaError: the file is not a sound task file; nothing was changed.
        StorageError: the system refuses.
    """

    header: Header

    def __init__(self, path: str, clock: Clock = SYSTEM, page_bytes: int | None = None) -> None:
        self._clock = clock
        super().__init__(path, page_bytes)

    def rows(self) -> list[tuple[int, str, str, str]]:
        """Return (id, name, kind, status) of every row, oldest first, without the results."""
        return self.query(self._read_rows)

    def result(self, row_id: int) -> tuple[str, str | bytes | None]:
        """Return (encoding, stored result) of one row."""
        return self._result_in(row_id, self._row(_RESULT, row_id))

    def results(self, row_ids: list[int]) -> list[tuple[str, str | bytes | None]]:
        """Return (encoding, stored result) of many rows."""
        rows = self.query(
            lambda c: [c.execute(_RESULT, (row_id,)).fetchone() for row_id in row_ids]
        )
        return [self._result_in(*each) for each in zip(row_ids, rows, strict=True)]

    def started_at(self, row_id: int) -> str:
        """Return when the row's current attempt started (ISO-8601)."""
        return str(self._row(_STARTED, row_id)[0])

    def write_pending(
        self, name: str, row_id: int | None, also: Callable[[Connection], None] | None = None
    ) -> int:
        """Commit a `pending` row, started now, and what `also` writes; return the row's id."""
        values = ("step", None, "pending", self._now(), None)

        def work(connection: Connection) -> int:
            started = _upsert(connection, name, row_id, values)
            if also is not None:
                also(connection)
            return started

        return self.commit(work)

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

        return self.commit(work)

    def commit(self, work: Callable[[Connection], T]) -> T:
        """Do as `Writer.commit`, and tell a full disk from a file whose row ids are used up.

        Raises:
            SchemaError: a row has the last id, or had; only somebody who wrote that makes it so.
        """
        try:
            return super().commit(work)
        except StorageError as error:
            if is_full(error.__cause__):
                last_id = self.query(lambda c: c.execute(_LAST_ID_EVER).fetchone()[0])
                if last_id >= _MAX_ID:
                    raise SchemaError(
                        self.path,
                        f"can take no further steps: an id of {_MAX_ID:,} stands in mundane_steps "
                        "or sqlite_sequence, and no higher one is possible. No run comes that far: "
                        "somebody wrote it. What is stored can be read; go on in a new file",
                    ) from error
            raise

    def delete(self, row_ids: list[int]) -> None:
        """Commit the removal of rows."""
        self.commit(lambda c: c.executemany(_FORGET, [(row_id,) for row_id in row_ids]))

    def _open(self) -> None:
        super()._open()
        if self._found is None:
            sync_folder(self.path, self._file)
            self.commit(lambda c: create_tables(c, str(uuid.uuid4()), self._now()))
            self.query(self._check)
        if self._found is None:
            raise damaged(self.path, "its tables cannot be made")
        self.header = self._found

    def _check(self, connection: Connection) -> None:
        self._found = check_schema(self.path, self._file, connection)

    def _read_rows(self, connection: Connection) -> list[tuple[int, str, str, str]]:
        rows = connection.execute(_ROWS).fetchall()
        indexed = connection.execute(_HAS_INDEX).fetchone()[0]
        statuses = dict(connection.execute(_INDEXED if indexed else _STATUSES).fetchall())
        if statuses.keys() != {row[0] for row in rows}:
            raise damaged(self.path, "its table and its index do not agree")
        return [(row_id, name, kind, statuses[row_id]) for row_id, name, kind in rows]

    def _row(self, statement: str, row_id: int) -> tuple[Any, ...]:
        row = self.query(lambda c: c.execute(statement, (row_id,)).fetchone())
        if row is None:
            self._refuse_gone(row_id)
        return cast("tuple[Any, ...]", row)

    def _result_in(
        self, row_id: int, row: tuple[Any, ...] | None
    ) -> tuple[str, str | bytes | None]:
        if row is None:
            self._refuse_gone(row_id)
        encoding, result, status = row
        if status != "done":
            raise damaged(self.path, f"an index says that row {row_id} is done")
        return encoding, result

    def _refuse_gone(self, row_id: int) -> NoReturn:
        raise damaged(self.path, f"row {row_id} of mundane_steps is gone")

    def _update(self, connection: Connection, statement: str, *rows: tuple[Any, ...]) -> None:
        if rows and connection.executemany(statement, rows).rowcount != len(rows):
            raise StorageError(
                self.path, "the step's row was removed while it ran: its outcome is not stored"
            )

    def _now(self) -> str:
        return iso(self._clock.now_ms())


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
    if len(rows) > 1 and all(row_id is None for _, row_id in rows):
        last_id = connection.execute(_LAST).fetchone()[0]
        try:
            connection.executemany(_INSERT, [(name, *values) for name, _ in rows])
        except IntegrityError as error:
            del error  # one of them is there: those inserted so far are found below, too
        else:
            return [row_id for (row_id,) in connection.execute(_SINCE, (last_id,)).fetchall()]
    return [_upsert(connection, name, row_id, values) for name, row_id in rows]
