"""The report of a task as one HTML page: timeline, durations, errors, what each cell showed. Pure.

The page is self-contained and has no script; its policy lets a browser run and load nothing.
Everything that comes out of a file is escaped or sanitised.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from mundane._clock import iso_to_ms
from mundane._duration import format_ms
from mundane._failure import summary
from mundane._text import format_bytes, took, took_ms

from .facts import StepFacts
from .notes import local_time, sleep_text
from .record import CellRecord
from .safehtml import outputs_html, plain
from .timeline import COLOURS, Axis, axis_svg, bar_svg, make_axis, span
from .widgets import as_texts

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)
"""The page's Content-Security-Policy: whatever got through, nothing runs and nothing loads."""

MAX_PLAIN_STEPS = 500
"""Of a task with more steps, those that have nothing to tell but a value get no section."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step as the page shows it.

    Attributes:
        facts: of its row and its counts.
        record: of its cell, None where a script stored it.
        trusted: whether the record is the user's own.
        value: of its row as text, "" for none.
    """

    facts: StepFacts
    record: CellRecord | None = None
    trusted: bool = False
    value: str = ""


@dataclass(frozen=True, slots=True)
class TaskReport:
    """A task as the page shows it.

    Attributes:
        path: of its file.
        task_id: its UUID.
        created_at: when the file was made (ISO-8601).
        writer: the process that has it open, None for none.
        steps: in the order of their first start.
        now_ms: when the report is made, in ms since the epoch.
    """

    path: str
    task_id: str
    created_at: str
    writer: int | None
    steps: Sequence[StepReport]
    now_ms: int


def page(report: TaskReport) -> str:
    """Return the report as a complete HTML document."""
    title = html.escape(Path(report.path).name)
    made = _local(report.now_ms)
    style = files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"{_head(report, title)}\n{_timeline(report)}\n{_sections(report)}\n"
        f'<footer class="quiet">Made by mundane report, {made}. '
        "It shows the file as it was then.</footer>\n</body>\n</html>\n"
    )


def _head(report: TaskReport, title: str) -> str:
    facts = [each.facts for each in report.steps]
    states = Counter(each.state for each in facts)
    computed_ms = sum(took_ms(each.step) or 0 for each in facts)
    figures = {state: f"{count:,}" for state, count in sorted(states.items(), key=_order)}
    figures["computing"] = format_ms(computed_ms)
    figures["stored"] = format_bytes(sum(each.stored_bytes for each in facts))
    spans = [found for each in facts if (found := span(each, report.now_ms)) is not None]
    if spans:
        whole_ms = max(each.end_ms for each in spans) - min(each.start_ms for each in spans)
        figures["from first to last"] = format_ms(whole_ms)
    items = "".join(
        f"<div><dt>{plain(name)}</dt><dd>{text}</dd></div>" for name, text in figures.items()
    )
    share = "".join(
        f'<i class="{_class(state)}" style="flex-grow: {count}"></i>'
        for state, count in sorted(states.items(), key=_order)
    )
    open_in = f"open in process {report.writer}" if report.writer else "nobody has it open"
    return (
        f'<h1>{title}</h1>\n<div class="quiet">{plain(report.path)} &middot; task '
        f"{plain(report.task_id)} &middot; made {plain(local_time(report.created_at))} &middot; "
        f'{open_in}</div>\n<dl class="figures">{items}</dl>\n<div class="share">{share}</div>'
    )


