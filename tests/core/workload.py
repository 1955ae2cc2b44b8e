"""A short run with every kind of row, for faults to fall on, and what must be left of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import mundane

from .support import BoomError, beside
from .tracing import Call

VALUES: dict[str, Any] = {
    "tiny": {"n": 1},
    "large": ["x" * 9_000, 2],  # fills pages of its own
    "bytes": b"\0\xff" * 600,
    "last": None,
}
"""The steps that end well."""


def run(path: Path, tell: Callable[[str], object] = str, setting: str = "") -> None:
    """Run it, or what is left of it.

    Args:
        path: of the task file.
        tell: gets `NAME done` or `NAME failed` when that was acknowledged, `NAME going` before
            a row is removed and `NAME gone` when its removal was acknowledged.
        setting: of SQLite's, another one than the library's.
    """
    pragma = f"PRAGMA {setting or 'synchronous'}"
    with mundane.open(path) as task:
        task.query(lambda c: c.execute(pragma))
        step(task, "tiny", tell)
        step(task, "large", tell)
    with mundane.open(path) as task:
        task.query(lambda c: c.execute(pragma))
        try:
            task.step("fails", _raise)
        except mundane.StepFailedError:
            tell("fails failed")
        task.sleep("nap", 0)
        tell("nap done")
        tell("fails going")
        task.forget("fails")
        tell("fails gone")
        for name in ("tiny", "bytes", "last"):
            step(task, name, tell)


def step(task: mundane.Task, name: str, tell: Callable[[str], object]) -> None:
    """Run one of the steps that end well."""
    assert task.step(name, lambda: VALUES[name]) == VALUES[name]
    tell(f"{name} done")


def _raise() -> None:
    raise BoomError


class Told:
    """What a traced run acknowledged through a pipe; the pipe's `write` is the moment."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        self._pipe = os.readlink(f"/proc/self/fd/{self._write}")
        self.status: dict[str, str] = {}

    def tell(self, line: str) -> None:
        """In the child: acknowledge."""
        os.write(self._write, line.encode())

    def hear(self, call: Call) -> bool:
        """Take a call for what it acknowledges; return whether it is such a one."""
        if call.path != self._pipe:
            return False
        name, _, status = call.data.decode().partition(" ")
        self.status[name] = status
        return True

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._read)
        os.close(self._write)


def check(path: Path, told: dict[str, str]) -> None:
    """Open what is left: it is whole and holds what was acknowledged, and the run resumes.

    Args:
        path: of the task file.
        told: each step's last acknowledged status; `error` is none.
    """
    with mundane.open(path) as task:
        check_integrity(task)
        for name, status in told.items():
            if name == "error":
                continue
            found = task.status(name)
            if status == "gone":
                assert found is None, f"{name} was removed and is back"
            elif status != "going":
                assert found == status, f"{name} is lost"
        check_values(task, VALUES)
    run(path)
    with mundane.open(path) as task:
        assert [task.status(name) for name in VALUES] == ["done"] * len(VALUES)
        check_integrity(task)
    assert beside(path) == []


def look(path: Path, told: dict[str, str]) -> None:
    """Look into what is left, as a reader does: what was acknowledged is seen."""
    reason = ""
    try:
        with mundane.read(path) as view:
            found = {step.name: step.status for step in view.steps()}
            values = {name: view.get(name) for name in VALUES if found.get(name) == "done"}
    except mundane.TaskNotFoundError:
        found, values = {}, {}
    except mundane.SchemaError as error:
        found, values, reason = {}, {}, error.reason
    assert reason in ("", "holds no task yet")
    assert values == {name: VALUES[name] for name in values}
    for name, status in told.items():
        assert status != "done" or found.get(name) == "done", f"{name} is lost"


def check_values(task: mundane.Task, names: Iterable[str]) -> None:
    """What is done has its own value."""
    for name in names:
        if task.status(name) == "done":
            assert task.get(name) == VALUES[name]


def check_integrity(task: mundane.Task) -> None:
    """SQLite finds nothing wrong."""
    assert task.query(lambda c: c.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]
