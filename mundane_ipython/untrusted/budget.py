"""How much memory an untrusted pickle may take, and how many keys of one hash: by its own bytes.

What each opcode, call and state would occupy is counted, whether or not it is shared or made of
zeros: what a range, a view, an array without items or a table of one chunk many times over would
have if somebody wrote it out. Nothing here is about what may be called. SPEC.md, Trust.
"""

from __future__ import annotations

import array
import collections
import ipaddress
import pathlib
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..adapter.refusals import HostileStateError
from ..objects.arrays import is_array

SMALL_BYTES = 1 << 20
"""What is smaller may take `SMALL_TAKES` bytes, the rest `RATIO` times its own size."""

SMALL_TAKES = 48 << 20
"""Numbers and texts, which are not counted, take a few times their pickle's size beside."""

RATIO = 128
"""More than anything honest takes (tests/ipython/untrusted/test_budget.py measures that)."""

# What one entry of the unpickler's memo takes, and a tuple's among the depths.
MEMO_BYTES, DEPTH_BYTES = 100, 110
# A key in a dictionary, with room for growth; an attribute; a reference in a list.
_KEY_BYTES, _REFERENCE_BYTES = 100, 16
# An object of a library, besides its items; a level of an index, a child of an Arrow array, a
# member of a dtype or schema.
_PANDAS_BYTES, _LEVEL_BYTES = 2000, 700
_SCALARS, _SCALAR_BYTES = frozenset(("Interval", "Period", "Timedelta", "Timestamp")), 300
_ARROW_BYTES, _CHILD_BYTES = 1000, 600
_ARRAY_BYTES, _MASKED_BYTES, _MEMBER_BYTES = 200, 1600, 250
_ZONE_BYTES = 40_000

# What objects of Python's own have beside what `sys.getsizeof` tells.
_BESIDE: dict[type, int] = {
    array.array: 80,
    collections.Counter: 100,
    collections.defaultdict: 100,
    collections.OrderedDict: 200,
    ipaddress.IPv4Interface: 1000,
    ipaddress.IPv4Network: 800,
    ipaddress.IPv6Interface: 1000,
    ipaddress.IPv6Network: 800,
    pathlib.PurePosixPath: 500,
    pathlib.PureWindowsPath: 500,
    pathlib.PosixPath: 500,
    types.SimpleNamespace: 100,
}

_MOST_OF_ONE_HASH = 1000


class Budget:
    """What one untrusted bundle may take.

    Args:
        size: of the bundle, in bytes.
    """

    def __init__(self, size: int) -> None:
        self._most = SMALL_TAKES if size < SMALL_BYTES else RATIO * size
        self._size = size
        self.taken = 0

    def charge(self, amount: int) -> None:
        """Count bytes that are about to be taken.

        Raises:
            HostileStateError: together with those before they are more than the bundle justifies.
        """
        self.taken += amount
        if self.taken > self._most:
            raise HostileStateError(
                f"more than {self._most >> 20} MiB, of a bundle of {self._size:,} bytes"
            )

    def charge_call(self, library: str | None, arguments: Iterable[Any]) -> None:
        """Count what a call may copy of its arguments, before it is made.

        Args:
            library: of what is called; PyArrow copies texts inside of containers as well.
            arguments: as the pickle gives them.
        """
        self.charge(_copied(arguments))  # each is looked at, however often they come
        for each in arguments:
            self.charge(_copied(each))
            if library == "pyarrow" and type(each) in (dict, list, tuple):
                self.charge(sum(map(_texts, each.items() if type(each) is dict else each)))

    def charge_state(self, state: Any) -> None:
        """Count what an object takes over of its state, before it is set; bytes are its items'."""
        self.charge(_copied(state))
        for part in state if type(state) is tuple else ():
            self.charge(0 if _is_text(part) else _copied(part))
            if getattr(part, "kind", "") == "T":  # NumPy copies each text, one that is shared too
                lists = (each for each in state if type(each) is list)
                self.charge(sum(4 * sum(map(len, filter(_is_text, each))) for each in lists))


