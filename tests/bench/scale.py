"""Files of 100,000 steps: what looking at them costs, against a fifth of the rows.

A time that grows as the rows is five times the peer's, and a quadratic one twenty-five times.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.core.support import many_steps
from tests.ipython.support.shells import many_cells, new_shell

from .measure import Row

ROWS = 100_000
FEW = ROWS // 5

COMMANDS = {
    "`mundane status`": ["status"],
    "`mundane steps`": ["steps"],
    "`mundane steps --all`": ["steps", "--all"],
    "`mundane steps --json`": ["steps", "--json"],
    "`mundane report`": ["report"],
}


def scale(rounds: int) -> list[Row]:
    """Time the commands that look, and a notebook that opens and shows, for a map and for cells."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, make in (("items of a map", many_steps), ("cells", many_cells)):
            few, many = (make(Path(folder, f"{make.__name__}-{n}.db"), n) for n in (FEW, ROWS))
            for what, words in COMMANDS.items():
                calls = [_command(words, path) for path in (few, many)]
                rows.append(_row(f"{what}, {ROWS:,} {kind}", *calls, rounds))
            for what, measured in (("open", _opening), ("`%mundane_steps`", _showing)):
                calls = [measured(path) for path in (few, many)]
                rows.append(_row(f"{what} in a notebook, {ROWS:,} {kind}", *calls, rounds))
    return rows


def _row(what: str, few: Callable[[], float], many: Callable[[], float], rounds: int) -> Row:
    few_s, many_s = (statistics.median(call() for _ in range(rounds)) for call in (few, many))
    return Row(what, f"{many_s:.2f} s", f"{few_s:.2f} s ({FEW:,})", f"{many_s / few_s:.1f}x")


def _command(words: list[str], path: Path) -> Callable[[], float]:
    def call() -> float:
        command = [sys.executable, "-m", "mundane", *words, str(path)]
        return _took(lambda: subprocess.run(command, capture_output=True, check=True))

    return call


def _opening(path: Path) -> Callable[[], float]:
    def call() -> float:
        with new_shell(None) as shell:
            return _took(lambda: shell.ok(f"%mundane_open {path}"))

    return call


def _showing(path: Path) -> Callable[[], float]:
    def call() -> float:
        with new_shell(path) as shell:
            return _took(lambda: shell.ok("%mundane_steps").result.result._repr_html_())

    return call


def _took(call: Callable[[], Any]) -> float:
    started_s = time.perf_counter()
    call()
    return time.perf_counter() - started_s
