"""The extension's own tables in the task file: cell records and the chunks of their bundles.

SPEC.md, The extension's tables. They are written in the transaction that makes the step `done`.
Their SQL is here, and in `readings` for who only looks; sees bytes and text, never objects.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from mundane import SchemaError, Task
from mundane.tools import is_same_statement

from ..errors import BundleError
from .chunks import (
    LARGE_BYTES,
    PIECE_BYTES,
    Tick,
    allocate,
    copier,
    new_digest,
    read_ahead,
    split,
    writing_out,
)

_FEW_PAGES_KIB = 400
_MAPPED_BYTES = 0x7FFF0000

TABLES = {
    "mundane_ipython_cells": "(name TEXT PRIMARY KEY, row_id INTEGER NOT NULL,"
    " finished_at TEXT NOT NULL, record TEXT NOT NULL, signature TEXT NOT NULL)",
    "mundane_ipython_chunks": "(id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " buffer INTEGER NOT NULL, position INTEGER NOT NULL, data BLOB NOT NULL,"
    " UNIQUE (name, buffer, position))",
    "mundane_ipython_attempts": "(name TEXT PRIMARY KEY, row_id INTEGER NOT NULL,"
    " started_at TEXT NOT NULL, count INTEGER NOT NULL)",
}
"""The extension's tables and their columns; each has the step's name."""

_SWEEP = tuple(
    f"DELETE FROM {table} WHERE name NOT IN (SELECT name FROM mundane_steps)"  # noqa: S608
    for table in TABLES
)
_DELETE = (
    "DELETE FROM mundane_ipython_cells WHERE name = ?",
    "DELETE FROM mundane_ipython_chunks WHERE name = ?",
)
_DELETE_ATTEMPTS = "DELETE FROM mundane_ipython_attempts WHERE name = ?"
_INSERT = (
    "INSERT INTO mundane_ipython_cells (name, row_id, finished_at, record, signature)"
    " SELECT name, id, finished_at, ?, ? FROM mundane_steps WHERE name = ?"
)
# A record counts only for the very row that it was written with: another runtime may have run the
# step again since.
_READ = (
    "SELECT CAST(record AS TEXT), CAST(signature AS TEXT)"
    " FROM mundane_ipython_cells AS cell JOIN mundane_steps AS step"
    " ON step.id = cell.row_id AND step.name = cell.name AND step.finished_at = cell.finished_at"
    " WHERE cell.name = ?"
)
_ATTEMPT = (
    "INSERT INTO mundane_ipython_attempts (name, row_id, started_at, count)"
    " SELECT name, id, started_at, 1 FROM mundane_steps WHERE name = ?"
    " ON CONFLICT (name) DO UPDATE SET row_id = excluded.row_id, started_at = excluded.started_at,"
    " count = CASE WHEN ? AND row_id = excluded.row_id THEN count + 1 ELSE 1 END"
)
_SQL = "SELECT sql FROM sqlite_master WHERE tbl_name = ? COLLATE NOCASE AND sql IS NOT NULL"
_ALL = "SELECT name, CAST(record AS TEXT), CAST(signature AS TEXT) FROM mundane_ipython_cells"
_FINISHED = "SELECT name, finished_at FROM mundane_steps WHERE status = 'done'"
_BEGUN_BEFORE = "SELECT name FROM mundane_steps WHERE status = 'done' AND started_at < ?"
_NAMES = "SELECT name FROM mundane_steps WHERE kind = ? OR ? = '' ORDER BY id DESC LIMIT ?"
_FINISHED_AT = "SELECT finished_at FROM mundane_steps WHERE name = ?"
_SIGN = "UPDATE mundane_ipython_cells SET signature = ? WHERE name = ?"
_RESERVE = (
    "INSERT INTO mundane_ipython_chunks (name, buffer, position, data)"
    " VALUES (?, ?, ?, zeroblob(?))"
)
_CHUNKS = (
    "SELECT id, length(data) FROM mundane_ipython_chunks WHERE name = ? AND buffer = ?"
    " ORDER BY position"
)

_CHUNK_TABLE = "mundane_ipython_chunks"


@dataclass(frozen=True, slots=True)
class StoredCell:
    """A record's text and signature."""

    text: str
    signature: str


