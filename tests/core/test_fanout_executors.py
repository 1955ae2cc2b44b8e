"""Executors that break, or bring nothing, while a map runs on them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

import mundane

from .fanout import double, spawned
from .support import BoomError


def die(number: int) -> int:
    if number == 3:
        os._exit(1)
    return number


def test_a_process_that_dies(task: mundane.Task) -> None:
    """The pool is broken: ExecutorLostError, and what was in flight stays pending."""
    with spawned() as pool, pytest.raises(mundane.ExecutorLostError) as info:
        task.map("m", die, range(1000), executor=pool)
    assert isinstance(info.value.__cause__, BrokenExecutor)
    assert info.value.count == task.counts()["pending"] > 0
    assert task.running() == frozenset()
    assert task.status("m.3") == "pending"
    assert task.counts()["failed"] == 0
    with spawned() as pool:
        task.release()
        assert task.map("m", double, range(10), executor=pool)[3] == 6


def test_an_executor_that_was_shut_down(task: mundane.Task) -> None:
    """Nothing could be handed to it."""
    for pool in (ThreadPoolExecutor(2), spawned()):
        pool.shutdown()
        with pytest.raises(mundane.ExecutorLostError, match="after shutdown"):
            task.map("m", double, range(10), executor=pool)
        task.release()
    assert task.counts()["done"] == 0


def test_a_pool_that_is_shut_down_meanwhile(task: mundane.Task) -> None:
    """The map ends, whichever of its calls were cancelled."""
    pool = ThreadPoolExecutor(1)
    held = threading.Event()
    pool.submit(held.wait)

    def shut_down() -> None:
        while not task.counts()["pending"]:
            pass
        pool.shutdown(wait=False, cancel_futures=True)
        held.set()

    thread = threading.Thread(target=shut_down)
    thread.start()
    with pytest.raises(mundane.ExecutorLostError):
        task.map("m", double, range(10), executor=pool)
    thread.join()
    assert task.counts()["done"] == 0


def test_a_pool_whose_threads_cannot_start(task: mundane.Task) -> None:
    """An initializer that raises breaks the pool."""

    def refuse() -> None:
        raise BoomError

    with (
        ThreadPoolExecutor(2, initializer=refuse) as pool,
        pytest.raises(mundane.ExecutorLostError),
    ):
        task.map("m", double, range(10), executor=pool)


class DeafExecutor(Executor):
    """A cluster's client whose connection is gone: nothing comes back, and it takes no more."""

    def __init__(self) -> None:
        self.taken: list[Future[Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Take five calls, of which the first ends."""
        if len(self.taken) == 5:
            raise OSError("not connected")
        self.taken.append(Future())
        if len(self.taken) == 1:
            self.taken[0].set_result("first")
        return self.taken[-1]


def test_an_executor_that_brings_nothing(
    task: mundane.Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked now and then whether it still takes items; if not, what it had stays pending."""
    monkeypatch.setattr("mundane._map.workers._PROBE_S", 0.001)
    executor = DeafExecutor()
    with pytest.raises(mundane.ExecutorLostError, match="not connected") as info:
        task.map("m", double, iter(range(4)), executor=executor)
    assert info.value.count == 3
    assert task.counts() == {"done": 1, "failed": 0, "pending": 3}
    executor.taken[1].set_result("too late")
    assert task.status("m.1") == "pending"


def test_what_cannot_be_sent_is_an_item_that_failed(task: mundane.Task) -> None:
    """The others are stored."""
    with spawned() as pool, pytest.raises(mundane.MapFailedError) as info:
        task.map("m", type, [1, threading.Lock(), 2], executor=pool, keys="abc".__iter__())
    assert info.value.count == 3  # a type is no JSON
    with spawned() as pool, pytest.raises(mundane.MapFailedError, match="pickle") as info:
        task.map("n", id, [1, threading.Lock(), 2], executor=pool)
    assert info.value.keys == ("1",)
