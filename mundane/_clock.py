"""The wall clock and waiting, in one object, so that tests need not wait."""

from __future__ import annotations

import time
from datetime import UTC, datetime

# The wall clock is looked at again this often during a long sleep: a laptop that was suspended,
# or a clock that was set forward, ends the sleep on time.
_LOOK_S = 30.0


class Clock:
    """The system's clock. Times are integer milliseconds since the epoch, in UTC."""

    def now_ms(self) -> int:
        """Return the wall clock's time."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Return a time in seconds that is never set back."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Block the thread."""
        time.sleep(seconds)

    async def await_(self, seconds: float) -> None:
        """Suspend the asyncio task."""
        import asyncio  # here, since it is half of what importing mundane would cost

        await asyncio.sleep(seconds)


SYSTEM = Clock()


class Nap:
    """The waiting part of one durable sleep: how long still, looked up again and again.

    Args:
        clock: whose time counts.
        wake_at_ms: when the sleep ends.
        longest_ms: what is never exceeded, even where the wall clock was set back.
    """

    def __init__(self, clock: Clock, wake_at_ms: int, longest_ms: int) -> None:
        self._clock = clock
        self._wake_at_ms = wake_at_ms
        self._deadline_s = clock.monotonic_s() + longest_ms / 1000

    def rest_s(self) -> float:
        """Return how long the sleep still is, in seconds; 0 when it is over."""
        by_wall = (self._wake_at_ms - self._clock.now_ms()) / 1000
        by_deadline = self._deadline_s - self._clock.monotonic_s()
        return max(0.0, min(by_wall, by_deadline))

    def next_wait_s(self) -> float:
        """Return how long to wait before asking again, in seconds; 0 when the sleep is over."""
        return min(self.rest_s(), _LOOK_S)

    def wait(self) -> None:
        """Block the thread until the sleep is over."""
        while (seconds := self.next_wait_s()) > 0:
            self._clock.wait(seconds)


def iso(time_ms: int) -> str:
    """Return a time as the format writes it: `2026-11-24T09:14:03.120000Z`."""
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03}000Z"


def iso_now() -> str:
    """Return the system's time as the format writes it."""
    return iso(SYSTEM.now_ms())


def iso_to_ms(text: str) -> int | None:
    """Return an ISO-8601 time of any runtime in milliseconds, or None where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
