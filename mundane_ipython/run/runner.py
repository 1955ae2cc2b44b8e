"""One run of a notebook in a kernel of its own, from the top to the end or to what ended it.

On nbclient, which carries the messages. This adds what a job needs: the output notebook saved as it
grows, the cells' ids sent, interrupts and timeouts that end, and an ending for every case.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import zmq
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output

from mundane import MundaneError
from mundane.cli import EXIT_FAILED, EXIT_LOCKED, EXIT_OK, EXIT_USAGE, exit_code
from mundane.tools import SYSTEM, format_ms, iso_to_ms, printable

from ..display.notes import METADATA_KEY
from .kernel_process import die_with_parent
from .output_file import OutputFile
from .progress import Progress, label, outcome

EXIT_KERNEL_DIED = 3
"""The exit code of a run whose kernel died more often than it may be restarted."""

# A kernel that was interrupted has so long to come to an end before it is killed.
_GRACE_S = 10.0
# The live line moves, and time limits are looked at, this often.
_TICK_S = 0.5
# While a cell shows things, the notebook is saved this often; a large one, or one on a slow disk,
# less often, so that saving takes no more than a tenth of the time, but this often at least.
_SAVE_EVERY_S = 2.0
_SAVE_SHARE = 10
_SAVE_AT_LEAST_EVERY_S = 20.0

# Our own refusals, shown in a cell as one line, that mean something else than a failed cell.
_REFUSALS = {
    "LockedError": EXIT_LOCKED,
    "SleepingError": EXIT_LOCKED,
    "SchemaError": EXIT_USAGE,
}
_SKIP_TAG = "skip-execution"  # nbclient's default
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended.

    Attributes:
        code: the exit code that says so.
        text: one line for people, empty where all went well.
        details: a traceback, where there is one.
    """

    code: int
    text: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a notebook is run with.

    Attributes:
        kernel: the name of the kernel, empty for the one that the notebook names.
        folder: where the kernel runs.
        environment: the kernel's environment variables.
        timeout_s: how long a cell may take, its durable sleeps left aside; None for any time.
        log_output: whether what the cells show is copied to this process's streams.
    """

    kernel: str
    folder: Path
    environment: Mapping[str, str]
    timeout_s: float | None = None
    log_output: bool = False


class Runner(NotebookClient):
    """One run of a notebook.

    Args:
        notebook: is run in place; without outputs so far.
        output: where it is saved.
        progress: who says how far it is.
        setting: what it is run with.
    """

    def __init__(
        self, notebook: NotebookNode, output: OutputFile, progress: Progress, setting: Setting
    ) -> None:
        super().__init__(
            notebook,
            kernel_name=setting.kernel,
            timeout=None,
            # For the outputs that are under way when a cell has ended, which may be many.
            iopub_timeout=60,
            record_timing=False,  # so that notebooks of equal runs are equal
            resources={"metadata": {"path": str(setting.folder)}},
        )
        self._output = output
        self._progress = progress
        self._setting = setting
        self._ending: Ending | None = None
        self._kernel: Any = None
        self._client: Any = None
        self._main: asyncio.Task[Any] | None = None
        self._background: set[asyncio.Future[Any]] = set()
        self._phase: Literal["starting", "running", "ending"] = "starting"
        self._place = ""
        self._death = ""
        self._trace: list[str] = []
        self._deadline_s: float | None = None
        self._changed: set[int] | None = None  # None: all cells
        self._saved_s = 0.0

    async def run(self) -> Ending:
        """Run all cells in a new kernel, which is gone when this returns.

        Raises:
            StorageError: the output notebook cannot be written.
        """
        self._main = asyncio.current_task()
        self._in_background(self._tick())
        try:
            ending = await self._run()
        except asyncio.CancelledError:
            if self._ending is None or self._main is None:
                raise
            self._main.uncancel()
            ending = self._ending
        finally:
            orderly, self._phase = self._phase == "running", "ending"
            await self._end_kernel(now=not orderly)
            for task in self._background:
                task.cancel()
        return self._ending or ending

    def stop(self, ending: Ending) -> None:
        """End the run: the running cell is interrupted, and after a while the kernel killed.

        Called a second time, the kernel is killed at once. The first ending counts.
        """
        first = self._ending is None
        self._ending = self._ending or ending
        if self._phase == "starting":
            if self._main is not None:
                self._main.cancel()
        elif self._phase == "running" and first:
            self._in_background(self._interrupt())
        else:
            self._in_background(self._kill())

    async def _run(self) -> Ending:
        try:
            await self._start()
            for index, cell in enumerate(self.nb.cells):
                if is_run(cell):
                    await self._run_cell(cell, index)
                if self._ending is not None:
                    break
            self.set_widgets_metadata()
            self._note_change(None)
            self._save()
        except NoSuchKernel as error:
            return Ending(EXIT_USAGE, f"no kernel is named {error.name!r}: name one with --kernel")
        except CellExecutionError as error:
            return self._failed(error)
        except (RuntimeError, OSError) as error:  # nbclient's DeadKernelError is one
            if self._phase == "starting":
                return Ending(EXIT_KERNEL_DIED, f"the kernel did not start: {error}")
            if not isinstance(error, DeadKernelError):
                raise
            return Ending(EXIT_KERNEL_DIED, f"the kernel died in {self._place}: {self._death}")
        return Ending(EXIT_OK)

    async def _start(self) -> None:
        self.reset_execution_trackers()
        self._kernel = self.create_kernel_manager()
        if self._kernel.ipykernel:
            # Quiet about the transport of messages, which stay on this machine.
            self.extra_arguments = ["--log-level=ERROR"]
        options: dict[str, Any] = {"env": dict(self._setting.environment)}
        if guard := die_with_parent():
            options["preexec_fn"] = guard
        await self.async_start_new_kernel(**options)
        self._client = self.kc = self._kernel.client()
        # Without a limit: ZeroMQ drops what a subscriber does not take in time (zmq_setsockopt(3)),
        # and a save of a large notebook takes time.
        self._client.context.setsockopt(zmq.RCVHWM, 0)
        self._client.start_channels()
        await self._client.wait_for_ready(timeout=self.startup_timeout)
        self._client.allow_stdin = False
        info = await self.async_wait_for_reply(self._client.kernel_info())
        if info is not None:
            self.nb.metadata["language_info"] = info["content"]["language_info"]
        self._phase = "running"

    async def _run_cell(self, cell: NotebookNode, index: int) -> None:
        self._place = f"cell {index + 1} ({label(cell.source)})"
        # As JupyterLab does; jupyter_client's execute() has no argument for it.
        self._client.session.metadata = {"cellId": cell.id} if "id" in cell else {}
        self._save()
        self._progress.started(label(cell.source))
        self._limit_from(time.monotonic())
        how = "failed"
        try:
            await self.async_execute_cell(cell, index)
            how = outcome(_restored(cell), self._progress.took())
        except DeadKernelError:
            how = "kernel died"
            await self._note_death(cell)
            raise
        except CellExecutionError as error:
            asleep = error.ename == "SleepingError"  # nothing has failed
            how = "asleep" if asleep else f"failed after {self._progress.took()}: {error.ename}"
            self._trace = [line for out in cell.outputs[-1:] for line in out.get("traceback", ())]
            raise
        finally:
            self._deadline_s = None
            self._note_change(index)
            self._save()
            self._progress.ended(how)

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> Any:
        """Take a kernel's message into the notebook, and look at what it says about the run."""
        if msg["msg_type"] not in ("status", "execute_input"):
            self._note_change(None if _is_update(msg) else cell_index)
            self._look_at(msg)
        return super().process_message(msg, cell, cell_index)

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> Any:
        """Append an output; writes to one stream that follow each other are one output."""
        out = super().output(outs, msg, display_id, cell_index)
        if out is None or out.output_type != "stream" or len(outs) < 2:
            return out
        last = outs[-2]
        if last.output_type == "stream" and last.name == out.name:
            last.text += outs.pop().text
        return outs[-1]

    def _look_at(self, msg: dict[str, Any]) -> None:
        content = msg["content"]
        facts = (content.get("metadata") or {}).get(METADATA_KEY)
        if isinstance(facts, dict):
            wake_at_ms = iso_to_ms(str(facts.get("wake_at")))
            if facts.get("event") == "sleeping" and wake_at_ms is not None:
                self._progress.sleeping(content["data"]["text/plain"], wake_at_ms)
                self._limit_from(time.monotonic() + (wake_at_ms - SYSTEM.now_ms()) / 1000)
        elif self._setting.log_output:
            if msg["msg_type"] == "stream":
                stream = sys.stderr if content["name"] == "stderr" else sys.stdout
                self._progress.copy(content["text"], stream)
            elif text := (content.get("data") or {}).get("text/plain"):
                self._progress.copy(f"{text}\n", sys.stdout)

    def _limit_from(self, start_s: float) -> None:
        if self._setting.timeout_s is not None:
            self._deadline_s = start_s + self._setting.timeout_s

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self._progress.tick()
            now_s = time.monotonic()
            if self._deadline_s is not None and now_s > self._deadline_s:
                limit = format_ms((self._setting.timeout_s or 0) * 1000)
                self.stop(Ending(EXIT_FAILED, f"{self._place}: took longer than {limit}"))
                self._deadline_s = None
            wait_s = min(_SAVE_SHARE * self._output.last_save_s, _SAVE_AT_LEAST_EVERY_S)
            if now_s - self._saved_s > max(_SAVE_EVERY_S, wait_s):
                try:
                    self._save()
                except MundaneError as error:
                    self.stop(Ending(exit_code(error), str(error)))

    def _save(self) -> None:
        """Save the notebook where it is another than at the last save."""
        if self._changed != set() and self._phase == "running":
            changed, self._changed = self._changed, set()
            self._output.save(self.nb, changed)
            self._saved_s = time.monotonic()

    def _note_change(self, index: int | None) -> None:
        """Note that a cell, or None for any, is another than at the last save."""
        if index is None:
            self._changed = None
        elif self._changed is not None:
            self._changed.add(index)

    def _failed(self, error: CellExecutionError) -> Ending:
        name, value = error.ename, printable(_ANSI.sub("", error.evalue))
        trace = _ANSI.sub("", "\n".join(self._trace))
        # errors.shown_short: a refusal of our own; hints for a notebook's user follow it
        if self._trace[:1] == [f"{name}: {error.evalue}"]:
            return Ending(_REFUSALS.get(name, EXIT_FAILED), value)
        return Ending(EXIT_FAILED, f"{self._place} failed: {name}: {value}", trace)

    async def _note_death(self, cell: NotebookNode) -> None:
        code = await self._kernel.provisioner.poll()
        self._death = _death_text(code)
        cell.outputs.append(new_output("error", ename="DeadKernelError", evalue=self._death))

    async def _interrupt(self) -> None:
        with contextlib.suppress(RuntimeError):  # it died just now, which nbclient will notice
            await self._kernel.interrupt_kernel()
        # A kernel that awaits takes note of the signal when its event loop wakes (ipykernel 7.4
        # with tornado 6.6): any message does that.
        self._client.kernel_info()
        await asyncio.sleep(_GRACE_S)
        await self._kill()

    async def _kill(self) -> None:
        if self._kernel is not None and self._kernel.has_kernel:
            await self._kernel.provisioner.kill()

    def _in_background(self, work: Any) -> None:
        self._background.add(asyncio.ensure_future(work))

    async def _end_kernel(self, *, now: bool) -> None:
        if self._kernel is not None:
            if self._kernel.has_kernel and await self._kernel.is_alive():
                await self._kernel.shutdown_kernel(now=now)
            await self._kernel.cleanup_resources()
        if self._client is not None:
            self._client.stop_channels()


def is_run(cell: NotebookNode) -> bool:
    """Return whether a cell is executed: it holds code, and no tag says to skip it."""
    tags = cell.metadata.get("tags", ())
    return cell.cell_type == "code" and bool(cell.source.strip()) and _SKIP_TAG not in tags


def _is_update(msg: Mapping[str, Any]) -> bool:
    """Return whether a message may change the outputs of other cells: it has a display's id."""
    return bool((msg["content"].get("transient") or {}).get("display_id"))


def _restored(cell: NotebookNode) -> Mapping[str, Any] | None:
    """Return what the note under a restored step says, None where the cell was run."""
    for out in cell.outputs:
        facts = (out.get("metadata") or {}).get(METADATA_KEY)
        if isinstance(facts, dict) and facts.get("event") == "restored":
            return facts
    return None


def _death_text(code: int | None) -> str:
    """Return how a kernel died, given its exit code, which is negative for a signal."""
    if code is None or code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        name = signal.Signals(-code).name
        return f"{name}, perhaps for want of memory" if name == "SIGKILL" else name
    return f"signal {-code}"
