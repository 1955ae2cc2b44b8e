"""What a pickle may name and call that is not to be trusted: types of data, and what makes them.

Each callable is a constructor of plain data, or a check in front of one.
"""

from __future__ import annotations

import datetime
import types
import zoneinfo
from collections.abc import Callable
from functools import partial
from typing import Any

from ..adapter.refusals import HostileStateError, NotAllowedError
from ..libraries import pyarrow as safearrow
from ..libraries.numpy import data as safearrays
from ..libraries.pandas import columns as safecolumns
from ..libraries.pandas import frames as safepandas

_STANDARD = {
    "builtins": "bool bytearray bytes complex dict float frozenset int list object range set slice"
    " str tuple Ellipsis NotImplemented",
    "array": "_array_reconstructor array",
    "collections": "Counter OrderedDict defaultdict deque",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "ipaddress": "IPv4Address IPv4Interface IPv4Network IPv6Address IPv6Interface IPv6Network",
    "pathlib": "Path PosixPath PurePath PurePosixPath PureWindowsPath",
    "types": "SimpleNamespace",
    "uuid": "SafeUUID UUID",
    "zoneinfo": "ZoneInfo",
}
_NUMPY = {
    "numpy": "dtype ndarray",
    "numpy._core._internal": "_convert_to_stringdtype_kwargs",
    "numpy.ma": "MaskedArray",
    "numpy.ma.core": "MaskedArray",
    "numpy.dtypes": "StringDType",
}
# pandas 3 tells the public module of a class, pandas 2 the private one.
_PANDAS = {
    "pandas": "ArrowDtype BooleanDtype Categorical CategoricalDtype CategoricalIndex DataFrame"
    " DatetimeIndex DatetimeTZDtype Float32Dtype Float64Dtype Index Int16Dtype Int32Dtype"
    " Int64Dtype Int8Dtype Interval IntervalDtype IntervalIndex MultiIndex NA Period PeriodDtype"
    " PeriodIndex RangeIndex Series SparseDtype StringDtype Timedelta TimedeltaIndex Timestamp"
    " UInt16Dtype UInt32Dtype UInt64Dtype UInt8Dtype",
    "pandas.api.typing": "FrozenList",
    "pandas.arrays": "ArrowExtensionArray ArrowStringArray BooleanArray DatetimeArray FloatingArray"
    " IntegerArray IntervalArray NumpyExtensionArray PeriodArray SparseArray StringArray"
    " TimedeltaArray",
    "pandas._libs.interval": "Interval",
    "pandas._libs.sparse": "BlockIndex IntIndex",
    "pandas._libs.missing": "NAType _NA_pickle NA",
    "pandas._libs.tslibs.nattype": "_nat_unpickle __nat_unpickle",
    "pandas._libs.tslibs.offsets": "BDay BMonthBegin BMonthEnd BusinessDay BusinessMonthBegin"
    " BusinessMonthEnd Day Hour Micro Milli Minute MonthBegin MonthEnd Nano QuarterBegin QuarterEnd"
    " Second Week YearBegin YearEnd",
    "pandas._libs.tslibs.period": "Period",
    "pandas._libs.tslibs.timedeltas": "Timedelta",
    "pandas._libs.tslibs.timestamps": "Timestamp",
    "pandas.core.arrays.arrow.array": "ArrowExtensionArray",
    "pandas.core.arrays.boolean": "BooleanArray BooleanDtype",
    "pandas.core.arrays.categorical": "Categorical",
    "pandas.core.arrays.datetimes": "DatetimeArray",
    "pandas.core.arrays.floating": "Float32Dtype Float64Dtype FloatingArray",
    "pandas.core.arrays.integer": "Int16Dtype Int32Dtype Int64Dtype Int8Dtype IntegerArray"
    " UInt16Dtype UInt32Dtype UInt64Dtype UInt8Dtype",
    "pandas.core.arrays.interval": "IntervalArray",
    "pandas.core.arrays.numpy_": "NumpyExtensionArray",
    "pandas.core.arrays.period": "PeriodArray",
    "pandas.core.arrays.sparse.array": "SparseArray",
    "pandas.core.arrays.string_": "StringArray StringDtype",
    "pandas.core.arrays.string_arrow": "ArrowStringArray",
    "pandas.core.arrays.timedeltas": "TimedeltaArray",
    "pandas.core.dtypes.dtypes": "ArrowDtype CategoricalDtype DatetimeTZDtype IntervalDtype"
    " PeriodDtype SparseDtype",
    "pandas.core.frame": "DataFrame",
    "pandas.core.indexes.base": "Index",
    "pandas.core.indexes.category": "CategoricalIndex",
    "pandas.core.indexes.datetimes": "DatetimeIndex",
    "pandas.core.indexes.frozen": "FrozenList",
    "pandas.core.indexes.interval": "IntervalIndex",
    "pandas.core.indexes.multi": "MultiIndex",
    "pandas.core.indexes.period": "PeriodIndex",
    "pandas.core.indexes.range": "RangeIndex",
    "pandas.core.indexes.timedeltas": "TimedeltaIndex",
    "pandas.core.internals.managers": "BlockManager SingleBlockManager",
    "pandas.core.series": "Series",
}
_ARROW = {
    "pyarrow.lib": "chunked_array field type_for_alias Field KeyValueMetadata Schema"
    " binary binary_view bool_ date32 date64 decimal128 decimal256 dictionary duration"
    " float16 float32 float64 int16 int32 int64 int8 large_binary large_list large_list_view"
    " large_string large_utf8 list_ list_view map_ month_day_nano_interval null run_end_encoded"
    " string string_view time32 time64 timestamp uint16 uint32 uint64 uint8 utf8",
    "pyarrow": "field",
}

