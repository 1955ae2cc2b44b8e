"""What the extension's tables tell about steps, beside the core's rows; read only.

The core's command line finds this module by its entry point (SPEC.md, What other packages bring).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from mundane import StepRecord, TaskView

from .cells import read_attempts, read_finished_of, read_sizes, read_upstream, sweep
from .staleness import reran

__all__ = ["StepFacts", "describe", "read_steps", "sweep"]


@dataclass(frozen=True, slots=True)
class StepFacts:
    """One step as tables and reports show it.

    Attributes:
        step: its row.
        attempts: how often cells have started it for this value; None where a script did.
        stale: what it depended on and what is another now, a line each; empty where nothing is.
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


def describe(connection: Any) -> dict[str, dict[str, Any]]:
    """Return what is known of each step that a cell stored or started, by step.

    `attempts` and `stale` as in `StepFacts`, and `bundle_bytes`, what it takes beside its row.
    """
    sizes = read_sizes(connection)
    attempts = read_attempts(connection)
    upstream = {name: _times(text) for name, text in read_upstream(connection).items()}
    finished = read_finished_of(connection, set().union(*upstream.values()))
    stale = {name: reran(times, finished) for name, times in upstream.items()}
    return {
        name: {
            "attempts": attempts.get(name),
            "stale": stale.get(name, []),
            "bundle_bytes": sizes.get(name, 0),
        }
        for name in {**attempts, **stale}
    }


def read_steps(
    view: TaskView,
    seen: dict[str, list[str]] | None = None,
    running: Collection[str] | None = None,
) -> list[StepFacts]:
    """Return every step of a task file, in the order of its first start.

    Args:
        view: the task file.
        seen: reasons why steps are stale that somebody saw when he restored them, by step.
        running: the steps that run just now, where it is this process that has the file open; None
            where it is another, in which every pending step may be running.
    """
    details = view.query(describe)
    is_open = view.writer() is not None
    steps = []
    for step in view.steps():
        facts = details.get(step.name, {})
        reasons = [*(seen or {}).get(step.name, []), *facts.get("stale", [])]
        steps.append(
            StepFacts(
                step,
                facts.get("attempts"),
                tuple(dict.fromkeys(reasons)),
                step.size_bytes + facts.get("bundle_bytes", 0),
                is_open and (running is None or step.name in running),
            )
        )
    return steps


def _times(text: str | None) -> dict[str, str]:
    """Return a record's `inputs.steps`; nothing where somebody wrote something else there."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {step: at for step, at in found.items() if isinstance(at, str)}
