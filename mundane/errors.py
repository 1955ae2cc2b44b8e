"""Every error that mundane raises on purpose.

All derive from `MundaneError`, and each also from the builtin that a caller would catch without
knowing mundane. A message says what happened, where (task file and step) and what to do next.
Constructor arguments are the facts; the text is built in `__str__`, so every error survives
pickling and can cross a process boundary.
"""

from __future__ import annotations

import errno
import os

_MAX_SHOWN_CHARS = 80
_MAX_SHOWN_KEYS = 10
_AFTER_DAMAGE = (
    "go on with a copy that 'mundane backup' made, save what can be read by "
    "'sqlite3 FILE .recover', or start a new file"
)


def show(value: object) -> str:
    """Return the `repr` of any object for a message: bounded, and whatever its `repr` does."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 (a repr may raise anything; int's does beyond 4,300 digits)
        return f"<{type(value).__name__}>"
    return _clipped(text)


def _clipped(text: str) -> str:
    """Return a text out of a file, which may be of any length, as a message may show it."""
    return text if len(text) <= _MAX_SHOWN_CHARS else text[: _MAX_SHOWN_CHARS - 3] + "..."


class MundaneError(Exception):
    """The base of every error of mundane's own."""


class InvalidNameError(MundaneError, ValueError):
    """A step name that the format does not allow (SPEC.md, Names). The caller's mistake.

    `shown` is the `repr` of what was given, bounded: it may have been any object.
    """

    def __init__(self, shown: str) -> None:
        super().__init__(shown)
        self.shown = shown

    def __str__(self) -> str:
        return (
            f"{self.shown} is not a step name: use ASCII letters, digits, '.', '_' and '-', "
            "starting with a letter or a digit"
        )


class DurationError(MundaneError, ValueError):
    """A duration that cannot be read or lies outside 0 to 100 years. The caller's mistake.

    `shown` is the `repr` of what was given, bounded: it may have been any object.
    """

    def __init__(self, shown: str, reason: str) -> None:
        super().__init__(shown, reason)
        self.shown = shown
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"duration {self.shown} {self.reason}: use e.g. '500ms', '30s', '5m', '2h', '1d', "
            "a number of milliseconds, or a timedelta"
        )


class DuplicateStepError(MundaneError, ValueError):
    """A name used a second time in one pass; a loop wants names such as `f"load-{i}"`.

    Raised before anything is touched. Unlike `StepKindError` it says nothing about the stored row.
    """

    def __init__(self, path: str, name: str, where: str = "") -> None:
        super().__init__(path, name, where)
        self.path = path
        self.name = name
        self.where = where

    def __str__(self) -> str:
        used = f"{self.path}: step {self.name!r} was already used in this pass"
        if self.where:
            return f"{used}, {self.where}"
        return f"{used}: give each step its own name, in a loop for example f'{self.name}-{{i}}'"


class StepKindError(MundaneError, TypeError):
    """A name stored as a sleep and now used as a step, or the reverse: the code has changed."""

    def __init__(self, path: str, name: str, stored: str, asked: str) -> None:
        super().__init__(path, name, stored, asked)
        self.path = path
        self.name = name
        self.stored = stored
        self.asked = asked

    def __str__(self) -> str:
        stored = _clipped(self.stored)
        return (
            f"{self.path}: {self.name!r} is stored as a {stored} and used here as a "
            f"{self.asked}: choose another name, or forget the stored {stored}"
        )


class StepFailedError(MundaneError, RuntimeError):
    """A step's own function raised. The fault is the step's; the row is `failed`.

    The original exception is the cause, and `original`. It does not travel with a pickle; its text
    does, as `error`.
    """

    def __init__(self, path: str, name: str, error: str) -> None:
        super().__init__(path, name, error)
        self.path = path
        self.name = name
        self.error = error

    @property
    def original(self) -> BaseException | None:
        """The exception that the step's function raised; None after unpickling."""
        return self.__cause__

    def __str__(self) -> str:
        return f"{self.path}: step {self.name!r} failed: {self.error}"


class MapFailedError(MundaneError, RuntimeError):
    """Items of a map failed; all others are stored. The fault is the items'.

    The first failure is the cause; it does not travel with a pickle, its text does, as `error`.
    `keys` are those of failed items, in the items' order, at most 100 of `count`.
    """

    def __init__(self, path: str, name: str, keys: tuple[str, ...], count: int, error: str) -> None:
        super().__init__(path, name, keys, count, error)
        self.path = path
        self.name = name
        self.keys = keys
        self.count = count
        self.error = error

    def __str__(self) -> str:
        shown = ", ".join(self.keys[:_MAX_SHOWN_KEYS])
        more = ", ..." if self.count > _MAX_SHOWN_KEYS else ""
        items = "1 item" if self.count == 1 else f"{self.count:,} items"
        return (
            f"{self.path}: {items} of map {self.name!r} failed ({shown}{more}), the first with "
            f"{self.error}: the others are stored, and these run again in the next pass"
        )


