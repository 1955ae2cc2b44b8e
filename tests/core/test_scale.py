"""A hundred thousand steps: how much the commands that look print.

How long they take is measured by `python -m tests.bench scale`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .support import many_steps

ROWS = 100_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A task file with 100,000 items of a map."""
    return many_steps(tmp_path_factory.mktemp("scale") / "task.db", ROWS)


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["status"], 10),
        (["status", "--json"], 1),
        (["steps"], 2),
        (["steps", "--all"], ROWS + 1),
        (["steps", "--json"], ROWS),
    ],
    ids=["status", "status json", "steps", "steps all", "steps json"],
)
def test_a_hundred_thousand_steps(large: Path, words: list[str], lines: int) -> None:
    """A map is one line, and with `--all` or as JSON each of its items is."""
    command = [sys.executable, "-m", "mundane", *words, str(large)]
    out = subprocess.run(command, capture_output=True, check=True).stdout
    assert out.count(b"\n") == lines
