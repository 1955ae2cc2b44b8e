"""What is done with pandas' frames, series, indexes and times."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from ...adapter.contract import Cells, Rule
from ...adapter.digest import MAX_ITEMS, NoDigestError, Parts, value_parts
from ...adapter.looks import module_of, mro_of, name_of
from ...adapter.types import class_name
from ...objects.buffers import array_parts

_Inner = Callable[[Any], Parts]

# What its objects are made of, beside objects of the user's.
_INNARDS = frozenset(("builtins", "numpy", "pandas", "pyarrow"))

_BASES = frozenset(("NDFrame", "Index", "ExtensionArray", "ExtensionDtype"))


def _root_of(kind: type) -> str:
    return module_of(kind).partition(".")[0]


def _is_pandas_own(kind: type) -> bool:
    return _root_of(kind) == "pandas"


def _is_labelled(kind: type) -> bool:
    pandas = sys.modules["pandas"]
    labelled = (pandas.DataFrame, pandas.Series, pandas.Index)
    return _is_pandas_own(kind) and issubclass(kind, labelled)


def _has_innards(kind: type) -> bool:
    return any(_root_of(base) == "pandas" and name_of(base) in _BASES for base in mro_of(kind))


def _is_table(kind: type) -> bool:
    pandas = sys.modules["pandas"]
    return kind in (pandas.DataFrame, pandas.Series)


def _is_time(kind: type) -> bool:
    return _is_pandas_own(kind) and name_of(kind) in ("Timestamp", "Timedelta")


def _labelled(value: Any, inner: _Inner) -> Parts:
    """Yield the parts of a frame, series or index with the names that these have."""
    import pandas as pd

    yield f"{class_name(type(value))}(".encode()
    if isinstance(value, pd.Series):
        yield from inner(value.name)
    axes = [value] if isinstance(value, pd.Index) else value.axes
    yield from inner([tuple(axis.names) for axis in axes])
    yield from _parts(value)


def _inner(value: Any, inner: _Inner) -> Parts:
    yield from _labelled(value, inner) if _is_labelled(type(value)) else _parts(value)


def _parts(value: Any) -> Parts:
    """Yield the parts of a frame, series or index; text columns by pandas' own hash."""
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        yield from _parts(value.columns)
        yield from _parts(value.index)
        for position in range(value.shape[1]):
            yield from _parts(value.iloc[:, position].array)
    elif isinstance(value, pd.Series):
        yield from _parts(value.index)
        yield from _parts(value.array)
    elif isinstance(value, (pd.Index, pd.api.extensions.ExtensionArray)):
        yield f"{value.dtype} {len(value)}".encode()
        dtype = getattr(value, "dtype", None)
        if getattr(dtype, "kind", "O") in "biufcmM":
            yield from array_parts(value.to_numpy())
        elif len(value) <= MAX_ITEMS:
            items = pd.Index(value).to_numpy(dtype=object)
            try:
                yield from array_parts(pd.util.hash_array(items))
            except TypeError:  # lists, dictionaries or arrays are among them
                for item in items:
                    yield from value_parts(item)
        else:
            raise NoDigestError
    else:
        text = repr(value)
        if " at 0x" in text:  # a group, a style, a reader: no data
            raise NoDigestError
        yield text.encode()


def _key(time: Any, _: Callable[[Any], Any]) -> Any:
    return {type(time).__name__: [str(getattr(time, "tz", None)), time.isoformat()]}


def _holds_objects(dtype: Any) -> bool:
    """Return whether a column's data type is NumPy's of any objects; texts have pandas' own."""
    return bool(dtype.kind == "O" and _root_of(type(dtype)) == "numpy")


def _objects(labelled: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Yield the objects in a frame's or a series' columns of objects."""
    if labelled.ndim == 1:
        if _holds_objects(labelled.dtype):
            for row, item in enumerate(labelled.array):
                yield (row,), item
        return
    for column, dtype in enumerate(labelled.dtypes):
        if _holds_objects(dtype):
            for row, item in enumerate(labelled.iloc[:, column].array):
                yield (row, column), item


def _object_at(labelled: Any, *place: int) -> Any:
    if len(place) != labelled.ndim:
        raise LookupError("no such axes")
    return labelled.iat[place]


def _is_closed(value: Any) -> bool:
    """Return whether a value is pandas' own and holds no object of the user's."""
    if not _is_pandas_own(type(value)) or getattr(value, "attrs", None):
        return False
    dtypes = value.dtypes if value.ndim == 2 else [value.dtype]
    return not any(map(_holds_objects, dtypes))


RULES = (
    Rule(applies=_is_labelled, digest=_labelled),
    Rule(applies=_is_pandas_own, plain_digest=_parts),
    Rule(applies=_has_innards, inner_digest=_inner, innards=_INNARDS, closed=_is_closed),
    Rule(applies=_is_table, cells=Cells(step="v", every=_objects, at=_object_at)),
    Rule(applies=_is_time, key=_key),
)