def span_of(value: Any, library: str | None) -> int:
    """Return how many bytes a value that was made takes, or would if it were written out.

    Args:
        value: of a type of data.
        library: of its type: `numpy`, `pandas`, `pyarrow`, or None for Python's own.
    """
    kind = type(value)
    if is_array(value):
        return _array_span(value)
    if library == "numpy":
        members = len(getattr(value, "names", None) or ()) if hasattr(value, "itemsize") else 0
        return _ARRAY_BYTES + _MEMBER_BYTES * members + int(getattr(value, "nbytes", 0))
    if library == "pandas":
        if kind.__qualname__ in _SCALARS or kind.__module__.endswith(".offsets"):
            return _SCALAR_BYTES
        levels = int(getattr(value, "nlevels", 1))
        items = _length(value) * _length(getattr(value, "columns", "1"))
        return _PANDAS_BYTES + (levels - 1) * _LEVEL_BYTES + 8 * items * levels
    if library == "pyarrow":
        return _arrow_span(value)
    if kind.__module__ == "zoneinfo":
        return _ZONE_BYTES
    return sys.getsizeof(value) + _BESIDE.get(kind, 0)


class Collisions:
    """Keeps containers from having many keys of one hash, which take a time by their square.

    The hashes of numbers are no secret, so somebody can choose keys that Python has to compare
    with each other. Keys go in a thousand at a time, and are counted after each.
    """

    def __init__(self) -> None:
        # Of containers with more keys than may share a hash, by id; kept, so that none takes it.
        self._hashes: dict[int, tuple[Any, set[int]]] = {}

    def fill(self, target: Any, keys: Sequence[Any], add: Callable[[int, int], None]) -> None:
        """Put keys into a set or dictionary.

        Args:
            target: the container.
            keys: to be put in.
            add: puts those from one place to another in.

        Raises:
            HostileStateError: more keys than any honest container has share their hashes.
        """
        for start in range(0, len(keys), _MOST_OF_ONE_HASH):
            end = start + _MOST_OF_ONE_HASH
            add(start, end)
            if len(target) > _MOST_OF_ONE_HASH:
                self._check(target, keys[start:end])

    def check_items(self, items: Sequence[Any]) -> None:
        """Refuse what a call would make a set or dictionary of; see `fill`."""
        scratch: set[Any] = set()
        self.fill(scratch, items, lambda start, end: scratch.update(items[start:end]))
        self._hashes.pop(id(scratch), None)

    def _check(self, target: Any, added: Iterable[Any]) -> None:
        kept = self._hashes.get(id(target))
        if kept is None:
            kept = self._hashes[id(target)] = (target, set(map(hash, target)))
        seen = kept[1]
        seen.update(map(hash, added))
        if len(target) - len(seen) > _MOST_OF_ONE_HASH:
            raise HostileStateError("keys that share their hashes")


def _copied(value: Any) -> int:
    kind = type(value)
    if kind in (bytearray, bytes, str):
        return len(value)
    if kind is dict:
        return _KEY_BYTES * len(value)
    if kind in (collections.deque, frozenset, list, set, tuple):
        return _REFERENCE_BYTES * len(value)
    return 0


def _texts(value: Any) -> int:
    """Return the bytes of a text, of those of a pair, and of a member of a type."""
    parts = value if type(value) is tuple else (value,)
    return _MEMBER_BYTES + sum(len(part) for part in parts if _is_text(part))


def _is_text(value: Any) -> bool:
    return type(value) in (bytes, str)


def _array_span(value: Any) -> int:
    items = 1
    for side in value.shape:
        items *= max(side, 1)
    own: int = max(value.nbytes, items) + value.itemsize
    if is_array(value.base):  # it lies in the memory of another one, but for what is told twice
        own = max(0, own - value.base.nbytes)
    return _MASKED_BYTES + 3 * own if hasattr(value, "_mask") else _ARRAY_BYTES + own


def _arrow_span(value: Any) -> int:
    if not hasattr(value, "nbytes"):  # a type, field, schema or buffer
        members = int(getattr(value, "num_fields", 0)) or _length(value)
        return _CHILD_BYTES + _MEMBER_BYTES * (members if type(value).__name__ != "Buffer" else 0)
    children = int(getattr(getattr(value, "type", None), "num_fields", 1))
    try:
        size = int(value.nbytes)
    except (NotImplementedError, ValueError):
        size = 0  # PyArrow knows it of most kinds of arrays
    return _ARROW_BYTES + _CHILD_BYTES * children + max(size, _length(value))


def _length(value: Any) -> int:
    try:
        return len(value)
    except TypeError:  # of a scalar
        return 0
