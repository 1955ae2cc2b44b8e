"""Maps together with others: with maps in one pool, with steps, in a closed task."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import mundane

from .fanout import DirectExecutor, double


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