def _timeline(report: TaskReport) -> str:
    facts = [each.facts for each in report.steps]
    axis = make_axis(facts, report.now_ms)
    rows = "\n".join(
        _lane(number, each, axis, report.now_ms) for number, each in enumerate(report.steps)
    )
    return (
        '<h2>Timeline</h2>\n<div class="card timeline"><table>\n<thead><tr><th>step</th>'
        f'<th></th><th class="drawn">{axis_svg(axis)}</th><th class="number">took</th>'
        '<th class="number">size</th><th class="number">tries</th></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _lane(number: int, each: StepReport, axis: Axis, now_ms: int) -> str:
    facts = each.facts
    name = plain(facts.step.name)
    size = format_bytes(facts.stored_bytes) if facts.stored_bytes else "-"
    tries = "-" if facts.attempts is None else str(facts.attempts)
    return (
        f'<tr><td class="name" title="{name}"><a href="#step-{number}">{name}</a></td>'
        f"<td>{_pill(facts)}</td>"
        f'<td class="drawn">{bar_svg(facts, axis, now_ms)}</td>'
        + "".join(f'<td class="number">{text}</td>' for text in (_took(facts), size, tries))
        + "</tr>"
    )


def _sections(report: TaskReport) -> str:
    many = len(report.steps) > MAX_PLAIN_STEPS
    parts = [
        _section(number, each, report.now_ms)
        for number, each in enumerate(report.steps)
        if not many or each.record is not None or each.facts.step.error or each.facts.stale
    ]
    return "<h2>Steps</h2>\n" + "\n".join(parts) if parts else ""


def _section(number: int, each: StepReport, now_ms: int) -> str:
    facts, record = each.facts, each.record
    when = [f"started {local_time(facts.step.started_at)}"]
    if _took(facts) != "-":
        when.append(f"took {_took(facts)}")
    if text := sleep_text(facts.step, now_ms):
        when.append(text)
    if (facts.attempts or 1) > 1:
        when.append(f"{facts.attempts} tries")
    parts = [
        f'<section class="card step {_class(facts.state)}" id="step-{number}"><header>'
        f"<h3>{plain(facts.step.name)}</h3>{_pill(facts)}"
        f'<span class="quiet">{plain(", ".join(when))}</span></header>',
        _stale(facts),
        _error(facts),
    ]
    if record is not None:
        if not each.trusted:
            parts.append(_FOREIGN)
        if record.left_out:
            names = ", ".join(f"{name} ({why})" for name, why in record.left_out.items())
            parts.append(f'<div class="remark foreign">not stored: {plain(names)}</div>')
        shown = as_texts(record.outputs, record.widgets if each.trusted else None)
        parts.append(outputs_html(shown, trusted=each.trusted))
        parts.append(_details("code", record.source))
    # It is all that there is to see of a script's step.
    parts.append(_details("value", each.value, is_open=record is None))
    return "\n".join(filter(None, [*parts, "</section>"]))


_FOREIGN = (
    '<div class="remark foreign">The record is not signed with your key: '
    "of what it showed, only text and images are here.</div>"
)


def _stale(facts: StepFacts) -> str:
    if facts.state != "stale":
        return ""
    return f'<div class="remark"><b>Stale:</b> {plain("; ".join(facts.stale))}</div>'


def _error(facts: StepFacts) -> str:
    error = facts.step.error
    if not error:
        return ""
    first = summary(error)
    trace = error[len(first) :].strip()
    return f'<div class="remark error"><code>{plain(first)}</code></div>' + (
        f'<details class="traceback" open><summary>traceback</summary><pre>{plain(trace)}</pre>'
        "</details>"
        if trace
        else ""
    )


def _details(title: str, text: str, *, is_open: bool = False) -> str:
    if not text.strip():
        return ""
    opening = "<details open>" if is_open else "<details>"
    return f"{opening}<summary>{title}</summary><pre>{plain(text)}</pre></details>"


def _pill(facts: StepFacts) -> str:
    return f'<span class="pill {_class(facts.state)}">{plain(facts.state)}</span>'


def _took(facts: StepFacts) -> str:
    """Return how long a step took; of a sleep, how long it was to be."""
    started_ms = iso_to_ms(facts.step.started_at)
    if facts.step.wake_at_ms is not None and started_ms is not None:
        return format_ms(max(0, facts.step.wake_at_ms - started_ms))
    return took(facts.step)


def _order(entry: tuple[str, int]) -> int:
    order = ("done", "sleep", "running", "stale", "interrupted", "failed")
    return order.index(entry[0]) if entry[0] in order else len(order)


def _class(state: str) -> str:
    return state if state in COLOURS else "other"


def _local(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M")
