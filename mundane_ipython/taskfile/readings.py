"""What the extension's tables tell of many steps at once, for those who only look.

Reads through any connection, beside a live writer too; sees text and numbers, never objects.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from .tables import StoredCell, has_table

Names = Collection[str] | None
"""Of which steps something is read; None: of all."""

_AMONG = " WHERE step.name IN (SELECT value FROM json_each(?))"
# A record counts only for the very row that it was written with (`tables`); so does a count.
_PRESENT = (
    " FROM mundane_ipython_cells AS cell JOIN mundane_steps AS step ON step.id = cell.row_id"
    " AND step.name = cell.name AND step.finished_at = cell.finished_at{among}"
)
_ATTEMPTS = (
    "SELECT step.name, count FROM mundane_ipython_attempts AS attempt JOIN mundane_steps AS step"
    " ON step.id = attempt.row_id AND step.started_at = attempt.started_at{among}"
)
_CURRENT = f"SELECT cell.name, CAST(record AS BLOB), CAST(signature AS BLOB){_PRESENT}"
_MEMBER = (
    "SELECT cell.name, CASE WHEN json_valid(CAST(record AS TEXT))"
    f" THEN json_extract(CAST(record AS TEXT), '$.%s') END{_PRESENT}"
)
_UPSTREAM = _MEMBER % "inputs.steps"
_ORIGINS = _MEMBER % "inputs.origins"
_SINCE = _MEMBER % "since"
_SIZES = (
    "SELECT name, sum(size) FROM (SELECT name, length(CAST(record AS BLOB)) AS size"
    " FROM mundane_ipython_cells UNION ALL SELECT name, length(data) FROM mundane_ipython_chunks)"
    " AS step{among} GROUP BY step.name"
)
_FINISHED_OF = "SELECT name, finished_at FROM mundane_steps WHERE name = ? AND status = 'done'"


def read_attempts(connection: Any, names: Names = None) -> dict[str, int]:
    """Return how often cells have started each step since it last had none or another value."""
    return dict(_rows(connection, "mundane_ipython_attempts", _ATTEMPTS, names))


def read_cells(connection: Any, names: Names = None) -> dict[str, StoredCell]:
    """Return the cells that were stored with the steps' present rows, by step."""
    # Decoded here: one record that is no text must not hide the others.
    return {
        name: StoredCell(*(each.decode("utf-8", "replace") for each in cell))
        for name, *cell in _rows(connection, "mundane_ipython_cells", _CURRENT, names)
    }


def read_upstream(connection: Any, names: Names = None) -> dict[str, str | None]:
    """Return the member `inputs.steps` of each present record, JSON text, by step."""
    return dict(_rows(connection, "mundane_ipython_cells", _UPSTREAM, names))


def read_since(connection: Any, names: Names = None) -> dict[str, str | None]:
    """Return the member `since` of each present record, JSON text, by step."""
    return dict(_rows(connection, "mundane_ipython_cells", _SINCE, names))


def read_origins(connection: Any, names: Names = None) -> dict[str, str | None]:
    """Return the member `inputs.origins` of each present record, JSON text, by step."""
    return dict(_rows(connection, "mundane_ipython_cells", _ORIGINS, names))


def read_sizes(connection: Any, names: Names = None) -> dict[str, int]:
    """Return how many bytes each step's record and bundle take, by step."""
    return dict(_rows(connection, "mundane_ipython_chunks", _SIZES, names))


def read_finished_of(connection: Any, names: Iterable[str]) -> dict[str, str]:
    """Do as `read_finished` for some steps, at a cost of these alone."""
    found = (connection.execute(_FINISHED_OF, (name,)).fetchone() for name in names)
    return dict(filter(None, found))


def _rows(connection: Any, table: str, statement: str, names: Names) -> list[tuple[Any, ...]]:
    if not has_table(connection, table):
        return []
    among = (_AMONG, (json.dumps([*names]),)) if names is not None else ("", ())
    rows: list[tuple[Any, ...]] = connection.execute(
        statement.format(among=among[0]), among[1]
    ).fetchall()
    return rows
