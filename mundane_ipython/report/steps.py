"""What the extension's tables tell about steps and maps, beside the core's rows; read only.

The core's command line finds this module by its entry point (SPEC.md, What other packages bring).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any

from mundane import StepRecord, TaskView
from mundane.tools import SYSTEM, MapLine, fold_maps, map_stretches

from ..inputs.staleness import reran
from ..taskfile.readings import (
    Names,
    read_attempts,
    read_finished_of,
    read_origins,
    read_since,
    read_sizes,
    read_upstream,
)
from ..taskfile.tables import sweep

__all__ = [
    "MapFacts",
    "Outline",
    "StepFacts",
    "describe",
    "read_outline",
    "read_stale_and_sleeps",
    "read_steps",
    "sweep",
]


# Where members of a record stand in a row as `TaskView.rows` returns it.
_MEMBERS = [field.name for field in fields(StepRecord)]
_NAME, _KIND, _STATUS, _STARTED, _FINISHED, _SIZE = (
    _MEMBERS.index(name)
    for name in ("name", "kind", "status", "started_at", "finished_at", "size_bytes")
)


@dataclass(frozen=True, slots=True)
class StepFacts:
    """One step as tables and reports show it.

    Attributes:
        step: its row.
        attempts: how often cells have started it for this value; None where a script did.
        stale: what it depended on and what has changed, a line each; empty where nothing is.
        stored_bytes: what it takes in the file: its row, its record and its bundle.
        running: whether it is pending in a process that lives.
    """

    step: StepRecord
    attempts: int | None = None
    stale: tuple[str, ...] = ()
    stored_bytes: int = 0
    running: bool = False

    @property
    def state(self) -> str:
        """`done`, `stale`, `failed`, `running`, `interrupted`, or `sleep`."""
        if self.step.kind == "sleep":
            return "sleep"
        if self.step.status == "pending":
            return "running" if self.running else "interrupted"
        return "stale" if self.stale and self.step.status == "done" else self.step.status


@dataclass(frozen=True, slots=True)
class MapFacts:
    """A map of many items as tables and reports show it, in one line.

    Attributes:
        name: what its items fit, as `%mundane_forget` takes it: `fetch.*`.
        count: how many items it has.
        states: how many of them there are of each state.
        stored_bytes: what they take in the file.
        stretches: from when to when items ran, in ms since the epoch, in order.
        started_at: when the first of them started, ISO-8601 in UTC.
        shown: some of them, those that are not done before the others.
    """

    name: str
    count: int
    states: Mapping[str, int]
    stored_bytes: int
    stretches: Sequence[tuple[int, int]]
    started_at: str
    shown: Sequence[StepFacts]

    @property
    def state(self) -> str:
        """The state of an item that most needs to be seen."""
        return next((state for state in _TOLD_FIRST if state in self.states), "done")

    @property
    def running(self) -> bool:
        """Whether an item is pending in a process that lives."""
        return "running" in self.states


Line = StepFacts | MapFacts
"""What a table has in one line."""

MAX_ITEMS = 50
"""How many items of a map are shown below its line."""

_TOLD_FIRST = ("failed", "interrupted", "running", "stale")


@dataclass(frozen=True, slots=True)
class Outline:
    """The steps of a task as lines of a table.

    Attributes:
        lines: in the order of the first start of each; the last ones, where there are too many.
        left_out: how many lines come before these.
    """

    lines: Sequence[Line]
    left_out: int = 0


def describe(connection: Any, names: Names = None) -> dict[str, dict[str, Any]]:
    """Return what is known of each step that a cell stored or started, by step.

    `attempts` and `stale` as in `StepFacts`, and `bundle_bytes`, what it takes beside its row.

    Args:
        connection: to the file.
        names: of the steps to be described; None for all.
    """
    sizes = read_sizes(connection, names)
    attempts = read_attempts(connection, names)
    found = read_upstream(connection, names)
    upstream = {name: _times(text) for name, text in found.items() if text not in (None, "{}")}
    finished = read_finished_of(connection, set().union(*upstream.values()))
    stale = _stale(connection, upstream, finished)
    return {
        name: {
            "attempts": attempts.get(name),
            "stale": stale.get(name) or [],
            "bundle_bytes": sizes.get(name, 0),
        }
        for name in {**attempts, **found}
    }


def _stale(
    connection: Any, upstream: Mapping[str, dict[str, str]], finished: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return which steps use results of steps that were run again, and why, by step."""
    later = {
        name: times
        for name, times in upstream.items()
        if any(finished.get(step, time) != time for step, time in times.items())
    }
    origins = read_origins(connection, later.keys())
    since = read_since(connection, set().union(*later.values()))
    return {
        name: reran(
            times, _times(origins.get(name)), finished, lambda step: _times(since.get(step))
        )
        for name, times in later.items()
    }


