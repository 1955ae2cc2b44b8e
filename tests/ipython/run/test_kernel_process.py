"""Whose kernel holds a task file, and whether its run still lives."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mundane
from mundane import LockedError
from mundane_ipython.run.kernel_process import RUN_VARIABLE, await_free

HOLD = """
import sys, time, mundane
with mundane.open(sys.argv[1]):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""

Hold = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def hold(task_path: Path) -> Iterator[Hold]:
    """Return a function that starts a process which holds the task file for some seconds."""
    holders: list[subprocess.Popen[str]] = []

    def start(seconds: float, **variables: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD, str(task_path), str(seconds)]
        environment = {**os.environ, **variables}
        holder = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        holders.append(holder)
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        return holder

    yield start
    for holder in holders:
        holder.kill()
        holder.communicate()


def dead_pid() -> int:
    """Return the pid of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_nobody_holds_it(task_path: Path) -> None:
    """A file that is missing, or that lies there, is free."""
    await_free(str(task_path))
    assert not task_path.exists()
    mundane.open(task_path).close()
    await_free(str(task_path))


def test_a_process_that_is_no_run(hold: Hold, task_path: Path) -> None:
    """Is named itself, at once."""
    holder = hold(60)
    with pytest.raises(LockedError) as caught:
        await_free(str(task_path))
    assert (caught.value.path, caught.value.pid) == (str(task_path), holder.pid)


def test_the_kernel_of_a_live_run(hold: Hold, task_path: Path) -> None:
    """The run is named, since the kernel is not what one would stop."""
    hold(60, **{RUN_VARIABLE: str(os.getpid())})
    with pytest.raises(LockedError) as caught:
        await_free(str(task_path))
    assert caught.value.pid == os.getpid()


def test_the_kernel_of_a_dead_run(hold: Hold, task_path: Path) -> None:
    """Is on its way out, and waited for."""
    holder = hold(0.5, **{RUN_VARIABLE: str(dead_pid())})
    await_free(str(task_path))
    mundane.open(task_path).close()
    assert holder.wait() == 0


def test_the_kernel_of_a_dead_run_that_does_not_end(
    hold: Hold, task_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is named after a while."""
    holder = hold(60, **{RUN_VARIABLE: str(dead_pid())})
    monkeypatch.setattr("mundane_ipython.run.kernel_process._WAIT_FOR_DEAD_S", 0.1)
    started_s = time.monotonic()
    with pytest.raises(LockedError) as caught:
        await_free(str(task_path))
    assert caught.value.pid == holder.pid
    assert time.monotonic() - started_s >= 0.1
