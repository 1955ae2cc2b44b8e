"""Faults that have no file of their own; SPEC.md, Faults, lists all of them with their tests."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import mundane

from .support import Calls, Child, beside, python, rows, sql
from .workload import check_integrity


def test_a_spawn_pool_in_a_step(path: Path) -> None:
    """A process that is started anew in a step holds nothing: it is refused, and frees nothing."""
    path.with_name("worker.py").write_text(
        "import mundane\n"
        "def work(path):\n"
        "    try:\n"
        "        mundane.open(path)\n"
        "    except mundane.LockedError as error:\n"
        "        return error.pid\n"
    )
    script = """
        import multiprocessing, os, sys, mundane
        sys.path.insert(0, os.path.dirname(sys.argv[1]))
        import worker
        def body():
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                return pool.map(worker.work, [sys.argv[1]] * 3)
        if __name__ == "__main__":
            with mundane.open(sys.argv[1]) as task:
                assert task.step("spawns", body) == [os.getpid()] * 3
                task.step("after", lambda: worker.work(sys.argv[1]) is not None)
    """
    python(script, path)
    assert [(name, status) for name, _, _, status, _ in rows(path)] == [
        ("spawns", "done"),
        ("after", "done"),
    ]


def test_a_spawned_process_that_lives_on_does_not_keep_the_lock(path: Path) -> None:
    """After the parent's death the file is free, though what it started still runs."""
    script = """
        import os, subprocess, sys, mundane
        task = mundane.open(sys.argv[1])
        task.step("a", lambda: 1)
        code = "import sys; print('lives', flush=True); sys.stdin.readline()"
        subprocess.Popen([sys.executable, "-c", code], close_fds=False)
        sys.stdin.readline()
    """
    with Child(script, path) as parent:
        assert parent.line() == "lives"
        parent.process.kill()
        parent.process.wait()
        assert mundane.run(path, lambda task: task.get("a")) == 1
        parent.say()


def test_threads_during_close(path: Path) -> None:
    """A step that returned is stored, any other is a ClosedTaskError; nothing hangs."""
    task = mundane.open(path)
    returned: list[str] = []
    errors: list[BaseException] = []
    stepped = threading.Event()

    def steps(letter: str) -> None:
        try:
            for i in range(10_000):
                task.step(f"{letter}{i}", lambda i=i: i)
                returned.append(f"{letter}{i}")
                stepped.set()
        except mundane.MundaneError as error:
            errors.append(error)

    threads = [threading.Thread(target=steps, args=letter) for letter in "abcd"]
    for thread in threads:
        thread.start()
    stepped.wait()
    task.close()
    for thread in threads:
        thread.join()
    assert [type(error) for error in errors] == [mundane.ClosedTaskError] * 4
    assert beside(path) == []
    done = {name for name, _, _, status, _ in rows(path) if status == "done"}
    assert set(returned) <= done
    with mundane.open(path) as again:
        check_integrity(again)


LARGE = 100_000_000


