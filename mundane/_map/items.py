"""The items of a map: each with its key and the name of its row, which is claimed.

Items are taken one by one, so that a million of a generator's are never in memory together. Where
they lie there already (a list, a range), all names are claimed before the first item is taken.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, MappingView, Sequence, Set
from typing import Any

from .._names import check_name
from .._pass import Pass, Row
from ..errors import InvalidNameError, show

Key = str | int
Keys = Callable[[Any], Key] | Iterable[Key] | None

# What can be gone through twice, and at once. Others may be read from a network as they come.
_LYING_THERE = (Sequence, Set, Mapping, MappingView)

_END = object()


class Item:
    """One item of a map.

    Attributes:
        position: which one it is, from 0.
        key: what tells it from the others, as given.
        name: of its row.
        value: what the function is called with.
        row: its row in the file, None where it has none yet.
    """

    __slots__ = ("key", "name", "position", "row", "value")

    def __init__(self, position: int, key: Key, name: str, value: Any, row: Row | None) -> None:
        self.position = position
        self.key = key
        self.name = name
        self.value = value
        self.row = row


class Items:
    """The items of one map, in order; an iterator of `Item`.

    Args:
        steps: where names are claimed.
        name: of the map.
        items: what the caller gave.
        keys: None for the index, a function of the item, or one key for each item.

    Attributes:
        total: how many there are; None where that cannot be told.
        slow: whether the next item may be long in coming.

    Raises:
        InvalidNameError, DuplicateStepError, StepKindError, ValueError: of all items, where they
            lie there, and no name is claimed. Else of one item, by the iteration.
    """

    def __init__(self, steps: Pass, name: str, items: Iterable[Any], keys: Keys) -> None:
        check_name(name)
        if isinstance(keys, (str, bytes)):
            raise TypeError("map: keys is a function of the item, or a list of one key for each")
        self._steps = steps
        self._name = name
        self._where = f"by this map or before it: the keys of map {name!r} must differ"
        self._names: list[str] = []
        self._taken = 0
        self.total = _length(items)
        self.slow = not isinstance(items, _LYING_THERE)
        if self.slow or not (keys is None or callable(keys) or isinstance(keys, _LYING_THERE)):
            self._items = self._claim_each(_with_keys(items, keys))
            return
        if keys is None:
            keys = range(self.total or 0)
        elif callable(keys):
            keys = [keys(item) for item in items]
        self._names = [self._row_name(key) for key in keys]
        if len(self._names) != self.total:
            raise ValueError(f"map {name!r}: {self.total} items, but {len(self._names)} keys")
        steps.claim_all(self._names, "step", self._where)
        self._items = self._claimed(_with_keys(items, keys))

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        return next(self._items)

    def give_back(self) -> None:
        """Release the names of the items that were not taken; there are no more items then."""
        self._steps.release(self._names[self._taken :])
        self._items = iter(())

    def _claimed(self, pairs: Iterator[tuple[Key, Any]]) -> Iterator[Item]:
        rows = self._steps.rows
        for position, ((key, value), name) in enumerate(zip(pairs, self._names, strict=True)):
            self._taken = position + 1
            yield Item(position, key, name, value, rows.get(name))

    def _claim_each(self, pairs: Iterator[tuple[Key, Any]]) -> Iterator[Item]:
        count = 0
        for key, value in pairs:
            name = self._row_name(key)
            row = self._steps.claim(name, "step", self._where)
            yield Item(count, key, name, value, row)
            count += 1
        self.total = count

    def _row_name(self, key: Key) -> str:
        if type(key) is not int and not (isinstance(key, str) and key):
            try:
                key = operator.index(key)  # type: ignore[arg-type]  # NumPy's integers
            except TypeError:
                raise InvalidNameError(show(key)) from None
        return f"{self._name}.{key}"


def _with_keys(items: Iterable[Any], keys: Keys) -> Iterator[tuple[Key, Any]]:
    if keys is None:
        yield from enumerate(items)
    elif callable(keys):
        for item in items:
            yield keys(item), item
    else:
        rest = iter(keys)
        for item in items:
            key = next(rest, _END)
            if key is _END:
                raise ValueError("map: there are fewer keys than items")
            yield key, item  # type: ignore[misc]  # not the end
        if next(rest, _END) is not _END:
            raise ValueError("map: there are more keys than items")


def _length(items: Iterable[Any]) -> int | None:
    try:
        return len(items)  # type: ignore[arg-type]  # asked, not known
    except TypeError:
        return None
