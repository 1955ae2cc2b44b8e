"""pandas' frames and indexes out of an untrusted pickle, made without trusting their state.

pandas sets a pickled state as it is, and its code in C then takes the state's word for where items
lie: the codes of a MultiIndex, the places of a block. Here each object is made when all its parts
are there, by pandas' public constructor where that checks them, else after they are checked here.
Nothing is copied that pandas itself would not copy.
"""

from __future__ import annotations

import datetime
import importlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ...adapter.placeholder import Placeholder, parts_of
from ...adapter.refusals import HostileStateError, need
from ...objects.arrays import is_array
from . import columns as safecolumns
from .columns import (
    OFFSETS,
    check_codes,
    check_column,
    check_frequency,
    is_class,
    is_values,
)

# What units of time pandas has: NPY_DATETIMEUNIT's, from seconds to nanoseconds.
_UNITS = range(7, 11)

# Their places are written out, several times over, to be compared.
_MOST_COLUMNS = 1 << 20
# Each is made an index of its own, where one index stands in many places too.
_MOST_LEVELS = 1000

# Classes that a pickle calls by themselves: pandas' constructors check what these are made of.
_CALLED = frozenset(("FrozenList", "Interval", "Period", "PeriodDtype", "StringDtype"))

INDEX_MAKERS = {
    "_new_Index": "base",
    "_new_DatetimeIndex": "datetimes",
    "_new_IntervalIndex": "interval",
    "_new_TimedeltaIndex": "timedeltas",
}
"""pandas' functions that make an index of its pickled state, and their module in its indexes."""


def is_called(kind: type) -> bool:
    """Return whether pandas pickles objects of a class of its own as a call of the class."""
    return kind.__qualname__ in _CALLED or kind.__module__ == OFFSETS


def is_without_state(kind: type) -> bool:
    """Return whether what objects of a class have is kept for speed alone, as Int64Dtype's is."""
    dtypes: Any = importlib.import_module("pandas.core.dtypes.dtypes")
    return issubclass(kind, dtypes.BaseMaskedDtype)


def placeholder_object(kind: Any) -> Any:
    """Return what stands for an object of one of pandas' classes, until it has its state.

    Raises:
        HostileStateError: no object of this class is pickled so.
    """
    make = _MAKERS.get(kind.__qualname__)
    if make is not None:
        return Placeholder(partial(make, kind))
    if is_without_state(kind):
        return kind()
    raise HostileStateError(f"a {kind.__qualname__}")


def index_of(maker: str, kind: Any, state: Any) -> Any:
    """Return an index, in place of one of pandas' functions `_new_Index` and the like.

    Args:
        maker: that function's name.
        kind: the index's class.
        state: its parts by name.

    Raises:
        HostileStateError: its parts do not fit each other.
    """
    pd: Any = importlib.import_module("pandas")
    need(is_class(kind, pd.Index), "an index")
    need(type(state) is dict and state.keys() <= _INDEX_PARTS, "an index's state")
    if kind is pd.MultiIndex:
        _check_multi_index(state)
    elif kind is pd.IntervalIndex:
        for side in (state.get("left"), state.get("right")):
            if not isinstance(side, pd.Index) or isinstance(side, (pd.MultiIndex, pd.RangeIndex)):
                check_column(side)
    elif kind is not pd.RangeIndex:
        check_column(state.get("data"))
        wanted = _INDEX_DATA.get(kind.__qualname__)
        need(wanted in (None, type(state["data"]).__qualname__), "an index's data")
    check_frequency(state.get("freq"))
    module = importlib.import_module(f"pandas.core.indexes.{INDEX_MAKERS[maker]}")
    return getattr(module, maker)(kind, dict(state))


def block_of(values: Any, places: Any, ndim: Any) -> Any:
    """Return a block of columns, in place of `pandas._libs.internals._unpickle_block`.

    Raises:
        HostileStateError: it does not have as many columns as places for them.
    """
    internals: Any = importlib.import_module("pandas._libs.internals")
    need(type(places) is slice or is_array(places), "a block's places")
    need(type(ndim) is int and ndim == 2 and is_values(values), "a block")
    need(not is_array(values) or values.ndim == 2, "a block's values")
    columns = len(values) if values.ndim == 2 else 1
    need(len(internals.BlockPlacement(places)) == columns, "a block's places")
    block = internals._unpickle_block(values, places, ndim)
    need(block.ndim == 2 and len(block.shape) == 2, "a block's values")
    return block


