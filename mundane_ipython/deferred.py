"""Restored steps whose values wait until something can look at the namespace. SPEC.md, Restoring.

In a kernel a restored step shows what it showed at once, and its values come when anything but
another restore is about to run, or when the kernel has nothing to do: before any code could miss
them, and in the order of the cells. A notebook in which every cell is restored is so on the screen
before the libraries are imported that its values need.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Set
from contextlib import suppress
from threading import current_thread, main_thread
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from .capture import current_request
from .widgets import reacts

# Run All sends the next cell at once; whoever types takes longer, and so does a request for the
# names that begin with what was typed.
_IDLE_S = 0.2


class Deferred:
    """The values that wait, in the order of their cells.

    Args:
        shell: into whose namespace they go.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._waiting: deque[tuple[frozenset[str], Callable[[], None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def names(self) -> Set[str]:
        """The names that are bound or deleted when everything has been brought."""
        return frozenset().union(*(names for names, _ in self._waiting))

    def can_wait(self) -> bool:
        """Return whether nothing but cells, and an idle kernel, looks at the namespace."""
        kernel = getattr(self._shell, "kernel", None)
        if kernel is None or _loop() is None or current_thread() is not main_thread():
            return False  # a terminal, or a subshell beside the kernel's own cells
        if current_request(self._shell).get("content", {}).get("user_expressions"):
            return False  # they are evaluated right after the cell
        comms: Mapping[str, Any] = kernel.comm_manager.comms
        return not any(map(reacts, comms))

    def add(self, names: Iterable[str], bring: Callable[[], None]) -> None:
        """Let a step's values wait.

        Args:
            names: that it binds or deletes.
            bring: binds them; may raise, and is then called again or never.
        """
        self._waiting.append((frozenset(names), bring))
        self._wake_when_idle()

    def load(self) -> None:
        """Bring every value that waits.

        Raises:
            Exception: what the first one raised that could not be brought. It waits no longer, and
                those after it still do.
        """
        while self._waiting:
            try:
                self._waiting[0][1]()
            except Exception as error:
                self._waiting.popleft()
                error.add_note(
                    "Its outputs were restored before. Its values were needed only now, by this "
                    "cell, of which nothing has run."
                )
                raise
            self._waiting.popleft()

    def clear(self) -> None:
        """Drop what waits."""
        self._waiting.clear()

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
                self._waiting[0][1]()
                self._waiting.popleft()


def _loop() -> asyncio.AbstractEventLoop | None:
    """Return the kernel's event loop, on which its cells run; None outside of it."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
