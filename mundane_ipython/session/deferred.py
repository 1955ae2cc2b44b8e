"""Restored steps whose values are deferred until something looks at names. SPEC.md, Restoring.

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
from dataclasses import dataclass
from threading import current_thread, main_thread

from IPython.core.interactiveshell import InteractiveShell

from ..display.notes import listed, publish_note
from ..errors import NotebookStepError
from ..outputs.capture import current_request
from ..outputs.widgets import reacts

# Run All sends the next cell at once; whoever types takes longer, and so does a request for the
# names that begin with what was typed.
_IDLE_S = 0.2

# Values that later steps bind anew are held beside these: a notebook that makes one thing large
# again and again must not hold all of them at once.
_MAX_BYTES = 64 << 20

# How many names a note lists.
_MAX_NAMES = 8


@dataclass(frozen=True, slots=True)
class _Values:
    """Deferred values: a step's names, the size of its bundle, and what brings them."""

    step: str
    names: list[str]
    size: int
    bring: Callable[[], None]


class Deferred:
    """The deferred values, in the order of their cells.

    Args:
        shell: into whose namespace they go.

    Attributes:
        failed: names of restored steps whose values could not be made, with the step and why.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self.failed: dict[str, tuple[str, str]] = {}
        self._shell = shell
        self._values: deque[_Values] = deque()
        self._bytes = 0
        self._steps: dict[str, str] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._values)

    @property
    def steps(self) -> Mapping[str, str]:
        """The step that binds or deletes a name last before everything has been brought, by name.

        Of a few more names, too, that were brought already.
        """
        return self._steps

    def can_defer(self) -> bool:
        """Return whether nothing but cells, and an idle kernel, looks at the namespace."""
        comm_manager = getattr(getattr(self._shell, "kernel", None), "comm_manager", None)
        if comm_manager is None or _loop() is None or current_thread() is not main_thread():
            return False  # a terminal, a kernel of another kind, a subshell beside its own cells
        if current_request(self._shell).get("content", {}).get("user_expressions"):
            return False  # they are evaluated right after the cell
        return not any(map(reacts, comm_manager.comms))

    def has_room(self, size: int) -> bool:
        """Return whether a value of so many bytes may be deferred beside the others."""
        return self._bytes + size <= _MAX_BYTES

    def add(self, step: str, names: Iterable[str], size: int, bring: Callable[[], None]) -> None:
        """Defer a step's values.

        Args:
            step: its name.
            names: that it binds or deletes.
            size: of its bundle, in bytes.
            bring: binds them; may raise, and is then called again or never.
        """
        names = list(names)
        self._values.append(_Values(step, names, size, bring))
        self._bytes += size
        self._steps.update(dict.fromkeys(names, step))
        self._wake_when_idle()

    def load(self) -> None:
        """Bring every deferred value.

        Where a step's values cannot be made, its names are taken away, since whatever they stand
        for is not what the step had left, and a note says so; the other steps' values come.
        """
        while self._values:
            first = self._values[0]
            try:
                self._bring_first()
            except Exception as error:  # noqa: BLE001 (whatever the user's own code raises)
                self._without(first, error)
                self._drop_first()

    def note_failed(self, step: str, names: Iterable[str], error: Exception) -> str:
        """Note that a step's values could not be made, for a later NameError; return why."""
        if isinstance(error, NotebookStepError):
            why = error.reason
        else:
            why = f"{type(error).__name__}: {error}: '%%step {step} --rerun' runs the step again"
        why = "; ".join([why, *getattr(error, "__notes__", ())])
        self.failed.update(dict.fromkeys(names, (step, why)))
        return why

    def clear(self) -> None:
        """Drop the deferred values."""
        while self._values:
            self._drop_first()
        self.failed.clear()

    def _bring_first(self) -> None:
        self._values[0].bring()
        self._drop_first()

    def _without(self, values: _Values, error: Exception) -> None:
        """Say that a step's values are not there, and let no older ones pass for them."""
        why = self.note_failed(values.step, values.names, error)
        for name in values.names:
            self._shell.user_ns.pop(name, None)
        names = listed(values.names, _MAX_NAMES) or "what it changed"
        publish_note(
            self._shell,
            f"step {values.step}: its outputs were restored, but its values cannot be: {names} "
            f"{'are' if len(values.names) > 1 else 'is'} not there. {why}",
            alarm=True,
            step=values.step,
            event="not_restored",
            names=values.names,
        )

    def _drop_first(self) -> None:
        self._bytes -= self._values.popleft().size
        if not self._values:
            self._steps.clear()

    def _wake_when_idle(self) -> None:
        loop = _loop()
        if self._timer is not None:
            self._timer.cancel()
        if loop is not None:
            self._timer = loop.call_later(_IDLE_S, self._load_idle)

    def _load_idle(self) -> None:
        # What cannot be brought stays deferred: the next cell says why, where the user looks. An
        # interrupt that reached the loop would end the kernel.
        with suppress(Exception, KeyboardInterrupt):
            while self._values:
                self._bring_first()


def _loop() -> asyncio.AbstractEventLoop | None:
    """Return the kernel's event loop, on which its cells run; None outside of it."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
