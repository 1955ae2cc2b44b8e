"""Workers: who runs the items of a map, and how their outcomes come back.

This thread, a pool of threads, any other executor, or tasks of an event loop. Workers run
what they are given and append an outcome for each item to a list; they know no rows.
"""

from __future__ import annotations

import inspect
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from .items import Item

if TYPE_CHECKING:  # each is loaded by who uses it
    import asyncio
    from concurrent.futures import Executor, Future, ThreadPoolExecutor

# A thread of a pool serves one map so long, and then its other users.
_TURN_S = 0.02

# At most so many items are in flight, where the caller does not say.
MAX_IN_FLIGHT = 1024

# An executor that brings nothing for so long is asked whether it still takes items.
_PROBE_S = 10.0

# Where nothing tells how many workers an executor has, as with a cluster.
_MANY_WORKERS = 128


class Lost(Exception):  # noqa: N818 (an outcome, not an error of the item's)
    """The outcome of an item that an executor took and gave up."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(cause)
        self.cause = cause


Outcome = tuple[Item, Any, BaseException | None]
"""An item, what its function returned, and what it raised or None."""

_Function = Callable[[Any], Any]


class Pace(Protocol):
    """How many items workers want.

    Attributes:
        in_flight: how many they want to have at first.
        grows: whether they want more where they are quick.
        own_frames: how many outermost frames of an item's traceback are the workers'.
    """

    in_flight: int
    grows: bool
    own_frames: int


class Workers(Pace, Protocol):
    """Run items and append their outcomes to the list that they were made with."""

    def start(self, items: list[Item]) -> None:
        """Take items; their outcomes will come."""

    def collect(self, *, wait: bool) -> None:
        """Append the outcomes that are there; where asked, wait until there is one."""

    def stop(self) -> None:
        """Start nothing more, wait for nothing, and append the outcomes that are there."""


def make_workers(
    executor: Executor | None, fn: _Function, outcomes: list[Outcome], in_flight: int | None
) -> Workers:
    """Return the workers for an executor, or for this thread."""
    if executor is None:
        return InlineWorkers(fn, outcomes)
    from concurrent.futures import ThreadPoolExecutor

    # Not a subclass: that may have its own idea of what one submitted call is.
    pool = type(executor) is ThreadPoolExecutor
    kind = ThreadWorkers if pool else ExecutorWorkers
    # The executor is of the type that this class takes.
    workers: Workers = kind(executor, fn, outcomes)  # type: ignore[arg-type]
    if in_flight is not None:
        workers.in_flight, workers.grows = in_flight, False
    return workers


class InlineWorkers:
    """Run one item after the other in the calling thread."""

    in_flight = 1
    grows = False
    own_frames = 1

    def __init__(self, fn: _Function, outcomes: list[Outcome]) -> None:
        self._fn = fn
        self._outcomes = outcomes
        self._items: list[Item] = []

    def start(self, items: list[Item]) -> None:
        self._items += items

    def collect(self, *, wait: bool) -> None:
        if wait and self._items:
            item = self._items.pop(0)
            try:
                self._outcomes.append((item, self._fn(item.value), None))
            except Exception as error:  # noqa: BLE001 (an outcome)
                self._outcomes.append((item, None, error))

    def stop(self) -> None:
        self._items.clear()


class ThreadWorkers:
    """Run items in the threads of a pool, which fetch them themselves.

    A future for each item would cost more than a tiny item's row does. So a few long calls are
    submitted, as many as the pool has threads; each fetches items until there are none.
    """

    grows = True
    own_frames = 1

    def __init__(self, pool: ThreadPoolExecutor, fn: _Function, outcomes: list[Outcome]) -> None:
        self._pool = pool
        self._threads = pool._max_workers
        self._fn = fn
        self._outcomes = outcomes
        self._items: deque[Item] = deque()
        self._finished: SimpleQueue[Outcome] = SimpleQueue()
        self._guard = threading.Lock()
        self._fetching = 0
        self.in_flight = 2 * self._threads

    def start(self, items: list[Item]) -> None:
        with self._guard:
            self._items.extend(items)
            wanted = min(len(items), self._threads - self._fetching)
            self._fetching += wanted
        for _ in range(wanted):
            self._submit()

    def collect(self, *, wait: bool) -> None:
        _drain(self._finished, self._outcomes, None if wait else 0)

    def stop(self) -> None:
        with self._guard:
            self._items.clear()
        self.collect(wait=False)

    def _submit(self) -> None:
        try:
            future = self._pool.submit(self._fetch)
        except RuntimeError as error:  # it was shut down, or its threads cannot start
            self._fetcher_lost(error)
        else:
            future.add_done_callback(self._ended)

    def _fetch(self) -> None:
        until_s = time.monotonic() + _TURN_S
        while True:
            try:
                item = self._items.popleft()
            except IndexError:
                with self._guard:
                    if not self._items:
                        self._fetching -= 1
                        return
                continue
            try:
                outcome: Outcome = (item, self._fn(item.value), None)
            except BaseException as error:  # noqa: BLE001 (an outcome; the map judges it)
                outcome = (item, None, error)
            self._finished.put(outcome)
            del item, outcome
            if time.monotonic() > until_s:
                self._submit()
                return

    def _ended(self, future: Future[None]) -> None:
        if future.cancelled():
            self._fetcher_lost(RuntimeError("the pool was shut down"))
        elif (error := future.exception()) is not None:
            self._fetcher_lost(error)

    def _fetcher_lost(self, cause: BaseException) -> None:
        """Give up what is left, where no other thread will fetch it."""
        with self._guard:
            self._fetching -= 1
            left = [] if self._fetching else list(self._items)
            if left:
                self._items.clear()
        for item in left:
            self._finished.put((item, None, Lost(cause)))


class ExecutorWorkers:
    """Run each item as one call of an executor: processes, a cluster, or what else there is."""

    grows = True
    own_frames = 0

    def __init__(self, executor: Executor, fn: _Function, outcomes: list[Outcome]) -> None:
        self._executor = executor
        self._fn = fn
        self._outcomes = outcomes
        self._running: dict[Item, Future[Any] | None] = {}
        self._finished: SimpleQueue[Outcome] = SimpleQueue()
        self._found: list[Outcome] = []
        # Of pools, and of ipyparallel's executor.
        workers = getattr(executor, "_max_workers", None)
        self.in_flight = 2 * (workers if isinstance(workers, int) else _MANY_WORKERS)

    def start(self, items: list[Item]) -> None:
        for item in items:
            self._running[item] = None
            try:
                future = self._executor.submit(self._fn, item.value)
            except Exception as error:  # noqa: BLE001 (each executor has its own)
                outcome = error if _cannot_be_sent(error) else Lost(error)
                self._finished.put((item, None, outcome))
            else:
                self._running[item] = future
                future.add_done_callback(partial(self._ended, item))

    def collect(self, *, wait: bool) -> None:
        # Not lost where an interrupt ends this: `stop` collects once more.
        _drain(self._finished, self._found, _PROBE_S if wait else 0)
        while wait and not self._found:
            self._probe()
            _drain(self._finished, self._found, _PROBE_S)
        for outcome in self._found:
            item = outcome[0]
            if item in self._running:  # not one that was given up meanwhile
                self._outcomes.append(outcome)
                del self._running[item]
        self._found.clear()

    def stop(self) -> None:
        for future in list(self._running.values()):
            if future is not None:
                future.cancel()
        self.collect(wait=False)

    def _probe(self) -> None:
        """Give up all items of an executor that takes none any more.

        Of a dask client that is closed, some futures never end (distributed 2026.8, cfexecutor.py).
        """
        try:
            self._executor.submit(int).cancel()
        except Exception as error:  # noqa: BLE001 (each executor has its own)
            for item in self._running:
                self._finished.put((item, None, Lost(error)))

    def _ended(self, item: Item, future: Future[Any]) -> None:
        from concurrent.futures import BrokenExecutor, CancelledError

        if future.cancelled():
            outcome: Outcome = (item, None, Lost(CancelledError("its future was cancelled")))
        elif (error := future.exception()) is None:
            outcome = (item, future.result(), None)
        else:
            outcome = (item, None, Lost(error) if isinstance(error, BrokenExecutor) else error)
        self._finished.put(outcome)


class AsyncWorkers:
    """Run each item as a task of the running event loop: `Workers` that are awaited."""

    grows = False
    own_frames = 1

    def __init__(self, fn: _Function, outcomes: list[Outcome], limit: int) -> None:
        import asyncio

        self._asyncio = asyncio
        self._fn = fn
        self._outcomes = outcomes
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self.in_flight = limit

    def start(self, items: list[Item]) -> None:
        for item in items:
            task = self._asyncio.create_task(self._run(item), name=item.name)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def collect(self, *, wait: bool) -> None:
        if wait:
            await self._wake.wait()
        self._wake.clear()

    async def stop(self) -> None:
        """Cancel what runs, and wait until it has ended: nothing goes on behind the caller."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await self._asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, item: Item) -> None:
        try:
            value = self._fn(item.value)
            if inspect.isawaitable(value):
                value = await value
        except BaseException as error:  # noqa: BLE001 (an outcome; the map judges it)
            self._outcomes.append((item, None, error))
        else:
            self._outcomes.append((item, value, None))
        self._wake.set()


def _cannot_be_sent(error: Exception) -> bool:
    """Return whether it is an item that was refused, and not one executor that refuses all."""
    from pickle import PicklingError

    return isinstance(error, (TypeError, AttributeError, PicklingError))


def _drain(queue: SimpleQueue[Outcome], outcomes: list[Outcome], wait_s: float | None) -> None:
    """Append what is in the queue; wait so long, None for ever, until there is something."""
    try:
        if wait_s != 0:
            outcomes.append(queue.get(timeout=wait_s))
        while True:
            outcomes.append(queue.get_nowait())
    except Empty:
        return