ALLOWED = frozenset(
    (module, name)
    for table in (_STANDARD, _NUMPY, _PANDAS, _ARROW)
    for module, names in table.items()
    for name in names.split()
)
"""(module, qualified name) of everything that an untrusted pickle may name."""


# Libraries whose code in C trusts what their objects hold.
_LIBRARIES = frozenset(("numpy", "pandas", "pyarrow"))


def _zone_method(owner: Any, name: Any) -> Any:
    """Return the constructor by which `zoneinfo.ZoneInfo` pickles: data's one use of `getattr`."""
    if owner is not zoneinfo.ZoneInfo or name != "_unpickle":
        raise NotAllowedError("builtins.getattr")
    return ZONE_CONSTRUCTOR


def _builtin_type(name: Any) -> Any:
    """Return the one type of module `types` that is data; cloudpickle names them so."""
    if name != "SimpleNamespace":
        raise NotAllowedError(f"types.{name}")
    return types.SimpleNamespace


def _moment(kind: Any, *parts: Any) -> Any:
    """Return a date or time; of bytes, Python makes any, and looks up the names of days it has not.

    Raises:
        HostileStateError: there is no such day or time.
    """
    made = kind(*parts)
    names = _MOMENTS[kind]
    try:
        kind(*(getattr(made, name) for name in names))
    except ValueError as error:
        raise HostileStateError(f"a {kind.__qualname__} ({error})") from error
    return made


def _namespace() -> types.SimpleNamespace:
    """Return a SimpleNamespace: its attributes are its state."""
    return types.SimpleNamespace()


_DAY = ("year", "month", "day")
_TIME = ("hour", "minute", "second", "microsecond")
_MOMENTS: dict[Any, tuple[str, ...]] = {
    datetime.date: _DAY,
    datetime.datetime: _DAY + _TIME,
    datetime.time: _TIME,
}

ZONE_CONSTRUCTOR = zoneinfo.ZoneInfo._unpickle  # type: ignore[attr-defined]  # CPython's own
"""What `zoneinfo.ZoneInfo` is pickled as a call of."""

CHECKED: dict[tuple[str, str], Callable[..., Any]] = {
    ("builtins", "getattr"): _zone_method,
    ("cloudpickle.cloudpickle", "_builtin_type"): _builtin_type,
    **{("datetime", kind.__qualname__): partial(_moment, kind) for kind in _MOMENTS},
    ("types", "SimpleNamespace"): _namespace,
    ("mundane_ipython.libraries.numpy.masked", "masked_array"): safearrays.masked_of_arrays,
    ("mundane_ipython.objects.arrays", "array_view"): safearrays.view_of_array,
    ("mundane_ipython.objects.arrays", "array_with_gaps"): safearrays.spread_array,
    ("mundane_ipython.objects.arrays", "read_only"): safearrays.locked_array,
    **{
        (f"numpy.{core}.{module}", name): checked
        for core in ("core", "_core")
        for module, name, checked in (
            ("multiarray", "_reconstruct", safearrays.placeholder_array),
            ("multiarray", "scalar", safearrays.scalar),
            ("numeric", "_frombuffer", safearrays.array_of_buffer),
        )
    },
    ("numpy", "dtype"): safearrays.dtype_of,
    ("numpy.ma.core", "_mareconstruct"): safearrays.placeholder_masked,
    ("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked"): safecolumns.placeholder_backed,
    ("pandas._libs.internals", "_unpickle_block"): safepandas.block_of,
    ("pandas._libs.interval", "__pyx_unpickle_IntervalMixin"): safecolumns.placeholder_intervals,
    ("pandas._libs.sparse", "BlockIndex"): partial(safecolumns.sparse_index, "BlockIndex"),
    ("pandas._libs.sparse", "IntIndex"): partial(safecolumns.sparse_index, "IntIndex"),
    ("pandas._libs.tslibs.timedeltas", "_timedelta_unpickle"): safepandas.timedelta,
    ("pandas._libs.tslibs.timestamps", "_unpickle_timestamp"): safepandas.timestamp,
    ("pandas.core.internals.managers", "BlockManager"): safepandas.manager_of,
    **{
        (f"pandas.core.indexes.{module}", name): partial(safepandas.index_of, name)
        for name, module in safepandas.INDEX_MAKERS.items()
    },
    ("pyarrow.lib", "_reconstruct_record_batch"): safearrow.arrow_batch,
    ("pyarrow.lib", "_reconstruct_table"): safearrow.arrow_table,
    ("pyarrow.lib", "_restore_array"): safearrow.restored_arrow,
    ("pyarrow.lib", "binary"): safearrow.arrow_binary,
    ("pyarrow.lib", "schema"): safearrow.arrow_schema,
    ("pyarrow.lib", "struct"): safearrow.arrow_struct,
    ("pyarrow.lib", "union"): safearrow.arrow_union,
    ("pyarrow.lib", "py_buffer"): safearrow.arrow_buffer,
}
"""What is called in place of what a pickle of data names, which would do more than to make data, or
would take a forged state for what it claims to be."""


def library_of(kind: Any) -> str | None:
    """Return the name of the library that a class or function is from, None for Python's own."""
    root = str(getattr(kind, "__module__", "")).partition(".")[0]
    return root if root in _LIBRARIES else None


def is_called(found: Any) -> bool:
    """Return whether pickles call what is on the list; some they name as an argument only."""
    if not isinstance(found, type):
        return True
    library = library_of(found)
    if library == "numpy":
        return not safearrays.is_array_class(found)  # called, it would take any memory
    return library != "pandas" or safepandas.is_called(found)
