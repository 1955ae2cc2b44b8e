"""Generated notebooks of classes: which bases, which members, which instances, what is changed.

An example is five cells as text: classes, instances, a probe, a change, the same probe. It is made
from numbers that are drawn, so that hypothesis can draw and shrink it, and a seed can name it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import plain, shapes
from .drawing import Draw, Text

__all__ = ["Example", "build"]

_SHAPES = [
    (12, plain.classes),
    (4, shapes.dataclass),
    (4, shapes.enumeration),
    (1, shapes.named_tuple),
    (1, shapes.typed_dict),
    (1, shapes.protocol),
    (2, shapes.generic),
    (2, shapes.in_function),
]


@dataclass(frozen=True)
class Example:
    """A generated notebook.

    Attributes:
        cells: classes, instances, probe, change, probe.
        names: that the cells bind and the probe looks at.
        parts: what it was put together from.
    """

    cells: tuple[str, ...]
    names: tuple[str, ...]
    parts: tuple[str, ...]


def build(below: Callable[[int], int], tag: str = "") -> Example:
    """Return an example.

    Args:
        below: draws a number less than its argument; zeros make the simplest example.
        tag: follows each name, for examples that share a notebook.
    """
    draw = Draw(below)
    text = Text(tag)
    weights = [shape for weight, shape in _SHAPES for _ in range(weight)]
    draw.pick(weights)(draw, text)
    return Example(text.cells(draw), tuple(text.names), tuple(text.parts))