class Cells:
    """The extension's tables in one open task.

    Args:
        task: the open task.

    Raises:
        SchemaError: the file has other tables of their names.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        task.commit(self._prepare)

    def read(self, name: str) -> StoredCell | None:
        """Return the cell that was stored with the step's present row, None where none was."""
        row = self._task.query(lambda c: c.execute(_READ, (name,)).fetchone())
        return None if row is None else StoredCell(*row)

    def finished(self) -> dict[str, str]:
        """Return when each finished step of the task finished (ISO-8601), by step."""
        return self._task.query(read_finished)

    def step_names(self, kind: str, limit: int) -> list[str]:
        """Return the names of the newest rows of a kind: `step`, `sleep`, or "" for all."""
        rows = self._task.query(lambda c: c.execute(_NAMES, (kind, kind, limit)).fetchall())
        return [name for (name,) in rows]

    def begun_before(self, time: str) -> list[str]:
        """Return the finished steps whose last attempt began before a time, ISO-8601 in UTC."""
        found = self._task.query(lambda c: c.execute(_BEGUN_BEFORE, (time,)).fetchall())
        return [name for (name,) in found]

    def finished_at(self, name: str) -> str:
        """Return when a finished step finished (ISO-8601)."""
        return str(self._task.query(lambda c: c.execute(_FINISHED_AT, (name,)).fetchone())[0])

    def all(self) -> dict[str, StoredCell]:
        """Return every stored cell by its step's name."""
        rows = self._task.query(lambda c: c.execute(_ALL).fetchall())
        return {name: StoredCell(text, signature) for name, text, signature in rows}

    def sign(self, signatures: dict[str, str]) -> None:
        """Replace the signatures of these cells."""
        rows = [(signature, name) for name, signature in signatures.items()]
        self._task.commit(lambda c: c.executemany(_SIGN, rows))

    def forget(self, names: Sequence[str]) -> None:
        """Remove these cells and their bundles."""

        def work(connection: Any) -> None:
            for statement in (*_DELETE, _DELETE_ATTEMPTS):
                connection.executemany(statement, [(name,) for name in names])

        self._task.commit(work)

    def read_buffer(
        self, name: str, buffer: int, size: int, digests: Sequence[str], tick: Tick
    ) -> Any:
        """Return one buffer of a step's bundle, writable, every chunk checked against its digest.

        Args:
            name: of the step.
            buffer: its number in the bundle, 0 for the stream.
            size: in bytes, as the record says.
            digests: of its chunks, as the record says.
            tick: told the size of each piece that has been read.

        Raises:
            BundleError: bytes are missing or damaged.
        """
        return self._task.query(lambda c: self._read_buffer(c, name, buffer, size, digests, tick))

    def _prepare(self, connection: Any) -> None:
        for table, columns in TABLES.items():
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table} {columns}")
            if not has_table(connection, table):
                raise SchemaError(self._task.path, f"has another {table} than mundane_ipython's")
        sweep(connection)

    def _read_buffer(
        self,
        connection: Any,
        name: str,
        buffer: int,
        size: int,
        digests: Sequence[str],
        tick: Tick,
    ) -> Any:
        rows = connection.execute(_CHUNKS, (name, buffer)).fetchall()
        there = sum(length for _, length in rows)
        if there != size or len(rows) != len(digests):
            raise self._damaged(name, f"{there:,} of {size:,} bytes of buffer {buffer} are there")
        target = allocate(size)
        copy, end = copier(target), 0
        with (
            _through_few_pages(connection, size),
            closing(
                read_ahead(self._pieces(connection, name, buffer, rows, digests), size)
            ) as pieces,
        ):
            for piece in pieces:
                copy(end, piece)
                end += len(piece)
                tick(len(piece))
        return target

    def _pieces(
        self,
        connection: Any,
        name: str,
        buffer: int,
        rows: Sequence[tuple[int, int]],
        digests: Sequence[str],
    ) -> Generator[bytes, None, None]:
        """Yield the bytes of a buffer's chunks, given as (id, length), and check each chunk."""
        size = sum(length for _, length in rows)
        mapped = _mapped if size >= LARGE_BYTES else nullcontext
        start = 0
        for (row_id, length), expected in zip(rows, digests, strict=True):
            state = new_digest(buffer)
            with (
                mapped(connection),
                connection.blobopen(_CHUNK_TABLE, "data", row_id, readonly=True) as blob,
            ):
                for position in range(0, length, PIECE_BYTES):
                    piece = blob.read(min(PIECE_BYTES, length - position))
                    state.update(piece)
                    yield piece
            end = start + length
            if state.hexdigest() != expected:
                what = f"bytes {start:,} to {end:,} of buffer {buffer} have changed"
                raise self._damaged(name, what)
            start = end

    def _damaged(self, name: str, what: str) -> BundleError:
        reason = f"its bundle is damaged ({what}): '%%step {name} --rerun' runs the step again"
        return BundleError(self._task.path, name, reason)


