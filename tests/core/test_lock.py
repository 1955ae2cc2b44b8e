"""The single-writer lock: taken at once or refused, and freed however its holder ends."""

from __future__ import annotations

import gc
import io
import itertools
import os
import select
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import mundane
from mundane._file.lock import FileLock, find_holder
from mundane._file.sqlite import connect

from .support import Calls, Child, beside, flock_holders, leave_hot_journal, python, rows, sql

HOLD = """
    import sys, mundane
    with mundane.open(sys.argv[1]) as task:
        task.step("a", lambda: 1)
        print("open", flush=True)
        input()
"""


def test_a_task_of_another_process_is_locked(path: Path) -> None:
    """LockedError comes at once and names the holder's pid; after its end the file is free."""
    with Child(HOLD, path) as holder:
        assert holder.line() == "open"
        calls = Calls()
        with pytest.raises(mundane.LockedError, match=f"locked by process {holder.pid}") as info:
            mundane.run(path, calls)
        assert info.value.pid == holder.pid
        assert calls.count == 0
        holder.say()
        holder.end()
    mundane.open(path).close()


def test_a_killed_holder_frees_the_file(path: Path) -> None:
    """The lock dies with the process."""
    with Child(HOLD, path) as holder:
        holder.line()
        holder.kill()
    assert mundane.run(path, lambda task: task.get("a")) == 1


def test_a_task_of_this_process_is_locked(path: Path) -> None:
    """A second task on the file is refused, says so, and does no harm to the first."""
    with mundane.open(path) as task:
        for _ in range(3):
            with pytest.raises(mundane.LockedError, match="this process") as info:
                mundane.open(path)
            assert info.value.pid == os.getpid()
        task.step("a", lambda: 1)
        with pytest.raises(AssertionError, match="LockedError"):
            python(HOLD, path)
    mundane.open(path).close()


def test_a_locked_file_is_not_touched(path: Path) -> None:
    """The refused task leaves bytes and folder as they are."""
    with Child(HOLD, path) as holder:
        holder.line()
        before, names = path.read_bytes(), beside(path)
        with pytest.raises(mundane.LockedError):
            mundane.open(path)
        assert (path.read_bytes(), beside(path)) == (before, names)


def test_the_lock_is_an_exclusive_flock_on_the_file(path: Path) -> None:
    """It is what every other mundane runtime takes."""
    with mundane.open(path):
        assert list(flock_holders(path)) == [(os.getpid(), "WRITE")]
    assert list(flock_holders(path)) == []


def test_no_other_program_writes_between_two_commits(path: Path) -> None:
    """SQLite's shared lock is held from the first commit on: readers read, writers wait."""
    with mundane.open(path) as task:
        task.step("a", lambda: 1)
        assert [name for (name,) in rows(path, "name")] == ["a"]
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            sql(path, "PRAGMA busy_timeout = 0", "UPDATE mundane_steps SET result = '2'")
        task.step("b", lambda: 2)


def test_a_writer_who_came_past_the_lock_is_noticed(path: Path) -> None:
    """Closing any descriptor of the file drops SQLite's lock: nothing of the other is undone."""
    with mundane.open(path) as task:
        task.step("a", lambda: 1)
        path.read_bytes()
        edit = "UPDATE mundane_steps SET result = '2' WHERE name = 'a'"
        python(
            f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute({edit!r}); c.commit()"
        )
        task.step("b", lambda: 2)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert [result for (result,) in rows(path, "result")] == ["2", "2"]


def test_child_processes_do_not_inherit_the_lock(path: Path) -> None:
    """A program started by a step keeps nothing when the task's process is killed."""
    script = """
        import subprocess, sys, mundane
        with mundane.open(sys.argv[1]) as task:
            child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=sys.stdin)
            print("started", flush=True)
            child.wait()
    """
    with Child(script, path) as holder:
        holder.line()
        holder.process.send_signal(signal.SIGKILL)
        holder.process.wait()
        mundane.open(path).close()
        holder.say()


@pytest.mark.parametrize("refusal", ["schema", "folder gone"])
def test_a_refused_open_frees_the_file(path: Path, refusal: str) -> None:
    """Descriptors and locks are given back where opening fails after the lock was taken."""
    if refusal == "schema":
        path.write_text("no database, but a text that is long enough to have a header" * 20)
    else:
        path = path.parent / "none" / "task.db"
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with pytest.raises((mundane.SchemaError, mundane.StorageError)):
            mundane.open(path)
    assert len(os.listdir("/proc/self/fd")) == before
    if path.exists():
        assert list(flock_holders(path)) == []


