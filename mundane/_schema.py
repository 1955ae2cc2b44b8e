"""Format v1's tables: how they are made, and what a file must look like to be taken for one.

SPEC.md, The task file. A file is checked by its schema and its size, never by reading its rows:
opening costs nothing per step.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from ._sqlite import Connection
from .errors import SchemaError, damaged, show

SCHEMA_VERSION = "1"

_CREATE = (
    "CREATE TABLE IF NOT EXISTS mundane_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS mundane_steps ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, kind TEXT NOT NULL,"
    " encoding TEXT NOT NULL, result BLOB, status TEXT NOT NULL, error TEXT,"
    " started_at TEXT NOT NULL, finished_at TEXT, UNIQUE(name))",
    "CREATE INDEX IF NOT EXISTS mundane_steps_status ON mundane_steps(status)",
)
_META = "INSERT OR IGNORE INTO mundane_meta (key, value) VALUES (?, ?)"
_READ_META = "SELECT key, value FROM mundane_meta"
_OBJECTS = "SELECT type, CAST(name AS TEXT), CAST(tbl_name AS TEXT), rootpage FROM sqlite_master"
_COLUMNS = "SELECT name, hidden FROM pragma_table_xinfo(?)"

_TABLES = {
    "mundane_meta": ["key", "value"],
    "mundane_steps": [
        "id", "name", "kind", "encoding", "result", "status", "error", "started_at", "finished_at",
    ],
}  # fmt: skip
_META_KEYS = {"schema_version", "task_id", "created_at"}


@dataclass(frozen=True, slots=True)
class Header:
    """What `mundane_meta` says: the task's UUID and when it was made (ISO-8601, UTC)."""

    task_id: str
    created_at: str


def create_tables(connection: Connection, task_id: str, created_at: str) -> None:
    """Make what is missing of format v1, inside the caller's transaction. Idempotent."""
    for statement in _CREATE:
        connection.execute(statement)
    meta = (("schema_version", SCHEMA_VERSION), ("task_id", task_id), ("created_at", created_at))
    connection.executemany(_META, meta)


def check_schema(path: str, file: str, connection: Connection) -> Header | None:
    """Return the header of a sound task file, None for an empty database or a half-made one.

    Args:
        path: as the caller gave it, for messages.
        file: the same, absolute.
        connection: open on it; only read through.

    Raises:
        SchemaError: another schema_version, another program's database, triggers or views on our
            tables, other columns, or a file shorter than it says.
    """
    objects = connection.execute(_OBJECTS).fetchall()
    _refuse_truncated(path, file, connection)
    tables = {str(name) for kind, name, *_ in objects if kind == "table"}
    if "mundane_meta" not in tables and any(not name.startswith("sqlite_") for name in tables):
        raise SchemaError(path, f"is a database of another program (table {show(min(tables))})")
    for kind, name, table, root_page in objects:
        # A virtual table has no page of its own, but a module's code behind each row.
        kind = "virtual table" if kind == "table" and not root_page else kind
        if kind not in ("table", "index") and "mundane_" in f"{name} {table}".lower():
            raise SchemaError(path, f"holds a {kind}, {show(name)}, which no mundane runtime makes")
    for table in _TABLES.keys() & tables:
        _check_columns(path, table, connection)
    if "mundane_meta" not in tables:
        return None
    meta = dict(connection.execute(_READ_META))
    version = meta.get("schema_version")
    if version not in (None, SCHEMA_VERSION):
        raise SchemaError(
            path, f"has schema_version {show(version)}; this mundane reads {SCHEMA_VERSION!r} only"
        )
    if "mundane_steps" not in tables or not meta.keys() >= _META_KEYS:
        return None
    return Header(str(meta["task_id"]), str(meta["created_at"]))


def _check_columns(path: str, table: str, connection: Connection) -> None:
    columns = connection.execute(_COLUMNS, (table,)).fetchall()
    if [name for name, _ in columns] != _TABLES[table] or any(hidden for _, hidden in columns):
        raise SchemaError(path, f"has other columns in {table} than format v1")


def _refuse_truncated(path: str, file: str, connection: Connection) -> None:
    """SQLite itself takes a file whose last page is cut for a whole one."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        return  # the pages that the file lacks may stand in its -wal
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    page_bytes = connection.execute("PRAGMA page_size").fetchone()[0]
    size = os.path.getsize(file)
    if size and size < pages * page_bytes:
        raise damaged(path, f"cut off, {size:,} of {pages * page_bytes:,} bytes are there")
