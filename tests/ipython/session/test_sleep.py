"""`%mundane_sleep`: its note, and a run that would rather end than wait."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import mundane
from mundane_ipython.errors import SleepingError

from ..support.shells import Shell


def test_a_long_sleep_says_until_when(shell: Shell) -> None:
    """Before it waits; a short one says nothing."""
    assert shell.ok("%mundane_sleep short 1ms").out == ""
    shown = shell.ok("%mundane_sleep long 1.2s").out
    assert shown.startswith("sleep long: until ")
    assert shown.endswith("in 1.2s\n")


def test_a_sleep_longer_than_the_run_waits(
    restarted: Callable[[], Shell], task_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stored and refused at once; a later run has what is left of it."""
    monkeypatch.setenv("MUNDANE_EXIT_ON_SLEEP", "1m")
    shell = restarted()
    error = shell.fails("%mundane_sleep nap 2h")
    assert isinstance(error, SleepingError)
    assert (error.name, error.path) == ("nap", str(task_path))
    assert "ends at " in str(error)
    assert "in 2h 00m: run again" in str(error)
    with mundane.read(task_path) as view:
        (step,) = view.steps()
        assert (step.kind, step.status) == ("sleep", "done")
        wake_at_ms = view.get("nap")
    shell = restarted()
    assert isinstance(shell.fails("%mundane_sleep nap 2h"), SleepingError)
    assert shell.magics.session.need_task().get("nap") == wake_at_ms
    shell.ok("%mundane_sleep short 1ms")


def test_a_limit_that_is_no_duration(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is an error before anything is stored."""
    monkeypatch.setenv("MUNDANE_EXIT_ON_SLEEP", "soon")
    assert isinstance(shell.fails("%mundane_sleep nap 1ms"), mundane.DurationError)
    assert shell.rows() == {}