@contextmanager
def _mapped(connection: Any) -> Iterator[None]:
    """Let SQLite read from a map of the file: a third of the time of a system call for each page.

    Of its first 2 GiB, which is SQLite's limit (sqlite.org/mmap.html). For one chunk at a time: a
    map that stays would count as this process's memory, and what is cut off the file meanwhile, or
    cannot be read from the disk, ends a process that reads it from a map (SPEC.md, Bundles).
    """
    connection.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
    try:
        yield
    finally:
        connection.execute("PRAGMA mmap_size = 0")


def sweep(connection: Any) -> None:
    """Remove what belongs to steps that are gone."""
    for statement in _SWEEP:
        connection.execute(statement)


@contextmanager
def _through_few_pages(connection: Any, size: int) -> Iterator[None]:
    """Let a large value pass through so few pages of SQLite's cache that the processor's has them.

    Args:
        connection: that reads the value.
        size: of the value, in bytes.
    """
    if size < LARGE_BYTES:
        yield
        return
    usual = connection.execute("PRAGMA cache_size").fetchone()[0]
    connection.execute(f"PRAGMA cache_size = -{_FEW_PAGES_KIB}")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA cache_size = {usual}")


def count_attempt(connection: Any, name: str, *, again: bool) -> None:
    """Note in a step's `pending` transaction that a cell starts it.

    Args:
        connection: in the transaction.
        name: the step's.
        again: whether its last attempt came to no value, so that this is one more.
    """
    connection.execute(_ATTEMPT, (name, again))


def read_finished(connection: Any) -> dict[str, str]:
    """Return when each finished step finished (ISO-8601), by step."""
    return dict(connection.execute(_FINISHED).fetchall())


def has_table(connection: Any, table: str) -> bool:
    """Return whether a table is there, and is the one that is made here.

    A file that the extension never opened, or an older one of it, lacks its tables. One that has
    others of their names, or with indexes that are made nowhere, was forged: its columns may be
    generated, of any size.
    """
    statements = connection.execute(_SQL, (table,)).fetchall()
    return len(statements) == 1 and is_same_statement(
        statements[0][0], f"CREATE TABLE {table} {TABLES[table]}"
    )


def write_cell(
    connection: Any,
    name: str,
    cell: StoredCell,
    buffers: Sequence[bytes | memoryview],
    tick: Tick,
    write_out: Callable[[], object],
) -> None:
    """Write a cell and its bundle's buffers, the stream first, into the step's transaction.

    Args:
        connection: in the transaction.
        name: of the step.
        cell: its record.
        buffers: of its bundle.
        tick: told the size of each chunk that has been written.
        write_out: see `Task.write_out`.
    """
    for statement in _DELETE:
        connection.execute(statement, (name,))
    connection.execute(_INSERT, (cell.text, cell.signature, name))
    with writing_out(write_out, sum(memoryview(b).nbytes for b in buffers)) as written:
        for number, buffer in enumerate(buffers):
            for position, chunk in enumerate(split(buffer)):
                cursor = connection.execute(_RESERVE, (name, number, position, len(chunk)))
                # Written in place: binding the chunk as a parameter would copy it first.
                with connection.blobopen(_CHUNK_TABLE, "data", cursor.lastrowid) as blob:
                    blob.write(chunk)
                tick(len(chunk))
                written(len(chunk))
