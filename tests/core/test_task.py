"""Steps: each runs once, and every later pass returns what the first stored."""

from __future__ import annotations

import functools
import gc
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import mundane

from .support import BoomError, Calls, FakeClock, beside, row, rows, sql


def test_run_returns_what_the_function_returns(path: Path) -> None:
    """The workflow's own value need not be JSON."""
    value = object()
    assert mundane.run(path, lambda _: value) is value


def test_a_step_runs_once(path: Path) -> None:
    """On every later pass the stored value is returned and the function is not called."""
    calls = Calls({"user": 42})
    for _ in range(3):
        assert mundane.run(path, lambda task: task.step("fetch", calls)) == {"user": 42}
    assert calls.count == 1
    assert rows(path) == [("fetch", "step", "json", "done", '{"user": 42}')]


def test_a_run_resumes_where_it_stopped(path: Path) -> None:
    """What was stored before a failure is not run again after it."""
    first, second = Calls(1), Calls(2)

    def work(task: mundane.Task, *, fail: bool) -> int:
        total = task.step("first", first)
        if fail:
            raise BoomError
        return int(total + task.step("second", second))

    with pytest.raises(BoomError):
        mundane.run(path, lambda task: work(task, fail=True))
    assert mundane.run(path, lambda task: work(task, fail=False)) == 3
    assert (first.count, second.count) == (1, 1)


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -0.0, 1.0, "", "nul\0", "日本", [], {}, [{"a": [None]}], 2**70, b"", b"\0\xff"],
    ids=ascii,
)
def test_first_pass_and_replay_agree(path: Path, value: Any) -> None:
    """The value is the decoded stored one from the first pass on: equal, of equal type."""
    first = mundane.run(path, lambda task: task.step("a", lambda: value))
    second = mundane.run(path, lambda task: task.step("a", Calls()))
    assert repr(first) == repr(second) == repr(value)


def test_a_step_returns_a_copy(path: Path) -> None:
    """Changing what a step returned changes neither the function's object nor the file."""
    original = [1]

    def work(task: mundane.Task) -> list[int]:
        value: list[int] = task.step("a", lambda: original)
        value.append(2)
        return value

    assert mundane.run(path, work) == mundane.run(path, work) == [1, 2]
    assert original == [1]


def test_bytes_are_a_value(path: Path) -> None:
    """`bytes` are stored with the encoding that shell steps of other runtimes use."""
    mundane.run(path, lambda task: task.step("raw", lambda: b"\x00\xff"))
    assert rows(path) == [("raw", "step", "bytes", "done", b"\x00\xff")]
    assert mundane.run(path, lambda task: task.step("raw", Calls())) == b"\x00\xff"


def test_a_running_step_is_seen_as_pending(path: Path) -> None:
    """The `pending` row is committed before the function is called."""

    def look() -> str:
        with mundane.read(path) as view:
            return view.steps()[0].status

    assert mundane.run(path, lambda task: task.step("a", look)) == "pending"


def test_steps_may_nest(path: Path) -> None:
    """A step's function may run further steps."""
    inner = Calls(1)

    def work(task: mundane.Task) -> Any:
        return task.step("outer", lambda: [task.step("inner", inner)])

    assert mundane.run(path, work) == mundane.run(path, work) == [1]
    assert inner.count == 1


# A name once per pass.


@pytest.mark.parametrize("use", ["step", "sleep", "begin"])
@pytest.mark.parametrize("first", ["step", "begin", "failed"])
def test_a_name_is_used_once_per_pass(path: Path, first: str, use: str) -> None:
    """The second use is a DuplicateStepError before anything is touched, done or not."""
    calls = Calls()
    with mundane.open(path) as task:
        if first == "step":
            task.step("a", lambda: 1)
        elif first == "begin":
            task.begin("a")
        else:
            task.begin("a").failed(BoomError())
        before = rows(path)
        with pytest.raises(mundane.DuplicateStepError, match="'a' was already used in this pass"):
            {
                "step": lambda: task.step("a", calls),
                "sleep": lambda: task.sleep("a", 0),
                "begin": lambda: task.begin("a"),
            }[use]()
        assert rows(path) == before
    assert calls.count == 0


