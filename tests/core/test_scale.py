"""A hundred thousand steps: what the commands that look take of the processor.

Its time is judged and not the clock's, since other tests run beside; the bars are those of the
clock.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

import mundane

ROWS = 100_000
INSERT = (
    "INSERT INTO mundane_steps (name, kind, encoding, result, status, started_at, finished_at)"
    " VALUES (?, 'step', 'json', ?, 'done', '2026-11-24T09:14:03.120000Z',"
    " '2026-11-24T09:14:03.130000Z')"
)


def make(path: Path, count: int) -> Path:
    """Make a task file with so many steps of a map."""
    with mundane.open(path) as task:
        rows = [(f"fetch.{i}", f'{{"a": {i}}}') for i in range(count)]
        task.commit(lambda c: c.executemany(INSERT, rows))
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A task file with 100,000 steps."""
    return make(tmp_path_factory.mktemp("scale") / "task.db", ROWS)


def command(*words: object) -> tuple[float, bytes]:
    """Return the seconds of processor that a command took, the least of three, and its output."""
    least_s = float("inf")
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run = [sys.executable, "-m", "mundane", *map(str, words)]
        out = subprocess.run(run, capture_output=True, check=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        least_s = min(least_s, took_s)
    return least_s, out


@pytest.mark.parametrize(
    ("words", "bar_s", "lines"),
    [
        (["status"], 0.5, 10),
        (["status", "--json"], 0.5, 1),
        (["steps"], 2.0, 2),
        (["steps", "--all"], 2.0, ROWS + 1),
        (["steps", "--json"], 2.0, ROWS),
    ],
    ids=["status", "status json", "steps", "steps all", "steps json"],
)
def test_a_hundred_thousand_steps(large: Path, words: list[str], bar_s: float, lines: int) -> None:
    """Each is one look at the file, and a line for each row at most; a map is one line."""
    took_s, out = command(*words, large)
    assert out.count(b"\n") == lines
    assert took_s <= bar_s


def test_the_time_grows_as_the_rows(large: Path, tmp_path: Path) -> None:
    """Five times the rows take no more than about five times as long."""
    small_s, _ = command("steps", "--all", make(tmp_path / "small.db", ROWS // 5))
    large_s, _ = command("steps", "--all", large)
    assert large_s < 8 * small_s
