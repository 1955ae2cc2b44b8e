"""When each step ran, drawn: one axis for all, one small SVG a step. Pure.

Positions are percentages, so that a drawing fits any width without distortion and without script.
What comes out of a file is escaped.
"""

from __future__ import annotations

import html
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mundane.tools import format_ms, iso_to_ms, took

from .steps import Line, MapFacts

COLOURS = {
    "done": "#2f9e6e",
    "stale": "#e8890c",
    "failed": "#d6404a",
    "running": "#3d7fe0",
    "interrupted": "#8a63c7",
    "sleep": "#8b95a5",
}
"""The colour of each state, readable on light and on dark ground."""

# A pause is drawn to scale while it takes no more than this part of the time in which steps ran.
_PAUSE_SHARE = 0.15
# Else it takes this much of the width, and all pauses together no more than that.
_GAP_PERCENT = 4.0
_GAPS_PERCENT = 40.0
# No bar is thinner, and none begins so near the end that it would be.
_MIN_PERCENT = 0.8
# How much of the axis a time takes, and one with its date.
_TIME_PERCENT = 14.0
_DATE_PERCENT = 28.0
# More pauses than these are not drawn through the bars of each line.
_MOST_GAPS = 40


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a step is drawn, in ms since the epoch; `busy` where it computed."""

    start_ms: int
    end_ms: int
    busy: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of time that is drawn to one scale."""

    start_ms: int
    end_ms: int
    left: float
    right: float
    is_gap: bool


class Axis:
    """Where times lie, in percent of the width: pauses in which nothing ran are cut short.

    Args:
        spans: of all steps.
    """

    def __init__(self, spans: Iterable[Span]) -> None:
        self._pieces = _pieces(_merged(spans))
        self._ends = [piece.end_ms for piece in self._pieces]

    def position(self, at_ms: int) -> float:
        """Return where a time lies, from 0 to 100."""
        index = bisect_left(self._ends, at_ms)
        if index == len(self._pieces):
            return 100.0
        piece = self._pieces[index]
        width = piece.end_ms - piece.start_ms
        share = (at_ms - piece.start_ms) / width if width else 0.0
        return piece.left + max(0.0, share) * (piece.right - piece.left)

    def gaps(self) -> list[tuple[float, int]]:
        """Return the middle and the length in ms of each pause that is cut short."""
        return [
            ((piece.left + piece.right) / 2, piece.end_ms - piece.start_ms)
            for piece in self._pieces
            if piece.is_gap
        ]

    def starts(self) -> list[tuple[float, int]]:
        """Return the place and the time of each stretch's start."""
        return [(piece.left, piece.start_ms) for piece in self._pieces if not piece.is_gap]


def spans(line: Line, now_ms: int) -> list[Span]:
    """Return when a step ran, or the items of a map; nothing where the rows do not tell."""
    if isinstance(line, MapFacts):
        found = [Span(start, end, busy=True) for start, end in line.stretches]
        if line.running and found:
            found[-1] = Span(found[-1].start_ms, max(found[-1].end_ms, now_ms), busy=True)
        return found
    start_ms = iso_to_ms(line.step.started_at)
    if start_ms is None:
        return []
    if line.step.wake_at_ms is not None:
        return [Span(start_ms, max(start_ms, line.step.wake_at_ms), busy=False)]
    end_ms = now_ms if line.running else iso_to_ms(line.step.finished_at or "")
    if line.step.status != "pending" and end_ms is None:
        return []
    return [Span(start_ms, max(start_ms, end_ms or start_ms), busy=True)]


def make_axis(lines: Sequence[Line], now_ms: int) -> Axis:
    """Return the axis on which all these steps and maps can be drawn."""
    return Axis(found for line in lines for found in spans(line, now_ms))


