"""pandas' arrays and dtypes out of an untrusted pickle, made without trusting their state.

pandas sets a pickled state as it is, and its code in C then takes the state's word: the codes for
places in the categories, the dtype beside an array for what is in it. Here each is made when all
its parts are there, by pandas' public constructor where that checks them, else after they are
checked here. No array is copied.
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

OFFSETS = "pandas._libs.tslibs.offsets"
"""Where pandas keeps its frequencies."""


def placeholder_backed(kind: Any, checksum: Any, state: Any) -> Placeholder:
    """Stand for an array on a NumPy array, in place of `__pyx_unpickle_NDArrayBacked`.

    Raises:
        HostileStateError: no array of pandas is pickled so.
    """
    arrays: Any = importlib.import_module("pandas._libs.arrays")
    need(is_class(kind, arrays.NDArrayBacked) and state is None, "an array")
    return Placeholder(partial(_backed, kind, checksum))


def placeholder_intervals(kind: Any, checksum: Any, state: Any) -> Placeholder:
    """Stand for an array of intervals, in place of `__pyx_unpickle_IntervalMixin`.

    Raises:
        HostileStateError: no array of pandas is pickled so.
    """
    pd: Any = importlib.import_module("pandas")
    need(kind is pd.arrays.IntervalArray and type(checksum) is int and state is None, "intervals")
    return Placeholder(partial(_intervals, kind))


def sparse_index(name: str, length: Any, *bounds: Any) -> Any:
    """Return where the values of a sparse array lie, in place of pandas' class of this name.

    Raises:
        HostileStateError: its bounds are no arrays, or too many.
    """
    sparse: Any = importlib.import_module("pandas._libs.sparse")
    need(type(length) is int and length >= 0, "a sparse array's length")
    need(len(bounds) == (1 if name == "IntIndex" else 2), "a sparse array's places")
    need(all(_is_integers(array) for array in bounds), "a sparse array's places")
    return getattr(sparse, name)(length, *bounds)


def is_class(kind: Any, base: type) -> bool:
    """Return whether something is a class that is a subclass of another."""
    return isinstance(kind, type) and issubclass(kind, base)


def is_values(values: Any) -> bool:
    """Return whether something is an array, of NumPy or of pandas."""
    pd: Any = importlib.import_module("pandas")
    return is_array(values) or isinstance(values, pd.api.extensions.ExtensionArray)


def _is_integers(array: Any) -> bool:
    return (
        is_array(array)
        and array.ndim == 1
        and array.dtype.kind == "i"
        and bool(array.dtype.isnative)
    )


def _with_lock(array: Any, parts: Mapping[str, Any]) -> Any:
    """Return an array that an index of pandas 3 holds, and that is then not to be written to."""
    if "_readonly" in parts:
        array._readonly = parts["_readonly"] is True
    return array


def check_column(values: Any) -> None:
    """Refuse what is no array of one dimension."""
    need(is_values(values) and values.ndim == 1, "a column's values")


def check_codes(codes: Any, count: int) -> None:
    """Refuse codes that do not all stand for one of `count` values, or for none as -1 does."""
    need(_is_integers(codes), "codes")
    need(not codes.size or (codes.min() >= -1 and codes.max() < count), "codes out of range")


def check_frequency(freq: Any) -> None:
    """Refuse what is neither None nor a frequency of pandas."""
    offsets: Any = importlib.import_module(OFFSETS)
    need(freq is None or isinstance(freq, offsets.BaseOffset), "a frequency")


def _backed(kind: Any, checksum: Any, state: Any) -> Any:
    arrays: Any = importlib.import_module("pandas._libs.arrays")
    need(type(state) is tuple and len(state) in (2, 3), "an array's state")
    items, dtype = sorted(state[:2], key=is_array, reverse=True)
    need(is_array(items), "an array without its items")
    attributes = parts_of(state[2] if len(state) == 3 else {}, "", "_freq _readonly _cache")
    check_frequency(attributes.get("_freq"))
    check = _BACKED.get(kind.__qualname__)
    if check is None:
        raise HostileStateError(f"a {kind.__qualname__}")
    check(items, dtype)
    array = arrays.__pyx_unpickle_NDArrayBacked(kind, checksum, None)
    frequency = {"_freq": attributes["_freq"]} if "_freq" in attributes else {}
    arrays.NDArrayBacked.__setstate__(array, (items, dtype, frequency))
    return _with_lock(array, attributes)


def _check_categorical(codes: Any, dtype: Any) -> None:
    pd: Any = importlib.import_module("pandas")
    need(isinstance(dtype, pd.CategoricalDtype) and dtype.categories is not None, "categories")
    check_codes(codes, len(dtype.categories))


def _check_times(letter: str, items: Any, dtype: Any) -> None:
    pd: Any = importlib.import_module("pandas")
    np: Any = importlib.import_module("numpy")
    bare = np.dtype(f"M8[{dtype.unit}]") if isinstance(dtype, pd.DatetimeTZDtype) else dtype
    need(items.ndim in (1, 2) and items.dtype == bare and bare.kind == letter, "times")
    units = [f"{letter}8[{unit}]" for unit in ("s", "ms", "us", "ns")]
    need(any(bare == unit for unit in units), "times of an unknown unit")


def _check_periods(items: Any, dtype: Any) -> None:
    pd: Any = importlib.import_module("pandas")
    need(isinstance(dtype, pd.PeriodDtype), "periods")
    need(items.ndim in (1, 2) and items.dtype == "i8", "periods")


def _check_strings(items: Any, dtype: Any) -> None:
    pd: Any = importlib.import_module("pandas")
    need(isinstance(dtype, pd.StringDtype) and dtype.storage == "python", "strings")
    need(items.ndim == 1 and items.dtype == "O", "strings")
    need(pd.api.types.infer_dtype(items, skipna=True) in ("string", "empty"), "strings")


def _intervals(kind: Any, state: Any) -> Any:
    pd: Any = importlib.import_module("pandas")
    need(type(state) is tuple and len(state) == 1, "intervals")
    parts = parts_of(state[0], "_left _right _dtype", "_cache _readonly")
    left, right, dtype = parts["_left"], parts["_right"], parts["_dtype"]
    check_column(left)
    check_column(right)
    need(len(left) == len(right) and left.dtype == right.dtype, "the sides of intervals")
    need(isinstance(dtype, pd.IntervalDtype) and dtype.subtype == left.dtype, "intervals")
    return _with_lock(kind.from_arrays(left, right, dtype.closed, dtype=dtype), parts)


def _masked(kind: Any, state: Any) -> Any:
    parts = parts_of(state, "_data _mask", "_dtype _cache _readonly")
    data, mask = parts["_data"], parts["_mask"]
    need(is_array(data) and is_array(mask) and data.ndim == 1, "a masked array")
    need(data.dtype.isnative and mask.dtype == bool, "a masked array")
    return _with_lock(kind(data, mask), parts)


def _arrow(kind: Any, state: Any) -> Any:
    pa: Any = importlib.import_module("pyarrow")
    pd: Any = importlib.import_module("pandas")
    parts = parts_of(state, "_pa_array _dtype", "_cache _readonly")
    data, dtype = parts["_pa_array"], parts["_dtype"]
    need(isinstance(data, (pa.Array, pa.ChunkedArray)), "an Arrow array")
    if kind.__qualname__ == "ArrowExtensionArray":
        need(isinstance(dtype, pd.ArrowDtype) and dtype.pyarrow_dtype == data.type, "its type")
    else:
        need(isinstance(dtype, pd.StringDtype) and dtype.storage == "pyarrow", "its type")
        need(data.type == pa.large_string(), "strings")
    array = kind.__new__(kind)
    array.__setstate__({"_pa_array": data, "_dtype": dtype})
    return _with_lock(array, parts)


def _sparse(kind: Any, state: Any) -> Any:
    pd: Any = importlib.import_module("pandas")
    sparse: Any = importlib.import_module("pandas._libs.sparse")
    parts = parts_of(state, "_sparse_index _sparse_values _dtype", "_cache _readonly")
    places, values, dtype = parts["_sparse_index"], parts["_sparse_values"], parts["_dtype"]
    need(isinstance(places, sparse.SparseIndex), "a sparse array's places")
    need(is_array(values) and values.shape == (places.npoints,), "a sparse array's values")
    need(isinstance(dtype, pd.SparseDtype) and dtype.subtype == values.dtype, "its dtype")
    return _with_lock(kind._simple_new(values, places, dtype), parts)


def _categorical_dtype(kind: Any, state: Any) -> Any:
    pd: Any = importlib.import_module("pandas")
    parts = parts_of(state, "categories ordered")
    categories = parts["categories"]
    need(categories is None or isinstance(categories, pd.Index), "categories")
    return kind(categories, parts["ordered"])


def _zoned_dtype(kind: Any, state: Any) -> Any:
    parts = parts_of(state, "unit tz")
    need(isinstance(parts["tz"], datetime.tzinfo), "a zone")
    return kind(parts["unit"], parts["tz"])


def _interval_dtype(kind: Any, state: Any) -> Any:
    parts = parts_of(state, "subtype", "closed")
    return kind(parts["subtype"], parts.get("closed"))


def _sparse_dtype(kind: Any, state: Any) -> Any:
    parts = parts_of(state, "_dtype _fill_value")
    return kind(parts["_dtype"], parts["_fill_value"])


def _string_dtype(kind: Any, state: Any) -> Any:
    return kind(parts_of(state, "storage", "")["storage"])


def _arrow_dtype(kind: Any, state: Any) -> Any:
    return kind(parts_of(state, "pyarrow_dtype", "storage _storage")["pyarrow_dtype"])


_BACKED: dict[str, Callable[[Any, Any], None]] = {
    "Categorical": _check_categorical,
    "DatetimeArray": partial(_check_times, "M"),
    "PeriodArray": _check_periods,
    "StringArray": _check_strings,
    "TimedeltaArray": partial(_check_times, "m"),
}

MAKERS: dict[str, Callable[[Any, Any], Any]] = {
    "ArrowDtype": _arrow_dtype,
    "ArrowExtensionArray": _arrow,
    "ArrowStringArray": _arrow,
    "BooleanArray": _masked,
    "CategoricalDtype": _categorical_dtype,
    "DatetimeTZDtype": _zoned_dtype,
    "FloatingArray": _masked,
    "IntegerArray": _masked,
    "IntervalDtype": _interval_dtype,
    "SparseArray": _sparse,
    "SparseDtype": _sparse_dtype,
    "StringDtype": _string_dtype,
}
"""What makes an object of a class, by the name of the class: of the class itself and the state."""
