"""What stands for an object of an untrusted pickle between its class and its state.

A pickle first makes an object, and sets its state later. The objects of NumPy and pandas are not
whole in between, and code in C that meets one ends the process. So there is none: a `Waiting`
stands for it, and the object is made when its state is there and has been checked. Nothing here
imports what it is about.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable
from typing import Any

from .refusals import HostileStateError, need

_DEEPEST = 1000

# What holds nothing, or nothing that code in C would follow without looking at the stack's end.
_SHALLOW = frozenset(
    (bool, bytearray, bytes, dict, float, int, list, memoryview, mmap.mmap, set, str, type(None))
)


def parts_of(state: Any, needed: str, possible: str = "") -> dict[str, Any]:
    """Return a copy of a state by names that has all of the needed ones, and others of these only.

    Args:
        state: what a pickle has brought.
        needed: names, with spaces between them.
        possible: the same.

    Raises:
        HostileStateError: it is another.
    """
    names = {*needed.split()}
    need(type(state) is dict and names <= state.keys() <= names | {*possible.split()}, "a state")
    return dict(state)


class Waiting:
    """An object that is yet to be made.

    Args:
        make: returns it for its state; raises HostileStateError for a state that is none.
    """

    __slots__ = ("make",)

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make


class Depths:
    """How deep the values of one pickle nest, to refuse those that code in C would not survive.

    To hash a tuple in a tuple in a tuple and so on, or to free such arrays, types or slices, takes
    a C stack as deep, and nobody looks for its end. Lists, dicts and sets are safe: what holds them
    begins anew.
    """

    def __init__(self) -> None:
        # By id, for what is deeper than 1. What is made in the place of something that is gone is
        # always noted anew.
        self._depths: dict[int, int] = {}

    def note(self, value: Any, parts: Iterable[Any]) -> None:
        """Note how deep a new value is, which holds these parts.

        Raises:
            HostileStateError: it is deeper than any data.
        """
        depth = 0
        for part in parts:
            if type(part) not in _SHALLOW:
                depth = max(depth, self._depths.get(id(part), 1))
        if depth >= _DEEPEST:
            raise HostileStateError(f"{_DEEPEST} values, each inside of the next")
        if depth:
            self._depths[id(value)] = depth + 1
        elif self._depths:
            self._depths.pop(id(value), None)
