"""What a map tells of its progress, and whom."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

import pytest

import mundane

from .fanout import DirectExecutor, afail, asleep, double, odd_ones_fail
from .support import BoomError


def test_progress_is_told(task: mundane.Task, executor: Executor | None) -> None:
    """It rises to the number of items, of which the total is known where they have a length."""
    told: list[tuple[int, int | None]] = []
    task.map("m", double, range(10), keys=range(10), executor=executor)
    task.release()
    with pytest.raises(mundane.MapFailedError):
        task.map(
            "m", odd_ones_fail, range(30), executor=executor,
            progress=lambda done, total: told.append((done, total)),
        )  # fmt: skip
    assert told[-1] == (30, 30)
    assert told[0][0] >= 10  # what is stored already
    assert told == sorted(told)
    told.clear()
    task.map("g", double, iter(range(3)), progress=lambda *now: told.append(now))  # type: ignore[arg-type]
    assert told[0][1] is None
    assert told[-1] == (3, 3)


def test_a_tasks_own_progress(task: mundane.Task) -> None:
    """It serves maps that are given none, from their begin to their end, however they end."""
    told: list[Any] = []

    @contextmanager
    def show(name: str) -> Iterator[Callable[[int, int | None], object]]:
        told.append(name)
        try:
            yield lambda done, total: told.append((done, total))
        finally:
            told.append("end")

    task.show_progress = show
    task.map("a", double, [1], executor=DirectExecutor())
    assert (told[0], told[-2:]) == ("a", [(1, 1), "end"])
    told.clear()
    task.map("b", double, [1], progress=False)
    asyncio.run(task.amap("c", asleep, [1], progress=lambda *now: None))
    assert told == []
    with pytest.raises(mundane.MapFailedError):
        asyncio.run(task.amap("d", afail, [1]))
    assert (told[0], told[-2:]) == ("d", [(1, 1), "end"])


def test_progress_that_raises_ends_the_map(task: mundane.Task) -> None:
    """Its error is the caller's; what had finished is stored."""

    def stop(done: int, total: int | None) -> None:
        if done >= 10:
            raise BoomError

    with pytest.raises(BoomError):
        task.map("m", double, range(1000), progress=stop)
    assert task.counts()["done"] == 10