class Interrupter:
    """Raises KeyboardInterrupt where CPython would deliver the `number`-th chance of a signal.

    Signals are delivered when a Python function starts and when a call of a C function ends.
    """

    def __init__(self, number: int) -> None:
        self._left = number

    @property
    def struck(self) -> bool:
        """Whether there were so many chances."""
        return self._left <= 0

    def start(self, *_: object) -> None:
        """Begin to count chances; not those of a collector's callback, which is nobody's caller."""
        gc.disable()
        sys.setprofile(self._profile)

    def stop(self, *_: object) -> None:
        """Interrupt no more."""
        sys.setprofile(None)

    def call(self, work: Callable[[], Any]) -> BaseException | None:
        """Return what came out of `work`, with every frame, as a notebook keeps it."""
        try:
            work()
        except BaseException as error:
            return error
        finally:
            sys.setprofile(None)
            gc.enable()
        return None

    def _profile(self, _: Any, event: str, function: Any) -> None:
        if event in ("call", "c_return") and function is not sys.setprofile:
            self._left -= 1
            if self._left == 0:
                raise KeyboardInterrupt


def is_free(path: Path) -> bool:
    """Return whether nobody holds the file."""
    return not path.exists() or list(flock_holders(path)) == []


@pytest.mark.parametrize("exists", [False, True], ids=["new file", "old file"])
def test_an_interrupt_while_opening_frees_the_file(path: Path, exists: bool) -> None:
    """Ctrl-C at any moment of `run` before its function leaves nothing locked."""
    kept = []
    for number in itertools.count(1):
        if exists:
            mundane.open(path).close()
        else:
            path.unlink(missing_ok=True)
        interrupter = Interrupter(number)

        def work(interrupter: Interrupter = interrupter) -> None:
            interrupter.start()
            mundane.run(path, interrupter.stop)

        kept.append(interrupter.call(work))
        assert is_free(path), f"chance {number}"
        mundane.open(path).close()
        assert beside(path) == []
        if not interrupter.struck:
            break
    assert len(kept) > 100


def test_an_interrupt_while_opening_leaves_nothing_being_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement that a kept frame is in the middle of would keep every later commit waiting."""
    mundane.run(path, lambda task: task.step("a", lambda: 1))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("mundane._file.schema._Object", interrupt)
        with pytest.raises(KeyboardInterrupt) as kept:
            mundane.open(path)
    with mundane.open(path) as task:
        monkeypatch.setattr("mundane._file.sqlite._BUSY_LIMIT_S", 0.0)
        assert task.step("b", lambda: 2) == 2
    assert kept.tb is not None


def test_an_interrupt_while_closing_frees_the_file(path: Path) -> None:
    """Ctrl-C at any moment of `run` after its function leaves nothing locked either."""
    kept = []
    for number in itertools.count(1):
        interrupter = Interrupter(number)
        kept.append(interrupter.call(lambda i=interrupter: mundane.run(path, i.start)))
        assert is_free(path), f"chance {number}"
        mundane.open(path).close()
        assert beside(path) == []
        if not interrupter.struck:
            break
    assert len(kept) > 10


def test_an_interrupt_in_a_step_never_stores_half(path: Path) -> None:
    """Ctrl-C at any moment of a pass: each step is then done with its value, or runs again."""

    def steps(task: mundane.Task) -> None:
        for name in "abc":
            task.step(name, lambda name=name: name * 3)

    kept = []
    for number in itertools.count(1, 13):
        path.unlink(missing_ok=True)
        interrupter = Interrupter(number)

        def work(task: mundane.Task, interrupter: Interrupter = interrupter) -> None:
            interrupter.start()
            steps(task)

        kept.append(interrupter.call(lambda work=work: mundane.run(path, work)))
        assert is_free(path), f"chance {number}"
        mundane.run(path, steps)
        assert [(row[0], row[3], row[4]) for row in rows(path)] == [
            (name, "done", f'"{name * 3}"') for name in "abc"
        ]
        if not interrupter.struck:
            break
    assert len(kept) > 10


DEEDS: dict[str, Callable[[mundane.Task], object]] = {
    "step": lambda task: task.step("b", lambda: "bbb"),
    "failed step": lambda task: task.step("b", lambda: 1 / 0),
    "step again": lambda task: task.begin("a", rerun=True).done("aaa"),
    "sleep": lambda task: task.sleep("z", 0),
    "map": lambda task: task.map("m", str, range(4)),
    "failed map": lambda task: task.map("m", lambda n: 1 // n, range(3)),
    "forget": lambda task: task.forget("a"),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_an_open_task_knows_what_was_stored_before_an_interrupt(path: Path, deed: str) -> None:
    """Ctrl-C at any moment, and the task stays open: it goes by what the file holds then."""
    struck = 0
    for number in itertools.count(1):
        path.unlink(missing_ok=True)
        interrupter = Interrupter(number)
        with mundane.open(path) as task:
            task.step("a", lambda: "aaa")
            if deed == "step again":
                task.release()

            def work(task: mundane.Task = task, interrupter: Interrupter = interrupter) -> None:
                interrupter.start()
                DEEDS[deed](task)

            error = interrupter.call(work)
            held = task.query(lambda c: dict(c.execute("SELECT name, status FROM mundane_steps")))
            known = {name: task.status(name) for name in {*held, "a", "b", "z", "m.0", "m.1"}}
            assert {name: status for name, status in known.items() if status} == held, number
            if not isinstance(error, KeyboardInterrupt):
                break
            struck += 1
            task.release()
            assert task.step("a", lambda: "aaa") == "aaa"
    assert struck > 10


def _ends(child: Child) -> bool:
    """Return whether the child ends within two seconds."""
    try:
        child.process.wait(2.0)
    except subprocess.TimeoutExpired:
        return False
    return True


def test_sigint_while_opening_frees_the_file(path: Path) -> None:
    """The real signal, at random moments of opening and closing, leaves nothing locked."""
    script = """
        import sys, mundane
        kept = []
        while len(kept) < 50:
            try:
                print("opening", flush=True)
                while True:
                    mundane.run(sys.argv[1], lambda task: None)
            except KeyboardInterrupt as error:
                kept.append(error)
        mundane.run(sys.argv[1], lambda task: task.step("end", lambda: 1))
    """
    with Child(script, path) as child:
        for number in range(50):
            assert child.line() == "opening"
            child.process.send_signal(signal.SIGINT)
            # CPython loses an interrupt that falls into a destructor or a weakref's callback.
            while number < 49 and not select.select([child.process.stdout], [], [], 2.0)[0]:
                child.process.send_signal(signal.SIGINT)
        while child.process.poll() is None and not _ends(child):
            child.process.send_signal(signal.SIGINT)
        child.end()
    assert rows(path)[0][0] == "end"
    assert beside(path) == []


def test_a_recovering_reader_makes_a_task_wait_not_fail(path: Path) -> None:
    """A reader's shared lock, held for the moment of a recovery, is waited for."""
    mundane.open(path).close()
    script = """
        import sys, mundane._file.lock as lock
        held = lock.FileLock(sys.argv[1], shared=True)
        held.acquire()
        print("held", flush=True)
        input()
        held.release()
        print("released", flush=True)
        input()
    """
    with Child(script, path) as reader:
        assert reader.line() == "held"
        assert find_holder(str(path)) == (reader.pid, True)
        reader.say()
        mundane.open(path).close()
        assert reader.line() == "released"
        reader.say()
        reader.end()


