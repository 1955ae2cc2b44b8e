"""The report of a task as one HTML page: timeline, durations, errors, what each cell showed. Pure.

The page is self-contained and has no script; its policy lets a browser run and load nothing.
Everything that comes out of a file is escaped or sanitised.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from mundane.tools import first_line, format_bytes, format_ms, iso_to_ms, took, took_ms

from ..display.notes import local_time, sleep_text
from ..outputs.widgets import as_texts
from ..taskfile.record import CellRecord
from .html import outputs_html, plain
from .steps import Line, MapFacts, StepFacts
from .timeline import COLOURS, Axis, axis_svg, bar_svg, make_axis, spans, took_text

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)
"""The page's Content-Security-Policy: whatever got through, nothing runs and nothing loads."""

MAX_SECTIONS = 500
"""How many steps have a section: those that failed or are stale first, then the last ones."""

MAX_LANES = 1000
"""How many lines the timeline has, the last ones."""

# Of a task with more steps than have sections: these are as long together as a page should be.
_MAX_SECTIONS_CHARS = 3 << 20


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
        lines: its steps and maps, in the order of their first start.
        steps: those that have a section, in this order.
        now_ms: when the report is made, in ms since the epoch.
    """

    path: str
    task_id: str
    created_at: str
    writer: int | None
    lines: Sequence[Line]
    steps: Sequence[StepReport]
    now_ms: int


def choose(lines: Sequence[Line]) -> list[StepFacts]:
    """Return the steps of a task that have a section, in their order."""
    steps = [line for line in lines if isinstance(line, StepFacts)]
    steps += [
        facts
        for line in lines
        if isinstance(line, MapFacts)
        for facts in line.shown
        if facts.state != "done"
    ]
    if len(steps) > MAX_SECTIONS:
        urgent = [facts for facts in steps if facts.step.error or facts.stale][:MAX_SECTIONS]
        names = {facts.step.name for facts in urgent}
        others = [facts for facts in steps if facts.step.name not in names]
        rest = MAX_SECTIONS - len(urgent)
        names |= {facts.step.name for facts in (others[-rest:] if rest else ())}
        steps = [facts for facts in steps if facts.step.name in names]
    return steps


def page(report: TaskReport) -> str:
    """Return the report as a complete HTML document."""
    title = html.escape(Path(report.path).name)
    made = _local(report.now_ms)
    sections = _sections(report)
    style = files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"{_head(report, title)}\n{_timeline(report, len(sections))}\n"
        f"{_joined(sections, report)}\n"
        f'<footer class="quiet">Made by mundane report, {made}. '
        "It shows the file as it was then.</footer>\n</body>\n</html>\n"
    )


def _head(report: TaskReport, title: str) -> str:
    states: Counter[str] = Counter()
    computed_ms = stored_bytes = 0
    for line in report.lines:
        stored_bytes += line.stored_bytes
        if isinstance(line, MapFacts):
            states.update(line.states)
            computed_ms += sum(end - start for start, end in line.stretches)
        else:
            states[line.state] += 1
            computed_ms += took_ms(line.step) or 0
    figures = {state: f"{count:,}" for state, count in sorted(states.items(), key=_order)}
    figures["computing"] = format_ms(computed_ms)
    figures["stored"] = format_bytes(stored_bytes)
    found = [each for line in report.lines for each in spans(line, report.now_ms)]
    if found:
        whole_ms = max(each.end_ms for each in found) - min(each.start_ms for each in found)
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


def _timeline(report: TaskReport, sections: int) -> str:
    """Return the timeline; the first so many steps of the report have a section to go to."""
    shown = report.lines[-MAX_LANES:]
    axis = make_axis(shown, report.now_ms)
    linked = report.steps[:sections]
    numbers = {each.facts.step.name: number for number, each in enumerate(linked)}
    rows = "\n".join(_lane(line, numbers, axis, report) for line in shown)
    left_out = len(report.lines) - len(shown)
    more = (
        f'<p class="quiet">{left_out:,} earlier steps are not drawn: {_command(report)} lists all'
        "</p>\n"
        if left_out
        else ""
    )
    return (
        f'<h2>Timeline</h2>\n{more}<div class="card timeline"><table>\n<thead><tr><th>step</th>'
        f'<th></th><th class="drawn">{axis_svg(axis)}</th><th class="number">took</th>'
        '<th class="number">size</th><th class="number">tries</th></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _lane(line: Line, numbers: Mapping[str, int], axis: Axis, report: TaskReport) -> str:
    attempts = None if isinstance(line, MapFacts) else line.attempts
    name = line.name if isinstance(line, MapFacts) else line.step.name
    number = numbers.get(name)
    label = plain(name) if number is None else f'<a href="#step-{number}">{plain(name)}</a>'
    size = format_bytes(line.stored_bytes) if line.stored_bytes else "-"
    tries = "-" if attempts is None else str(attempts)
    took = took_text(line) if isinstance(line, MapFacts) else _took(line)
    return (
        f'<tr><td class="name" title="{plain(name)}">{label}</td>'
        f"<td>{_pill(line.state)}</td>"
        f'<td class="drawn">{bar_svg(line, axis, report.now_ms)}</td>'
        + "".join(f'<td class="number">{text}</td>' for text in (took, size, tries))
        + "</tr>"
        + (_items(line, numbers, report) if isinstance(line, MapFacts) else "")
    )


def _items(line: MapFacts, numbers: Mapping[str, int], report: TaskReport) -> str:
    """Return a row under a map's own that can be opened: some of its items."""
    rows = []
    for facts in line.shown:
        number, name = numbers.get(facts.step.name), plain(facts.step.name)
        label = name if number is None else f'<a href="#step-{number}">{name}</a>'
        cells = (label, _pill(facts.state), plain(local_time(facts.step.started_at)), _took(facts))
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    left_out = line.count - len(line.shown)
    others = ", ".join(f"{n:,} {plain(state)}" for state, n in sorted(line.states.items()))
    more = f'<p class="quiet">{left_out:,} more items: {_command(report)} lists all</p>'
    return (
        f'<tr class="items"><td colspan="6"><details><summary>{line.count:,} items: {others}'
        f"</summary><table><tbody>{''.join(rows)}</tbody></table>{more if left_out else ''}"
        "</details></td></tr>"
    )


def _command(report: TaskReport) -> str:
    return f"<code>mundane steps --all {plain(report.path)}</code>"


def _sections(report: TaskReport) -> list[str]:
    limit = None if _total(report) <= MAX_SECTIONS else _MAX_SECTIONS_CHARS
    parts: list[str] = []
    length = 0
    for number, each in enumerate(report.steps):
        part = _section(number, each, report.now_ms)
        length += len(part)
        if limit is not None and length > limit:
            break
        parts.append(part)
    return parts


def _joined(sections: Sequence[str], report: TaskReport) -> str:
    left_out = _total(report) - len(sections)
    more = (
        f'<p class="quiet">{left_out:,} more steps are not shown here: '
        f"<code>mundane get {plain(report.path)} NAME</code> writes a value</p>"
    )
    parts = [*sections, *([more] if left_out else ())]
    return "<h2>Steps</h2>\n" + "\n".join(parts) if parts else ""


def _total(report: TaskReport) -> int:
    return sum(line.count if isinstance(line, MapFacts) else 1 for line in report.lines)


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
        f"<h3>{plain(facts.step.name)}</h3>{_pill(facts.state)}"
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
    first = first_line(error)
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


def _pill(state: str) -> str:
    return f'<span class="pill {_class(state)}">{plain(state)}</span>'


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
