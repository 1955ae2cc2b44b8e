"""Tables about a task's steps: plain text, and HTML for a notebook. Pure.

Everything that comes out of a file is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from mundane import StepRecord
from mundane._failure import summary
from mundane._text import format_table, took

from .notes import local_time

_COLUMNS = ("step", "kind", "status", "started", "took", "bytes", "error")
_COLOURS = {"done": "#15803d", "failed": "#b91c1c", "pending": "#a16207"}


@dataclass(frozen=True, slots=True)
class Table:
    """A table that a notebook shows as HTML and a terminal as text."""

    steps: Sequence[StepRecord]

    def __repr__(self) -> str:
        return format_table([_COLUMNS, *map(_cells, self.steps)])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{column}</th>" for column in _COLUMNS)
        rows = "".join(map(_row, self.steps))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cells(step: StepRecord) -> tuple[str, ...]:
    return (
        step.name,
        step.kind,
        step.status,
        local_time(step.started_at),
        took(step),
        f"{step.size_bytes:,}",
        summary(step.error or ""),
    )


def _row(step: StepRecord) -> str:
    colour = _COLOURS.get(step.status, "inherit")
    cells = [f"<td>{html.escape(cell)}</td>" for cell in _cells(step)]
    cells[2] = f'<td style="color: {colour}">{html.escape(step.status)}</td>'
    return f"<tr>{''.join(cells)}</tr>"
