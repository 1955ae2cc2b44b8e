"""A map's items and their keys: taken as they are needed, named, refused."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import mundane

from .fanout import DirectExecutor, Ran, asleep, double
from .support import BoomError, rows


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
