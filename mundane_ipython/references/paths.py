"""Paths from a value to an object inside it: keys, positions, attributes, closures.

A path says where an object is, not the how-manieth it is, and so it means the same in a kernel
where sets have another order and caches are filled. To find or follow one runs no code of the
user's: everything is read past properties, `__getattr__` and `__eq__`.
"""

from __future__ import annotations

import collections
import functools
import types
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from ..adapter.looks import bases_of, guarded, instance_dict, members_of, module_of
from ..adapter.rules import CELLS
from ..adapter.types import is_own
from .holding import (
    attribute_of,
    keeps_attributes,
    keeps_items,
    slots_of,
)
from .keys import NoKeyError, written, written_text

Step = tuple[Any, ...]
Path = tuple[Step, ...]

# A search ends after so many objects, some tenths of a second.
_MAX_OBJECTS = 200_000

# A linked list has an end; a path of this length is written in some kilobytes.
_MAX_STEPS = 100

_ROWS = (list, tuple, collections.deque)
_LEAVES: frozenset[type] = frozenset(
    (
        *(int, float, complex, str, bytes, bytearray, bool, type(None), type(Ellipsis)),
        *(range, slice, set, frozenset),
        *(types.ModuleType, types.CodeType, types.GeneratorType),
    )
)


def find_paths(
    value: Any, wanted: Set[int], namespace: Mapping[str, Any], *, certain: bool
) -> dict[int, Path]:
    """Return the shortest paths to objects inside a value, by the ids of those that have one.

    Args:
        value: from which the paths go.
        wanted: ids of objects that are alive.
        namespace: the user namespace.
        certain: whether to take only steps that lead to the same in the value's copy, whatever
            code its class has: the pickles of the holders on the way keep these.
    """
    found: dict[int, Path] = {}
    # Each object, how it was reached, and from where; all stay alive, and with them their ids.
    met: dict[int, tuple[Any, int, Step]] = {id(value): (value, 0, ())}
    todo = collections.deque([(value, 0)])
    left = set(wanted)
    while todo and left:
        holder, depth = todo.popleft()
        for step, part, is_certain in _branches(holder, left, namespace):
            if id(part) in met or (certain and not is_certain):
                continue
            met[id(part)] = (part, id(holder), step)
            if id(part) in left:
                left.discard(id(part))
                found[id(part)] = _path_to(id(part), met)
            if depth < _MAX_STEPS:
                todo.append((part, depth + 1))
        if len(met) > _MAX_OBJECTS:
            break
    return found


def _branches(
    holder: Any, wanted: Set[int], namespace: Mapping[str, Any]
) -> list[tuple[Step, Any, bool]]:
    """Return the parts of a holder that are wanted, or from which a path may go on."""

    def look() -> list[tuple[Step, Any, bool]]:
        return [
            each
            for each in parts_of(holder, namespace)
            if id(each[1]) in wanted or type(each[1]) not in _LEAVES
        ]

    return guarded(look, [])


def _path_to(identity: int, met: Mapping[int, tuple[Any, int, Step]]) -> Path:
    steps: list[Step] = []
    while met[identity][2]:
        _, holder, step = met[identity]
        steps.append(step)
        identity = holder
    return tuple(reversed(steps))


def parts_of(value: Any, namespace: Mapping[str, Any]) -> Iterator[tuple[Step, Any, bool]]:  # noqa: C901 (a case for each kind)
    """Yield what a value holds: the step that leads there, the part, and whether it is certain.

    Args:
        value: the holder.
        namespace: the user namespace: functions with these globals keep their closures.
    """
    kind = type(value)
    if kind in _LEAVES:
        return
    if issubclass(kind, dict):
        yield from _items(value, keeps_items(kind))
    elif issubclass(kind, _ROWS):
        base = next(each for each in _ROWS if issubclass(kind, each))
        kept = keeps_items(kind)
        for position, item in enumerate(base.__iter__(value)):
            yield ("i", position), item, kept
    elif issubclass(kind, types.FunctionType):
        yield from _parts_of_function(value, value.__globals__ is namespace)
    elif issubclass(kind, (types.MethodType, types.BuiltinMethodType)):
        yield ("m",), value.__self__, True
        if issubclass(kind, types.MethodType):
            yield ("f",), value.__func__, True
    elif kind is functools.partial:
        yield ("f",), value.func, True
        for position, item in enumerate(value.args):
            yield ("p", position), item, True
        yield from ((("q", name), item, True) for name, item in value.keywords.items())
    elif issubclass(kind, type):
        yield from _members(value)
        for position, above in enumerate(bases_of(value)):
            if is_own(above):
                yield ("b", position), above, True
        return
    for cells in CELLS.of_type(kind, ()):
        yield from (((cells.step, *place), item, True) for place, item in cells.every(value))
    attributes = instance_dict(value)
    if attributes is not None:
        kept = keeps_attributes(kind)
        for name, item in list(attributes.items()):
            if type(name) is str:
                yield ("a", name), item, kept
    for name, item, kept in slots_of(value):
        yield ("a", name), item, kept


def _items(value: dict[Any, Any], kept: bool) -> Iterator[tuple[Step, Any, bool]]:
    for key, item in list(dict.items(value)):
        if type(item) in _LEAVES:
            continue
        try:
            yield ("k", written(key)), item, kept
        except NoKeyError:
            continue


