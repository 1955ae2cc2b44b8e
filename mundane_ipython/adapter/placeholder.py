"""What stands for an object of an untrusted pickle between its class and its state.

A pickle first makes an object, and sets its state later. The objects of NumPy and pandas are not
whole in between, and code in C that meets one ends the process. So there is none: a `Placeholder`
stands for it, and the object is made when its state is there and has been checked. Nothing here
imports what it is about.
"""

from __future__ import annotations

import collections
import mmap
from collections.abc import Callable, Iterable
from typing import Any

from .refusals import HostileStateError, need

_DEEPEST = 1000
# To hash a tuple is to hash what is in it, again wherever it is once more.
_LEAST_LARGE = 1 << 26
_NOTED_SIZE = 16

SHALLOW = frozenset(
    (bool, bytearray, bytes, dict, float, int, list, memoryview, mmap.mmap, set, str, type(None))
)
"""What holds nothing, or nothing that code in C would follow without looking at the stack's end."""


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


class Placeholder:
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
    begins anew. Other containers, such as `deque`, are not.

    Args:
        size: of the pickles in bytes: each value takes one at least.
    """

    def __init__(self, size: int) -> None:
        self._most = max(size, _LEAST_LARGE)
        # By id, for what is deeper than 1. What is made in the place of something that is gone is
        # always noted anew.
        self._depths: dict[int, int] = {}
        # By id, of what holds others or many: how many values it is, written out.
        self._sizes: dict[int, int] = {}
        # Values that others hold, by id; kept alive, so that no other value takes the id.
        self._held: dict[int, Any] = {}

    def note(self, value: Any, parts: Iterable[Any]) -> bool:
        """Note how deep a new value is, which holds these parts; return whether that takes memory.

        Raises:
            HostileStateError: it is deeper than any data, or to hash it takes a minute.
        """
        depth, size = self._measure(parts)
        if depth:
            self._depths[id(value)] = depth + 1
        elif self._depths:
            self._depths.pop(id(value), None)
        if depth or size > _NOTED_SIZE:
            self._sizes[id(value)] = size
        elif self._sizes:
            self._sizes.pop(id(value), None)
        return depth > 0

    def grow(self, value: Any, parts: Iterable[Any]) -> None:
        """Note how deep a container is after more parts were put into it.

        Raises:
            HostileStateError: it is deeper than any data, or something whose depth was told by this
                one's holds it already, as no pickle has it but of what holds itself.
        """
        depth, _ = self._measure(parts)
        if depth:
            if id(value) in self._held:
                raise HostileStateError("a container filled after another one holds it")
            self._depths[id(value)] = max(depth + 1, self._depths.get(id(value), 0))

    def _measure(self, parts: Iterable[Any]) -> tuple[int, int]:
        """Return how deep the deepest of these is, and how many values they are, written out."""
        depth, size = 0, 1
        for part in parts:
            size += 1
            if type(part) not in SHALLOW:
                size += self._sizes.get(id(part), 0)
                depth = max(depth, self._depths.get(id(part), 1))
                if type(part) in _FILLED:
                    self._held[id(part)] = part
        if depth >= _DEEPEST:
            raise HostileStateError(f"{_DEEPEST} values, each inside of the next")
        if size > self._most:
            raise HostileStateError(f"{self._most:,} values, most of them the same")
        return depth, size


# What a pickle first makes and then fills, of what is not shallow.
_FILLED = frozenset(
    (collections.Counter, collections.OrderedDict, collections.defaultdict, collections.deque)
)
