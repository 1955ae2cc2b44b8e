"""Fan-out: each item is one durable step, whoever runs it."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mundane

from .support import BoomError, Child, fast_folder, row, rows, sql


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
    executor = EXECUTORS[kind]()
    try:
        yield executor
    finally:
        if executor is not None:
            executor.shutdown()


@pytest.fixture(params=EXECUTORS)
def executor(request: pytest.FixtureRequest) -> Iterator[Executor | None]:
    """Each kind of executor in turn."""
    with an_executor(request.param) as one:
        yield one


@pytest.fixture
def task(path: Path) -> Iterator[mundane.Task]:
    """An open task."""
    with mundane.open(path) as opened:
        yield opened


def double(number: int) -> int:
    return 2 * number


def odd_ones_fail(number: int) -> int:
    if number % 2:
        raise BoomError(f"item {number}")
    return number


def die(number: int) -> int:
    if number == 3:
        os._exit(1)
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


# What comes back.


def test_results_are_in_the_items_order(task: mundane.Task, executor: Executor | None) -> None:
    """Whoever runs them, the list is in order and each item has its row."""
    assert task.map("m", double, range(3000), executor=executor) == [2 * i for i in range(3000)]
    found = rows(task.path)
    assert [name for name, *_ in found] == [f"m.{i}" for i in range(3000)]
    assert {row[1:4] for row in found} == {("step", "json", "done")}
    assert [row[4] for row in found] == [str(2 * i) for i in range(3000)]


def test_a_second_pass_runs_nothing(task: mundane.Task, executor: Executor | None) -> None:
    """What is stored is restored, and only what is missing runs."""
    ran = Ran()
    assert task.map("m", ran, range(0, 50, 2), keys=range(0, 50, 2), executor=executor)
    task.release()
    ran.items.clear()
    found = task.map("m", ran, range(50), executor=executor)
    assert found == [2 * i for i in range(50)]
    assert sorted(ran.items) == list(range(1, 50, 2))


def test_results_are_what_the_file_holds(task: mundane.Task, executor: Executor | None) -> None:
    """A fresh copy, equal on the first pass and on later ones; bytes are bytes."""
    shared = [1, {"a": None}]
    values = [shared, shared, b"\x00\xff", "text", None, 1.5]
    first = task.map("m", lambda i: values[i], range(6), executor=executor)
    task.release()
    second = task.map("m", lambda i: values[i], range(6), executor=executor)
    assert first == second == values
    assert first[0] is not shared
    assert first[0] is not first[1]


def test_processes(task: mundane.Task) -> None:
    """The function runs in other processes, and the error of one comes back as its own."""
    with spawned() as pool:
        assert task.map("m", double, range(100), executor=pool) == [2 * i for i in range(100)]
        with pytest.raises(mundane.MapFailedError) as info:
            task.map("f", odd_ones_fail, range(4), executor=pool)
    assert info.value.keys == ("1", "3")
    assert isinstance(info.value.__cause__, BoomError)
    assert "odd_ones_fail" in row(task.path, "f.1", "error")[0]


def test_no_items(task: mundane.Task, executor: Executor | None) -> None:
    """Of nothing comes an empty list, and no row."""
    assert task.map("m", double, [], executor=executor) == []
    assert task.map("m", double, iter(()), executor=executor) == []
    assert asyncio.run(task.amap("m", asleep, [])) == []
    assert rows(task.path) == []


def test_unordered_results_are_pairs(task: mundane.Task, executor: Executor | None) -> None:
    """Each with its key as it was given; nothing is done before the first is asked for."""
    items = {"b": 2, "a": 1}
    pairs = task.map("m", double, items.values(), keys=items, executor=executor, ordered=False)
    assert rows(task.path) == []
    assert sorted(pairs) == [("a", 2), ("b", 4)]
    assert dict(task.map("n", double, range(3), executor=executor, ordered=False)) == {
        0: 0, 1: 2, 2: 4,
    }  # fmt: skip


def test_unordered_results_are_stored_when_they_are_seen(path: Path) -> None:
    """What the iterator has given is in the file; leaving it gives the other names back."""
    with mundane.open(path) as task, ThreadPoolExecutor(2) as pool:
        for key, value in task.map("m", double, range(100), executor=pool, ordered=False):
            assert mundane.read(path).get(f"m.{key}") == value
            break
        assert task.counts()["done"] >= 1
        started = sum(task.counts().values())
        assert started < 100
        assert task.map("m", double, [99], keys=[99]) == [198]


# Items and keys.


def test_a_generator_is_taken_as_it_is_needed(task: mundane.Task) -> None:
    """Never more items are out than may be in flight."""
    taken = 0
    stored = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for i in itertools.count():
            taken += 1
            yield i

    with ThreadPoolExecutor(2) as pool:
        pairs = task.map("m", double, items(), executor=pool, ordered=False, in_flight=10)
        for _ in itertools.islice(pairs, 500):
            stored += 1
            assert taken <= stored + 20
        pairs.close()  # type: ignore[attr-defined]


def test_a_slow_generator_keeps_nothing_waiting(task: mundane.Task) -> None:
    """An item is stored before the next is asked for, and begins before all have come."""

    def items() -> Iterator[int]:
        for i in range(5):
            if i:
                assert mundane.read(task.path).get(f"m.{i - 1}") == 2 * (i - 1)
            yield i

    assert task.map("m", double, items()) == [0, 2, 4, 6, 8]


@pytest.mark.parametrize("eager", [True, False], ids=["list", "generator"])
def test_keys_of_a_function(task: mundane.Task, eager: bool) -> None:
    """Items that change their places keep their results."""
    words = ["bb", "a", "ccc"]
    task.map("m", len, words if eager else iter(words), keys=lambda word: f"word-{word}")
    task.release()
    words = ["ccc", "d", "a"]
    ran = Ran(len)
    items = words if eager else iter(words)
    assert task.map("m", ran, items, keys=lambda word: f"word-{word}") == [3, 1, 1]
    assert ran.items == ["d"]
    assert rows(task.path)[0][0] == "m.word-bb"


BAD_KEYS: dict[str, tuple[Any, type[Exception]]] = {
    "twice": (["a", "b", "a"], mundane.DuplicateStepError),
    "number and text": (["1", 1, 2], mundane.DuplicateStepError),
    "space": (["a", "b c", "d"], mundane.InvalidNameError),
    "empty": (["a", "", "d"], mundane.InvalidNameError),
    "newline": (["a", "b\n", "d"], mundane.InvalidNameError),
    "float": ([1.0, 2, 3], mundane.InvalidNameError),
    "none": ([None, 2, 3], mundane.InvalidNameError),
    "too few": (["a", "b"], ValueError),
    "too many": (["a", "b", "c", "d"], ValueError),
    "of a function": (lambda item: "same", mundane.DuplicateStepError),
    "used by a step": (["a", "b", "before"], mundane.DuplicateStepError),
    "stored as a sleep": (["a", "b", "nap"], mundane.StepKindError),
    "text": ("abc", TypeError),
}


@pytest.mark.parametrize(("keys", "error"), BAD_KEYS.values(), ids=BAD_KEYS)
def test_bad_keys_are_refused_before_anything_runs(
    path: Path, keys: Any, error: type[Exception]
) -> None:
    """Where the items lie there; no name is used then."""
    mundane.run(path, lambda task: task.sleep("m.nap", 0))
    ran = Ran()
    with mundane.open(path) as task:
        task.step("m.before", lambda: 1)
        with pytest.raises(error):
            task.map("m", ran, [1, 2, 3], keys=keys)
        assert ran.items == []
        assert task.used() == {"m.before"}
        assert task.map("m", ran, [1, 2], keys="ab".__iter__()) == [2, 4]


@pytest.mark.parametrize(("keys", "error"), BAD_KEYS.values(), ids=BAD_KEYS)
def test_bad_keys_of_a_generator(path: Path, keys: Any, error: type[Exception]) -> None:
    """They are refused when their item comes; what was in flight is stored first."""
    mundane.run(path, lambda task: task.sleep("m.nap", 0))
    with mundane.open(path) as task, ThreadPoolExecutor(2) as pool:
        task.step("m.before", lambda: 1)
        with pytest.raises(error):
            task.map("m", double, iter([1, 2, 3]), keys=keys, executor=pool)
        assert task.counts()["pending"] == 0


@pytest.mark.parametrize("name", ["", "a b", "-a", "a\n", 5, None])
def test_bad_names(task: mundane.Task, name: Any) -> None:
    """A map's name is a step's name, whether or not there are items."""
    with pytest.raises(mundane.InvalidNameError):
        task.map(name, double, [])


def test_other_mistakes(task: mundane.Task) -> None:
    """They are refused before anything is touched."""
    with pytest.raises(mundane.AsyncFunctionError, match=r"task\.amap"):
        task.map("m", asleep, [1])
    with pytest.raises(ValueError, match="in_flight is 0"):
        task.map("m", double, [1], executor=DirectExecutor(), in_flight=0)
    with pytest.raises(ValueError, match="limit is 0"):
        task.amap("m", asleep, [1], limit=0)
    assert rows(task.path) == []


def test_items_end_with_an_error(task: mundane.Task, executor: Executor | None) -> None:
    """The error is the caller's; what had come is stored."""

    def items() -> Iterator[int]:
        yield from range(20)
        raise BoomError("no more")

    with pytest.raises(BoomError):
        task.map("m", double, items(), executor=executor)
    assert task.counts() == {"done": 20, "failed": 0, "pending": 0}


