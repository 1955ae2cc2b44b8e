"""The table of a task's steps: plain text, and HTML with a timeline for a notebook. Pure.

Everything that comes out of a file is escaped, and nothing is a script.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from mundane._clock import SYSTEM
from mundane._failure import summary
from mundane._text import format_bytes, format_table, took

from .facts import StepFacts
from .notes import local_time, sleep_text
from .timeline import COLOURS, Axis, axis_svg, bar_svg, make_axis

_COLUMNS = ("step", "status", "started", "took", "size", "tries", "note")
_CELL = "text-align: left; vertical-align: middle; padding: 0.25em 0.6em"
_NOTE = f"{_CELL}; white-space: normal; min-width: 10em; max-width: 30em"

MAX_ROWS = 1000
"""How many steps are shown as HTML, the last ones; a browser is slow with more."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that a notebook shows as HTML and a terminal as text."""

    steps: Sequence[StepFacts]

    def __repr__(self) -> str:
        now_ms = SYSTEM.now_ms()
        return format_table([_COLUMNS, *(cells(facts, now_ms) for facts in self.steps)])

    def _repr_html_(self) -> str:
        shown = self.steps[-MAX_ROWS:]
        now_ms = SYSTEM.now_ms()
        axis = make_axis(shown, now_ms)
        head = "".join(f'<th style="{_CELL}">{column}</th>' for column in _COLUMNS[:2])
        head += f'<th style="{_CELL}; width: 45%; min-width: 16em">{axis_svg(axis)}</th>'
        head += "".join(f'<th style="{_CELL}">{column}</th>' for column in _COLUMNS[3:])
        rows = "".join(_row(facts, axis, now_ms) for facts in shown)
        left_out = len(self.steps) - len(shown)
        more = f"<p>{left_out:,} earlier steps: print(...) shows all</p>" if left_out else ""
        return (
            f'{more}<table class="mundane-steps" style="width: 100%"><thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )


def cells(facts: StepFacts, now_ms: int) -> tuple[str, ...]:
    """Return a step's facts as the texts of a row, one for each column."""
    step = facts.step
    return (
        step.name,
        facts.state,
        local_time(step.started_at),
        took(step),
        format_bytes(facts.stored_bytes) if facts.stored_bytes else "-",
        "-" if facts.attempts is None else str(facts.attempts),
        note(facts, now_ms),
    )


def note(facts: StepFacts, now_ms: int) -> str:
    """Return what is to be said of a step: its error, why it is stale, or until when it sleeps."""
    said = summary(facts.step.error or "") or "; ".join(facts.stale)
    return said or sleep_text(facts.step, now_ms)


def _row(facts: StepFacts, axis: Axis, now_ms: int) -> str:
    name, state, started, *rest = map(html.escape, cells(facts, now_ms))
    colour = COLOURS.get(facts.state, "inherit")
    parts = [
        f'<td style="{_CELL}; font-weight: 600; white-space: nowrap">{name}</td>',
        f'<td style="{_CELL}; color: {colour}">{state}</td>',
        f'<td style="{_CELL}" title="{started}">{bar_svg(facts, axis, now_ms)}</td>',
        *(f'<td style="{_CELL}; white-space: nowrap">{cell}</td>' for cell in rest[:-1]),
        f'<td style="{_NOTE}">{rest[-1]}</td>',
    ]
    return f"<tr>{''.join(parts)}</tr>"