def read_outline(
    view: TaskView,
    seen: Mapping[str, list[str]] | None = None,
    running: Collection[str] | None = None,
    *,
    most: int | None = None,
    every: bool = False,
) -> Outline:
    """Return the steps of a task file as lines, in the order of their first start.

    Args:
        view: the task file.
        seen: reasons why steps are stale that somebody saw when he restored them, by step.
        running: the steps that run just now, where it is this process that has the file open; None
            where it is another, in which every pending step may be running.
        most: how many lines are wanted, the last ones; None for all.
        every: whether each item of a map is a line of its own.
    """
    rows = view.rows()
    folded = (
        rows if every else fold_maps(rows, lambda row: row[_NAME] if row[_KIND] == "step" else "")
    )
    lines = folded if most is None else folded[-most:]
    # What is said of each item of a map is counted, and what is not a line is not looked for.
    few = most is not None and not any(isinstance(line, MapLine) for line in lines)
    names = [line[_NAME] for line in lines if not isinstance(line, MapLine)] if few else None
    facts = _Facts(view, seen or {}, running, names)
    return Outline(
        [facts.of_map(line) if isinstance(line, MapLine) else facts.of(line) for line in lines],
        len(folded) - len(lines),
    )


class _Facts:
    """What is known of the rows of a task file.

    Args:
        view: the task file.
        seen: see `read_outline`.
        running: see `read_outline`.
        names: the steps of which something is asked; None for all.
    """

    def __init__(
        self,
        view: TaskView,
        seen: Mapping[str, list[str]],
        running: Collection[str] | None,
        names: list[str] | None,
    ) -> None:
        self._is_open = view.writer() is not None
        self._details = view.query(lambda connection: describe(connection, names))
        self._seen = seen
        self._running = running

    def of(self, row: tuple[Any, ...]) -> StepFacts:
        step = StepRecord(*row)
        found = self._details.get(step.name, {})
        return StepFacts(
            step,
            found.get("attempts"),
            tuple(dict.fromkeys([*self._seen.get(step.name, ()), *found.get("stale", ())])),
            step.size_bytes + found.get("bundle_bytes", 0),
            self._is_open and (self._running is None or step.name in self._running),
        )

    def of_map(self, line: MapLine[tuple[Any, ...]]) -> MapFacts:
        plain: list[tuple[Any, ...]] = []
        told: list[tuple[Any, ...]] = []
        for row in line.items:
            name = row[_NAME]
            known = row[_STATUS] != "done" or name in self._details or name in self._seen
            (told if known else plain).append(row)
        others = [self.of(row) for row in told]
        states = Counter(facts.state for facts in others) + Counter(done=len(plain))
        shown = [facts for facts in others if facts.state != "done"][:MAX_ITEMS]
        names = {facts.step.name for facts in shown}
        rest = (row for row in line.items if row[_NAME] not in names)
        return MapFacts(
            line.name,
            len(line.items),
            states,
            sum(row[_SIZE] for row in plain) + sum(facts.stored_bytes for facts in others),
            map_stretches((row[_STARTED], row[_FINISHED]) for row in line.items),
            min(row[_STARTED] for row in line.items),
            [*shown, *map(self.of, islice(rest, MAX_ITEMS - len(shown)))],
        )


def read_steps(
    view: TaskView,
    seen: Mapping[str, list[str]] | None = None,
    running: Collection[str] | None = None,
) -> list[StepFacts]:
    """Return every step of a task file, in the order of its first start; see `read_outline`."""
    lines = read_outline(view, seen, running, every=True).lines
    return [line for line in lines if isinstance(line, StepFacts)]


def read_stale_and_sleeps(
    view: TaskView, seen: Mapping[str, list[str]]
) -> tuple[int, list[StepRecord]]:
    """Return how many finished steps are stale, and the sleeps that last.

    Args:
        view: the task file.
        seen: as in `read_outline`.
    """
    stale = {name for name, facts in view.query(describe).items() if facts["stale"]}
    counts = view.counts(stale | {name for name, reasons in seen.items() if reasons})
    now_ms = SYSTEM.now_ms()
    rows = [] if counts.wakes_at_ms is None else view.steps()
    return counts.marked, [step for step in rows if step.sleeps(now_ms)]


def _times(text: str | None) -> dict[str, str]:
    """Return a record's `inputs.steps`; nothing where somebody wrote something else there."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {step: at for step, at in found.items() if isinstance(at, str)}
