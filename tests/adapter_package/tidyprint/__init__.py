"""A little library that keeps state outside of variables: how it prints, and what it calls then."""

from __future__ import annotations

from collections.abc import Callable

from . import config

HOOKS: list[Callable[[str], object]] = []
"""Called with each text."""

_format = {"digits": 3, "sign": ""}
_engine = ["plain"]
_total = [0]


def set_format(**options: object) -> None:
    """Set how numbers are printed: `digits`, `sign`."""
    _format.update(options)


def get_format() -> dict[str, object]:
    """Return how numbers are printed, as a copy."""
    return dict(_format)


def use(engine: str) -> None:
    """Choose the engine, before `tidyprint.engine` is imported."""
    _engine[0] = engine


def engine_in_use() -> str:
    """Return the engine that was chosen."""
    return _engine[0]


def add(number: int) -> int:
    """Add to the total, and return it."""
    _total[0] += number
    return _total[0]


def set_total(number: int) -> None:
    """Set the total."""
    _total[0] = number


def set_seed(_: int) -> None:
    """Set what nobody can read."""


def text(number: float) -> str:
    """Return a number as text."""
    found = f"{_format['sign']}{number:.{_format['digits']}f}{config.OPTIONS['unit']}"
    for hook in HOOKS:
        hook(found)
    return found
