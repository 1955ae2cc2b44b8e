"""What the tests of the core share: a fake clock, raw rows, real child processes."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import mundane
from mundane._clock import Clock

REPO = Path(__file__).resolve().parents[2]
NOBODY = 65534
DAY_MS = 86_400_000


def fast_folder() -> str | None:
    """Return where to put files that are synced often: memory, if the system has some to spare.

    A kill, unlike a power cut, cannot tell a disk from memory; and a busy disk makes the tests take
    minutes.
    """
    memory = "/dev/shm"
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 256 << 20:
        return memory
    return None


class FakeClock(Clock):
    """A clock that waits by moving its own hands; `waits` holds the seconds of every wait."""

    def __init__(self, now_ms: int = 1_800_000_000_000) -> None:
        self.wall_ms = now_ms
        self.waits: list[float] = []
        self._monotonic_s = 1000.0

    def now_ms(self) -> int:
        """Return the wall hand."""
        return self.wall_ms

    def monotonic_s(self) -> float:
        """Return the hand that is never set back."""
        return self._monotonic_s

    def wait(self, seconds: float) -> None:
        """Note the wait; take no time."""
        self.waits.append(seconds)
        self.pass_ms(round(seconds * 1000))

    async def await_(self, seconds: float) -> None:
        """Note the wait; take no time."""
        self.wait(seconds)

    def pass_ms(self, duration_ms: int) -> None:
        """Let time pass on both hands."""
        self.wall_ms += duration_ms
        self._monotonic_s += duration_ms / 1000

    @property
    def waited_ms(self) -> int:
        """How long was waited in all."""
        return round(sum(self.waits) * 1000)


class BoomError(Exception):
    """What a step's body raises."""


class Calls:
    """A step's function that counts its calls."""

    def __init__(self, value: Any = None) -> None:
        self.value = value
        self.count = 0

    def __call__(self) -> Any:
        """Be called once more."""
        self.count += 1
        return self.value


class Child:
    """A Python child process that talks in lines over its pipes."""

    def __init__(
        self,
        script: str,
        *args: object,
        uid: int | None = None,
        flags: tuple[str, ...] = (),
        env: Mapping[str, str] | None = None,
        cwd: str | Path | None = None,
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *flags, "-c", textwrap.dedent(script), *map(str, args)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            user=uid,
            group=uid,
            extra_groups=None if uid is None else [],
            env={**os.environ, **(env or {})},
            cwd=cwd,
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def line(self) -> str:
        """Wait for the child's next line; its standard error where it has none."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            _, stderr = self.process.communicate()
            raise AssertionError(f"the child ended early:\n{stderr}")
        return line.rstrip("\n")

    def say(self, line: str = "") -> None:
        """Send the child a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """Kill it as a power cut would: no clean-up runs."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def end(self) -> str:
        """Wait for a good end; return what it still printed."""
        stdout, stderr = self.process.communicate()
        assert self.process.returncode == 0, stderr
        return stdout

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()


def python(script: str, *args: object, **options: Any) -> str:
    """Run a script in a Python process of its own; return what it printed."""
    with Child(script, *args, **options) as child:
        return child.end()


def rows(path: str | Path, columns: str = "name, kind, encoding, status, result") -> list[Any]:
    """Return the raw rows of a task file, oldest first."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            f"SELECT {columns} FROM mundane_steps NOT INDEXED ORDER BY id"
        ).fetchall()


def row(path: str | Path, name: str, columns: str = "kind, encoding, status, result") -> Any:
    """Return the raw row of one step."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            f"SELECT {columns} FROM mundane_steps WHERE name = ?", (name,)
        ).fetchone()


def sql(path: str | Path, *statements: str | tuple[str, tuple[Any, ...]]) -> None:
    """Change a file as another program would."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(*((statement,) if isinstance(statement, str) else statement))
        connection.commit()


def many_steps(path: Path, count: int, name: str = "fetch.{}") -> Path:
    """Make a task file with so many done steps, each in an hour of its own.

    Args:
        path: of the file; a task file that is there gets the steps as well.
        count: how many steps.
        name: of a step, with a place for its number; by default items of a map.
    """
    rows = []
    for n in range(count):
        hour = f"{2000 + n // 8064:04}-{n // 672 % 12 + 1:02}-{n // 24 % 28 + 1:02}T{n % 24:02}"
        times = f"{hour}:14:03.120000Z", f"{hour}:14:03.130000Z"
        rows.append((name.format(n), f'{{"a": {n}}}', *times))
    insert = (
        "INSERT INTO mundane_steps (name, kind, encoding, result, status, started_at, finished_at)"
        " VALUES (?, 'step', 'json', ?, 'done', ?, ?)"
    )
    with mundane.open(path) as task:
        task.commit(lambda connection: connection.executemany(insert, rows))
    return path


def beside(path: Path) -> list[str]:
    """Return the names of the files beside a task file."""
    return sorted(other.name for other in path.parent.iterdir() if other != path)


def flock_holders(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (pid, mode) of every flock on a file, as Linux tells it."""
    stat = path.stat()
    where = f"{os.major(stat.st_dev):02x}:{os.minor(stat.st_dev):02x}:{stat.st_ino}"
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        if fields[1] == "FLOCK" and fields[5] == where:
            yield int(fields[4]), fields[3]


# Leaves a hot journal: pages of an unfinished transaction stand in the file when it is killed.
HOT_JOURNAL = """
    import os, sqlite3, sys
    connection = sqlite3.connect(sys.argv[1], isolation_level=None)
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE mundane_steps SET result = '\\"half\\"'")
    for number in range(200):
        connection.execute(
            "INSERT INTO mundane_steps (name, kind, encoding, result, status, started_at)"
            " VALUES (?, 'step', 'json', ?, 'done', '')", (f"half-{number}", "1" * 2000))
    print("spilled", flush=True)
    input()
"""


def leave_hot_journal(path: Path) -> None:
    """Kill a writer in the middle of a transaction on an existing task file."""
    with Child(HOT_JOURNAL, path) as child:
        assert child.line() == "spilled"
        child.kill()
    assert path.with_name(path.name + "-journal").stat().st_size > 512


JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
"""How each header of a journal starts, and how one ends that names a super-journal."""


def forge_journal(
    path: Path, name: bytes, *, first: int = JOURNAL_MAGIC[0], checksum: int | None = None
) -> None:
    """Put a journal beside a database that says to belong to several: SQLite removes that file.

    Args:
        path: of the database.
        name: of a file in the test's own folder, or of none.
        first: the journal's first byte; 0 for one that is over.
        checksum: of the name, where it is not to fit.
    """
    pages = path.stat().st_size // 4096
    header = JOURNAL_MAGIC + struct.pack(">IIIII", 0, 1, pages, 512, 4096)
    header = bytes([first]) + header[1:]
    end = struct.pack(">II", len(name), sum(name) if checksum is None else checksum)
    path.with_name(path.name + "-journal").write_bytes(
        header.ljust(512, b"\0") + struct.pack(">I", 1) + name + end + JOURNAL_MAGIC
    )
