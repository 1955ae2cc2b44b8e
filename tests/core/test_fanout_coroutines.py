"""Maps of coroutines: limits, completion, cancellation."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import mundane

from .support import BoomError


def test_amap(path: Path) -> None:
    """Results in order; never more at once than the limit; only what is missing runs again."""
    now = most = 0

    async def fn(i: int) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        if i == 50 and len(ran) < 100:
            raise BoomError
        ran.append(i)
        return 2 * i

    ran: list[int] = []

    async def work(task: mundane.Task) -> list[Any]:
        return await task.amap("m", fn, range(100), limit=7)

    with pytest.raises(mundane.MapFailedError):
        asyncio.run(mundane.arun(path, work))
    assert most == 7
    assert len(ran) == 99
    ran.extend(range(100))
    assert asyncio.run(mundane.arun(path, work)) == [2 * i for i in range(100)]
    assert len(ran) == 200


def test_amap_unordered(task: mundane.Task) -> None:
    """An async iterator of pairs in the order of completion, each stored when it is seen."""

    async def fn(i: int) -> int:
        for _ in range(100 * (i == 0)):
            await asyncio.sleep(0)
        return i

    async def work() -> list[Any]:
        found = []
        async for key, value in task.amap("m", fn, range(5), ordered=False):
            assert mundane.read(task.path).get(f"m.{key}") == value
            found.append((key, value))
        return found

    found = asyncio.run(work())
    assert sorted(found) == [(i, i) for i in range(5)]
    assert found[-1] == (0, 0)


def test_amap_cancelled(task: mundane.Task) -> None:
    """Its items are cancelled and awaited, their rows stay pending, what had finished is stored."""
    ended: list[int] = []

    async def fn(i: int) -> int:
        if i < 3:
            return i
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep(0)
            ended.append(i)
        return i

    async def work() -> None:
        waiting = asyncio.create_task(task.amap("m", fn, range(100), limit=10))
        while task.counts()["done"] < 3:
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(work())
    counts = task.counts()
    assert counts["done"] == 3
    assert len(ended) == counts["pending"] > 0
    assert len(task.used()) == 3 + counts["pending"]


def test_amap_item_that_cancels_itself(task: mundane.Task) -> None:
    """A cancelled item is as one that was interrupted: pending, and the map ends."""

    async def fn(i: int) -> int:
        if i == 1:
            raise asyncio.CancelledError
        return i

    async def work() -> None:
        await task.amap("m", fn, range(3))

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(work())
    assert task.status("m.0") == "done"
    assert task.status("m.1") == "pending"
