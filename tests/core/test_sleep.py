"""Durable sleeps: their end is stored when they start, and a resumed one sleeps the rest."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import mundane
from mundane._clock import iso, iso_to_ms

from .support import DAY_MS, FakeClock, row, rows, sql

START_MS = FakeClock().wall_ms


def sleep(path: Path, clock: FakeClock, duration: Any, name: str = "nap") -> int:
    """Sleep in a pass of its own; return for how many milliseconds."""
    before = clock.waited_ms
    with mundane.Task(path, clock=clock) as task:
        task.sleep(name, duration)
    return clock.waited_ms - before


class _CutShortError(Exception):
    pass


class _CutClock(FakeClock):
    """A clock whose waits are cut short after a while, as a crash does."""

    def __init__(self, cut_after_ms: int) -> None:
        super().__init__()
        self._cut_after_ms = cut_after_ms

    def wait(self, seconds: float) -> None:
        self.pass_ms(self._cut_after_ms)
        raise _CutShortError


def start_and_crash(path: Path, duration: Any, after_ms: int) -> FakeClock:
    """Start a sleep and crash in it; return a clock that stands where it crashed."""
    with pytest.raises(_CutShortError):
        sleep(path, _CutClock(after_ms), duration)
    return FakeClock(START_MS + after_ms)


@pytest.mark.parametrize(
    ("duration", "expected_ms"),
    [("5m", 300_000), (250, 250), (timedelta(hours=1), 3_600_000), ("1d", DAY_MS), (0, 0)],
    ids=str,
)
def test_a_sleep_takes_its_duration(
    path: Path, clock: FakeClock, duration: Any, expected_ms: int
) -> None:
    """Text, numbers of milliseconds and timedeltas are slept in full."""
    assert sleep(path, clock, duration) == expected_ms


def test_the_end_is_stored_when_the_sleep_starts(path: Path) -> None:
    """While it sleeps, its row is `done` and holds the wake time in milliseconds."""
    start_and_crash(path, "1h", 60_000)
    assert rows(path) == [("nap", "sleep", "json", "done", str(START_MS + 3_600_000))]
    start = "2027-01-15T08:00:00.000000Z"
    assert row(path, "nap", "started_at, finished_at, error") == (start, start, None)


def test_a_resumed_sleep_sleeps_the_rest(path: Path) -> None:
    """Whatever passed since, awake or crashed, counts."""
    clock = start_and_crash(path, "1h", 60_000)
    clock.pass_ms(60_000)
    assert sleep(path, clock, "1h") == 3_600_000 - 120_000
    assert sleep(path, clock, "1h") == 0


@pytest.mark.parametrize("duration", ["9d", 0, "nonsense", -1, None], ids=str)
def test_a_resumed_sleep_ignores_its_duration(path: Path, duration: Any) -> None:
    """Once stored, the end counts, whatever the code says by then."""
    assert sleep(path, start_and_crash(path, "1h", 60_000), duration) == 3_540_000


def test_a_sleep_that_is_over_takes_no_time(path: Path) -> None:
    """Resumed long after its end, it returns at once."""
    clock = start_and_crash(path, "1h", 60_000)
    clock.pass_ms(365 * DAY_MS)
    assert sleep(path, clock, "1h") == 0


@pytest.mark.parametrize("back_ms", [3_600_000, 400 * DAY_MS])
def test_a_clock_set_back_before_the_resume(path: Path, back_ms: int) -> None:
    """A resumed sleep is never longer than its whole duration."""
    clock = start_and_crash(path, "1h", 60_000)
    clock.wall_ms -= back_ms
    assert sleep(path, clock, "1h") == 3_600_000


def test_a_clock_set_back_during_the_sleep(path: Path, clock: FakeClock) -> None:
    """A sleep under way goes by a clock that is never set back."""

    class Back(FakeClock):
        def wait(self, seconds: float) -> None:
            super().wait(seconds)
            if len(self.waits) == 3:
                self.wall_ms -= DAY_MS

    assert sleep(path, Back(), "5m") == 300_000


def test_a_clock_set_forward_ends_the_sleep_soon(path: Path) -> None:
    """A long sleep looks at the wall clock every half minute, so a suspended laptop is on time."""

    class Forward(FakeClock):
        def wait(self, seconds: float) -> None:
            super().wait(seconds)
            if len(self.waits) == 2:
                self.wall_ms += DAY_MS

    assert sleep(path, Forward(), "1h") == 60_000


REFUSED = {
    "bool": True,
    "negative": -5,
    "nan": float("nan"),
    "infinite": float("inf"),
    "a thousand years": "365000d",
    "no unit": "5",
    "None": None,
}


def _finish(result: Any) -> None:
    if result is not None:
        asyncio.run(result)


@pytest.mark.parametrize("duration", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("method", ["sleep", "asleep"])
def test_a_refused_duration(path: Path, duration: Any, method: str) -> None:
    """A DurationError comes before any row, and the name is still free."""
    with mundane.Task(path, clock=FakeClock()) as task:
        with pytest.raises(mundane.DurationError):
            _finish(getattr(task, method)("nap", duration))
        assert rows(path) == []
        task.sleep("nap", 1)


def test_the_longest_sleep_can_be_slept(path: Path) -> None:
    """A hundred years are kept without an overflow on any later pass."""
    clock = start_and_crash(path, "36500d", 1000)
    clock.pass_ms(36_500 * DAY_MS - 61_000)
    assert sleep(path, clock, "1h") == 60_000


def test_a_sleep_is_begun_and_waited_for_in_two(path: Path, clock: FakeClock) -> None:
    """`begin_sleep` stores the end and returns; what it returns says what is left, and waits."""
    with mundane.Task(path, clock=clock) as task:
        nap = task.begin_sleep("nap", "2h")
        assert task.get("nap") == START_MS + 7_200_000
        clock.pass_ms(60_000)
        assert (nap.rest_s(), nap.next_wait_s(), clock.waited_ms) == (7140, 30, 0)
        nap.wait()
        assert (nap.rest_s(), clock.waited_ms) == (0, 7_140_000)


def test_asleep_suspends_its_own_task_only(path: Path) -> None:
    """While one sleeps, others run: here the one that ends the wait."""

    async def work() -> None:
        gate = asyncio.Event()

        class Gated(FakeClock):
            async def await_(self, seconds: float) -> None:
                await gate.wait()
                self.wait(seconds)

        with mundane.Task(path, clock=Gated()) as task:
            naps = asyncio.gather(*(task.asleep(f"nap-{i}", "10s") for i in range(5)))
            while len(rows(path)) < 5:
                await asyncio.sleep(0)
            gate.set()
            await naps

    asyncio.run(work())
    assert [kind for _, kind, *_ in rows(path)] == ["sleep"] * 5


def test_asleep_resumes_as_sleep_does(path: Path) -> None:
    """Both share the stored end."""
    clock = start_and_crash(path, "1h", 60_000)
    with mundane.Task(path, clock=clock) as task:
        asyncio.run(task.asleep("nap", "1h"))
    assert clock.waited_ms == 3_540_000


@pytest.mark.parametrize("result", ["soon", "null", "1.5", '"1"', "[1]", "true", None, b"\xff"])
def test_a_stored_end_that_is_no_time_is_damage(path: Path, clock: FakeClock, result: Any) -> None:
    """What no runtime writes is a SchemaError, not a wrong sleep."""
    sleep(path, clock, 0)
    sql(path, ("UPDATE mundane_steps SET result = ?", (result,)))
    with pytest.raises(mundane.SchemaError, match="'nap'"):
        sleep(path, clock, 0)


@pytest.mark.parametrize("started_at", ["", "yesterday", "2027-01-15"])
def test_a_start_of_another_form_is_no_error(path: Path, started_at: str) -> None:
    """Where the start cannot be read, the sleep goes by its stored end."""
    clock = start_and_crash(path, "1h", 60_000)
    sql(path, ("UPDATE mundane_steps SET started_at = ?", (started_at,)))
    assert sleep(path, clock, "1h") == 3_540_000


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("2027-01-15T08:00:00.000000Z", START_MS),
        ("2027-01-15T08:00:00Z", START_MS),
        ("2027-01-15T08:00:00.123456789Z", START_MS + 123),
        ("2027-01-15T09:00:00.5+01:00", START_MS + 500),
        ("2027-01-15T08:00:00", START_MS),
        ("", None),
        ("soon", None),
    ],
)
def test_times_of_every_runtime_are_read(text: str, time_ms: int | None) -> None:
    """ISO-8601 with or without a fraction or an offset; anything else is no time."""
    assert iso_to_ms(text) == time_ms


@pytest.mark.parametrize("time_ms", [0, 1, 999, START_MS, START_MS + 7])
def test_times_are_written_as_the_format_says(time_ms: int) -> None:
    """UTC, ISO-8601, `Z`; to the millisecond."""
    text = iso(time_ms)
    assert len(text) == len("2027-01-15T08:00:00.000000Z")
    assert text.endswith("Z")
    assert iso_to_ms(text) == time_ms
