"""Kinds of values that are compared more closely, or at all, since digests are exact.

Records of versions before have none of these, and of theirs nothing here is asked: a name of a
series that they did not note would be a difference in each.
"""

from __future__ import annotations

import collections
import re
import types
from collections.abc import Callable, Iterator
from typing import Any

from ..adapter.digest import NoDigestError, Parts
from ..adapter.looks import members_of, mro_of, qualname_of
from ..adapter.rules import DIGESTS
from ..adapter.types import PerType, class_name

_Inner = Callable[[Any], Parts]
_Maker = Callable[[Any, _Inner], Parts]


def exact_parts(value: Any, inner: _Inner) -> Parts | None:
    """Return parts as `digest.value_parts` does, None where they are what it yields itself.

    Args:
        value: to be compared.
        inner: yields the parts of what is in it.
    """
    maker = _MAKERS[type(value)]
    return None if maker is _left_to_others else maker(value, inner)


def slots_of(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an instance has in `__slots__`, those of all its classes, by class and name."""
    for kind in mro_of(type(value)):
        for name, member in members_of(kind).items():
            if type(member) is types.MemberDescriptorType:
                try:
                    yield f"{qualname_of(kind)}.{name}", member.__get__(value)
                except AttributeError:  # not set
                    continue


def _left_to_others(value: Any, inner: _Inner) -> Parts:
    raise NoDigestError


def _dict(value: dict[Any, Any], inner: _Inner) -> Parts:
    yield f"{class_name(type(value))} {len(value)}(".encode()
    # One part each of those that are counted.
    items = [b"".join((*inner(key), *inner(item))) for key, item in value.items()]
    # A dictionary that was made of a set has another order in each kernel.
    yield from items if type(value) is collections.OrderedDict else sorted(items)


def _defaultdict(value: collections.defaultdict[Any, Any], inner: _Inner) -> Parts:
    yield from inner(value.default_factory)
    yield from _dict(value, inner)


def _deque(value: collections.deque[Any], inner: _Inner) -> Parts:
    yield f"deque {value.maxlen} {len(value)}(".encode()
    for item in value:
        yield from inner(item)


def _named_tuple(value: Any, inner: _Inner) -> Parts:
    yield f"{class_name(type(value))} {value._fields}(".encode("utf-8", "surrogatepass")
    yield from inner(tuple(value))
    yield from inner(vars(value) if type(value).__dictoffset__ else {})


def _pattern(value: re.Pattern[Any], inner: _Inner) -> Parts:
    yield f"pattern {value.flags}".encode()
    yield from inner(value.pattern)


_BY_KIND: dict[type, _Maker] = {
    dict: _dict,
    collections.Counter: _dict,
    collections.OrderedDict: _dict,
    collections.defaultdict: _defaultdict,
    collections.deque: _deque,
    re.Pattern: _pattern,
}


def _maker_of(kind: type) -> _Maker:
    if issubclass(kind, tuple) and isinstance(getattr(kind, "_fields", None), tuple):
        return _named_tuple
    of_library: tuple[_Maker, ...] = DIGESTS[kind]
    return of_library[0] if of_library else _BY_KIND.get(kind, _left_to_others)


_MAKERS: PerType[_Maker] = PerType(_maker_of)