# Failures.


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


# Executors that break.


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


# Interrupts.

INTERRUPTED = """
    import concurrent.futures, multiprocessing, os, sys, threading
    import mundane

    def item(i):
        if i < 20:
            return i
        os.write(1, b"waits\\n" if i == 20 else b"")
        threading.Event().wait()

    kind = sys.argv[2]
    fork = multiprocessing.get_context("fork")
    pool = {
        "none": lambda: None,
        "threads": lambda: concurrent.futures.ThreadPoolExecutor(2),
        "processes": lambda: concurrent.futures.ProcessPoolExecutor(2, fork),
    }[kind]()
    with mundane.open(sys.argv[1]) as task:
        try:
            task.map("m", item, range(1000), executor=pool)
        except KeyboardInterrupt:
            print("interrupted", task.counts()["failed"], len(task.running()), flush=True)
        counts = task.counts()
    for process in list((getattr(pool, "_processes", None) or {}).values()):
        process.kill()
    print(counts["done"], flush=True)
    os._exit(0)
"""


@pytest.mark.parametrize("kind", ["none", "threads", "processes"])
def test_an_interrupt(path: Path, kind: str) -> None:
    """Ctrl-C ends the map at once, though items go on for ever; what had finished is stored."""
    with Child(INTERRUPTED, path, kind) as child:
        assert child.line() == "waits"
        # Its first items are stored by then, or will be while the interrupt is handled; of two
        # processes, the other one may still be at one of the last, or on its way with them.
        os.kill(child.pid, signal.SIGINT)
        assert child.line() == "interrupted 0 0"
        done = int(child.line())
    found = rows(path)
    assert done == sum(status == "done" for _, _, _, status, _ in found) >= 10
    assert {status for _, _, _, status, _ in found} == {"done", "pending"}
    assert len(found) <= 20 + 1024


