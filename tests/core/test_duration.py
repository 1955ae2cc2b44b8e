"""Durations: what is read, and what is refused."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mundane import DurationError
from mundane._duration import MAX_MS, format_ms, to_ms

UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}

READ = {
    "milliseconds": ("500ms", 500),
    "seconds": ("30s", 30_000),
    "minutes": ("5m", 300_000),
    "hours": ("2h", 7_200_000),
    "days": ("1d", 86_400_000),
    "decimals": ("1.5h", 5_400_000),
    "decimals that binary floats miss": ("0.29s", 290),
    "upper case": ("5M", 300_000),
    "spaces around": (" 2s\n", 2000),
    "zero": ("0s", 0),
    "rounded to the nearest": ("1.6ms", 2),
    "leading zeros": ("007s", 7000),
    "int": (250, 250),
    "zero int": (0, 0),
    "float": (0.9, 1),
    "minus zero": (-0.0, 0),
    "timedelta": (timedelta(minutes=1, microseconds=600), 60_001),
    "longest int": (MAX_MS, MAX_MS),
    "longest text": ("36500d", MAX_MS),
    "longest timedelta": (timedelta(days=36500), MAX_MS),
}


@pytest.mark.parametrize(("duration", "expected_ms"), READ.values(), ids=READ)
def test_read(duration: Any, expected_ms: int) -> None:
    """Text, numbers of milliseconds and timedeltas become whole milliseconds."""
    result = to_ms(duration)
    assert type(result) is int
    assert result == expected_ms


REFUSED = {
    "empty": "",
    "no unit": "5",
    "no number": "s",
    "unknown unit": "5w",
    "word": "5 minutes",
    "space before the unit": "5 m",
    "two parts": "1h30m",
    "sign": "+5s",
    "negative text": "-5s",
    "exponent": "1e3s",
    "underscore": "1_000s",
    "point first": ".5s",
    "point last": "5.s",
    "comma": "1,5s",
    "Arabic digits": "\u0663s",
    "fullwidth digits": "\uff13s",
    "long s, which case-folds to s": "5\u017f",
    "ISO": "PT5S",
    "a thousand digits": "1" * 1000 + "s",
    "more than a century in text": "36501d",
    "bool": True,
    "None": None,
    "bytes": b"5s",
    "list": [5],
    "complex": 5j,
    "Decimal": Decimal(5),
    "Fraction": Fraction(5),
    "negative int": -1,
    "negative float": -0.5,
    "negative timedelta": timedelta(seconds=-1),
    "nan": math.nan,
    "infinity": math.inf,
    "minus infinity": -math.inf,
    "one millisecond more than a century": MAX_MS + 1,
    "huge int": 10**5000,
    "huge float": 1e308,
    "longest timedelta there is": timedelta.max,
}


@pytest.mark.parametrize("duration", REFUSED.values(), ids=REFUSED)
def test_refused(duration: Any) -> None:
    """Anything else is a DurationError, whose text can be printed."""
    with pytest.raises(DurationError) as caught:
        to_ms(duration)
    assert isinstance(caught.value, ValueError)
    assert "use e.g. '500ms'" in str(caught.value)
    assert len(str(caught.value)) < 300


@given(st.integers(0, 10**6), st.integers(0, 999), st.sampled_from(sorted(UNIT_MS)))
def test_decimals_are_exact(whole: int, thousandths: int, unit: str) -> None:
    """Text is read as a decimal number, not as a binary float."""
    exact = (Fraction(whole) + Fraction(thousandths, 1000)) * UNIT_MS[unit]
    if exact > MAX_MS:
        with pytest.raises(DurationError):
            to_ms(f"{whole}.{thousandths:03}{unit}")
    else:
        assert to_ms(f"{whole}.{thousandths:03}{unit}") == round(exact)


@given(st.timedeltas(timedelta(0), timedelta(days=36500)))
def test_timedeltas_are_exact(duration: timedelta) -> None:
    """A timedelta's microseconds are rounded once."""
    assert to_ms(duration) == round(Fraction(duration // timedelta(microseconds=1), 1000))


@given(st.text(max_size=8) | st.floats() | st.integers())
def test_any_text_or_number_is_read_or_refused(duration: Any) -> None:
    """There is no third outcome."""
    try:
        result = to_ms(duration)
    except DurationError:
        return
    assert 0 <= result <= MAX_MS


@pytest.mark.parametrize(
    ("duration_ms", "text"),
    [
        (0, "0ms"),
        (14, "14ms"),
        (999, "999ms"),
        (999.7, "1.0s"),
        (1000, "1.0s"),
        (2400, "2.4s"),
        (59_960, "1m 00s"),
        (60_000, "1m 00s"),
        (133_000, "2m 13s"),
        (3_599_600, "1h 00m"),
        (11_100_000, "3h 05m"),
        (47 * 3_600_000, "47h 00m"),
        (52 * 3_600_000, "2d 04h"),
    ],
)
def test_told_to_people(duration_ms: float, text: str) -> None:
    """A duration is told in the two units that matter, never as 1000ms or 60.0s."""
    assert format_ms(duration_ms) == text
