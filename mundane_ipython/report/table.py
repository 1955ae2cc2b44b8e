"""The table of a task's steps: plain text, and HTML with a timeline for a notebook. Pure.

Everything that comes out of a file is escaped, and nothing is a script.
"""

from __future__ import annotations

import html
from dataclasses import dataclass

from mundane.tools import SYSTEM, first_line, format_bytes, format_table

from ..display.notes import local_time, sleep_text
from .steps import Line, MapFacts, Outline, StepFacts
from .timeline import COLOURS, Axis, axis_svg, bar_svg, make_axis, took_text

_COLUMNS = ("step", "status", "started", "took", "size", "tries", "note")
_CELL = "text-align: left; vertical-align: middle; padding: 0.25em 0.6em"
_NOTE = f"{_CELL}; white-space: normal; min-width: 10em; max-width: 30em"

MAX_ROWS = 1000
"""How many lines are shown unless all are asked for, the last ones; a browser is slow with more."""

_ALL = "%mundane_steps --all shows each"


@dataclass(frozen=True, slots=True)
class Table:
    """A table that a notebook shows as HTML and a terminal as text.

    Attributes:
        outline: what is shown.
    """

    outline: Outline

    def __repr__(self) -> str:
        now_ms = SYSTEM.now_ms()
        text = format_table([_COLUMNS, *(cells(line, now_ms) for line in self.outline.lines)])
        return f"{self._more()}\n{text}" if self.outline.left_out else text

    def _repr_html_(self) -> str | None:
        shown = self.outline.lines
        if len(shown) > MAX_ROWS:
            return None  # the front end shows the text
        now_ms = SYSTEM.now_ms()
        axis = make_axis(shown, now_ms)
        head = "".join(f'<th style="{_CELL}">{column}</th>' for column in _COLUMNS[:2])
        head += f'<th style="{_CELL}; width: 45%; min-width: 16em">{axis_svg(axis)}</th>'
        head += "".join(f'<th style="{_CELL}">{column}</th>' for column in _COLUMNS[3:])
        rows = "".join(_row(line, axis, now_ms) for line in shown)
        return (
            f"{f'<p>{self._more()}</p>' if self.outline.left_out else ''}"
            f'<table class="mundane-steps" style="width: 100%"><thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )

    def _more(self) -> str:
        return f"{self.outline.left_out:,} earlier steps: {_ALL}"


def cells(line: Line, now_ms: int) -> tuple[str, ...]:
    """Return the texts of a line, one for each column."""
    attempts = None if isinstance(line, MapFacts) else line.attempts
    return (
        line.name if isinstance(line, MapFacts) else line.step.name,
        line.state,
        local_time(line.started_at if isinstance(line, MapFacts) else line.step.started_at),
        took_text(line),
        format_bytes(line.stored_bytes) if line.stored_bytes else "-",
        "-" if attempts is None else str(attempts),
        note(line, now_ms),
    )


def note(line: Line, now_ms: int) -> str:
    """Return what is to be said of a line: an error, why it is stale, until when it sleeps.

    Of a map how many items it has, how many of these are not done, and an error.
    """
    if isinstance(line, MapFacts):
        others = [f"{count:,} {state}" for state, count in line.states.items() if state != "done"]
        first = next((facts for facts in line.shown if facts.step.error), None)
        parts = [f"{line.count:,} items", *others]
        if first is not None:
            parts.append(f"{first.step.name}: {first_line(first.step.error or '')}")
        return ", ".join(parts)
    said = first_line(line.step.error or "") or "; ".join(line.stale)
    return said or sleep_text(line.step, now_ms)


def _row(line: Line, axis: Axis, now_ms: int) -> str:
    name, state, started, *rest = map(html.escape, cells(line, now_ms))
    colour = COLOURS.get(line.state, "inherit")
    parts = [
        f'<td style="{_CELL}; font-weight: 600; white-space: nowrap">{name}</td>',
        f'<td style="{_CELL}; color: {colour}">{state}</td>',
        f'<td style="{_CELL}" title="{started}">{bar_svg(line, axis, now_ms)}</td>',
        *(f'<td style="{_CELL}; white-space: nowrap">{cell}</td>' for cell in rest[:-1]),
        f'<td style="{_NOTE}">{rest[-1]}</td>',
    ]
    opened = _items(line, now_ms) if isinstance(line, MapFacts) else ""
    return f"<tr>{''.join(parts)}</tr>{opened}"


def _items(line: MapFacts, now_ms: int) -> str:
    """Return a row under a map's own that can be opened: some of its items."""
    rows = "".join(_item(facts, now_ms) for facts in line.shown)
    left_out = line.count - len(line.shown)
    more = f"<p>{left_out:,} more items: {_ALL}</p>" if left_out else ""
    return (
        f'<tr><td colspan="{len(_COLUMNS)}" style="{_CELL}"><details><summary>'
        f"{len(line.shown)} of {line.count:,} items</summary><table><tbody>{rows}</tbody></table>"
        f"{more}</details></td></tr>"
    )


def _item(facts: StepFacts, now_ms: int) -> str:
    texts = map(html.escape, cells(facts, now_ms))
    return "<tr>" + "".join(f'<td style="{_CELL}">{text}</td>' for text in texts) + "</tr>"
