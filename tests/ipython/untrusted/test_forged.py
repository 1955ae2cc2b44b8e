"""Forged and damaged data: a clear error, never the end of the process. SPEC.md, Trust."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ...core.support import REPO
from ..support import forged

FORGED = (*forged.VALUES, *forged.STREAMS)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `forged` in another process, whose crash is a failed test."""
    module = "tests.ipython.support.forged"
    command = [sys.executable, "-X", "faulthandler", "-m", module, *arguments]
    return subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    """What came of each, by name; with what crashed comes the crash."""
    ran = run()
    found = dict(line.split(": ", 1) for line in ran.stdout.splitlines())
    for name in FORGED:
        found.setdefault(name, ran.stderr)
    return found


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_state_is_an_error(outcomes: dict[str, str], name: str) -> None:
    """A state that no library pickles is refused, with an error that names the variable."""
    assert outcomes[name].startswith("refused: task.db: step 's': 'x' "), outcomes[name]


def test_damaged_pickles_do_not_end_the_process() -> None:
    """A few opcodes of good pickles changed: an error, or data that can be looked at."""
    ran = run("1", "4000")
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert int(ran.stdout.split()[0]) > 0
