"""An object that lies inside an older value, under a name of its own."""

from __future__ import annotations

from . import Kind, kind

KINDS: list[Kind] = [
    kind(
        "row of a list",
        "rows = [{'k': 1}, {'k': 2}]\n---\nrow = rows[1]",
        "print(row is rows[1], rows)",
        "row['k'] = 3",
    ),
]
