"""A duration as people write it <-> integer milliseconds. Pure."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from .errors import DurationError, show

MAX_MS = 100 * 365 * 24 * 60 * 60 * 1000
"""The longest duration, 100 years of 365 days, in milliseconds."""

_UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_TEXT = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)\s*", re.IGNORECASE | re.ASCII)
# More digits than any duration below the limit needs; keeps the arithmetic small.
_MAX_TEXT = 64


def to_ms(duration: str | float | timedelta) -> int:
    """Return a duration in whole milliseconds, rounded to the nearest (SPEC.md, Sleep).

    Args:
        duration: text such as `"500ms"`, `"1.5h"`; a number of milliseconds; or a timedelta.
            From 0 to 100 years.

    Raises:
        DurationError: anything else.
    """
    amount = _amount_ms(duration)
    if amount < 0:
        raise DurationError(show(duration), "is negative")
    if amount > MAX_MS:
        raise DurationError(show(duration), "is more than 100 years")
    return round(amount)


def format_ms(duration_ms: float) -> str:
    """Return a duration for people: `14ms`, `2.4s`, `2m 13s`, `3h 05m`, `2d 04h`."""
    # The limits are where the smaller unit would round up to 1000ms or to 60.0s.
    if duration_ms < 999.5:
        return f"{duration_ms:.0f}ms"
    seconds = duration_ms / 1000
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    minutes, seconds = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {seconds:02}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}h {minutes:02}m"
    days, hours = divmod(hours, 24)
    return f"{days}d {hours:02}h"


def _amount_ms(duration: object) -> int | float | Fraction:
    if isinstance(duration, timedelta):
        return Fraction(duration // timedelta(microseconds=1), 1000)
    if isinstance(duration, str):
        match = _TEXT.fullmatch(duration) if len(duration) <= _MAX_TEXT else None
        if match is None:
            raise DurationError(show(duration), "cannot be read")
        return Fraction(Decimal(match[1])) * _UNIT_MS[match[2].lower()]
    if isinstance(duration, bool) or not isinstance(duration, (int, float)):
        raise DurationError(show(duration), f"is a {type(duration).__name__}")
    if isinstance(duration, float) and not math.isfinite(duration):
        raise DurationError(show(duration), "is not finite")
    return duration