def test_every_open_starts_a_pass(path: Path) -> None:
    """The set of used names starts empty."""
    for _ in range(2):
        with mundane.open(path) as task:
            assert task.used() == frozenset()
            task.step("a", lambda: 1)
            assert task.used() == {"a"}


def test_release_starts_the_pass_of_names_again(path: Path) -> None:
    """Released names may be used once more: a stored one is replayed."""
    with mundane.open(path) as task:
        for name in "abc":
            task.step(name, lambda: 1)
        task.release(["a"])
        assert task.used() == {"b", "c"}
        assert task.step("a", Calls(2)) == 1
        task.release()
        assert task.used() == frozenset()


def test_used_names_since_some_claim(path: Path) -> None:
    """A tool sees what was claimed while it looked away, names released and claimed again too."""
    with mundane.open(path) as task:
        task.step("a", lambda: 1)
        task.step("b", lambda: 1)
        mark = task.claims
        assert task.used(since=mark) == frozenset()
        task.step("c", lambda: 1)
        task.release(["a", "c"])
        task.step("a", lambda: 1)
        task.step("d", lambda: 1)
        assert task.used(since=mark) == {"a", "d"}
        assert task.used() == {"a", "b", "d"}
        task.release()
        assert task.used(since=mark) == frozenset()


def test_a_step_that_could_not_be_started_may_be_tried_again(path: Path) -> None:
    """Where the `pending` row cannot be written, the name is not used up."""
    with mundane.open(path) as task:
        aside = path.with_name("aside.db")
        path.rename(aside)
        for use in (lambda: task.step("a", Calls()), lambda: task.sleep("a", "1d")):
            with pytest.raises(mundane.StorageError):
                use()
        assert task.used() == frozenset()
        aside.rename(path)
        assert task.step("a", Calls(1)) == 1


# Kinds.


def test_a_sleep_used_as_a_step(path: Path) -> None:
    """A name stored as a sleep is no step: its wake time is never taken for a value."""
    calls = Calls()
    mundane.run(path, lambda task: task.sleep("a", 0))
    with pytest.raises(mundane.StepKindError, match="'a' is stored as a sleep and used here as a"):
        mundane.run(path, lambda task: task.step("a", calls))
    assert calls.count == 0
    assert row(path, "a")[0] == "sleep"


@pytest.mark.parametrize("status", ["done", "pending", "failed"])
def test_a_step_used_as_a_sleep(path: Path, status: str) -> None:
    """A name stored as a step is no sleep, whatever its status."""
    with mundane.open(path) as task:
        attempt = task.begin("a")
        if status == "done":
            attempt.done(1)
        elif status == "failed":
            attempt.failed(BoomError())
    before = rows(path)
    with pytest.raises(mundane.StepKindError, match="stored as a step and used here as a sleep"):
        mundane.run(path, lambda task: task.sleep("a", 0))
    assert rows(path) == before


def test_a_wrong_kind_does_not_use_the_name_up(path: Path) -> None:
    """After the StepKindError the name may be used as what it is."""
    mundane.run(path, lambda task: task.step("a", lambda: 1))
    with mundane.open(path) as task:
        with pytest.raises(mundane.StepKindError):
            task.sleep("a", 0)
        assert task.step("a", Calls()) == 1


# Failures.


def test_a_failed_step_is_told_and_run_again(path: Path) -> None:
    """The row is `failed` with the error's text; the next pass runs the step anew."""
    fail = [True]

    def work() -> int:
        if fail.pop():
            raise BoomError("no network")
        return 1

    with pytest.raises(
        mundane.StepFailedError, match=r"'a' failed: BoomError\('no network'\)"
    ) as info:
        mundane.run(path, lambda task: task.step("a", work))
    assert isinstance(info.value.__cause__, BoomError)
    assert info.value.original is info.value.__cause__
    status, error, finished = row(path, "a", "status, error, finished_at")
    assert status == "failed"
    assert error.startswith("BoomError('no network')\n\nTraceback")
    assert finished is not None

    fail.append(False)
    assert mundane.run(path, lambda task: task.step("a", work)) == 1
    assert row(path, "a", "status, error") == ("done", None)