def _parts_of_function(function: Any, kept: bool) -> Iterator[tuple[Step, Any, bool]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield ("c", name), cell.cell_contents, kept
        except ValueError:  # still empty
            continue
    for position, item in enumerate(function.__defaults__ or ()):
        yield ("d", position), item, kept
    for name, item in (function.__kwdefaults__ or {}).items():
        yield ("w", name), item, kept


def _members(kind: type) -> Iterator[tuple[Step, Any, bool]]:
    if not is_own(kind):
        return
    plain = type(kind) is type or module_of(type(kind)) == "abc"
    for name, member in list(members_of(kind).items()):
        if not (name.startswith("__") and name.endswith("__")):
            yield ("a", name), member, plain


class Follower:
    """Follows paths; what it learns of a dictionary's keys is good for all that lead through it."""

    def __init__(self) -> None:
        # By id, with the dictionary, whose id is so no other one's: its items by their keys' texts,
        # None where all keys are strings.
        self._by_text: dict[int, tuple[Any, dict[str, Any] | None]] = {}

    def follow(self, value: Any, path: Any) -> Any:
        """Return the object at the end of a path.

        Args:
            value: from which it goes.
            path: its steps, as they come out of JSON.

        Raises:
            LookupError: it does not lead anywhere, or is none.
        """
        if type(path) is not list or len(path) > 2 * _MAX_STEPS:
            raise LookupError("no path")
        for step in path:
            if type(step) is not list or not step or type(step[0]) is not str:
                raise LookupError("no step")
            name, *rest = step
            take = _TAKE.get(name)
            if name == "k" and len(rest) == 1:
                value = self._item(value, rest[0])
            else:
                try:
                    value = take(value, *rest) if take else _in_library(value, name, rest)
                except Exception as error:
                    raise LookupError(f"nothing at {step}") from error
        return value

    def _item(self, value: Any, key: Any) -> Any:
        if not issubclass(type(value), dict):
            raise LookupError("no dictionary")  # noqa: TRY004 (what is found is another thing)
        if id(value) not in self._by_text:
            self._by_text[id(value)] = (value, _by_text(value))
        by_text = self._by_text[id(value)][1]
        if by_text is not None:
            return by_text[written_text(key)]
        if type(key) is not str:
            raise LookupError("all keys are strings")
        return dict.__getitem__(value, key)


def _by_text(value: dict[Any, Any]) -> dict[str, Any] | None:
    if all(type(key) is str for key in dict.keys(value)):
        return None
    found = {}
    for key, item in dict.items(value):
        try:
            found[written_text(written(key))] = item
        except NoKeyError:
            continue
    return found


def _position(number: Any, size: int) -> int:
    if type(number) is not int or not 0 <= number < size:
        raise LookupError("no position")
    return number


def _row(value: Any, number: Any) -> Any:
    base = next((each for each in _ROWS if issubclass(type(value), each)), None)
    if base is None:
        raise LookupError(f"a {type(value).__qualname__} has no positions")
    return base.__getitem__(value, _position(number, base.__len__(value)))


def _attribute(value: Any, name: Any) -> Any:
    if issubclass(type(value), type):
        return {step[1]: part for step, part, _ in _members(value)}[name]
    return attribute_of(value, name)


def _cell(value: Any, name: Any) -> Any:
    position = value.__code__.co_freevars.index(name)
    return value.__closure__[position].cell_contents


def _default(value: Any, number: Any) -> Any:
    return value.__defaults__[_position(number, len(value.__defaults__))]


def _in_library(value: Any, step: str, place: Sequence[Any]) -> Any:
    cells = next((each for each in CELLS.of(value, ()) if each.step == step), None)
    if cells is None:
        raise LookupError(f"a step {step!r}")
    if not all(type(number) is int and number >= 0 for number in place):
        raise LookupError("no position")
    return cells.at(value, *place)


def _of(*kinds: type) -> Any:
    """Return a decorator-like check that a step starts at one of some types."""

    def checked(take: Any) -> Any:
        def take_checked(value: Any, *rest: Any) -> Any:
            if not issubclass(type(value), kinds):
                raise LookupError("no such part")  # noqa: TRY004 (what is found is another thing)
            return take(value, *rest)

        return take_checked

    return checked


_METHODS = (types.MethodType, types.BuiltinMethodType)
_function = _of(types.FunctionType)
_partial = _of(functools.partial)

_TAKE: dict[str, Any] = {
    "i": _row,
    "a": _attribute,
    "c": _function(_cell),
    "d": _function(_default),
    "w": _function(lambda value, name: value.__kwdefaults__[name]),
    "m": _of(*_METHODS)(lambda value: value.__self__),
    "f": _of(types.MethodType, functools.partial)(
        lambda value: value.__func__ if isinstance(value, types.MethodType) else value.func
    ),
    "p": _partial(lambda value, n: value.args[_position(n, len(value.args))]),
    "q": _partial(lambda value, name: value.keywords[name]),
    "b": _of(type)(lambda value, n: bases_of(value)[_position(n, len(bases_of(value)))]),
}
