"""Restored steps whose values wait until something can look at the namespace. SPEC.md, Restoring.

In a kernel a restored step shows what it showed at once, and its values come when anything but
another restore is about to run, or when the kernel has nothing to do: before any code could miss
them, and in the order of the cells. A notebook in which every cell is restored is so on the screen
before the libraries are imported that its values need.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from threading import current_thread, main_thread

from IPython.core.interactiveshell import InteractiveShell

from .capture import current_request
from .widgets import reacts

# Run All sends the next cell at once; whoever types takes longer, and so does a request for the
# names that begin with what was typed.
_IDLE_S = 0.2

# Values that later steps bind anew wait beside these: a notebook that makes one thing large again
# and again must not hold all of them at once.
_MAX_BYTES = 64 << 20


class Deferred:
    """The values that wait, in the order of their cells.

    Args:
        shell: into whose namespace they go.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        # The size of a step's bundle, and what brings its values.
        self._waiting: deque[tuple[int, Callable[[], None]]] = deque()
        self._bytes = 0
        self._steps: dict[str, str] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def steps(self) -> Mapping[str, str]:
        """The step that binds or deletes a name last before everything has been brought, by name.

        Of a few more names, too, that were brought already.
        """
        return self._steps

    def can_wait(self) -> bool:
        """Return whether nothing but cells, and an idle kernel, looks at the namespace."""
        comm_manager = getattr(getattr(self._shell, "kernel", None), "comm_manager", None)
        if comm_manager is None or _loop() is None or current_thread() is not main_thread():
            return False  # a terminal, a kernel of another kind, a subshell beside its own cells
        if current_request(self._shell).get("content", {}).get("user_expressions"):
            return False  # they are evaluated right after the cell
        return not any(map(reacts, comm_manager.comms))

    def has_room(self, size: int) -> bool:
        """Return whether a value of so many bytes may wait beside the others."""
        return self._bytes + size <= _MAX_BYTES

    def add(self, step: str, names: Iterable[str], size: int, bring: Callable[[], None]) -> None:
        """Let a step's values wait.

        Args:
            step: its name.
            names: that it binds or deletes.
            size: of its bundle, in bytes.
            bring: binds them; may raise, and is then called again or never.
        """
        self._waiting.append((size, bring))
        self._bytes += size
        self._steps.update(dict.fromkeys(names, step))
        self._wake_when_idle()

    def load(self) -> None:
        """Bring every value that waits.

        Raises:
            Exception: what the first one raised that could not be brought. It waits no longer, and
                those after it still do.
        """
        while self._waiting:
            try:
                self._bring_first()
            except Exception as error:
                self._drop_first()
                error.add_note(
                    "Its outputs were restored before. Its values were needed only now, by this "
                    "cell, of which nothing has run."
                )
                raise

    def clear(self) -> None:
        """Drop what waits."""
        while self._waiting:
            self._drop_first()

    def _bring_first(self) -> None:
        self._waiting[0][1]()
        self._drop_first()

    def _drop_first(self) -> None:
        self._bytes -= self._waiting.popleft()[0]
        if not self._waiting:
            self._steps.clear()

    def _wake_when_idle(self) -> None:
        loop = _loop()
        if self._timer is not None:
            self._timer.cancel()
        if loop is not None:
            self._timer = loop.call_later(_IDLE_S, self._load_idle)

    def _load_idle(self) -> None:
        # What cannot be brought waits on: the next cell says why, where the user looks. An
        # interrupt that reached the loop would end the kernel.
        with suppress(Exception, KeyboardInterrupt):
            while self._waiting:
                self._bring_first()


def _loop() -> asyncio.AbstractEventLoop | None:
    """Return the kernel's event loop, on which its cells run; None outside of it."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
