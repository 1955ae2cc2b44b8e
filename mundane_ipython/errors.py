"""The notebook layer's own refusals, and how any refusal is shown in a cell: in a line.

What a notebook's user can do beyond what the core's message says is a note on the error (PEP 678),
which is shown as a line of its own.
"""

from __future__ import annotations

import functools
from typing import TypeVar

from mundane import MundaneError

E = TypeVar("E", bound=BaseException)


class NoOpenTaskError(MundaneError, RuntimeError):
    """A step ran before `%mundane_open`, or after `%mundane_close`."""

    def __str__(self) -> str:
        return "no task file is open in this kernel: run '%mundane_open task.db' first"


class NotebookStepError(MundaneError, RuntimeError):
    """Something about a step's cell: what is wrong and how to go on are the arguments."""

    def __init__(self, path: str, name: str, reason: str) -> None:
        super().__init__(path, name, reason)
        self.path = path
        self.name = name
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: step {self.name!r}: {self.reason}"


class RowMismatchError(NotebookStepError):
    """A row that a script stored does not fit the names that the cell binds."""


class BundleError(NotebookStepError, ValueError):
    """A stored bundle that cannot be loaded: damaged, of another version, or missing something."""


class StaleStepError(NotebookStepError):
    """What a stored step depended on has changed, and `--on-change error` is in force."""


class SleepingError(MundaneError, RuntimeError):
    """A durable sleep is longer than this run waits (`MUNDANE_EXIT_ON_SLEEP`); nothing is wrong.

    Its end is stored: a run after that goes on behind it. `wake_at` is a time of the wall clock.
    """

    def __init__(self, path: str, name: str, wake_at: str, rest: str) -> None:
        super().__init__(path, name, wake_at, rest)
        self.path = path
        self.name = name
        self.wake_at = wake_at
        self.rest = rest

    def __str__(self) -> str:
        return (
            f"{self.path}: sleep {self.name!r} ends at {self.wake_at}, in {self.rest}: "
            "run again after that"
        )


class UntrustedError(NotebookStepError, PermissionError):
    """A bundle of an untrusted file holds more than data; nothing of it was run."""

    def __init__(self, path: str, name: str, reason: str) -> None:
        # OSError's constructor would take three arguments for errno, message and file name.
        super().__init__(path, name, reason)
        self.args = (path, name, reason)


def shown_short(error: E) -> E:
    """Return the error, made to show itself in a cell without a traceback of ours.

    IPython's protocol: `_render_traceback_` (InteractiveShell.showtraceback).
    """
    error._render_traceback_ = functools.partial(_lines, error)  # type: ignore[attr-defined]
    return error


def _lines(error: BaseException) -> list[str]:
    return [f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())]