def test_readers_recover_side_by_side(path: Path) -> None:
    """Two readers that find a dead writer's journal at once do not refuse each other."""
    mundane.run(path, lambda task: task.step("a", lambda: 1))
    script = """
        import sys, mundane
        input()
        print(mundane.read(sys.argv[1]).get("a"))
    """
    for _ in range(5):
        leave_hot_journal(path)
        with Child(script, path) as first, Child(script, path) as second:
            first.say()
            second.say()
            assert (first.end(), second.end()) == ("1\n", "1\n")


def test_a_reader_waits_for_a_slow_recovery_by_another(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recovery that outlasts SQLite's wait for a lock, as on a slow disk, is waited for."""
    mundane.run(path, lambda task: task.step("a", lambda: 1))
    leave_hot_journal(path)
    # SQLite's lock bytes (sqlite.org/lockingv3.html): all of them taken is its EXCLUSIVE lock.
    script = """
        import fcntl, sys, time
        with open(sys.argv[1], "r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX, 512, 0x40000000)
            print("recovering", flush=True)
            time.sleep(1.0)
    """
    others: list[Child] = []

    def connect_late(given: str, file: str, mode: Any) -> sqlite3.Connection:
        if mode == "rw" and not others:
            others.append(Child(script, path))
            assert others[0].line() == "recovering"
        return connect(given, file, mode)

    monkeypatch.setattr("mundane._file.reader.connect", connect_late)
    assert mundane.read(path).get("a") == 1
    others[0].end()
    assert beside(path) == []


def test_a_file_replaced_between_open_and_lock_is_not_taken(path: Path) -> None:
    """What is locked in the end is the file that the path names."""

    class Racing(FileLock):
        """Another program replaces the file just after it was opened."""

        replaced = 0

        def _open(self) -> io.FileIO:
            file = super()._open()
            if self.replaced < 3:
                self.replaced += 1
                path.unlink()
                path.touch()
            return file

    lock = Racing(str(path))
    lock.acquire()
    try:
        assert lock.replaced == 3
        assert lock.still_names_file()
        assert list(flock_holders(path)) == [(os.getpid(), "WRITE")]
    finally:
        lock.release()


def test_whether_the_path_still_names_the_file(path: Path) -> None:
    """A lock knows when its file was moved, removed or replaced."""
    lock = FileLock(str(path))
    lock.acquire()
    assert lock.still_names_file()
    path.rename(path.with_name("moved.db"))
    assert not lock.still_names_file()
    path.touch()
    assert not lock.still_names_file()
    lock.release()
    lock.release()