@pytest.mark.parametrize("value", [b"\0\xff" * (LARGE // 2), "x" * LARGE], ids=["bytes", "text"])
def test_a_result_of_100_mb(path: Path, value: Any) -> None:
    """It is stored, restored, and of no weight to who does not ask for it."""
    with mundane.open(path) as task:
        task.step("small", lambda: 1)
        assert task.step("large", lambda: value) == value
    assert path.stat().st_size > LARGE
    calls = Calls()
    with mundane.open(path) as task:
        assert task.step("large", calls) == value
    assert calls.count == 0
    script = """
        import resource, sys, mundane
        def use(path):
            with mundane.open(path) as task:
                task.step("small", lambda: 2)
                task.step("new", lambda: 3)
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        before = use(sys.argv[2])
        print(use(sys.argv[1]) - before)
    """
    assert int(python(script, path, path.with_name("other.db"))) < 20_000


def test_a_million_steps(path: Path) -> None:
    """A file of a million rows is opened, replayed at any place, added to and looked into."""
    count = 1_000_000
    mundane.open(path).close()
    sql(
        path,
        f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1})"
        " INSERT INTO mundane_steps"
        " (name, kind, encoding, result, status, started_at, finished_at)"
        " SELECT printf('s%06d', i), 'step', 'json', CAST(i AS TEXT), 'done',"
        " '2026-11-24T09:00:00Z', '' FROM n",
    )
    with mundane.open(path) as task:
        for i in (0, 1, count // 2, count - 1):
            assert task.step(f"s{i:06}", lambda: "not called") == i
        assert task.step("new", lambda: "new") == "new"
        assert task.counts() == {"done": count + 1, "failed": 0, "pending": 0}
    with mundane.read(path) as view:
        assert view.get(f"s{count - 1:06}") == count - 1
        assert view.get("new") == "new"


def test_a_reader_that_holds_a_transaction_open_during_commits(path: Path) -> None:
    """Each commit waits for it, in a thread of its own, and none fails; the reader sees one state.

    Held for 30 seconds it is the same; nothing in the writer looks at the clock before 600.
    """
    script = """
        import sqlite3, sys
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("BEGIN")
        count = "SELECT count(*) FROM mundane_steps WHERE status = 'done'"
        before = connection.execute(count).fetchone()
        print("holds", flush=True)
        sys.stdin.readline()
        assert connection.execute(count).fetchone() == before
        connection.execute("COMMIT")
    """
    with mundane.open(path) as task:
        task.step("before", lambda: 1)
        attempts = [task.begin(f"s{i}") for i in range(8)]
        with Child(script, path) as reader:
            reader.line()
            ended: list[str] = []

            def end(attempt: mundane.Attempt) -> None:
                attempt.done(attempt.name)
                ended.append(attempt.name)

            threads = [threading.Thread(target=end, args=(attempt,)) for attempt in attempts]
            for thread in threads:
                thread.start()
            threads[0].join(timeout=1.0)
            assert ended == []
            reader.say()
            reader.end()
            for thread in threads:
                thread.join()
        assert len(ended) == 8
        assert all(task.get(f"s{i}") == f"s{i}" for i in range(8))


OVERSIZED = {
    "a name of 20 MB": "name = printf('%.*c', 20000000, 'n')",
    "a kind of 20 MB": "kind = printf('%.*c', 20000000, 'k')",
    "a status of 20 MB": "status = printf('%.*c', 20000000, 's')",
    "an encoding of 20 MB": "encoding = printf('%.*c', 20000000, 'e')",
    "an error of 20 MB": "status = 'failed', error = printf('%.*c', 20000000, 'e')",
    "a time of 20 MB": "started_at = printf('%.*c', 20000000, '9')",
    "a result of 20 MB of zeros": "result = zeroblob(20000000)",
    "a number of a million digits": "result = printf('%.*c', 1000000, '9')",
    "lists a million deep": "result = printf('%.*c', 1000000, '[')",
    "a number beyond all": "result = '1e999999999'",
    "an id at the end of all": "id = 9223372036854775807",
}


@pytest.mark.parametrize("change", OVERSIZED.values(), ids=OVERSIZED)
def test_oversized_values_of_somebody_else(path: Path, change: str) -> None:
    """Whatever a row of a hostile file holds: an error of ours, a short one, or a value."""
    with mundane.open(path) as task:
        task.step("victim", lambda: 1)
        task.step("other", lambda: 2)
    sql(path, f"UPDATE mundane_steps SET {change} WHERE name = 'victim'")

    def look() -> None:
        with mundane.read(path) as view:
            for name in [step.name for step in view.steps()]:
                view.get(name)

    def work(task: mundane.Task) -> None:
        assert task.step("other", lambda: 0) == 2
        task.step("victim", lambda: 3)
        task.step("new", lambda: 4)

    for use in (look, lambda: mundane.run(path, work)):
        try:
            use()
        except mundane.MundaneError as error:
            message = str(error)
        else:
            message = ""
        assert len(message) < 1_000
    assert mundane.run(path, lambda task: task.get("other")) == 2