def test_the_stored_traceback_is_the_users_own(path: Path) -> None:
    """Frames of mundane's are left out of the error text."""

    def work() -> None:
        raise BoomError

    with pytest.raises(mundane.StepFailedError):
        mundane.run(path, lambda task: task.step("a", work))
    text = row(path, "a", "error")[0]
    assert "in work" in text
    assert "mundane/_task.py" not in text


def test_the_size_of_pages(path: Path) -> None:
    """A new file gets what was asked for, and keeps it; other sizes are refused at once."""

    def size(task: mundane.Task) -> int:
        return int(task.query(lambda c: c.execute("PRAGMA page_size").fetchone()[0]))

    with pytest.raises(ValueError, match="page_bytes is 5000, and must be one of"):
        mundane.open(path, page_bytes=5000)
    assert not path.exists()
    with mundane.open(path, page_bytes=16_384) as task:
        task.step("a", lambda: "a" * 50_000)
    for page_bytes in (None, 4096):
        with mundane.open(path, page_bytes=page_bytes) as task:
            assert task.step("a", lambda: "") == "a" * 50_000
            assert size(task) == 16_384
    path.unlink()
    with mundane.open(path) as task:
        assert size(task) == 4096


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interrupted_step_stays_pending(path: Path, kind: type[BaseException]) -> None:
    """KeyboardInterrupt, SystemExit and GeneratorExit propagate and leave the row pending."""

    def work() -> None:
        raise kind

    with pytest.raises(kind):
        mundane.run(path, lambda task: task.step("a", work))
    assert row(path, "a", "status, error, result") == ("pending", None, None)
    assert mundane.run(path, lambda task: task.step("a", lambda: 1)) == 1


def test_which_steps_run(path: Path) -> None:
    """Those whose function is at work, or whose attempt is out; not every one that is pending."""

    def stop() -> None:
        assert task.running() == {"a"}
        raise KeyboardInterrupt

    with mundane.open(path) as task:
        with pytest.raises(KeyboardInterrupt):
            task.step("a", stop)
        assert task.running() == frozenset()
        task.step("b", lambda: 1)
        tool = task.begin("c")
        assert task.running() == {"c"}
        tool.let_go()
        assert task.running() == frozenset()
        assert task.counts()["pending"] == 2
        task.begin("d").failed(BoomError())
        task.begin("e").done(1)
        task.begin("f")
        assert task.running() == {"f"}
    with mundane.open(path) as task:
        assert task.running() == frozenset()


def test_a_value_that_is_not_json_fails_the_step(path: Path) -> None:
    """The row is `failed` with the refusal, which names the key path."""
    with pytest.raises(
        mundane.SerializationError, match=r"\$\.ids\[2\]: tuple is not JSON"
    ) as info:
        mundane.run(path, lambda task: task.step("charge", lambda: {"ids": [1, 2, (3, 4)]}))
    assert (info.value.name, info.value.key_path) == ("charge", "$.ids[2]")
    status, error = row(path, "charge", "status, error")
    assert status == "failed"
    assert "$.ids[2]" in error


