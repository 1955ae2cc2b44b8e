"""Ctrl-C while a map runs."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from .support import Child, rows

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
