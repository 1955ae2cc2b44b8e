"""Where a process holds the notebook's objects beside its names: as filters and as callbacks.

A restore of a step that changed an object in place brings a new one under its name. What holds the
old one, and would go on with its state, must hold the new one.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MethodType
from typing import Any

from ..adapter.looks import is_a
from ..adapter.registry import loaded


def replace_held(replaced: Iterable[tuple[Any, Any]]) -> None:
    """Let filters and callbacks that are objects, or methods of them, be other objects or theirs.

    Args:
        replaced: each object, and what takes its place if it is of the same type.
    """
    new = {id(old): (old, other) for old, other in replaced if type(old) is type(other)}
    if not new:
        return
    for held in (each for adapter in loaded() for each in adapter.held()):
        for index, each in enumerate(held):
            owner = each.__self__ if is_a(each, MethodType) else each
            if id(owner) in new:
                other = new[id(owner)][1]
                held[index] = MethodType(each.__func__, other) if owner is not each else other