class ExecutorLostError(MundaneError, RuntimeError):
    """A map's executor broke or was shut down: a worker died, the cluster is gone.

    Unlike with `MapFailedError` no item is to blame for certain: `count` items that the executor
    had taken stay `pending`. What it raised is the cause.
    """

    def __init__(self, path: str, name: str, count: int, error: str) -> None:
        super().__init__(path, name, count, error)
        self.path = path
        self.name = name
        self.count = count
        self.error = error

    def __str__(self) -> str:
        return (
            f"{self.path}: the executor of map {self.name!r} gave up {self.count:,} of its items "
            f"({self.error}): what had finished is stored; run again with a new executor"
        )


class SerializationError(MundaneError, TypeError):
    """A value that the task file cannot keep: not strict JSON, nor bytes (SPEC.md, Values).

    `key_path` names the offending place in the value, `$` being the value itself.
    """

    def __init__(self, path: str, name: str, key_path: str, reason: str) -> None:
        super().__init__(path, name, key_path, reason)
        self.path = path
        self.name = name
        self.key_path = key_path
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"{self.path}: the value of step {self.name!r} cannot be stored: "
            f"{self.key_path}: {self.reason}"
        )


class AsyncFunctionError(MundaneError, TypeError):
    """An async function given where a plain one is called. The caller's mistake."""

    def __init__(self, called: str, instead: str) -> None:
        super().__init__(called, instead)
        self.called = called
        self.instead = instead

    def __str__(self) -> str:
        return f"{self.called} was given an async function: use 'await {self.instead}' for it"


class LockedError(MundaneError, BlockingIOError):
    """Another open task holds the file. Nothing is wrong with it; a command exits with 75.

    `pid` is the holder's process id where the system tells it, else None.
    """

    def __init__(self, path: str, pid: int | None) -> None:
        super().__init__(errno.EWOULDBLOCK, "locked", path)
        self.path = path
        self.pid = pid

    def __reduce__(self) -> tuple[type[LockedError], tuple[str, int | None]]:
        return type(self), (self.path, self.pid)

    def __str__(self) -> str:
        if self.pid == os.getpid():
            return (
                f"{self.path}: this process (pid {self.pid}) has the task file open already: "
                "close that task first"
            )
        holder = "another process" if self.pid is None else f"process {self.pid}"
        return f"{self.path}: locked by {holder}: wait until it ends, or stop it"


class SchemaError(MundaneError, ValueError):
    """The file is not a sound task file of this format: foreign, damaged or of another version.

    Nothing in the file was changed. Compare `StorageError`, where the system refuses.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def damaged(path: str, what: str, step: str = "") -> SchemaError:
    """Return the error for a damaged file; the advice is another where only one row is.

    Args:
        path: as the caller gave it.
        what: is wrong.
        step: whose row alone is damaged, empty for the file.
    """
    advice = f"forget {step!r}, so that it runs again" if step else _AFTER_DAMAGE
    return SchemaError(path, f"is damaged: {what}: {advice}")


class StorageError(MundaneError, OSError):
    """The system refused to read or write: disk full, read-only, missing, I/O error, busy.

    What was committed before stays; the step at hand is not stored and will run again.
    """

    def __init__(self, path: str, reason: str) -> None:
        # OSError would read two arguments as errno and message, so it gets none.
        super().__init__()
        self.path = path
        self.reason = reason

    def __reduce__(self) -> tuple[type[StorageError], tuple[str, str]]:
        return type(self), (self.path, self.reason)

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class TaskNotFoundError(StorageError, FileNotFoundError):
    """There is no task file at the path that was to be read."""


class ClosedTaskError(MundaneError, RuntimeError):
    """A task used after its close, or in a forked child. The caller's mistake.

    A step whose function had already run when this is raised is not stored.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: the task is {self.reason}"


class UnknownStepError(MundaneError, LookupError):
    """There is no finished step of that name to read."""

    def __init__(self, path: str, name: str, status: str | None) -> None:
        super().__init__(path, name, status)
        self.path = path
        self.name = name
        self.status = status

    def __str__(self) -> str:
        if self.status is None:
            return (
                f"{self.path}: step {self.name!r} is not in the task file: "
                "'mundane steps FILE' lists what is"
            )
        state = _clipped(self.status)
        return f"{self.path}: step {self.name!r} is {state}: there is no value to read"


class CommandError(MundaneError, ValueError):
    """A command line asks for what cannot be done; nothing was changed. The caller's mistake."""
