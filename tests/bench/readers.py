"""A writer beside readers that never stop: errors, losses, and what each got done.

In the suite for some seconds (tests/core/test_reader.py), as a benchmark for a minute each:
`python -m tests.bench readers`.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import mundane

from .measure import ROOT, Row

_WRITER = """
import sys, time, mundane
number, end = 0, time.monotonic() + float(sys.argv[2])
with mundane.open(sys.argv[1]) as task:
    while time.monotonic() < end:
        task.step(f"s{number}", lambda: [number, "x" * (number % 5 * 1000)])
        number += 1
print(number)
"""

# A connection for each look, as a monitor or a browser of databases makes; and one that is kept.
_POLLER = """
import select, sqlite3, sys
looks = seen = 0
kept = sqlite3.connect(sys.argv[1], timeout=60)
while not select.select([sys.stdin], [], [], 0)[0]:
    fresh = sqlite3.connect(sys.argv[1], timeout=60)
    for connection in (fresh, kept):
        count, = connection.execute(
            "SELECT count(*) FROM mundane_steps WHERE status = 'done'").fetchone()
        assert count >= seen, "a step that was seen is gone"
        seen = count
        looks += 1
    fresh.close()
print(looks)
"""

_VIEWER = """
import select, sys, mundane
looks = seen = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    with mundane.read(sys.argv[1]) as view:
        done = [step.name for step in view.steps()[-20:] if step.status == "done"]
        assert all(f"s{view.get(name)[0]}" == name for name in done)
        looks += 1
print(looks)
"""

_DUMPER = """
import select, sqlite3, subprocess, sys
looks, shell = 0, sys.argv[2]
while not select.select([sys.stdin], [], [], 0.2)[0]:
    if shell:
        dump = subprocess.run(
            [shell, "-cmd", ".timeout 60000", sys.argv[1], ".dump"], capture_output=True, text=True)
        assert dump.returncode == 0 and not dump.stderr, dump.stderr
        last = dump.stdout.splitlines()[-1]
    else:
        connection = sqlite3.connect(sys.argv[1], timeout=60)
        last = list(connection.iterdump())[-1]
        connection.close()
    assert last == "COMMIT;", last
    looks += 1
print(looks)
"""

READERS = {"a poller": _POLLER, "mundane.read": _VIEWER, "a dump at 5 Hz": _DUMPER}


@dataclass(frozen=True)
class Beside:
    """What a writer and a reader got done beside each other; both without an error."""

    steps: int
    looks: int


def beside(path: Path, reader: str, seconds: float) -> Beside:
    """Run a writer with a reader beside it, and check that nothing is lost.

    Args:
        path: of the task file to make.
        reader: a key of `READERS`.
        seconds: how long the writer steps.

    Raises:
        RuntimeError: one of them had an error; its standard error is the text.
        AssertionError: a step is missing, or the file is damaged.
    """
    mundane.open(path).close()
    writing = _start(_WRITER, path, seconds)
    reading = _start(READERS[reader], path, shutil.which("sqlite3") or "")
    steps = _finish(writing)
    looks = _finish(reading)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with mundane.read(path) as view:
        done = [step.name for step in view.steps() if step.status == "done"]
        assert done == [f"s{i}" for i in range(steps)]
        assert all(view.get(name)[0] == i for i, name in enumerate(done))
    return Beside(steps, looks)


def readers(seconds: float) -> list[Row]:
    """Measure a writer for so long beside each reader."""
    rows = []
    for reader in READERS:
        with tempfile.TemporaryDirectory() as folder:
            found = beside(Path(folder, "task.db"), reader, seconds)
        rows.append(
            Row(
                f"a writer beside {reader}, {seconds:.0f} s",
                f"{found.steps:,} steps, none lost",
                f"{found.looks:,} looks",
                "no error",
            )
        )
    return rows


def _start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finish(process: subprocess.Popen[str]) -> int:
    """End its input, and return the number that it prints."""
    output, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(errors)
    return int(output)
