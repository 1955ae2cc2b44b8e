"""The commands that look: status, steps, get, backup. They read only, safe beside a live run."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import fields
from typing import Any

from .._clock import SYSTEM, iso, iso_now
from .._duration import format_ms
from .._errortext import summary
from .._file.backup import backup_view
from .._file.reader import StepRecord, TaskView
from ..errors import CommandError
from .outline import Map, fold, stretches
from .plugins import Tables, describe_steps, find_tables
from .text import column_widths, format_table, printable, shortened, took, value_text, write

# How often a task that is followed is looked at.
_LOOK_S = 0.2
# A step, and what other packages tell of it.
_Facts = tuple[StepRecord, dict[str, Any]]
_MEMBERS = tuple(field.name for field in fields(StepRecord))
_HEADER = ("NAME", "KIND", "STATUS", "STARTED", "TOOK", "BYTES", "NOTE")


def status(view: TaskView, options: argparse.Namespace) -> None:
    """Write how far the task is; with `--follow` a line at each change."""
    tables = find_tables(view)
    _follow(view, options, lambda: _write_status(view, options, tables))


def steps(view: TaskView, options: argparse.Namespace) -> None:
    """Write a line for each step and each map; with `--follow` one more for each that changes."""
    tables = find_tables(view)
    shown: dict[str, _Facts] = {}
    widths: list[int] = []

    def show() -> None:
        details = describe_steps(view, tables)
        now = {step.name: (step, details.get(step.name, {})) for step in view.steps()}
        changed = {name: facts for name, facts in now.items() if shown.get(name) != facts}
        first = not shown
        shown.clear()
        shown.update(now)
        if options.json:
            for step, extra in changed.values():
                write(json.dumps({name: getattr(step, name) for name in _MEMBERS} | extra))
            return
        rows = _rows(list(now.values()), changed, every=options.all)
        if first and not widths:
            rows.insert(0, _HEADER)
        if rows:
            widths[:] = [max(p) for p in zip(widths or [0] * 7, column_widths(rows), strict=True)]
            write(format_table(rows, widths))

    _follow(view, options, show)


def get(view: TaskView, options: argparse.Namespace) -> None:
    """Write the value of a finished step; with `--follow` as soon as it is finished."""
    if options.follow:
        _follow(view, options, lambda: None, until=lambda: _is_done(view, options.name))
    value = view.get(options.name)
    if not isinstance(value, bytes):
        write(_one_line(value) if options.json else value_text(value))
    elif options.json:
        raise CommandError(
            f"step {options.name!r} holds bytes, which have no JSON: leave out --json"
        )
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(value)


def backup(view: TaskView, options: argparse.Namespace) -> None:
    """Copy the task file."""
    backup_view(view, options.copy)


def _is_done(view: TaskView, name: str) -> bool:
    return any(step.name == name and step.status == "done" for step in view.steps())


def _follow(
    view: TaskView,
    options: argparse.Namespace,
    show: Callable[[], None],
    until: Callable[[], bool] = lambda: False,
) -> None:
    """Show now, and with `--follow` after each commit, until nobody has the task open."""
    version = None
    while True:
        is_open = view.writer() is not None  # asked first: what it wrote at last is shown
        found = view.version()
        if found != version:
            version = found
            show()
            sys.stdout.flush()
            if until():
                return
        if not options.follow or not is_open:
            return
        time.sleep(_LOOK_S)


def _write_status(view: TaskView, options: argparse.Namespace, tables: list[Tables]) -> None:
    counts = view.counts(
        name for name, facts in describe_steps(view, tables).items() if facts.get("stale")
    )
    stale = counts.marked
    facts: dict[str, Any] = {
        "task": view.path,
        "task_id": view.task_id,
        "created_at": view.created_at,
        "done": counts.done,
        "stale": stale if tables else None,  # nobody tells
        "failed": counts.failed,
        "pending": counts.pending,
        "last_activity": counts.last_activity,
        "sleeps_until": None if counts.wakes_at_ms is None else iso(counts.wakes_at_ms),
        "open_in_pid": view.writer(),
    }
    if options.json:
        write(json.dumps(facts))
    elif options.follow:
        pending = ", ".join(step.name for step in view.steps() if step.status == "pending")
        parts = [f"{facts[each]} {each}" for each in ("done", "failed", "pending")]
        parts[0] += f" ({stale} stale)" if stale else ""
        line = f"{_seconds(iso_now())}  {', '.join(parts)}"
        write(printable(shortened(f"{line}: {pending}") if pending else line))
    else:
        for key, value in facts.items():
            write(f"{key.replace('_', ' '):14} {printable('-' if value is None else str(value))}")


def _rows(steps: list[_Facts], changed: Collection[str], *, every: bool) -> list[tuple[str, ...]]:
    """Return the rows of the steps that changed; a map of many items is one, unless `every` is."""
    rows = []
    for line in steps if every else fold(steps, _name_of):
        if not isinstance(line, Map):
            if line[0].name in changed:
                rows.append(_cells(*line))
        elif any(step.name in changed for step, _ in line.items):
            rows.append(_map_cells(line))
    return rows


def _name_of(facts: _Facts) -> str:
    return facts[0].name if facts[0].kind == "step" else ""


def _map_cells(line: Map[_Facts]) -> tuple[str, ...]:
    """Return the row of a map; its time is that in which items ran."""
    records = [step for step, _ in line.items]
    counts = Counter("stale" if _is_stale(*facts) else facts[0].status for facts in line.items)
    worst = next((each for each in ("failed", "pending", "stale") if counts[each]), "done")
    ran = stretches((step.started_at, step.finished_at) for step in records)
    note = f"{len(records):,} items (--all lists them)"
    others = [f"{count:,} {status}" for status, count in counts.items() if status != "done"]
    if others:
        note = f"{note}: {', '.join(others)}"
    return (
        line.name,
        "map",
        worst,
        _seconds(min(step.started_at for step in records)),
        format_ms(sum(end - start for start, end in ran)),
        f"{sum(step.size_bytes + extra.get('bundle_bytes', 0) for step, extra in line.items):,}",
        shortened(note),
    )


def _cells(step: StepRecord, extra: dict[str, Any]) -> tuple[str, ...]:
    status: str = "stale" if _is_stale(step, extra) else step.status
    note = summary(step.error or "") or "; ".join(extra.get("stale") or [])
    if step.wake_at_ms and step.sleeps(SYSTEM.now_ms()):
        status, note = "sleeping", f"sleeps until {_seconds(iso(step.wake_at_ms))} UTC"
    return (
        step.name,
        step.kind,
        status,
        _seconds(step.started_at),
        took(step),
        f"{step.size_bytes + extra.get('bundle_bytes', 0):,}",
        shortened(note),
    )


def _is_stale(step: StepRecord, extra: dict[str, Any]) -> bool:
    return step.status == "done" and bool(extra.get("stale"))


def _seconds(time: str) -> str:
    """Return an ISO time without its parts of seconds, and without its zone, which is UTC."""
    return time[:19].replace("T", " ")


def _one_line(value: Any) -> str:
    try:
        return json.dumps(value)
    except RecursionError:
        from .._json import encode

        return encode(value)
