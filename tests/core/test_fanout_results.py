"""What comes back from a map: in order or as it ends, from the file, each item run once."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest

import mundane

from .fanout import Ran, asleep, double, odd_ones_fail, spawned
from .support import BoomError, row, rows


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
