"""SIGINT while a step runs: it must end the step, wherever the cell waits, and leave it pending.

Three waits need help (tried on ipykernel 7.4, tornado 6.6, IPython 9.18): an `await`, where a
kernel notices the signal only when its event loop next wakes, and whose task terminal IPython
leaves to go on in the next cell; blocking code in a cell that also awaits; and `!command` and
`%%bash`, which swallow the interrupt.
"""

from __future__ import annotations

import asyncio
import inspect
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from ..outputs.patches import Patches

# The shell's methods behind `!command`, `x = !command` and `%%bash`: the last one tells of its
# child's death instead of the interrupt, or says nothing.
_SWALLOWING = ("system", "getoutput", "run_cell_magic")

_Handler = Callable[[int, FrameType | None], Any]


class InterruptGuard:
    """Owns SIGINT while one step's body runs in the main thread; does nothing in another thread.

    Args:
        shell: whose `!command` is watched.
        cell: the frame of the cell's code.
    """

    def __init__(self, shell: InteractiveShell, cell: FrameType) -> None:
        self._shell = shell
        self._file = cell.f_code.co_filename
        self._count = 0
        self._task: asyncio.Task[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._previous: Any = None
        self._patches = Patches()
        self._in_main_thread = threading.current_thread() is threading.main_thread()
        # A kernel runs plain cells inside its loop as well; only a coroutine can be cancelled.
        if cell.f_code.co_flags & inspect.CO_COROUTINE:
            self._loop = asyncio.get_running_loop()
            self._task = asyncio.current_task()

    def start(self) -> None:
        """Take SIGINT over."""
        if not self._in_main_thread:
            return
        self._previous = signal.getsignal(signal.SIGINT)
        signal.signal(signal.SIGINT, self._on_interrupt)
        for name in _SWALLOWING:
            self._watch(name)

    def stop(self) -> None:
        """Give SIGINT back. Idempotent."""
        if self._previous is None:  # never started, in another thread, or stopped
            return
        signal.signal(signal.SIGINT, self._previous)
        self._patches.undo()
        self._previous = None

    def cancelled(self, error: BaseException | None) -> bool:
        """Return whether the error is our own cancellation of the cell's await, and undo that."""
        if self._task is None or not self._count or not isinstance(error, asyncio.CancelledError):
            return False
        self._task.uncancel()
        return True

    def hide_frames(self, trace: TracebackType | None) -> None:
        """Take this module's frames out of a traceback, which is then the one of the plain cell."""
        while trace is not None:
            inner = trace.tb_next
            while inner is not None and inner.tb_frame.f_code.co_filename == __file__:
                inner = inner.tb_next
            trace.tb_next = inner
            trace = inner

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        self._count += 1
        waits = self._task is not None and not self._cell_is_running(frame)
        if waits and self._count == 1 and self._loop is not None and self._task is not None:
            # Thread-safe on purpose: it wakes the loop's selector, `call_soon` would not.
            self._loop.call_soon_threadsafe(self._task.cancel)
            return
        raise KeyboardInterrupt

    def _cell_is_running(self, frame: FrameType | None) -> bool:
        while frame is not None:
            if frame.f_code.co_filename == self._file:
                return True
            frame = frame.f_back
        return False

    def _watch(self, name: str) -> None:
        """Raise the interrupt that a shell command caught for itself and did not pass on."""
        # In the terminal `system` hands the tty over, past every tap; the piped one is recorded.
        run = self._shell.system_piped if name == "system" else getattr(self._shell, name)

        def watched(*arguments: Any, **options: Any) -> Any:
            before = self._count
            try:
                result = run(*arguments, **options)
            except Exception:
                if self._count > before:
                    raise KeyboardInterrupt("the command was interrupted") from None
                raise
            if self._count > before:
                raise KeyboardInterrupt("the command was interrupted")
            return result

        self._patches.replace(self._shell, name, watched)
