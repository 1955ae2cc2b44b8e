"""The core against mundane-sdk 0.1.0: tiny steps, replay, a large file, maps."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.core.support import many_steps

from .measure import Row, child, medians, sdk_folder

_STEPS = """
import json, sys, time, mundane
count = int(sys.argv[2])
def work(task):
    started = time.perf_counter()
    for i in range(count):
        task.step(f"s{i}", lambda: i)
    return time.perf_counter() - started
print(json.dumps({"s": mundane.run(sys.argv[1], work)}))
"""

# What the format and its durability ask of SQLite for each step, and nothing else.
_BARE = """
import json, sqlite3, sys, time, mundane
mundane.run(sys.argv[1], lambda task: None)
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for setting in ("journal_mode = PERSIST", "synchronous = FULL"):
    connection.execute("PRAGMA " + setting)
now = "2026-11-24T09:14:03.120000Z"
begin = (
    "INSERT INTO mundane_steps (name, kind, encoding, status, started_at)"
    " VALUES (?, 'step', 'json', 'pending', ?)"
)
end = "UPDATE mundane_steps SET status = 'done', result = ?, finished_at = ? WHERE id = ?"
started = time.perf_counter()
for i in range(int(sys.argv[2])):
    row = connection.execute(begin, (f"s{i}", now)).lastrowid
    connection.execute(end, (str(i), now, row))
print(json.dumps({"s": time.perf_counter() - started}))
"""

_FILL = """
import json, sys, mundane
def work(task):
    for i in range(int(sys.argv[2])):
        task.step(f"big{i}", lambda: "x" * 10_000_000)
    task.step("small", lambda: 1)
mundane.run(sys.argv[1], work)
print("{}")
"""

_OPEN = """
import json, resource, sys, time, mundane
started = time.perf_counter()
value = mundane.run(sys.argv[1], lambda task: task.step("small", lambda: 2))
assert value == 1
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"s": time.perf_counter() - started, "mb": peak}))
"""

_DEEP = """
import json, sys, time
from mundane import _json
value = []
for _ in range(int(sys.argv[1])):
    value = [value, "text", 1.5, None, {"k": [1, 2]}]
started = time.perf_counter()
_json.decode(_json.encode(value))
print(json.dumps({"s": time.perf_counter() - started}))
"""

_MAP = """
import json, sys, time, mundane
from concurrent.futures import ThreadPoolExecutor
def item(i):
    return i
def work(task):
    found = {}
    with ThreadPoolExecutor(8) as pool:
        started = time.perf_counter()
        assert task.map("m", item, range(10_000), executor=pool) == list(range(10_000))
        found["map"] = time.perf_counter() - started
        task.release()
        started = time.perf_counter()
        task.map("m", item, range(10_000), executor=pool)
        found["again"] = time.perf_counter() - started
    started = time.perf_counter()
    for i in range(1000):
        task.step(f"s{i}", lambda: item(i))
    found["loop"] = 10 * (time.perf_counter() - started)
    return found
print(json.dumps(mundane.run(sys.argv[1], work)))
"""


def sequence(rounds: int) -> list[Row]:
    """Tiny steps one after the other, in steps a second."""
    ours, peers, bare = [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            ours.append(child(_STEPS, f"{folder}/a.db", "1000"))
            peers.append(child(_STEPS, f"{folder}/b.db", "1000", path=sdk_folder()))
            bare.append(child(_BARE, f"{folder}/c.db", "1000"))
    mine, sdk, commits = (1000 / medians(runs)["s"] for runs in (ours, peers, bare))
    return [
        Row("tiny steps in sequence", f"{mine:.0f} steps/s", f"{sdk:.0f} steps/s (mundane-sdk)",
            f"{mine / sdk:.2f}x"),
        Row("the same", f"{mine:.0f} steps/s", f"{commits:.0f} steps/s (their bare commits)",
            f"{mine / commits:.2f}x"),
    ]  # fmt: skip


def fan_out(rounds: int) -> list[Row]:
    """A map of 10,000 tiny items over 8 threads, against a loop of 1,000 in the same process."""
    runs = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            runs.append(child(_MAP, f"{folder}/a.db"))
    found = {key: value * 100 for key, value in medians(runs).items()}
    loop = f"{found['loop']:.0f} us an item (a loop)"
    return [
        Row("map of 10,000 tiny items, 8 threads", f"{found['map']:.1f} us an item", loop,
            f"{found['loop'] / found['map']:.0f}x faster"),
        Row("the same, restored", f"{found['again']:.1f} us an item", loop,
            f"{found['loop'] / found['again']:.0f}x faster"),
    ]  # fmt: skip


def replay(rounds: int) -> Row:
    """Replay of 100,000 done steps, opening included."""
    with tempfile.TemporaryDirectory() as folder:
        many_steps(Path(folder, "a.db"), 100_000, "s{}")
        mine = medians([child(_STEPS, f"{folder}/a.db", "100000") for _ in range(rounds)])["s"]
        peer = medians(
            [child(_STEPS, f"{folder}/a.db", "100000", path=sdk_folder()) for _ in range(rounds)]
        )["s"]
    return Row("replay of 100,000 done steps", f"{mine * 10:.1f} us a step",
               f"{peer * 10:.1f} us a step (mundane-sdk)", f"{mine / peer:.2f}x")  # fmt: skip


def large_file(rounds: int) -> list[Row]:
    """Opening a file of 1 GB of results and restoring one small step of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/a.db"
        child(_FILL, path, "100")
        mine = medians([child(_OPEN, path) for _ in range(rounds)])
        peer = medians([child(_OPEN, path, path=sdk_folder()) for _ in range(rounds)])
        size = Path(path).stat().st_size / 1e9
    return [
        Row(f"open {size:.1f} GB, restore one small step", f"{mine['s'] * 1000:.1f} ms",
            f"{peer['s'] * 1000:.0f} ms (mundane-sdk)", f"{peer['s'] / mine['s']:.0f}x faster"),
        Row("the same, peak memory", f"{mine['mb']:.0f} MB", f"{peer['mb']:.0f} MB (mundane-sdk)",
            f"{mine['mb'] / peer['mb']:.3f}x"),
    ]  # fmt: skip


def deep(rounds: int) -> Row:
    """Turn a value that nests 100,000 deep into text and back, against a fifth of the depth."""
    few, many = (
        medians([child(_DEEP, str(depth)) for _ in range(rounds)])["s"]
        for depth in (20_000, 100_000)
    )
    return Row("a value 100,000 deep to text and back", f"{many:.2f} s", f"{few:.2f} s (20,000)",
               f"{many / few:.1f}x")  # fmt: skip
