"""A run's kernel and its end: it dies with the run, and a dead run's kernel is waited for.

Linux only where it says so; elsewhere ipykernel itself notices within a second or two that its
parent is gone (`JPY_PARENT_PID`).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mundane import LockedError
from mundane.tools import find_holder

RUN_VARIABLE = "MUNDANE_RUN_PID"
"""The environment variable that tells a kernel its run's process id."""

# The memory of a killed kernel is freed before its lock, which takes a while for many gigabytes.
_WAIT_FOR_DEAD_S = 10.0
_PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with_parent() -> Callable[[], None] | None:
    """Return what a child calls before it becomes a kernel, to be killed when this process ends.

    None where the system has no such call: only Linux does. What it does is bound to the calling
    thread's life (prctl(2)), so it is for the main thread.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def in_child() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the call
            os.kill(os.getpid(), signal.SIGKILL)

    return in_child


def await_free(task: str) -> None:
    """Return when no live process holds a task file, as far as the system tells.

    A kernel whose run was killed is on its way out, and waited for. Where the system does not tell
    (all but Linux), the kernel that opens the file finds out.

    Raises:
        LockedError: a live process holds it, or a dead run's kernel does not end; the error names
            the run where the holder is a run's kernel.
    """
    deadline_s = time.monotonic() + _WAIT_FOR_DEAD_S
    while True:
        pid, by_reader = find_holder(task)
        if pid is None or by_reader:
            return
        run = _run_of(pid)
        if run is None or _lives(run):
            raise LockedError(task, run or pid)
        if time.monotonic() > deadline_s:
            raise LockedError(task, pid)
        time.sleep(0.02)


def _run_of(pid: int) -> int | None:
    """Return the process id of the run whose kernel this is, 0 for a process that ends just now."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    except OSError:  # another user's
        return None
    for entry in environment.split(b"\0"):
        name, _, value = entry.partition(b"=")
        if name == RUN_VARIABLE.encode() and value.isdigit():
            return int(value)
    return None if environment else 0


def _lives(pid: int) -> bool:
    return pid != 0 and Path(f"/proc/{pid}").exists()
