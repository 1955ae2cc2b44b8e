"""Forked children: they neither free the parent's lock, nor keep it, nor write."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import mundane

from .support import Child, beside, rows

# Each forks in a step, tells what the child met, and goes on stepping in the parent.
PRELUDE = """
    import os, sys, mundane
    path = sys.argv[1]

    def other_process_is_refused():
        import subprocess
        code = "import sys, mundane; mundane.open(sys.argv[1])"
        run = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
        return "LockedError" in run.stderr

    def check_parent(task):
        assert other_process_is_refused(), "the child freed the parent's lock"
        task.step("after", lambda: [2])

    def reap(pid):
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0, status
"""

CHILD_ENDS = {
    "unwinds through run": "raise SystemExit(0)",
    "exits at once": "os._exit(0)",
    "closes the task": "task.close(); os._exit(0)",
    "ends as an interpreter does": "sys.exit(0)",
}


@pytest.mark.parametrize("end", CHILD_ENDS.values(), ids=CHILD_ENDS)
def test_a_child_that_ends_does_not_free_the_lock(path: Path, end: str) -> None:
    """However a child forked in a step ends, the parent stays the one writer and goes on."""
    script = f"""{PRELUDE}
    def work(task):
        def body():
            pid = os.fork()
            if pid == 0:
                {end}
            reap(pid)
            return [1]
        task.step("forks", body)
        check_parent(task)
    mundane.run(path, work)
    """
    with Child(script, path) as parent:
        parent.end()
    assert [(row[0], row[3], row[4]) for row in rows(path)] == [
        ("forks", "done", "[1]"),
        ("after", "done", "[2]"),
    ]
    assert beside(path) == []


def test_a_child_that_lives_on_does_not_keep_the_lock(path: Path) -> None:
    """After the parent's death the file is free, though a forked child still runs."""
    script = f"""{PRELUDE}
    task = mundane.open(path)
    if os.fork() == 0:
        os.write(1, b"child runs\\n")
        sys.stdin.readline()
        os._exit(0)
    task.step("a", lambda: 1)
    os.write(1, b"parent stepped\\n")
    os.kill(os.getpid(), 9)
    """
    with Child(script, path) as parent:
        assert {parent.line(), parent.line()} == {"child runs", "parent stepped"}
        parent.process.wait()
        assert mundane.run(path, lambda task: task.get("a")) == 1
        parent.say()


def test_a_child_cannot_step(path: Path) -> None:
    """A task used in a forked child is a ClosedTaskError that says whose it is; nothing is lost."""
    script = f"""{PRELUDE}
    with mundane.open(path) as task:
        task.step("before", lambda: [0])
        attempt = task.begin("running")
        pid = os.fork()
        if pid == 0:
            uses = [
                lambda: task.step("child", lambda: 1),
                lambda: task.sleep("nap", 0),
                lambda: task.get("before"),
                lambda: attempt.done(1),
                lambda: attempt.failed(ValueError()),
                lambda: task.forget("before"),
            ]
            for use in uses:
                try:
                    use()
                except mundane.ClosedTaskError as error:
                    assert "forked child" in str(error), error
                else:
                    os._exit(1)
            os._exit(0)
        for i in range(40):
            task.step(f"s{{i}}", lambda: i)
        reap(pid)
        attempt.done([1])
        check_parent(task)
    """
    with Child(script, path) as parent:
        parent.end()
    assert [row[0] for row in rows(path)] == [
        "before",
        "running",
        *(f"s{i}" for i in range(40)),
        "after",
    ]
    assert {row[3] for row in rows(path)} == {"done"}


def test_a_child_may_open_the_file_after_the_parent_closed_it(path: Path) -> None:
    """Fork, close, and the child is a process like any other."""
    script = f"""{PRELUDE}
    task = mundane.open(path)
    refused, closed = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            mundane.open(path)
        except mundane.LockedError as error:
            assert error.pid == os.getppid()
            os.write(refused[1], b"!")
        os.read(closed[0], 1)
        mundane.run(path, lambda task: task.step("child", lambda: 1))
        os._exit(0)
    assert os.read(refused[0], 1) == b"!"
    task.step("parent", lambda: 1)
    task.close()
    os.write(closed[1], b"!")
    reap(pid)
    """
    with Child(script, path) as parent:
        parent.end()
    assert [row[0] for row in rows(path)] == ["parent", "child"]


def test_forks_beside_stepping_threads(path: Path) -> None:
    """A fork waits for the transaction under way, so that a child never inherits one."""
    script = f"""{PRELUDE}
    import threading
    with mundane.open(path) as task:
        def steps(letter):
            for i in range(60):
                task.step(f"{{letter}}{{i}}", lambda: i)
        threads = [threading.Thread(target=steps, args=letter) for letter in "abcd"]
        for thread in threads:
            thread.start()
        children = 0
        while any(thread.is_alive() for thread in threads) and children < 100:
            pid = os.fork()
            if pid == 0:
                sys.exit(0)
            reap(pid)
            children += 1
        for thread in threads:
            thread.join()
        check_parent(task)
    """
    with Child(script, path) as parent:
        parent.end()
    assert len(rows(path)) == 241
    assert {row[3] for row in rows(path)} == {"done"}
    assert beside(path) == []


def test_a_multiprocessing_pool_in_a_step(path: Path) -> None:
    """A fork pool may be used inside a step; its workers return values to the parent."""
    script = f"""{PRELUDE}
    import multiprocessing
    def work(task):
        def body():
            with multiprocessing.get_context("fork").Pool(2) as pool:
                return pool.map(abs, range(-3, 3))
        assert task.step("pool", body) == [3, 2, 1, 0, 1, 2]
        check_parent(task)
    mundane.run(path, work)
    """
    with Child(script, path) as parent:
        parent.end()
    assert beside(path) == []


@pytest.mark.parametrize("end", ["raise SystemExit(0)", "return", "raise ValueError"])
def test_a_fork_inside_a_transaction(path: Path, end: str) -> None:
    """A child that `also` forks neither commits nor undoes the parent's, however it ends."""
    script = f"""{PRELUDE}
    parent = os.getpid()
    def forks(connection):
        connection.execute("CREATE TABLE mundane_extra (x)")
        connection.executemany(
            "INSERT INTO mundane_extra VALUES (?)", [("x" * 1000,)] * 5000)
        pid = os.fork()
        if pid == 0:
            {end}
        reap(pid)
    try:
        with mundane.open(path) as task:
            task.query(lambda c: c.execute("PRAGMA cache_size = 5").fetchall())
            task.begin("forks").done(1, also=forks)
            count = "SELECT count(*) FROM mundane_extra"
            assert task.query(lambda c: c.execute(count).fetchone()) == (5000,)
            check_parent(task)
    except (ValueError, mundane.ClosedTaskError):
        assert os.getpid() != parent
    """
    with Child(script, path) as child:
        child.end()
    assert [(row[0], row[3]) for row in rows(path)] == [("forks", "done"), ("after", "done")]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
