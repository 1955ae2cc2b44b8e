"""What steps cost in a real notebook: every cell plain, then each a step, then each restored.

    python -m tests.bench.overhead NOTEBOOK... [--rounds 3] [--against PYTHON]

With `--against`, the interpreter of an environment that has an earlier build, each notebook's first
run is measured with that build and with this one in turns, and nothing else is.

Each run has a kernel of its own; the clock starts when the kernel has answered and stops after the
last cell. All modules have their bytecode by then, as installed packages have. Cells that fail
plain are left out of all runs. A restored notebook is measured up to its last output, and once more
with a plain cell at its end, before which all values must be there: that takes at least as long as
importing the modules that the plain run loaded, whoever restores.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.manager import KernelManager

from tests.notebooks.forked import as_steps

from .equivalence import cells_of
from .measure import Row, show

_LIST = "import json, sys; json.dump(sorted(sys.modules), open('modules.json', 'w'))"
_IMPORT = """
import contextlib, importlib, json
for name in json.load(open("modules.json")):
    with contextlib.suppress(Exception):
        importlib.import_module(name)
"""


@dataclass(frozen=True)
class Took:
    """What a run took.

    Attributes:
        wall_s: seconds from the first cell to the last one's end.
        cpu_s: seconds of processor time of the kernel meanwhile.
        failed: positions of the cells that failed.
    """

    wall_s: float
    cpu_s: float
    failed: list[int]


def run(cells: list[str], folder: str, python: str = sys.executable) -> Took:
    """Run cells in a new kernel of an interpreter."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    manager = KernelManager()
    assert manager.kernel_spec is not None
    manager.kernel_spec.argv[0] = python
    manager.start_kernel(cwd=folder, env=env)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        client.execute("pass", reply=True, timeout=60)
        kernel = psutil.Process(manager.provisioner.pid)
        used, started_s = kernel.cpu_times(), time.perf_counter()
        replies = [_execute(client, cell) for cell in cells]
        wall_s, now = time.perf_counter() - started_s, kernel.cpu_times()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    cpu_s = now.user + now.system - used.user - used.system
    return Took(wall_s, cpu_s, [i for i, status in enumerate(replies) if status != "ok"])


def _execute(client: Any, cell: str) -> str:
    reply = client.execute_interactive(
        cell, output_hook=lambda message: None, store_history=True, stop_on_error=False
    )
    return str(reply["content"]["status"])


def measure(notebook: Path, rounds: int, against: str = "") -> list[Row]:
    """Return the table's lines of one notebook.

    Args:
        notebook: its file.
        rounds: how often each run is made.
        against: the interpreter of an earlier build; empty for the comparison with plain cells.
    """
    with tempfile.TemporaryDirectory() as folder:
        cells = cells_of(notebook)
        failed = {*run(cells, folder).failed}
    cells = [cell for i, cell in enumerate(cells) if i not in failed]
    steps = as_steps(cells)
    if against:
        return _compare(f"{notebook.name}, {len(cells)} cells", steps, rounds, against)
    with tempfile.TemporaryDirectory() as folder:
        run(steps, folder)  # a first run writes what bytecode is missing
    plain, first, again, values, modules = [], [], [], [], []
    compared = [(plain, cells), (first, steps)]
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for times, code in compared:
                times.append(_ok(code, folder).wall_s)
            compared.reverse()  # in turns, since it matters what the machine did just before
            again.append(_ok(steps, folder).wall_s)
            values.append(_ok([*steps, "pass"], folder).wall_s)
            run([*cells, _LIST], folder)
            modules.append(_ok([_IMPORT], folder).wall_s)
    p, f, a, v, m = map(statistics.median, (plain, first, again, values, modules))
    what, peer = f"{notebook.name}, {len(cells)} cells", f"{p:.2f} s (plain)"
    return [
        Row(f"{what}: first run", f"{f:.2f} s", peer, f"{100 * (f / p - 1):+.1f} %"),
        Row(f"{what}: restored", f"{a:.2f} s", peer, f"{a / p:.2f}x"),
        Row(f"{what}: and a plain cell", f"{v:.2f} s", f"{m:.2f} s (imports)", f"{v - m:+.2f} s"),
    ]


def _compare(what: str, steps: list[str], rounds: int, against: str) -> list[Row]:
    """Return the table's line on the first runs of two builds."""
    pythons = [sys.executable, against]
    runs: dict[str, list[Took]] = {python: [] for python in pythons}
    for number in range(rounds + 1):
        for python in pythons:
            with tempfile.TemporaryDirectory() as folder:
                took = _ok(steps, folder, python)
            if number:  # a first run writes what bytecode is missing
                runs[python].append(took)
        pythons.reverse()
    here, other = runs[sys.executable], runs[against]
    pairs = list(zip(here, other, strict=True))
    wall = statistics.median(one.wall_s / two.wall_s for one, two in pairs)
    cpu = statistics.median(one.cpu_s / two.cpu_s for one, two in pairs)
    before_s = statistics.median(took.wall_s for took in other)
    now_s = statistics.median(took.wall_s for took in here)
    ratio = f"{wall:.3f}x, processor time {cpu:.3f}x"
    return [Row(f"{what}: first run", f"{now_s:.2f} s", f"{before_s:.2f} s (before)", ratio)]


def _ok(cells: list[str], folder: str, python: str = sys.executable) -> Took:
    took = run(cells, folder, python)
    if took.failed:
        raise RuntimeError(f"cell failed:\n{cells[took.failed[0]]}")
    return took


def main() -> None:
    """Measure every notebook and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", default="", metavar="PYTHON")
    options = parser.parse_args()
    rounds, against = options.rounds, options.against
    show([row for notebook in options.notebooks for row in measure(notebook, rounds, against)])


if __name__ == "__main__":
    main()