def bar_svg(line: Line, axis: Axis, now_ms: int) -> str:
    """Return the drawing of one line: bars of class `bar`, and what they mean as their title."""
    gaps = axis.gaps()
    lines = "".join(
        f'<line class="gap" x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="22" stroke="currentColor" '
        'stroke-opacity="0.3" stroke-dasharray="2 3"/>'
        for x, _ in (gaps if len(gaps) <= _MOST_GAPS else ())
    )
    colour = COLOURS.get(line.state, "#8b95a5")
    look = f'fill="{colour}"'
    if line.state == "interrupted":  # until when, nothing tells
        look = f'fill="{colour}" fill-opacity="0.3" stroke="{colour}"'
    y, height = (8, 6) if line.state == "sleep" else (4, 14)
    bars = []
    for found in spans(line, now_ms):
        left = min(axis.position(found.start_ms), 99.8 - _MIN_PERCENT)
        width = max(axis.position(found.end_ms) - left, _MIN_PERCENT)
        bars.append(
            f'<rect class="bar {_class(line.state)}" x="{left:.2f}%" y="{y}" '
            f'width="{width:.2f}%" height="{height}" rx="3" {look}>'
            f"<title>{html.escape(_title(line))}</title></rect>"
        )
    bar = "".join(bars)
    style = 'width="100%" height="22" role="img" style="display: block"'
    return f'<svg class="lane" {style}>{lines}{bar}</svg>'


def axis_svg(axis: Axis) -> str:
    """Return the drawing of the axis: when each stretch starts, how long each pause was."""
    parts: list[str] = []
    free_from, day = 0.0, ""
    for x, at_ms in axis.starts():
        moment = datetime.fromtimestamp(at_ms / 1000).astimezone()
        date, text, width = moment.strftime("%Y-%m-%d"), moment.strftime("%H:%M:%S"), _TIME_PERCENT
        if date != day:
            text, width = f"{date} {text}", _DATE_PERCENT
        if free_from <= x <= 100 - width:
            parts.append(_text(x, 11, "start", text))
            free_from, day = x + width, date
    free_from = 0.0
    for x, gap_ms in axis.gaps():
        if x >= free_from:
            parts.append(_text(x, 25, "middle", f"+{format_ms(gap_ms)}"))
            free_from = x + _TIME_PERCENT
    height = 28 if axis.gaps() else 16
    return f'<svg class="axis" width="100%" height="{height}">{"".join(parts)}</svg>'


def _text(x: float, y: int, anchor: str, text: str) -> str:
    return (
        f'<text x="{x:.2f}%" y="{y}" text-anchor="{anchor}" font-size="11" font-weight="400" '
        f'fill="currentColor" fill-opacity="0.65">{html.escape(text)}</text>'
    )


def _title(line: Line) -> str:
    if isinstance(line, MapFacts):
        return f"{line.name}, {line.count:,} items, {took_text(line)}"
    parts = [line.step.name, line.state]
    if took(line.step) != "-":
        parts.append(took(line.step))
    return ", ".join([*parts, *line.stale])


def took_text(line: Line) -> str:
    """Return how long a step took, or for how long items of a map ran; `-` where nothing tells."""
    if not isinstance(line, MapFacts):
        return took(line.step)
    return format_ms(sum(end - start for start, end in line.stretches)) if line.stretches else "-"


def _class(state: str) -> str:
    """A state out of a hostile file may be any text."""
    return state if state in COLOURS else "other"


def _merged(spans: Iterable[Span]) -> list[tuple[int, int]]:
    """Return the stretches of time in which something ran, in order; a sleep is its two ends."""
    stretches = []
    for each in spans:
        if each.busy:
            stretches.append((each.start_ms, each.end_ms))
        else:
            stretches += [(each.start_ms, each.start_ms), (each.end_ms, each.end_ms)]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _pieces(stretches: list[tuple[int, int]]) -> list[_Piece]:
    """Return the pieces of the axis, those that are drawn to scale and the cut pauses between."""
    busy_ms = sum(end - start for start, end in stretches)
    limit_ms = max(busy_ms * _PAUSE_SHARE, 1000)
    joined: list[tuple[int, int]] = []
    for start, end in stretches:
        if joined and start - joined[-1][1] <= limit_ms:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    gaps = len(joined) - 1
    gap = min(_GAP_PERCENT, _GAPS_PERCENT / gaps) if gaps > 0 else 0.0
    # A stretch of no length, such as the end of a sleep, needs some width as well.
    weights = [float(max(end - start, 1)) for start, end in joined]
    least = sum(weights) * 0.02
    weights = [max(weight, least) for weight in weights]
    scale = (100 - gap * max(gaps, 0)) / sum(weights) if weights else 0.0
    pieces: list[_Piece] = []
    left = 0.0
    for (start, end), weight in zip(joined, weights, strict=True):
        if pieces:
            pieces.append(_Piece(pieces[-1].end_ms, start, left, left + gap, is_gap=True))
            left += gap
        pieces.append(_Piece(start, end, left, left + weight * scale, is_gap=False))
        left += weight * scale
    return pieces