def manager_of(blocks: Any, axes: Any) -> Any:
    """Return what a frame consists of, in place of `BlockManager`.

    Raises:
        HostileStateError: the blocks are not the columns of the axes.
    """
    pd: Any = importlib.import_module("pandas")
    np: Any = importlib.import_module("numpy")
    internals: Any = importlib.import_module("pandas._libs.internals")
    managers: Any = importlib.import_module("pandas.core.internals.managers")
    need(type(blocks) is tuple and type(axes) is list and len(axes) == 2, "a frame's parts")
    need(all(isinstance(axis, pd.Index) for axis in axes), "a frame's axes")
    need(all(isinstance(block, internals.Block) for block in blocks), "a frame's blocks")
    columns, rows = map(len, axes)
    need(columns <= _MOST_COLUMNS, "a frame's columns")
    need(all(b.shape == (len(b.mgr_locs), rows) for b in blocks), "the shape of a frame's blocks")
    places = [block.mgr_locs.as_array for block in blocks]
    every = np.sort(np.concatenate(places)) if places else np.empty(0, int)
    need(np.array_equal(every, np.arange(columns)), "the places of a frame's blocks")
    return managers.BlockManager(blocks, axes)


def timestamp(value: Any, freq: Any, zone: Any, unit: Any = _UNITS[-1]) -> Any:
    """Return a Timestamp, in place of `_unpickle_timestamp`; pandas 1 wrote no unit.

    Raises:
        HostileStateError: pandas has no such unit.
    """
    module: Any = importlib.import_module("pandas._libs.tslibs.timestamps")
    need(type(value) is int and freq is None and unit in _UNITS, "a Timestamp")
    need(zone is None or isinstance(zone, datetime.tzinfo), "a Timestamp's zone")
    return module._unpickle_timestamp(value, freq, zone, unit)


def timedelta(value: Any, unit: Any) -> Any:
    """Return a Timedelta, in place of `_timedelta_unpickle`.

    Raises:
        HostileStateError: pandas has no such unit.
    """
    module: Any = importlib.import_module("pandas._libs.tslibs.timedeltas")
    need(type(value) is int and unit in _UNITS, "a Timedelta")
    return module._timedelta_unpickle(value, unit)


def _check_multi_index(state: Mapping[str, Any]) -> None:
    pd: Any = importlib.import_module("pandas")
    levels, codes = state.get("levels"), state.get("codes")
    for parts in (levels, codes):
        need(isinstance(parts, (list, tuple)), "a MultiIndex")
    assert levels is not None and codes is not None  # noqa: PT018 (for mypy)
    need(len(levels) == len(codes) <= _MOST_LEVELS, "a MultiIndex")
    names = state.get("names", ())
    need(isinstance(names, (list, tuple)) and len(names) in (0, len(levels)), "names of levels")
    for level, places in zip(levels, codes, strict=True):
        need(isinstance(level, pd.Index) and not isinstance(level, pd.MultiIndex), "a level")
        check_codes(places, len(level))
    need(len({len(places) for places in codes}) == 1, "codes of several lengths")


def _frame(kind: Any, state: Any) -> Any:
    managers: Any = importlib.import_module("pandas.core.internals.managers")
    parts = parts_of(state, "_mgr", "_typ _metadata attrs _flags _name")
    wanted = managers.SingleBlockManager if kind._typ == "series" else managers.BlockManager
    need(type(parts["_mgr"]) is wanted and parts.get("_typ") == kind._typ, "a frame's state")
    need(type(parts.get("attrs", {})) is dict, "a frame's attributes")
    hash(parts.get("_name"))
    frame = kind.__new__(kind)
    # What `_metadata` names would be set whatever it is; a class of pandas' own knows its names.
    frame.__setstate__({name: part for name, part in parts.items() if name != "_metadata"})
    return frame


def _series_manager(kind: Any, state: Any) -> Any:
    pd: Any = importlib.import_module("pandas")
    need(type(state) is tuple and len(state) == 4 and type(state[3]) is dict, "a series")
    parts = parts_of(state[3].get("0.14.1"), "axes blocks")
    (axis,), (block,) = parts["axes"], parts["blocks"]
    values = block["values"]
    check_column(values)
    need(isinstance(axis, pd.Index) and len(axis) == len(values), "a series' length")
    manager = kind.__new__(kind)
    place = {"values": values, "mgr_locs": slice(0, len(values), 1)}
    manager.__setstate__((None, None, None, {"0.14.1": {"axes": [axis], "blocks": [place]}}))
    return manager


_INDEX_PARTS = frozenset(
    ("data", "name", "names", "levels", "codes", "sortorder", "start", "stop", "step")
) | {"left", "right", "closed", "freq"}

_INDEX_DATA = {
    "CategoricalIndex": "Categorical",
    "DatetimeIndex": "DatetimeArray",
    "PeriodIndex": "PeriodArray",
    "TimedeltaIndex": "TimedeltaArray",
}

_MAKERS: dict[str, Callable[[Any, Any], Any]] = {
    "DataFrame": _frame,
    "Series": _frame,
    "SingleBlockManager": _series_manager,
    **safecolumns.MAKERS,
}
