"""Items that fail, and rows that cannot be written: the others are stored."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path

import pytest

import mundane

from .fanout import DirectExecutor, Ran, asleep, double, odd_ones_fail
from .support import BoomError, row, sql


def test_a_failing_item_does_not_lose_the_others(
    task: mundane.Task, executor: Executor | None
) -> None:
    """All are finished, the error lists the failed keys, and these run again."""
    with pytest.raises(mundane.MapFailedError) as info:
        task.map("m", odd_ones_fail, range(20), executor=executor)
    failed = info.value
    assert (failed.name, failed.count) == ("m", 10)
    assert failed.keys == tuple(str(i) for i in range(1, 20, 2))
    assert isinstance(failed.__cause__, BoomError)
    assert "10 items of map 'm' failed (1, 3, 5, " in str(failed)
    assert task.counts() == {"done": 10, "failed": 10, "pending": 0}
    error = row(task.path, "m.1", "error")[0]
    assert error.startswith("BoomError('item 1')\n\nTraceback")
    # The first frame is the function's own, except where an executor's code stands before it.
    assert "workers.py" not in error
    task.release()
    ran = Ran()
    assert task.map("m", ran, range(20), executor=executor)[1] == 2
    assert sorted(ran.items) == list(range(1, 20, 2))


def test_many_failures_are_counted_and_not_listed(task: mundane.Task) -> None:
    """The error stays small."""
    with pytest.raises(mundane.MapFailedError) as info:
        task.map("m", odd_ones_fail, [1] * 5000, executor=DirectExecutor())
    assert info.value.count == 5000
    assert len(info.value.keys) == 100
    assert len(str(info.value)) < 500


def test_a_value_that_cannot_be_stored(task: mundane.Task, executor: Executor | None) -> None:
    """Its row is failed with the place in the value; the others are stored."""
    with pytest.raises(mundane.MapFailedError) as info:
        task.map("m", lambda i: {"x": {i}} if i == 2 else i, range(5), executor=executor)
    assert info.value.keys == ("2",)
    cause = info.value.__cause__
    assert isinstance(cause, mundane.SerializationError)
    assert cause.key_path == "$.x"
    assert row(task.path, "m.2", "status, error")[1].startswith("SerializationError")
    assert task.counts() == {"done": 4, "failed": 1, "pending": 0}


@pytest.mark.filterwarnings("error")
def test_an_awaitable_result_says_amap(task: mundane.Task) -> None:
    """A lambda around an async function is seen when it returns."""
    with pytest.raises(mundane.MapFailedError) as info:
        task.map("m", lambda i: asleep(i), [1])
    assert isinstance(info.value.__cause__, mundane.AsyncFunctionError)
    assert "task.amap" in str(info.value.__cause__)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_no_exception_ends_the_map(
    task: mundane.Task, executor: Executor | None, kind: type[BaseException]
) -> None:
    """The item stays pending, what had finished is stored, nothing more begins."""
    ran = Ran()

    def fn(i: int) -> int:
        if i == 5:
            raise kind
        return ran(i)

    with pytest.raises(kind):
        task.map("m", fn, range(10_000), executor=executor, in_flight=4)
    counts = task.counts()
    assert task.status("m.5") == "pending"
    assert counts["failed"] == 0
    assert counts["done"] >= 1
    assert len(ran.items) < 100


def test_a_row_that_cannot_be_written(task: mundane.Task, executor: Executor | None) -> None:
    """StorageError; the others that had finished are stored all the same."""
    task.query(lambda c: c.setlimit(0, 100_000))

    def fn(i: int) -> str:
        return "x" * (200_000 if i == 3 else 10)

    with pytest.raises(mundane.StorageError, match="too large for SQLite"):
        task.map("m", fn, range(8), executor=executor)
    assert task.status("m.3") == "pending"
    done = [i for i in range(8) if task.status(f"m.{i}") == "done"]
    assert done[:3] == [0, 1, 2]
    assert row(task.path, "m.2")[2] == "done"


def test_a_row_that_was_removed_meanwhile(task: mundane.Task) -> None:
    """It is StorageError, as for a step."""

    def fn(i: int) -> int:
        task.forget(f"m.{i}")
        return i

    with pytest.raises(mundane.StorageError, match="was removed while it ran"):
        task.map("m", fn, range(2))


def test_a_damaged_stored_result(path: Path) -> None:
    """It is SchemaError, and nothing runs in its place."""
    with mundane.open(path) as task:
        task.map("m", double, range(3))
    sql(path, "UPDATE mundane_steps SET result = 'x' WHERE name = 'm.1'")
    ran = Ran()
    with (
        mundane.open(path) as task,
        pytest.raises(mundane.SchemaError, match=r"'m\.1' is not JSON"),
    ):
        task.map("m", ran, range(4))
    assert ran.items in ([], [3])
