"""Async workflows: the same steps, running at the same time on one event loop."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import mundane

from .support import BoomError, Calls, row, rows


def arun(path: Path, work: Any) -> Any:
    """Run an async workflow to its end."""
    return asyncio.run(mundane.arun(path, work))


def test_an_async_step_runs_once(path: Path) -> None:
    """Replayed, its function is not even called."""
    calls = Calls()

    async def fetch() -> list[int]:
        calls()
        await asyncio.sleep(0)
        return [1]

    async def work(task: mundane.Task) -> Any:
        return await task.astep("fetch", fetch)

    assert arun(path, work) == arun(path, work) == [1]
    assert calls.count == 1


def test_steps_run_at_the_same_time(path: Path) -> None:
    """Under `asyncio.gather` each step waits for all others to have started, and none blocks."""

    async def work(task: mundane.Task) -> list[int]:
        everybody = asyncio.Barrier(50)

        async def one(number: int) -> int:
            await everybody.wait()
            return number

        return await asyncio.gather(*(task.astep(f"s{i}", lambda i=i: one(i)) for i in range(50)))

    assert arun(path, work) == list(range(50))
    assert {status for *_, status, _ in rows(path)} == {"done"}


def test_astep_takes_a_plain_function_too(path: Path) -> None:
    """What is returned is awaited only where it can be."""

    async def work(task: mundane.Task) -> Any:
        return await task.astep("a", lambda: 1)

    assert arun(path, work) == 1


def test_step_and_sleep_may_be_used_in_an_async_workflow(path: Path) -> None:
    """The task is the same object with the same methods."""

    async def work(task: mundane.Task) -> Any:
        task.sleep("nap", 0)
        return task.step("a", lambda: 1)

    assert arun(path, work) == 1


def test_a_failed_async_step(path: Path) -> None:
    """The StepFailedError comes from the original; a step beside it ends as it would."""

    async def fails() -> None:
        await asyncio.sleep(0)
        raise BoomError("no network")

    async def works() -> int:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return 1

    async def work(task: mundane.Task) -> Any:
        return await asyncio.gather(
            task.astep("bad", fails), task.astep("good", works), return_exceptions=True
        )

    error, value = arun(path, work)
    assert isinstance(error, mundane.StepFailedError)
    assert isinstance(error.original, BoomError)
    assert value == 1
    assert [status for *_, status, _ in rows(path)] == ["failed", "done"]
    assert "in fails" in row(path, "bad", "error")[0]


def test_an_async_value_that_is_not_json_fails_the_step(path: Path) -> None:
    """As in a plain step."""

    async def work(task: mundane.Task) -> Any:
        async def pair() -> tuple[int, int]:
            return 1, 2

        return await task.astep("a", pair)

    with pytest.raises(mundane.SerializationError):
        arun(path, work)
    assert row(path, "a")[2] == "failed"


def test_a_cancelled_step_stays_pending(path: Path) -> None:
    """Cancelling is no failure: the step runs again on the next pass."""

    async def work(task: mundane.Task) -> None:
        started = asyncio.Event()

        async def for_ever() -> None:
            started.set()
            await asyncio.Event().wait()

        step = asyncio.create_task(task.astep("a", for_ever))
        await started.wait()
        step.cancel()
        assert task.running() == {"a"}
        with pytest.raises(asyncio.CancelledError):
            await step
        assert task.running() == frozenset()

    arun(path, work)
    assert row(path, "a", "status, error") == ("pending", None)


def test_a_timeout_around_a_step(path: Path) -> None:
    """`asyncio.timeout` cancels the step; its row stays pending and the task goes on."""

    async def work(task: mundane.Task) -> Any:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await task.astep("slow", asyncio.Event().wait)
        return await task.astep("b", lambda: 1)

    assert arun(path, work) == 1
    assert [status for *_, status, _ in rows(path)] == ["pending", "done"]


def test_an_orphan_that_outlives_its_task_says_so(path: Path) -> None:
    """A step still running when the workflow returns ends in a ClosedTaskError, unstored."""

    async def outer() -> BaseException | None:
        started, proceed = asyncio.Event(), asyncio.Event()

        async def late() -> int:
            started.set()
            await proceed.wait()
            return 1

        async def work(task: mundane.Task) -> asyncio.Task[Any]:
            orphan = asyncio.create_task(task.astep("late", late))
            await started.wait()
            return orphan

        orphan = await mundane.arun(path, work)
        proceed.set()
        await asyncio.wait([orphan])
        return orphan.exception()

    error = asyncio.run(outer())
    assert isinstance(error, mundane.ClosedTaskError)
    assert "the task is closed" in str(error)
    assert row(path, "late")[2] == "pending"


def test_a_name_is_used_once_among_concurrent_steps(path: Path) -> None:
    """The second of two is a DuplicateStepError, also while the first still runs."""

    async def work(task: mundane.Task) -> Any:
        return await asyncio.gather(
            task.astep("a", lambda: asyncio.sleep(0, 1)),
            task.astep("a", lambda: asyncio.sleep(0, 2)),
            return_exceptions=True,
        )

    first, second = arun(path, work)
    assert first == 1
    assert isinstance(second, mundane.DuplicateStepError)


def test_arun_frees_the_task_however_it_ends(path: Path) -> None:
    """After an error and after a cancellation the file can be opened at once."""

    async def fails(task: mundane.Task) -> None:
        raise BoomError

    async def cancelled() -> None:
        running = asyncio.create_task(mundane.arun(path, lambda _: asyncio.Event().wait()))
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])

    with pytest.raises(BoomError):
        arun(path, fails)
    asyncio.run(cancelled())
    mundane.open(path).close()