# Together with others.


def test_two_maps_share_a_pool(task: mundane.Task) -> None:
    """Neither has to wait until the other has ended."""
    both = threading.Barrier(2, timeout=60)
    seen: dict[str, bool] = {}

    with ThreadPoolExecutor(1) as pool:

        def one(name: str) -> None:
            def progress(done: int, total: int | None) -> None:
                if done and name not in seen:
                    seen[name] = True
                    both.wait()  # ends only if the other one gets as far, too

            task.map(name, double, range(200), executor=pool, in_flight=5, progress=progress)

        threads = [threading.Thread(target=one, args=(name,)) for name in ("a", "b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert task.counts() == {"done": 400, "failed": 0, "pending": 0}


def test_items_may_use_the_task(task: mundane.Task) -> None:
    """Steps and maps inside an item, and steps in other threads, are all stored."""

    def fn(i: int) -> int:
        return int(task.step(f"inner-{i}", lambda: i)) + sum(task.map(f"sub-{i}", double, [i]))

    with ThreadPoolExecutor(4) as pool:
        other = pool.submit(lambda: [task.step(f"s{i}", lambda i=i: i) for i in range(50)])
        assert task.map("m", fn, range(50), executor=pool) == [3 * i for i in range(50)]
        assert other.result() == list(range(50))
    assert task.counts() == {"done": 200, "failed": 0, "pending": 0}


def test_a_map_in_a_closed_task(path: Path) -> None:
    """ClosedTaskError, whatever runs the items; no name stays used."""
    with mundane.open(path) as task:
        pass
    for executor in (None, DirectExecutor()):
        with pytest.raises(mundane.ClosedTaskError):
            task.map("m", double, [1], executor=executor)


# Progress.


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


# Coroutines.


async def asleep(item: Any) -> Any:
    await asyncio.sleep(0)
    return item


async def afail(item: Any) -> Any:
    await asyncio.sleep(0)
    raise BoomError(f"item {item}")


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


# Everything at once, against a model.


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    passes=st.integers(1, 4),
    kind=st.sampled_from([*EXECUTORS, "coroutines"]),
    ordered=st.booleans(),
    lazy=st.booleans(),
)
def test_passes_against_a_model(
    data: st.DataObject, passes: int, kind: str, ordered: bool, lazy: bool
) -> None:
    """Whatever fails when: results are right, stored ones do not run, the others run once."""
    import tempfile

    stored: dict[int, int] = {}
    with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
        path = Path(folder) / "t.db"
        for number in range(passes):
            keys = data.draw(st.lists(st.integers(0, 30), unique=True))
            bad = set(data.draw(st.lists(st.sampled_from(keys)))) if keys else set()
            ran: list[int] = []

            def fn(
                key: int, ran: list[int] = ran, bad: set[int] = bad, number: int = number
            ) -> int:
                ran.append(key)
                if key in bad:
                    raise BoomError
                return 100 * key + number

            items = iter(keys) if lazy else keys
            with (
                mundane.open(path) as task,
                an_executor(kind if kind in EXECUTORS else "none") as ex,
            ):
                try:
                    if kind == "coroutines":

                        async def afn(key: int, fn: Callable[[int], int] = fn) -> int:
                            return fn(key)

                        found = asyncio.run(task.amap("m", afn, items, keys=keys, limit=3))
                    elif ordered:
                        found = task.map("m", fn, items, keys=keys, executor=ex)
                    else:
                        pairs = dict(
                            task.map("m", fn, items, keys=keys, executor=ex, ordered=False)
                        )
                        found = [pairs[key] for key in keys]
                except mundane.MapFailedError as error:
                    found, failed = None, set(error.keys)
                else:
                    failed = set()
            assert failed == {str(key) for key in bad - stored.keys()}
            assert sorted(ran) == sorted(set(keys) - stored.keys())
            stored |= {key: 100 * key + number for key in ran if key not in bad}
            assert found is None or found == [stored[key] for key in keys]
            assert {
                int(name.split(".")[1]): int(result)
                for name, _, _, status, result in rows(path)
                if status == "done"
            } == stored
