"""Run a notebook by `mundane run`, with SIGKILL for its kernel at places that a seed chooses."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

import mundane
from mundane_ipython.demo import took_ms

_LOOK_EVERY_S = 0.01
# A last row that is quicker may be done, and the notebook with it, before the kill gets there.
_WORTH_A_KILL_MS = 200
# Later in a long row is no other place than this, and costs the tests time.
_LATEST_S = 1.0
_PATIENCE_S = 300


@dataclass(frozen=True, slots=True)
class Place:
    """Where a kernel is killed.

    Attributes:
        row: that so many rows were begun before, in the order of their beginning.
        after_s: so long after it was seen that the row was begun.
    """

    row: int
    after_s: float


def choose_places(rows: list[mundane.StepRecord], count: int, seed: str) -> list[Place]:
    """Return places in a run of a notebook, in its order; a row may be hit twice.

    Args:
        rows: those of an undisturbed run.
        count: how many places.
        seed: the same gives the same places, as far as the rows took equally long.
    """
    chance = random.Random(seed)
    rows = sorted(rows, key=lambda row: row.started_at)
    if took_ms(rows[-1]) < _WORTH_A_KILL_MS:
        rows = rows[:-1]
    found = sorted(chance.choices(range(len(rows)), k=count))
    latest_s = [min(0.7 * took_ms(rows[row]) / 1000, _LATEST_S) for row in found]
    return [Place(found[i], chance.uniform(0, latest_s[i])) for i in range(count)]


def run_killed(notebook: Path, places: list[Place], environment: dict[str, str]) -> list[str]:
    """Run a notebook to its end, restarted after a kill in each place.

    Args:
        notebook: its task file, beside it, is named like it and does not exist yet.
        places: in the order of the run.
        environment: of the run.

    Returns:
        For each kill that the run has survived, the row that had begun last.

    Raises:
        AssertionError: the run failed.
    """
    task = notebook.with_suffix(".task.db")
    command = [sys.executable, "-m", "mundane", "run", notebook, "--restarts", str(len(places))]
    killed: list[str] = []
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as run:
        try:
            seen: set[tuple[str, str]] = set()
            for place in places:
                begun = _await(run, task, place, seen)
                if begun is None:
                    break
                time.sleep(place.after_s)
                if not _kill_kernel(run):
                    break
                seen = _begun(task)
                killed.append(begun)
            _, said = run.communicate(timeout=_PATIENCE_S)
        finally:
            run.kill()
    assert run.returncode == 0, said
    restarts = said.count(": restarting it (")
    # On a busy machine one of the next kernels is hit while it starts.
    told = said.count("the kernel died in cell ") + said.count("the kernel did not start: ")
    assert told == restarts, said
    # The last kill may meet a kernel whose cells are all done, and which is shut down anyway.
    assert len(killed) - restarts in (0, 1), (killed, said)
    return killed[:restarts]


def rows_of(task: Path) -> list[mundane.StepRecord]:
    """Return a task file's rows, none where there is no such file yet."""
    with suppress(mundane.MundaneError), mundane.read(task) as view:
        return view.steps()
    return []


def _begun(task: Path) -> set[tuple[str, str]]:
    return {(row.name, row.started_at) for row in rows_of(task)}


def _await(
    run: subprocess.Popen[str], task: Path, place: Place, seen: set[tuple[str, str]]
) -> str | None:
    """Return the row that began last, once that is the place's or a later one, and since `seen`.

    None where the run ends before.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while run.poll() is None:
        begun = _begun(task)
        if len(begun) > place.row and begun - seen:
            return max(begun - seen, key=lambda each: each[1])[0]
        assert time.monotonic() < deadline, f"{task}: waited in vain for {place}"
        time.sleep(_LOOK_EVERY_S)
    return None


def _kill_kernel(run: subprocess.Popen[str]) -> bool:
    """Send SIGKILL to a run's kernel and wait until it is gone; return whether there was one."""
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(run.pid).children():
            if "ipykernel_launcher" in child.cmdline():
                child.kill()
                with suppress(psutil.TimeoutExpired):
                    child.wait(timeout=10)
                return True
    return False
