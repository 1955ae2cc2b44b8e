"""Format v1's tables: how they are made, and what a file must look like to be taken for one.

SPEC.md, The task file. A file is checked by its schema and its size, never by reading its rows:
opening costs nothing per step.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from ..errors import SchemaError, damaged, show
from .sqlite import Connection
from .statement import is_same

SCHEMA_VERSION = "1"

_CREATE = (
    "CREATE TABLE IF NOT EXISTS mundane_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS mundane_steps ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, kind TEXT NOT NULL,"
    " encoding TEXT NOT NULL, result BLOB, status TEXT NOT NULL, error TEXT,"
    " started_at TEXT NOT NULL, finished_at TEXT, UNIQUE(name))",
    "CREATE INDEX IF NOT EXISTS mundane_steps_status ON mundane_steps(status)",
)
_SEQUENCE = "CREATE TABLE sqlite_sequence(name,seq)"  # SQLite's own, which AUTOINCREMENT keeps
_META = "INSERT OR IGNORE INTO mundane_meta (key, value) VALUES (?, ?)"
_READ_META = (
    "SELECT key, value FROM mundane_meta WHERE key IN ('schema_version', 'task_id', 'created_at')"
)
_OBJECTS = (
    "SELECT type, CAST(name AS TEXT), CAST(tbl_name AS TEXT), rootpage, sql FROM sqlite_master"
)

_MADE = {
    statement.replace("(", " ").split()[2]: statement
    for statement in (*(each.replace(" IF NOT EXISTS", "") for each in _CREATE), _SEQUENCE)
}
"""How each object of ours was made, by every runtime, as SQLite keeps it."""

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
        SchemaError: another schema_version, another program's database, tables made by other
            statements than ours, triggers, views or indexes on them, or a file shorter than it
            says.
    """
    objects = [
        _Object(str(kind), str(name), str(table), bool(root_page), statement)
        for kind, name, table, root_page, statement in connection.execute(_OBJECTS).fetchall()
    ]
    _refuse_truncated(path, file, connection)
    # In small letters, since SQLite tells names apart by all but the case of ASCII letters.
    tables = {each.name.lower() for each in objects if each.kind == "table"}
    if "mundane_meta" not in tables and any(not name.startswith("sqlite_") for name in tables):
        raise SchemaError(path, f"is a database of another program (table {show(min(tables))})")
    for each in objects:
        each.refuse_code(path)
    meta = {}
    if "mundane_meta" in tables:
        for each in objects:
            each.refuse_other(path, "mundane_meta")
        meta = dict(connection.execute(_READ_META))
        version = meta.get("schema_version")
        if version not in (None, SCHEMA_VERSION):
            raise SchemaError(
                path,
                f"has schema_version {show(version)}; this mundane reads {SCHEMA_VERSION!r} only",
            )
    for each in objects:
        each.refuse_other(path, *_MADE)
    if "mundane_steps" not in tables or not meta.keys() >= _META_KEYS:
        return None
    return Header(str(meta["task_id"]), str(meta["created_at"]))


@dataclass(frozen=True, slots=True)
class _Object:
    """A row of `sqlite_master`, which somebody else may have written.

    SQLite itself refuses a schema whose kinds and names are not those of its statements.
    """

    kind: str
    name: str
    table: str
    has_pages: bool
    statement: object

    def refuse_code(self, path: str) -> None:
        """Refuse what is neither a table nor an index, where it has to do with tables of ours."""
        # A virtual table has no page of its own, but a module's code behind each row.
        kind = "virtual table" if self.kind == "table" and not self.has_pages else self.kind
        if kind not in ("table", "index") and "mundane_" in f"{self.name} {self.table}".lower():
            raise SchemaError(
                path, f"holds a {kind}, {show(self.name)}, which no mundane runtime makes"
            )

    def refuse_other(self, path: str, *ours: str) -> None:
        """Refuse what bears one of these names, or belongs to it, and was not made by us."""
        if self.name.lower() not in ours and self.table.lower() not in ours:
            return
        if self.kind == "index" and self.statement is None:
            return  # SQLite's own, of a table's constraint
        made = _MADE.get(self.name.lower())
        if made is None:
            reason = f"holds an {self.kind}, {show(self.name)}, which no mundane runtime makes"
            raise SchemaError(path, reason)
        if not is_same(self.statement, made):
            reason = f"has another {self.kind} {show(self.name)} than format v1: not {made!r}"
            raise SchemaError(path, reason)


def _refuse_truncated(path: str, file: str, connection: Connection) -> None:
    """SQLite itself takes a file whose last page is cut for a whole one."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        return  # the pages that the file lacks may stand in its -wal
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    page_bytes = connection.execute("PRAGMA page_size").fetchone()[0]
    size = os.path.getsize(file)
    if size and size < pages * page_bytes:
        raise damaged(path, f"cut off, {size:,} of {pages * page_bytes:,} bytes are there")
