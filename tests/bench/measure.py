"""What the benchmarks share: timing in processes of their own, medians, and the table."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Row:
    """One line of the table: what, ours, the peer's, and the bar that the ratio must keep."""

    what: str
    ours: str
    peer: str
    ratio: str


def child(code: str, *arguments: str, path: str | None = None) -> dict[str, float]:
    """Run code in a new interpreter; return the JSON object of its last line.

    The code finds its arguments in `sys.argv[1:]`; `path` stands first on its import path.
    """
    environment = {**os.environ, "PYTHONPATH": path or str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", code, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    result: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of each member."""
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def sdk_folder() -> str:
    """Install mundane-sdk 0.1.0, which has the core's import name, into a folder of its own."""
    folder = str(Path(tempfile.gettempdir()) / "mundane-bench-sdk-0.1.0")
    if not Path(folder, "mundane").exists():
        command = ["-m", "pip", "install", "-q", "--target", folder, "mundane-sdk==0.1.0"]
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return folder


def show(rows: list[Row]) -> None:
    """Print the rows as a Markdown table."""
    print("| what | ours | peer | ratio |")
    print("| --- | --- | --- | --- |")
    for row in rows:
        print(f"| {row.what} | {row.ours} | {row.peer} | {row.ratio} |")
