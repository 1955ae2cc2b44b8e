"""Values as bytes that two kernels can compare: is this input what it was when the step ran?

Plain data is here, a library's values are what its rules say. What has no digest that cannot lie
has none, and no alarm is raised about it.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import pathlib
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import xxhash

from .looks import is_a, mro_of
from .rules import PLAIN_DIGESTS
from .types import class_name, is_own

Parts = Iterator[bytes | memoryview]

PLAIN = (
    *(int, float, complex, str, bytes, bool, type(None), type(Ellipsis), range, slice),
    *(datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo, decimal.Decimal),
    *(fractions.Fraction, pathlib.PurePath, uuid.UUID),
)
"""Types of values of which their text says all."""

# Most values are of these, and how they begin need not be made for each.
_ATOMS = {
    kind: f"{class_name(kind)}(".encode()
    for kind in (int, float, complex, str, bytes, bool, type(None))
}

MAX_ITEMS = 200_000
"""How many items, or parts, of one value are looked at."""


class NoDigestError(Exception):
    """A value is of a kind, or of a size, that is not compared."""


def hashed(parts: Iterable[bytes | memoryview]) -> str:
    """Return a digest of parts.

    Raises:
        NoDigestError: there are too many, or they cannot be had.
    """
    state = xxhash.xxh3_128()
    try:
        for count, part in enumerate(parts):
            if count > MAX_ITEMS:
                break
            state.update(part)
        else:
            return state.hexdigest()
    except (NoDigestError, KeyboardInterrupt):
        raise
    except BaseException as error:  # a value's own methods may raise anything
        raise NoDigestError from error
    raise NoDigestError


def as_text(value: Any, _: Callable[[Any], Parts]) -> Parts:
    """Yield a value's repr as its digest: a `Rule.digest` of values of which that says all."""
    yield repr(value).encode("utf-8", "surrogatepass")


def _text(value: Any) -> str:
    """Return the text of a plain value, past the code of the notebook's class that it may be of."""
    kind = next(each for each in mro_of(type(value)) if not is_own(each))
    if kind is type(value):
        return repr(value)
    if issubclass(kind, pathlib.PurePath):
        return repr(pathlib.PurePath.__reduce__(value)[1])
    return str(kind.__repr__(value))


def _no_parts(value: Any) -> Parts:
    raise NoDigestError


def value_parts(
    value: Any,
    other: Callable[[Any], Parts] = _no_parts,
    first: Callable[[Any], Parts | None] = lambda _: None,
) -> Parts:
    """Yield bytes that are equal for equal values, and for these only.

    Args:
        value: to be compared.
        other: yields those of what is no plain data, wherever in the value it is; without it there
            is no digest then.
        first: returns those of what is not to be looked at as here, also wherever it is.

    Raises:
        NoDigestError: of `other`, or an array holds objects.
    """
    atom = _ATOMS.get(type(value))
    if atom is not None:
        yield atom
        yield repr(value).encode("utf-8", "surrogatepass")
        yield b")"
        return
    found = first(value)
    if found is not None:
        yield from found
        yield b")"
        return
    kind = type(value)
    yield f"{class_name(kind)}(".encode()
    if is_a(value, enum.Enum):
        yield (value.name or repr(value.value)).encode()  # a flag without members has no name
    elif plain := PLAIN_DIGESTS.of_type(kind, ()):
        yield from plain[0](value)  # before plain values: a library's number may be a float as well
    elif is_a(value, PLAIN):
        yield _text(value).encode("utf-8", "surrogatepass")
    elif kind in (list, tuple):
        for item in value:
            yield from value_parts(item, other, first)
    elif kind is dict:
        yield from sorted(_joined(item, other, first) for item in value.items())
    elif kind in (set, frozenset):
        yield from sorted(_joined(item, other, first) for item in value)
    elif dataclasses.is_dataclass(kind):
        for field in dataclasses.fields(value):
            yield field.name.encode()
            yield from value_parts(getattr(value, field.name), other, first)
    else:
        yield from other(value)
    yield b")"


def _joined(
    value: Any, other: Callable[[Any], Parts], first: Callable[[Any], Parts | None]
) -> bytes:
    return b"".join(value_parts(value, other, first))
