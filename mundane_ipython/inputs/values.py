"""Values as bytes that two kernels can compare: is this input what it was when the step ran?

Only what has a digest that cannot lie is compared: plain data, arrays and frames here, functions,
classes and their instances in `code`. Anything else has none, and no alarm is raised about it.
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

from ..adapter.looks import is_a, module_of, mro_of
from ..adapter.types import class_name, is_own

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

_MAX_ITEMS = 200_000
_MAX_SHOWN = 40


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
            if count > _MAX_ITEMS:
                break
            state.update(part)
        else:
            return state.hexdigest()
    except (NoDigestError, KeyboardInterrupt):
        raise
    except BaseException as error:  # a value's own methods may raise anything
        raise NoDigestError from error
    raise NoDigestError


def shown(value: Any) -> str | None:
    """Return a small plain value as text, None for any other."""
    if any(type(value) is kind for kind in (int, float, complex, str, bool, type(None))):
        if type(value) is int and value.bit_length() > 4 * _MAX_SHOWN:
            return None  # Python refuses to write out the largest
        text = repr(value)
        return text if len(text) <= _MAX_SHOWN else None
    return None


def _text(value: Any) -> str:
    """Return the text of a plain value, past the code of the notebook's class that it may be of."""
    kind = next(each for each in mro_of(type(value)) if not is_own(each))
    if kind is type(value):
        return repr(value)
    if issubclass(kind, pathlib.PurePath):
        return repr(pathlib.PurePath.__reduce__(value)[1])
    return str(kind.__repr__(value))


def value_parts(  # noqa: C901 (a case for each kind of value)
    value: Any,
    other: Callable[[Any], Parts],
    first: Callable[[Any], Parts | None] = lambda _: None,
) -> Parts:
    """Yield bytes that are equal for equal values, and for these only.

    Args:
        value: to be compared.
        other: yields those of what is no plain data, wherever in the value it is.
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
    module = module_of(kind)
    if is_a(value, enum.Enum):
        yield (value.name or repr(value.value)).encode()  # a flag without members has no name
    elif module == "numpy" and hasattr(value, "dtype"):
        yield from array_parts(value)  # before plain values: numpy.float64 is a float as well
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
    elif module.partition(".")[0] == "pandas":
        yield from pandas_parts(value)
    else:
        yield from other(value)
    yield b")"


def _joined(
    value: Any, other: Callable[[Any], Parts], first: Callable[[Any], Parts | None]
) -> bytes:
    return b"".join(value_parts(value, other, first))


def array_parts(array: Any) -> Parts:
    """Yield the parts of an array or a number of numpy.

    Raises:
        NoDigestError: it holds objects.
    """
    import numpy as np

    if array.dtype.hasobject:
        raise NoDigestError
    yield f"{array.dtype} {array.shape}".encode()
    yield np.ascontiguousarray(array).view(np.uint8).data if array.size else b""


def _no_parts(value: Any) -> Parts:
    raise NoDigestError


def pandas_parts(value: Any) -> Parts:
    """Yield the parts of a frame, series or index; text columns by pandas' own hash."""
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        yield from pandas_parts(value.columns)
        yield from pandas_parts(value.index)
        for position in range(value.shape[1]):
            yield from pandas_parts(value.iloc[:, position].array)
    elif isinstance(value, pd.Series):
        yield from pandas_parts(value.index)
        yield from pandas_parts(value.array)
    elif isinstance(value, (pd.Index, pd.api.extensions.ExtensionArray)):
        yield f"{value.dtype} {len(value)}".encode()
        dtype = getattr(value, "dtype", None)
        if getattr(dtype, "kind", "O") in "biufcmM":
            yield from array_parts(value.to_numpy())
        elif len(value) <= _MAX_ITEMS:
            items = pd.Index(value).to_numpy(dtype=object)
            try:
                yield from array_parts(pd.util.hash_array(items))
            except TypeError:  # lists, dictionaries or arrays are among them
                for item in items:
                    yield from value_parts(item, _no_parts)
        else:
            raise NoDigestError
    else:
        text = repr(value)
        if " at 0x" in text:  # a group, a style, a reader: no data
            raise NoDigestError
        yield text.encode()
