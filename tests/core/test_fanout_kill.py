"""Maps whose process is killed, on threads, on processes and on real clusters, and go on."""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import mundane

from .support import BoomError, beside

ITEMS = 2000
KILLS = 5

# Each item says that it runs in one write, which is whole or not there.
SCRIPT = """
import asyncio, concurrent.futures, json, multiprocessing, os, sys, time
import mundane

path, log, kind, where = sys.argv[1:]

def run(item, log=log):
    import os, time
    fd = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.write(fd, b"%d\\n" % item)
    os.close(fd)
    time.sleep(0.001)
    return item * item

async def arun(item):
    await asyncio.sleep(0)
    return run(item)

def executor():
    if kind == "threads":
        return concurrent.futures.ThreadPoolExecutor(8)
    if kind == "processes":
        fork = multiprocessing.get_context("fork")
        return concurrent.futures.ProcessPoolExecutor(2, fork)
    if kind == "dask":
        import distributed
        return distributed.Client(where).get_executor(pure=False)
    if kind == "ipyparallel":
        import ipyparallel
        return ipyparallel.Client(where).executor()
    return None

with mundane.open(path) as task:
    if kind == "coroutines":
        found = asyncio.run(task.amap("m", arun, range(2000)))
    else:
        pool = executor()
        found = task.map("m", run, (i for i in range(2000)), executor=pool)
print(json.dumps(found), flush=True)
if kind == "processes":
    pool.shutdown()  # else they would hold our standard output open, waiting for items
# Without the end of the interpreter, at which a client waits for its cluster.
os._exit(0)
"""


@contextmanager
def nothing(folder: Path) -> Iterator[str]:
    yield ""


@contextmanager
def dask_cluster(folder: Path) -> Iterator[str]:
    """Start two workers; yield the address of their scheduler."""
    import distributed

    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=2,
        dashboard_address=None,
        local_directory=str(folder),
        silence_logs=logging.CRITICAL,
    ) as cluster:
        yield cluster.scheduler_address


@contextmanager
def ipyparallel_cluster(folder: Path) -> Iterator[str]:
    """Start a controller and two engines; yield the file that tells how to reach them."""
    import ipyparallel

    cluster = ipyparallel.Cluster(
        n=2, profile_dir=str(folder / "profile"), cluster_id="", log_level=logging.CRITICAL
    )
    with cluster as client:
        client.wait_for_engines(2, timeout=60)
        yield str(folder / "profile" / "security" / "ipcontroller-client.json")


PLACES: dict[str, Callable[[Path], object]] = {
    "here": nothing,
    "threads": nothing,
    "processes": nothing,
    "coroutines": nothing,
    "dask": dask_cluster,
    "ipyparallel": ipyparallel_cluster,
}


@pytest.mark.parametrize("kind", PLACES)
def test_a_map_is_killed_five_times(kind: str, path: Path) -> None:
    """No item runs more often than once and once more for each kill that caught it in flight."""
    chance = random.Random(kind)
    log = path.with_name("log")
    log.touch()
    caught: Counter[str] = Counter()
    done = 0
    with PLACES[kind](path.parent) as where:  # type: ignore[attr-defined]
        command = [sys.executable, "-c", SCRIPT, str(path), str(log), kind, where]
        for kill in range(KILLS):
            # Somewhere in the next sixth of the work, wherever the run is then.
            wanted = len(_lines(log)) + chance.randrange(1, ITEMS // KILLS - 100)
            with subprocess.Popen(command, process_group=0, stdout=subprocess.PIPE) as child:
                while len(_lines(log)) < wanted:
                    assert child.poll() is None, f"run {kill} ended by itself"
                    time.sleep(0.002)
                # A pool's processes, too, which would wait for their dead parent for ever.
                os.killpg(child.pid, signal.SIGKILL)
            with mundane.read(path) as view:
                steps = view.steps()
            caught.update(step.name for step in steps if step.status == "pending")
            now_done = sum(step.status == "done" for step in steps)
            assert now_done >= done
            done = now_done
        assert 0 < done < ITEMS
        last = subprocess.run(command, process_group=0, stdout=subprocess.PIPE, check=True)
    assert json.loads(last.stdout) == [i * i for i in range(ITEMS)]
    runs = Counter(f"m.{line}" for line in _lines(log))
    assert len(runs) == ITEMS
    assert {name: count for name, count in runs.items() if count > 1 + caught[name]} == {}
    with mundane.open(path) as task:
        assert task.counts() == {"done": ITEMS, "failed": 0, "pending": 0}
    assert [name for name in beside(path) if name.startswith(path.name)] == []


def nap(item: int) -> int:
    if item == 1:
        raise BoomError
    time.sleep(0.2 * (item > 1))
    return item


def test_a_cluster_that_goes_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An item's own error is its own; what the closed cluster had taken stays pending."""
    import distributed

    monkeypatch.setattr("mundane._map.workers._PROBE_S", 0.5)

    closed_at: list[int] = []

    def close(done: int, total: int | None) -> None:
        if done >= 2 and not closed_at:  # on a busy machine many are done at once
            closed_at.append(done)
            client.cluster.close()

    with (
        distributed.Client(
            n_workers=1, dashboard_address=None, silence_logs=logging.CRITICAL
        ) as client,
        mundane.open(path) as task,
    ):
        executor = client.get_executor(pure=False)
        with pytest.raises(mundane.ExecutorLostError) as info:
            task.map("m", nap, range(500), executor=executor, progress=close)
        with pytest.raises(mundane.MapFailedError, match="serialize"):
            task.map("n", lambda lock: 1, [threading.Lock()], executor=executor)
    statuses = Counter(step.status for step in mundane.read(path).steps())
    assert statuses["failed"] == 2
    assert info.value.count == statuses["pending"] > 0


def _lines(log: Path) -> list[str]:
    """Return the items that have begun, in order; not one that is being written."""
    text = log.read_text()
    return text[: text.rfind("\n") + 1].split()
