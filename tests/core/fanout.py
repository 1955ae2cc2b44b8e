"""What the tests of maps share: kinds of executors, and functions of an item."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from .support import BoomError


class DirectExecutor(Executor):
    """An executor of nobody's library: each call runs when it is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run at once."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


def spawned() -> ProcessPoolExecutor:
    """Return a pool of two processes that inherit nothing."""
    return ProcessPoolExecutor(2, multiprocessing.get_context("spawn"))


EXECUTORS: dict[str, Callable[[], Executor | None]] = {
    "none": lambda: None,
    "threads": lambda: ThreadPoolExecutor(4),
    "one thread": lambda: ThreadPoolExecutor(1),
    "another": DirectExecutor,
}


@contextmanager
def an_executor(kind: str) -> Iterator[Executor | None]:
    """Give an executor of a kind, or None; it is shut down afterwards."""
    executor = EXECUTORS[kind]()
    try:
        yield executor
    finally:
        if executor is not None:
            executor.shutdown()


def double(number: int) -> int:
    """Return twice an item."""
    return 2 * number


def odd_ones_fail(number: int) -> int:
    """Return an even item, and fail with an odd one."""
    if number % 2:
        raise BoomError(f"item {number}")
    return number


class Ran:
    """A function of an item that notes with what it was called."""

    def __init__(self, fn: Callable[[Any], Any] = double) -> None:
        self.items: list[Any] = []
        self._fn = fn

    def __call__(self, item: Any) -> Any:
        """Note, and call."""
        self.items.append(item)
        return self._fn(item)


async def asleep(item: Any) -> Any:
    """Return an item after another coroutine could run."""
    await asyncio.sleep(0)
    return item


async def afail(item: Any) -> Any:
    """Fail after another coroutine could run."""
    await asyncio.sleep(0)
    raise BoomError(f"item {item}")
