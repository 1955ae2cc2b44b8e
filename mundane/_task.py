"""The task: run, open, and the replay loop; the one place that joins the other modules.

A step's life: its name is claimed for this pass; a stored value is returned, or a `pending` row is
committed, the function runs, and `done` or `failed` is committed. Async entry points await only
the user's own function.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from types import TracebackType
from typing import Any, TypeVar, cast

from . import _clock, _duration
from ._attempt import Attempt
from ._callables import refuse_async, refuse_awaitable
from ._file.reader import Status
from ._file.sqlite import Connection
from ._file.store import Store
from ._map.api import Maps
from ._names import check_name, check_path, expand_names
from ._pass import Pass, Row
from ._values import decode_result
from .errors import AsyncFunctionError, UnknownStepError, damaged

T = TypeVar("T")

# The sizes that SQLite knows.
_PAGE_BYTES = tuple(1 << power for power in range(9, 17))


class Task(Maps):
    """An open task file: the one writer it has. From `run`, `arun` or `open`.

    Threads and asyncio tasks may use it at the same time. A forked child may not.

    Attributes:
        path: as given.
        task_id: the task's UUID, made with the file.
        created_at: when the file was made, ISO-8601 in UTC.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        clock: _clock.Clock = _clock.SYSTEM,
        page_bytes: int | None = None,
    ) -> None:
        self.path = check_path(path)
        self._clock = clock
        self._store = Store(self.path, clock, page_bytes)
        try:  # nothing may follow it: an interrupt there would leave the file locked
            self.task_id = self._store.header.task_id
            self.created_at = self._store.header.created_at
            self._pass = Pass(self.path, self._store)
        except BaseException:
            self._store.close()
            raise

    # Steps.

    def step(self, name: str, fn: Callable[[], T]) -> T:
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
            return cast("T", attempt.value())
        with attempt:
            try:
                value = fn()
            except Exception as error:
                raise attempt.failed(error, skip_frames=1) from error
            try:
                refuse_awaitable(value, "task.step", "task.astep")
            except AsyncFunctionError as error:
                attempt.failed(error)
                raise
            return cast("T", attempt.done(value).value())

    async def astep(self, name: str, fn: Callable[[], Awaitable[T]]) -> T:
        """`step` for an async function; steps may run concurrently under `asyncio.gather`.

        Raises:
            The errors of `step`. A cancelled step stays `pending`.
        """
        attempt = self.begin(name)
        if attempt.stored:
            return cast("T", attempt.value())
        with attempt:
            try:
                value: Any = fn()
                if inspect.isawaitable(value):
                    value = await value
            except Exception as error:
                raise attempt.failed(error, skip_frames=1) from error
            return cast("T", attempt.done(value).value())

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
        row = self._pass.rows.get(name)
        return row.status if row else None

    def get(self, name: str) -> Any:
        """Return the stored value of a finished step without claiming its name.

        Raises:
            UnknownStepError: there is no such step, or it is not done.
        """
        row = self._pass.rows.get(name)
        if row is None or row.status != "done":
            raise UnknownStepError(self.path, name, row.status if row else None)
        return self._decode(name, row)

    def counts(self) -> dict[Status, int]:
        """Return how many rows are done, failed and pending."""
        # A list first, as in `names_from`.
        statuses = [row.status for row in list(self._pass.rows.values())]
        known: tuple[Status, ...] = ("done", "failed", "pending")
        return {status: statuses.count(status) for status in known}

    def running(self) -> frozenset[str]:
        """Return the steps that run in this process just now, of all that are `pending`."""
        return frozenset(name for name, row in list(self._pass.rows.items()) if row.running)

    def names_from(self, name: str) -> list[str]:
        """Return `name` and every step first started after it.

        Raises:
            UnknownStepError: there is no such step.
        """
        start = self._pass.known(name).id
        # A list first: threads may begin steps meanwhile.
        return [other for other, row in list(self._pass.rows.items()) if row.id >= start]

    def names_like(self, *names: str) -> list[str]:
        """Return these names; in the place of one such as `fetch.*` each step that it fits.

        Raises:
            UnknownStepError: there is no such step, or none that fits.
        """
        found = expand_names(names, list(self._pass.rows))
        for name in found:
            self._pass.known(name)
        return found

    def forget(self, *names: str) -> None:
        """Remove rows, so that these steps run again; the names may be used again in this pass.

        Raises:
            UnknownStepError: one of them is not in the file; nothing is removed.
        """
        self._pass.forget(names)

    def vacuum(self) -> tuple[int, int]:
        """Give the space of what was forgotten or replaced back to the file system.

        Needs as much free space as the file has; a kill in its middle changes nothing.

        Returns:
            The file's size in bytes before and after.

        Raises:
            StorageError: the system refuses.
        """
        return self._store.vacuum()

    # For tools that run a step's body themselves, as a notebook's cell does.

    def begin(
        self,
        name: str,
        *,
        rerun: bool = False,
        also: Callable[[Connection], None] | None = None,
    ) -> Attempt:
        """Claim a name for this pass and return its attempt, stored or to be run.

        A step that is not stored has a committed `pending` row when this returns. The caller
        settles it by `Attempt.done` or `Attempt.failed`, or lets it stay `pending` and says so by
        `Attempt.let_go`.

        Args:
            name: as in `step`.
            rerun: take a stored step for one that is to be run; its value is dropped.
            also: writes tables of a tool's own in the transaction of the `pending` row.

        Raises:
            InvalidNameError, DuplicateStepError, StepKindError: before anything is touched.
        """
        row = self._pass.claim(name, "step")
        if row is None or row.status != "done" or rerun:
            row = self._pass.start(
                name, "step", "pending", lambda old: self._store.write_pending(name, old, also)
            )
        return Attempt(self._pass, name, row)

    def begin_sleep(self, name: str, duration: str | float | timedelta) -> _clock.Nap:
        """Start the sleep that `sleep` waits for, or take it up again; return what is left of it.

        Raises:
            The errors of `sleep`.
        """
        check_name(name)
        if self.status(name) == "done":
            return self._rest_of_nap(name)
        duration_ms = _duration.to_ms(duration)
        self._pass.claim(name, "sleep")
        now_ms = self._clock.now_ms()
        wake_at_ms = now_ms + duration_ms
        self._pass.start(
            name,
            "sleep",
            "done",
            lambda old: self._store.write_sleep(name, old, now_ms, wake_at_ms),
        )
        return _clock.Nap(self._clock, wake_at_ms, duration_ms)

    @property
    def claims(self) -> int:
        """How many names were claimed since the task was opened."""
        return self._pass.claims

    def used(self, since: int = 0) -> frozenset[str]:
        """Return the names claimed in this pass.

        Args:
            since: leave out those of the first so many `claims`; the cost is that of the others.
        """
        return self._pass.used(since)

    def release(self, names: Iterable[str] | None = None) -> None:
        """Start the pass of these names again, or of all: each may be claimed once more."""
        self._pass.release(names)

    def query(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` reads through the connection, for tables of a tool's own."""
        return self._store.query(work)

    def write_out(self) -> None:
        """Have the system write what a large transaction has written so far, from another thread.

        The commit syncs all the same, and finds less to do.

        Raises:
            StorageError: it cannot be written; the transaction must then be given up.
        """
        self._store.write_out()

    def commit(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a durable transaction of its own, for tables of a tool's own."""
        return self._store.commit(work)

    @property
    def closed(self) -> bool:
        """Whether the task is of no use any more: after `close`."""
        return self._store.closed

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

    def _decode(self, name: str, row: Row) -> Any:
        return decode_result(self.path, name, *self._store.result(row.id))

    def _rest_of_nap(self, name: str) -> _clock.Nap:
        self._pass.claim(name, "sleep")
        row = self._pass.rows[name]
        wake_at_ms = self._decode(name, row)
        if type(wake_at_ms) is not int:
            raise damaged(self.path, f"the end of sleep {name!r} is no time in ms", name)
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


def open(  # noqa: A001 (mundane.open, as gzip.open)
    path: str | os.PathLike[str], *, page_bytes: int | None = None
) -> Task:
    """Open a task file and hold it: for a service, a REPL, a notebook. A context manager.

    Args:
        path: as in `run`.
        page_bytes: of the pages of a file that is made now, a power of two from 512 to 65,536
            (sqlite.org/pragma.html#pragma_page_size); None: SQLite's default, 4,096. Large values
            are written faster in large pages; an empty file is larger.

    Raises:
        ValueError: there are no such pages.
        LockedError, SchemaError, StorageError: as in `run`.
    """
    if page_bytes is not None and page_bytes not in _PAGE_BYTES:
        raise ValueError(f"page_bytes is {page_bytes}, and must be one of {_PAGE_BYTES}")
    return Task(path, page_bytes=page_bytes)
