"""A task's steps in few lines: a map of many items is one. Pure.

A file does not say what was a map (SPEC.md, Maps): items are steps whose names begin alike, up to
the first dot, so that a map's line is named as `forget` names its items, `fetch.*`. What a line
looks like is not said here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

from .._clock import iso_to_ms

T = TypeVar("T")

MANY_ITEMS = 100
"""A map with more items than these is one line."""

# A shorter pause between two items is none: they ran one after the other.
_PAUSE_MS = 1000
_MOST_STRETCHES = 20


@dataclass(frozen=True, slots=True)
class Map(Generic[T]):
    """A map with many items.

    Attributes:
        name: what all its items fit: `fetch.*`.
        items: in the order of their first start.
    """

    name: str
    items: Sequence[T]


def fold(steps: Sequence[T], name: Callable[[T], str]) -> list[T | Map[T]]:
    """Return steps as lines, in the order of their first start; a map stands at its first item.

    Args:
        steps: in the order of their first start.
        name: returns one's name; "" for a sleep, which is no item of a map.
    """
    heads = [head if dot else "" for head, dot, _ in (name(step).partition(".") for step in steps)]
    counts = Counter(heads)
    counts.pop("", None)
    large: dict[str, list[T]] = {head: [] for head, n in counts.items() if n > MANY_ITEMS}
    if not large:
        return list(steps)
    lines: list[T | Map[T]] = []
    for step, head in zip(steps, heads, strict=True):
        items = large.get(head)
        if items is None:
            lines.append(step)
            continue
        if not items:
            lines.append(Map(f"{head}.*", items))
        items.append(step)
    return lines


def stretches(times: Iterable[tuple[str, str | None]]) -> list[tuple[int, int]]:
    """Return from when to when items of a map ran, in ms since the epoch, in order.

    Pauses of less than a second are none, and only the longest are told: there are twenty stretches
    at most. What has not ended counts by its start.

    Args:
        times: when each item started and finished, ISO-8601.
    """
    found: list[tuple[int, int]] = []
    for first, last in _runs(times):
        start = iso_to_ms(first)
        if start is None:
            continue
        end = max(start, iso_to_ms(last) or start)
        if found and start - found[-1][1] < _PAUSE_MS:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    if len(found) <= _MOST_STRETCHES:
        return found
    pauses = sorted((b[0] - a[1] for a, b in pairwise(found)), reverse=True)
    least = pauses[_MOST_STRETCHES - 1]
    joined = found[:1]
    for start, end in found[1:]:
        if start - joined[-1][1] > least:
            joined.append((start, end))
        else:
            joined[-1] = (joined[-1][0], end)
    return joined


def _runs(times: Iterable[tuple[str, str | None]]) -> list[tuple[str, str]]:
    """Return the times of items as text, by their start; those that overlap within a second as one.

    To read each time of a hundred thousand would take longer than all else. What is written alike
    can be compared as it is: in UTC, the text up to the seconds.
    """
    runs: list[tuple[str, str]] = []
    start = end = seconds = ""
    for first, last in sorted((first, last or first) for first, last in times):
        alike = first[-1:] == last[-1:] == "Z"
        if alike and first[:19] <= seconds:
            if last > end:
                end, seconds = last, last[:19]
            continue
        runs.append((start, end))
        start, end, seconds = first, last, last[:19] if alike else ""
    return [*runs[1:], (start, end)]
