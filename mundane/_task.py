"""The task: run, open, and the replay loop; the one place that joins the other modules.

A step's life: its name is claimed for this pass; a stored value is returned, or a `pending` row is
committed, the function runs, and `done` or `failed` is committed. Async entry points await only
the user's own function.
"""

from __future__ import annotations

import inspect
import os
import threading
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from types import TracebackType
from typing import Any, TypeVar

from . import _clock, _duration
from ._attempt import Attempt, Row
from ._names import check_name, check_path
from ._reader import Kind, Status
from ._sqlite import Connection
from ._store import Store
from ._values import decode_result
from .errors import (
    AsyncFunctionError,
    DuplicateStepError,
    SchemaError,
    StepKindError,
    UnknownStepError,
)

T = TypeVar("T")


class Task:
    """An open task file: the one writer it has. From `run`, `arun` or `open`.

    Threads and asyncio tasks may use it at the same time. A forked child may not.

    Attributes:
        path: as given.
        task_id: the task's UUID, made with the file.
        created_at: when the file was made, ISO-8601 in UTC.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, clock: _clock.Clock = _clock.SYSTEM
    ) -> None:
        self.path = check_path(path)
        self._clock = clock
        self._used: set[str] = set()
        self._used_guard = threading.Lock()
        self._store = Store(self.path, clock)
        try:  # nothing may follow it: an interrupt there would leave the file locked
            self.task_id = self._store.header.task_id
            self.created_at = self._store.header.created_at
            self._rows = {
                name: Row(row_id, kind, status) for row_id, name, kind, status in self._store.rows()
            }
        except BaseException:
            self._store.close()
            raise

    # Steps.

    def step(self, name: str, fn: Callable[[], Any]) -> Any:
        """Run `fn` once and store its value; on every later pass return the stored value.

        Args:
            name: `[A-Za-z0-9][A-Za-z0-9._-]*`, used once per pass.
            fn: called without arguments; returns strict JSON or bytes.

        Returns:
            What the file holds: a fresh copy, equal on the first pass and on all later ones.

        Raises:
            InvalidNameError, DuplicateStepError, StepKindError: before anything is touched.
            AsyncFunctionError: `fn` is async; use `astep`.
            StepFailedError: `fn` raised; the row is `failed` and runs again on the next pass.
            SerializationError: the value cannot be stored; the row is `failed`.
            StorageError, SchemaError: the file cannot be written or read.
        """
        refuse_async(fn, "task.step", "task.astep")
        attempt = self.begin(name)
        if attempt.stored:
            return attempt.value()
        try:
            value = fn()
        except Exception as error:
            raise attempt.failed(error, skip_frames=1) from error
        try:
            refuse_awaitable(value, "task.step", "task.astep")
        except AsyncFunctionError as error:
            attempt.failed(error)
            raise
        return attempt.done(value).value()

    async def astep(self, name: str, fn: Callable[[], Awaitable[Any]]) -> Any:
        """`step` for an async function; steps may run concurrently under `asyncio.gather`.

        Raises:
            The errors of `step`. A cancelled step stays `pending`.
        """
        attempt = self.begin(name)
        if attempt.stored:
            return attempt.value()
        try:
            value = fn()
            if inspect.isawaitable(value):
                value = await value
        except Exception as error:
            raise attempt.failed(error, skip_frames=1) from error
        return attempt.done(value).value()

    def sleep(self, name: str, duration: str | float | timedelta) -> None:
        """Sleep until a time that is stored when the sleep starts; later passes sleep the rest.

        Args:
            name: as in `step`.
            duration: `"500ms"`, `"30s"`, `"5m"`, `"2h"`, `"1d"`, a number of milliseconds, or a
                timedelta; 0 to 100 years. Ignored once the sleep is stored.

        Raises:
            DurationError: before anything is touched.
            InvalidNameError, DuplicateStepError, StepKindError: as in `step`.
        """
        self.begin_sleep(name, duration).wait()

    async def asleep(self, name: str, duration: str | float | timedelta) -> None:
        """`sleep` that suspends the asyncio task instead of the thread."""
        nap = self.begin_sleep(name, duration)
        while (seconds := nap.next_wait_s()) > 0:
            await self._clock.await_(seconds)

    def idempotency_key(self, name: str) -> str:
        """Return `<task_id>:<name>`, the same on every attempt, for services that deduplicate.

        Raises:
            InvalidNameError: `name` is no step name.
        """
        check_name(name)
        return f"{self.task_id}:{name}"

    # Looking and forgetting.

    def status(self, name: str) -> Status | None:
        """Return the status of a step's row, None where there is none."""
        row = self._rows.get(name)
        return row.status if row else None

    def get(self, name: str) -> Any:
        """Return the stored value of a finished step without claiming its name.

        Raises:
            UnknownStepError: there is no such step, or it is not done.
        """
        row = self._rows.get(name)
        if row is None or row.status != "done":
            raise UnknownStepError(self.path, name, row.status if row else None)
        return self._decode(name, row)

    def counts(self) -> dict[Status, int]:
        """Return how many rows are done, failed and pending."""
        statuses = [row.status for row in self._rows.values()]
        known: tuple[Status, ...] = ("done", "failed", "pending")
        return {status: statuses.count(status) for status in known}

    def names_from(self, name: str) -> list[str]:
        """Return `name` and every step first started after it.

        Raises:
            UnknownStepError: there is no such step.
        """
        start = self._known(name).id
        # A list first: threads may begin steps meanwhile.
        return [other for other, row in list(self._rows.items()) if row.id >= start]

    def forget(self, *names: str) -> None:
        """Remove rows, so that these steps run again; the names may be used again in this pass.

        Raises:
            UnknownStepError: one of them is not in the file; nothing is removed.
        """
        rows = {name: self._known(name) for name in names}
        self._store.delete([row.id for row in rows.values()])
        for name in rows:
            del self._rows[name]
        self.release(names)

    # For tools that run a step's body themselves, as a notebook's cell does.

    def begin(self, name: str, *, rerun: bool = False) -> Attempt:
        """Claim a name for this pass and return its attempt, stored or to be run.

        A step that is not stored has a committed `pending` row when this returns. The caller
        settles it by `Attempt.done` or `Attempt.failed`, or lets it stay `pending`.

        Args:
            name: as in `step`.
            rerun: take a stored step for one that is to be run; its value is dropped.

        Raises:
            InvalidNameError, DuplicateStepError, StepKindError: before anything is touched.
        """
        row = self._claim(name, "step")
        if row is None or row.status != "done" or rerun:
            row = self._start(
                name, "step", "pending", lambda old: self._store.write_pending(name, old)
            )
        return Attempt(self._store, name, row)

    def begin_sleep(self, name: str, duration: str | float | timedelta) -> _clock.Nap:
        """Start the sleep that `sleep` waits for, or take it up again; return what is left of it.

        Raises:
            The errors of `sleep`.
        """
        check_name(name)
        if self.status(name) == "done":
            return self._rest_of_nap(name)
        duration_ms = _duration.to_ms(duration)
        self._claim(name, "sleep")
        now_ms = self._clock.now_ms()
        wake_at_ms = now_ms + duration_ms
        self._start(
            name,
            "sleep",
            "done",
            lambda old: self._store.write_sleep(name, old, now_ms, wake_at_ms),
        )
        return _clock.Nap(self._clock, wake_at_ms, duration_ms)

    def used(self) -> frozenset[str]:
        """Return the names claimed in this pass."""
        with self._used_guard:
            return frozenset(self._used)

    def release(self, names: Iterable[str] | None = None) -> None:
        """Start the pass of these names again, or of all: each may be claimed once more."""
        with self._used_guard:
            self._used = set() if names is None else self._used - set(names)

    def query(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` reads through the connection, for tables of a tool's own."""
        return self._store.query(work)

    def commit(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a durable transaction of its own, for tables of a tool's own."""
        return self._store.commit(work)

    def close(self) -> None:
        """Close the file and release its lock. Idempotent; nothing but this happens in a child."""
        self._store.close()

    def __enter__(self) -> Task:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _claim(self, name: str, kind: Kind) -> Row | None:
        check_name(name)
        row = self._rows.get(name)
        with self._used_guard:
            if name in self._used:
                raise DuplicateStepError(self.path, name)
            if row is not None and row.kind != kind:
                raise StepKindError(self.path, name, row.kind, kind)
            self._used.add(name)
        return row

    def _start(
        self, name: str, kind: Kind, status: Status, write: Callable[[int | None], int]
    ) -> Row:
        """Write the row of a claimed name, given the id of its old one."""
        old = self._rows.get(name)
        try:
            row_id = write(old.id if old else None)
        except BaseException:
            self.release([name])  # not begun, so that it may be tried again in this pass
            raise
        row = self._rows[name] = Row(row_id, kind, status)
        return row

    def _known(self, name: str) -> Row:
        row = self._rows.get(name)
        if row is None:
            raise UnknownStepError(self.path, name, None)
        return row

    def _decode(self, name: str, row: Row) -> Any:
        return decode_result(self.path, name, *self._store.result(row.id))

    def _rest_of_nap(self, name: str) -> _clock.Nap:
        self._claim(name, "sleep")
        row = self._rows[name]
        wake_at_ms = self._decode(name, row)
        if type(wake_at_ms) is not int:
            raise SchemaError(self.path, f"is damaged: the end of sleep {name!r} is no time in ms")
        started_ms = _clock.iso_to_ms(self._store.started_at(row.id))
        # Never longer than it was to be, even where the clock was set back since.
        whole_ms = wake_at_ms - (self._clock.now_ms() if started_ms is None else started_ms)
        return _clock.Nap(self._clock, wake_at_ms, max(0, whole_ms))


def run(path: str | os.PathLike[str], fn: Callable[[Task], T]) -> T:
    """Run a workflow in a task file: what is stored is replayed, the rest runs and is stored.

    Args:
        path: of the task file, made where it is missing. The path is the task's identity.
        fn: called with the open `Task`; a new pass.

    Returns:
        What `fn` returns.

    Raises:
        LockedError: another process runs this task.
        SchemaError: the file is not a sound task file; nothing was changed.
        StorageError: the system refuses.
        AsyncFunctionError: `fn` is async; use `arun`.
    """
    refuse_async(fn, "run", "arun")
    task = open(path)
    try:  # no `with`: an interrupt at the start of __enter__ would leave the file locked
        result = fn(task)
        refuse_awaitable(result, "run", "arun")
        return result
    finally:
        try:  # here and in the twin, not in a function: an interrupt may fall on its call
            task.close()
        except KeyboardInterrupt:  # it may have fallen before anything was closed
            task.close()
            raise


async def arun(path: str | os.PathLike[str], fn: Callable[[Task], Awaitable[T]]) -> T:
    """`run` for an async workflow, which may use `task.astep` and `task.asleep`."""
    task = open(path)
    try:
        return await fn(task)
    finally:
        try:  # here and in the twin, not in a function: an interrupt may fall on its call
            task.close()
        except KeyboardInterrupt:  # it may have fallen before anything was closed
            task.close()
            raise


def open(path: str | os.PathLike[str]) -> Task:  # noqa: A001 (mundane.open, as gzip.open)
    """Open a task file and hold it: for a service, a REPL, a notebook. A context manager.

    Raises:
        LockedError, SchemaError, StorageError: as in `run`.
    """
    return Task(path)


def refuse_async(fn: object, called: str, instead: str) -> None:
    """Raise AsyncFunctionError for a function that is seen to be async before it is called."""
    if inspect.iscoroutinefunction(fn):
        raise AsyncFunctionError(called, instead)


def refuse_awaitable(value: object, called: str, instead: str) -> None:
    """Raise AsyncFunctionError for an awaitable that a plain function returned."""
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()
        raise AsyncFunctionError(called, instead)
