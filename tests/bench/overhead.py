"""What steps cost in a real notebook: every cell plain, then each a step, then each restored.

    python -m tests.bench.overhead NOTEBOOK... [--rounds 3]

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
import tempfile
import time
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel

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


def run(cells: list[str], folder: str) -> tuple[float, list[int]]:
    """Run cells in a new kernel; return the seconds they took, and which of them failed."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    manager, client = start_new_kernel(cwd=folder, env=env)
    try:
        client.execute("pass", reply=True, timeout=60)
        started_s = time.perf_counter()
        replies = [_execute(client, cell) for cell in cells]
        took_s = time.perf_counter() - started_s
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return took_s, [i for i, status in enumerate(replies) if status != "ok"]


def _execute(client: Any, cell: str) -> str:
    reply = client.execute_interactive(
        cell, output_hook=lambda message: None, store_history=True, stop_on_error=False
    )
    return str(reply["content"]["status"])


def measure(notebook: Path, rounds: int) -> list[Row]:
    """Return the table's lines of one notebook."""
    with tempfile.TemporaryDirectory() as folder:
        cells = cells_of(notebook)
        failed = set(run(cells, folder)[1])
    cells = [cell for i, cell in enumerate(cells) if i not in failed]
    steps = as_steps(cells)
    with tempfile.TemporaryDirectory() as folder:
        run(steps, folder)  # a first run writes what bytecode is missing
    plain, first, again, values, modules = [], [], [], [], []
    compared = [(plain, cells), (first, steps)]
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for times, code in compared:
                times.append(_ok(code, folder))
            compared.reverse()  # in turns, since it matters what the machine did just before
            again.append(_ok(steps, folder))
            values.append(_ok([*steps, "pass"], folder))
            run([*cells, _LIST], folder)
            modules.append(_ok([_IMPORT], folder))
    p, f, a, v, m = map(statistics.median, (plain, first, again, values, modules))
    what, peer = f"{notebook.name}, {len(cells)} cells", f"{p:.2f} s (plain)"
    return [
        Row(f"{what}: first run", f"{f:.2f} s", peer, f"{100 * (f / p - 1):+.1f} %"),
        Row(f"{what}: restored", f"{a:.2f} s", peer, f"{a / p:.2f}x"),
        Row(f"{what}: and a plain cell", f"{v:.2f} s", f"{m:.2f} s (imports)", f"{v - m:+.2f} s"),
    ]


def _ok(cells: list[str], folder: str) -> float:
    took_s, failed = run(cells, folder)
    if failed:
        raise RuntimeError(f"cell failed:\n{cells[failed[0]]}")
    return took_s


def main() -> None:
    """Measure every notebook and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    show([row for notebook in options.notebooks for row in measure(notebook, options.rounds)])


if __name__ == "__main__":
    main()
