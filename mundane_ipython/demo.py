"""Kill a notebook's kernel in the middle of a step, run the notebook again, and say what that cost.

    python -m mundane_ipython.demo NOTEBOOK [--kill-in STEP] [--folder FOLDER]

Works on a copy in a folder of its own: the task file starts empty, the notebook stays as it is.
What happened is read from the task file, not from what the extension says about itself.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from mundane import MundaneError, StepRecord, read
from mundane.tools import format_ms, iso_to_ms

from .taskfile.locate import TASK_VARIABLE

# By default the kernel dies in a step that has run for a while, once one worth restoring is done.
_RUNNING_MS = 500
_DONE_MS = 1000
_LOOK_EVERY_S = 0.02

Steps = dict[str, StepRecord]


class DemoError(Exception):
    """The demo cannot show what it is for; the message says why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Both runs of a notebook, as its task file shows them.

    Attributes:
        killed: the step in whose middle the kernel died.
        before, after: the steps after the first and after the second run.
        second_run_ms: how long the second run took, its kernel's start included.
    """

    killed: str
    before: Steps
    after: Steps
    second_run_ms: int

    @property
    def restored(self) -> list[str]:
        """Steps that were done before the kill and were not run again."""
        done = [name for name, step in self.before.items() if step.status == "done"]
        return [n for n in done if n in self.after and self.after[n] == self.before[n]]

    @property
    def ran(self) -> list[str]:
        """Steps that the second run ran to their end."""
        done = [name for name, step in self.after.items() if step.status == "done"]
        return [name for name in done if name not in self.restored]

    @property
    def succeeded(self) -> bool:
        """Whether the run was resumed: something restored, and the killed step run again."""
        return bool(self.restored) and self.killed in self.ran

    def lines(self) -> Iterator[str]:
        """Yield the outcome for people."""
        saved_ms = sum(took_ms(self.after[name]) for name in self.restored)
        yield f"first run   kernel killed in the middle of step {self.killed}"
        yield f"second run  finished in {format_ms(self.second_run_ms)}"
        yield f"restored    {_listed(self.restored, self.after)}"
        yield f"ran         {_listed(self.ran, self.after)}"
        yield f"saved       {format_ms(saved_ms)} of computing"


async def demonstrate(notebook: Path, folder: Path, kill_in: str | None = None) -> Outcome:
    """Run a copy of a notebook, kill its kernel in a step, and run the copy again.

    Args:
        notebook: opens its task file by a relative path.
        folder: where the copy, executed, and its task file are left; without a task file so far.
        kill_in: the step in which to kill; None for the first one that is worth it.

    Raises:
        DemoError: no such step ran, or the notebook fails by itself.
    """
    if any(folder.glob("*.db")):
        raise DemoError(f"{folder} has a task file already: name an empty folder")
    first = _client(notebook, folder)
    run = asyncio.create_task(first.async_execute(env=_environment()))
    killed = await _find_victim(run, folder, kill_in)
    if killed is not None:
        manager: Any = first.km
        await manager.provisioner.kill()  # SIGKILL: nothing in the kernel can react to it
    with contextlib.suppress(DeadKernelError):
        await run
        killed = None
    if killed is None:
        wanted = f"step {kill_in}" if kill_in else "a step that runs long, after others had,"
        raise DemoError(f"{wanted} was never seen running: name one with --kill-in")
    before = _look(folder)
    second = _client(notebook, folder)
    started_s = time.monotonic()
    await second.async_execute(env=_environment())
    took = round((time.monotonic() - started_s) * 1000)
    nbformat.write(second.nb, folder / notebook.name)
    return Outcome(killed, before, _look(folder), took)


async def _find_victim(run: asyncio.Task[Any], folder: Path, kill_in: str | None) -> str | None:
    """Return the step in which to kill, while it runs; None where the run ends before that."""
    seen_at_s: dict[str, float] = {}
    while not run.done():
        steps = _look(folder)
        worth_it = any(took_ms(step) >= _DONE_MS for step in steps.values())
        for name, step in steps.items():
            if step.status != "pending" or kill_in not in (None, name):
                continue
            now_s = time.monotonic()
            running_ms = (now_s - seen_at_s.setdefault(name, now_s)) * 1000
            if kill_in == name or (worth_it and running_ms >= _RUNNING_MS):
                return name
        await asyncio.sleep(_LOOK_EVERY_S)
    return None


def _look(folder: Path) -> Steps:
    """Return the steps of the task file in a folder, none as long as there is none."""
    for path in folder.glob("*.db"):
        with contextlib.suppress(MundaneError), read(path) as view:
            return {step.name: step for step in view.steps() if step.kind == "step"}
    return {}


def took_ms(step: StepRecord) -> int:
    """Return how long a done step ran, 0 for any other."""
    started, finished = iso_to_ms(step.started_at), iso_to_ms(step.finished_at or "")
    if step.status != "done" or started is None or finished is None:
        return 0
    return max(0, finished - started)


def _client(notebook: Path, folder: Path) -> NotebookClient:
    return NotebookClient(
        nbformat.read(notebook, as_version=4),
        timeout=None,
        resources={"metadata": {"path": str(folder)}},
        # Quiet about the transport of messages, which stay on this machine.
        extra_arguments=["--log-level=ERROR"],
    )


def _environment() -> dict[str, str]:
    """Return this process's environment without a task file that it names for other notebooks."""
    return {name: value for name, value in os.environ.items() if name != TASK_VARIABLE}


def _listed(names: Sequence[str], steps: Steps) -> str:
    return ", ".join(f"{name} ({format_ms(took_ms(steps[name]))})" for name in names) or "nothing"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; return 0 only where the second run finished and went on where it stopped."""
    parser = argparse.ArgumentParser(
        prog="python -m mundane_ipython.demo",
        description="Run a notebook, kill its kernel in the middle of a step, run it again.",
    )
    parser.add_argument("notebook", type=Path, help="the notebook, which stays as it is")
    parser.add_argument("--kill-in", metavar="STEP", help="kill the kernel while this step runs")
    parser.add_argument("--folder", type=Path, help="keep the executed copy and its task file here")
    options = parser.parse_args(arguments)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="mundane-demo-"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        outcome = asyncio.run(demonstrate(options.notebook, folder, options.kill_in))
    except (DemoError, CellExecutionError, DeadKernelError, OSError) as error:
        sys.stderr.write(f"demo: {error}\n")
        return 1
    finally:
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.writelines(f"{line}\n" for line in outcome.lines())
    return 0 if outcome.succeeded else 1


if __name__ == "__main__":
    sys.exit(main())