@pytest.mark.parametrize("depth", [300, 600, 993, 5000])
def test_deep_nesting_is_kept(path: Path, depth: int) -> None:
    """No depth makes a RecursionError of ours, nor a step that runs twice."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    calls = Calls(value)
    for _ in range(2):
        back = mundane.run(path, lambda task: task.step("deep", calls))
    levels = 0
    while isinstance(back, list):
        back, levels = back[0], levels + 1
    assert (levels, calls.count) == (depth, 1)


def test_a_row_that_holds_no_json_is_damage(path: Path) -> None:
    """What no runtime writes is a SchemaError that names the step."""
    mundane.run(path, lambda task: task.step("a", lambda: 1))
    for result in ("{", "NaN", b"\xff", "", 1.5):
        sql(path, ("UPDATE mundane_steps SET result = ?", (result,)))
        with pytest.raises(mundane.SchemaError, match="result of step 'a' is not JSON"):
            mundane.run(path, lambda task: task.step("a", Calls()))
    sql(path, "UPDATE mundane_steps SET encoding = 'yaml'")
    with pytest.raises(mundane.SchemaError, match="encoding 'yaml'"):
        mundane.run(path, lambda task: task.step("a", Calls()))


# Async functions in the wrong place.


class _AsyncCallable:
    async def __call__(self, *_: object) -> int:
        return 1


async def coroutine_function(*_: object) -> int:
    return 1


ASYNC = {
    "async def": coroutine_function,
    "partial": functools.partial(coroutine_function),
    "callable object": _AsyncCallable(),
    "lambda": lambda *_: coroutine_function(),
}


@pytest.mark.parametrize("fn", ASYNC.values(), ids=ASYNC)
def test_run_refuses_an_async_function(path: Path, fn: Callable[..., Any]) -> None:
    """The TypeError says `arun`, and no coroutine is left un-awaited."""
    with pytest.raises(mundane.AsyncFunctionError, match="use 'await arun'"):
        mundane.run(path, fn)
    gc.collect()


@pytest.mark.parametrize("fn", ASYNC.values(), ids=ASYNC)
def test_step_refuses_an_async_function(path: Path, fn: Callable[..., Any]) -> None:
    """The TypeError says `task.astep`; no row is left pending."""
    with mundane.open(path) as task:
        with pytest.raises(mundane.AsyncFunctionError, match=r"use 'await task\.astep'"):
            task.step("a", fn)
        assert task.status("a") in (None, "failed")
    assert [status for _, _, _, status, _ in rows(path)] in ([], ["failed"])
    gc.collect()


# Looking, forgetting, keys.


def test_idempotency_key(path: Path) -> None:
    """`<task_id>:<name>`: the same on every pass, another in every task."""

    def key(task: mundane.Task) -> str:
        assert task.idempotency_key("pay") == f"{task.task_id}:pay"
        return task.idempotency_key("pay")

    assert mundane.run(path, key) == mundane.run(path, key)
    assert mundane.run(path, key) != mundane.run(path.with_name("other.db"), key)
    assert rows(path) == []


def test_get_and_status_claim_nothing(path: Path) -> None:
    """They look at the rows as they stand."""
    with mundane.open(path) as task:
        task.step("done", lambda: [1])
        task.begin("pending")
        task.begin("failed").failed(BoomError())
    with mundane.open(path) as task:
        names = ("done", "pending", "failed", "none")
        assert [task.status(name) for name in names] == ["done", "pending", "failed", None]
        assert task.get("done") == [1]
        for name in names[1:]:
            with pytest.raises(mundane.UnknownStepError) as info:
                task.get(name)
            assert info.value.status == task.status(name)
        assert task.used() == frozenset()


def test_forgotten_steps_run_again(path: Path) -> None:
    """Their rows are gone, and the names may be used again in the same pass."""
    with mundane.open(path) as task:
        for name in "abc":
            task.step(name, lambda: 1)
        task.forget("a", "c", "a")
        assert [task.status(name) for name in "abc"] == [None, "done", None]
        assert task.step("a", lambda: 2) == 2
        with pytest.raises(mundane.DuplicateStepError):
            task.step("b", Calls())
    assert [name for name, *_ in rows(path)] == ["b", "a"]


def test_forgetting_is_all_or_nothing(path: Path) -> None:
    """An unknown name is an error, and nothing is removed."""
    with mundane.open(path) as task:
        task.step("a", lambda: 1)
        with pytest.raises(mundane.UnknownStepError):
            task.forget("a", "none")
        assert task.status("a") == "done"
        task.forget()
    assert len(rows(path)) == 1


def test_names_from(path: Path) -> None:
    """A name and all that were first started after it, in that order."""
    with mundane.open(path) as task:
        for name in "cab":
            task.step(name, lambda: 1)
        task.step("z", lambda: task.names_from("c"))
        assert task.get("z") == ["c", "a", "b", "z"]
        assert task.names_from("a") == ["a", "b", "z"]
        task.forget("a")
        task.step("a", lambda: 1)
        assert task.names_from("b") == ["b", "z", "a"]
        with pytest.raises(mundane.UnknownStepError):
            task.names_from("none")


def test_names_like(path: Path) -> None:
    """A pattern stands for each step that it fits, once; one that fits none is refused."""
    with mundane.open(path) as task:
        for name in ("m.0", "m.1", "mm.0", "other"):
            task.step(name, lambda: 1)
        assert task.names_like("other", "m.*", "*.0") == ["other", "m.0", "m.1", "mm.0"]
        assert task.names_like() == []
        for name in ("none", "n.*"):
            with pytest.raises(mundane.UnknownStepError):
                task.names_like("other", name)


def test_a_step_forgotten_while_it_runs_is_not_stored_silently(path: Path) -> None:
    """Its end is a StorageError: nobody is told that a value is kept which is not."""
    with mundane.open(path) as task:
        with pytest.raises(mundane.StorageError, match="removed while it ran"):
            task.step("a", lambda: task.forget("a"))
        assert rows(path) == []
        attempt = task.begin("b")
        task.forget("b")
        with pytest.raises(mundane.StorageError, match="removed while it ran"):
            attempt.failed(BoomError())


# Times.


def test_started_at_is_the_start_of_the_current_attempt(path: Path, clock: FakeClock) -> None:
    """A step that is run again gets a new start, so that its duration is right."""

    def work(task: mundane.Task) -> None:
        clock.pass_ms(1500)
        task.begin("a")

    for _ in range(2):
        with mundane.Task(path, clock=clock) as task:
            work(task)
    with mundane.Task(path, clock=clock) as task:
        attempt = task.begin("a")
        clock.pass_ms(250)
        attempt.done(1)
    started, finished = row(path, "a", "started_at, finished_at")
    assert started == "2027-01-15T08:00:03.000000Z"
    assert finished == "2027-01-15T08:00:03.250000Z"


# Attempts, for tools that run a body themselves.


def test_also_is_written_with_the_done_row_or_not_at_all(path: Path) -> None:
    """What `also` writes stands in the same transaction as `done`."""
    with mundane.open(path) as task:
        task.commit(lambda c: c.execute("CREATE TABLE mundane_extra (value)"))

        def fails(connection: Any) -> None:
            connection.execute("INSERT INTO mundane_extra VALUES (1)")
            raise BoomError

        attempt = task.begin("a")
        with pytest.raises(BoomError):
            attempt.done(1, also=fails)
        count = "SELECT count(*) FROM mundane_extra"
        assert task.query(lambda c: c.execute(count).fetchone()) == (0,)
        assert row(path, "a")[1:3] == ("json", "pending")
        attempt.done(2, also=lambda c: c.execute("INSERT INTO mundane_extra VALUES (1)"))
        assert task.query(lambda c: c.execute(count).fetchone()) == (1,)
        assert attempt.value() == task.get("a") == 2


def test_begin_says_whether_the_step_is_stored(path: Path) -> None:
    """A stored step's attempt has its value; another's row is pending and to be settled."""
    with mundane.open(path) as task:
        attempt = task.begin("a")
        assert not attempt.stored
        assert attempt.done([1]).value() == [1]
    with mundane.open(path) as task:
        attempt = task.begin("a")
        assert attempt.stored
        assert attempt.value() == [1]
        assert attempt.row_id == 1


def test_begin_again_drops_the_stored_value(path: Path) -> None:
    """With `rerun` a stored step is to be run; its id, and so its place, stays."""
    with mundane.open(path) as task:
        task.step("a", lambda: 1)
        task.step("b", lambda: 1)
        task.release()
        attempt = task.begin("a", rerun=True)
        assert not attempt.stored
        assert row(path, "a") == ("step", "json", "pending", None)
        attempt.done(2)
    assert [(name, result) for name, *_, result in rows(path)] == [("a", "2"), ("b", "1")]


# Use after the end, and by threads.


def test_a_closed_task_says_so(path: Path) -> None:
    """Every use after the end is a ClosedTaskError; closing again is not one."""
    with mundane.open(path) as task:
        task.step("a", lambda: 1)
    task.close()
    uses: list[Callable[[], Any]] = [
        lambda: task.step("b", Calls()),
        lambda: task.sleep("b", 0),
        lambda: task.get("a"),
        lambda: task.forget("a"),
        lambda: task.begin("b"),
        lambda: task.query(lambda c: None),
        lambda: task.commit(lambda c: None),
    ]
    for use in uses:
        with pytest.raises(mundane.ClosedTaskError, match="the task is closed"):
            use()
    assert [name for name, *_ in rows(path)] == ["a"]


def test_a_step_whose_task_is_closed_meanwhile_is_not_stored(path: Path) -> None:
    """The ClosedTaskError comes out of the step; its row stays pending."""
    with mundane.open(path) as task, pytest.raises(mundane.ClosedTaskError):
        task.step("a", task.close)
    assert row(path, "a")[2] == "pending"


def test_threads_may_step_at_the_same_time(path: Path) -> None:
    """Every step is stored once with its own value, however many threads commit together."""

    def work(task: mundane.Task) -> list[Any]:
        with ThreadPoolExecutor(16) as pool:
            return list(pool.map(lambda i: task.step(f"s{i}", lambda: [i]), range(300)))

    expected = [[i] for i in range(300)]
    assert mundane.run(path, work) == mundane.run(path, work) == expected
    assert len(rows(path)) == 300


def test_a_thread_that_fails_does_not_spoil_the_others(path: Path) -> None:
    """Threads that share a transaction keep their own errors."""
    start = threading.Barrier(16)

    def one(task: mundane.Task, i: int) -> Any:
        attempt = task.begin(f"s{i}")
        start.wait()
        try:
            return attempt.done(i, also=lambda c: 1 // (i % 4)).value()
        except ZeroDivisionError:
            return "failed"

    with mundane.open(path) as task, ThreadPoolExecutor(16) as pool:
        results = list(pool.map(functools.partial(one, task), range(16)))
    assert results == [i if i % 4 else "failed" for i in range(16)]
    stored = {name: status for name, _, _, status, _ in rows(path)}
    assert stored == {f"s{i}": "done" if i % 4 else "pending" for i in range(16)}


def test_two_threads_with_one_name(path: Path) -> None:
    """Exactly one of them has it."""
    start = threading.Barrier(8)
    calls = Calls(1)

    def one(task: mundane.Task) -> Any:
        start.wait()
        try:
            return task.step("a", calls)
        except mundane.DuplicateStepError:
            return None

    with mundane.open(path) as task, ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: one(task), range(8)))
    assert sorted(results, key=str) == [1, *[None] * 7]
    assert calls.count == 1


def test_nothing_lies_beside_a_closed_task(path: Path) -> None:
    """Once closed, the task file is all there is, even after a large commit and a failure."""

    def work(task: mundane.Task) -> None:
        task.step("a", lambda: "x" * 5_000_000)
        raise BoomError

    with pytest.raises(BoomError):
        mundane.run(path, work)
    assert beside(path) == []


def test_a_tool_writes_with_the_pending_row(path: Path) -> None:
    """What `also` writes becomes part of the file with the row that says the step runs, or not."""
    with mundane.open(path) as task:
        task.commit(lambda c: c.execute("CREATE TABLE tool (n)"))
        task.begin("a", also=lambda c: c.execute("INSERT INTO tool VALUES (1)"))
        assert task.query(lambda c: c.execute("SELECT n FROM tool").fetchall()) == [(1,)]
        with pytest.raises(mundane.StorageError):
            task.begin("b", also=lambda c: c.execute("INSERT INTO none VALUES (1)"))
        assert task.status("b") is None
        task.begin("b").done(2)
        task.release()
        assert task.begin("b", also=lambda c: c.execute("INSERT INTO none VALUES (1)")).stored
