"""Unpickling without trust: an allow-list of data types, so that data loads and code does not run.

The same idea as `torch.load(weights_only=True)`. A pickle is a program; here each callable that it
may call is on a list of constructors of plain data, it may call nothing else, and it may set the
state of values only. SPEC.md, Trust.
"""

from __future__ import annotations

import io
import pickle
import types
import zoneinfo
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from .homes import home_of
from .safearrays import (
    HostileStateError,
    backed_array,
    check_array_state,
    check_backed_state,
    is_array,
    is_backed,
    is_dtype,
    rebuilt_dtype,
    restored_arrow,
)
from .views import array_view, array_with_gaps
from .views import is_array as is_plain_array

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
    "numpy.core.multiarray": "_reconstruct scalar",
    "numpy._core.multiarray": "_reconstruct scalar",
    "numpy.core.numeric": "_frombuffer",
    "numpy._core.numeric": "_frombuffer",
    "numpy._core._internal": "_convert_to_stringdtype_kwargs",
    "numpy.ma": "MaskedArray",
    "numpy.ma.core": "MaskedArray _mareconstruct",
    "numpy.dtypes": "StringDType",
}
# pandas 3 tells the public module of a class, pandas 2 the private one.
_PANDAS = {
    "pandas": "ArrowDtype BooleanDtype Categorical CategoricalDtype CategoricalIndex DataFrame"
    " DatetimeIndex DatetimeTZDtype Float32Dtype Float64Dtype Index Int16Dtype Int32Dtype"
    " Int64Dtype Int8Dtype Interval IntervalDtype IntervalIndex MultiIndex NA Period PeriodDtype"
    " PeriodIndex RangeIndex Series SparseDtype StringDtype Timedelta TimedeltaIndex Timestamp"
    " UInt16Dtype UInt32Dtype UInt64Dtype UInt8Dtype",
    "pandas.arrays": "ArrowExtensionArray ArrowStringArray BooleanArray DatetimeArray FloatingArray"
    " IntegerArray IntervalArray NumpyExtensionArray PeriodArray SparseArray StringArray"
    " TimedeltaArray",
    "pandas._libs.internals": "_unpickle_block",
    "pandas._libs.interval": "Interval __pyx_unpickle_IntervalMixin",
    "pandas._libs.missing": "NAType _NA_pickle NA",
    "pandas._libs.sparse": "BlockIndex IntIndex",
    "pandas._libs.tslibs.nattype": "_nat_unpickle __nat_unpickle",
    "pandas._libs.tslibs.offsets": "BDay BMonthBegin BMonthEnd BusinessDay BusinessMonthBegin"
    " BusinessMonthEnd Day Hour Micro Milli Minute MonthBegin MonthEnd Nano QuarterBegin QuarterEnd"
    " Second Week YearBegin YearEnd",
    "pandas._libs.tslibs.period": "Period",
    "pandas._libs.tslibs.timedeltas": "Timedelta _timedelta_unpickle",
    "pandas._libs.tslibs.timestamps": "Timestamp _unpickle_timestamp",
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
    "pandas.core.indexes.base": "Index _new_Index",
    "pandas.core.indexes.category": "CategoricalIndex",
    "pandas.core.indexes.datetimes": "DatetimeIndex _new_DatetimeIndex",
    "pandas.core.indexes.frozen": "FrozenList",
    "pandas.core.indexes.interval": "IntervalIndex _new_IntervalIndex",
    "pandas.core.indexes.multi": "MultiIndex",
    "pandas.core.indexes.period": "PeriodIndex _new_PeriodIndex",
    "pandas.core.indexes.range": "RangeIndex",
    "pandas.core.indexes.timedeltas": "TimedeltaIndex",
    "pandas.core.internals.blocks": "new_block",
    "pandas.core.internals.managers": "BlockManager SingleBlockManager",
    "pandas.core.series": "Series",
}
_ARROW = {
    "pyarrow.lib": "_reconstruct_record_batch _reconstruct_table chunked_array field py_buffer"
    " schema struct table type_for_alias Field KeyValueMetadata Schema"
    " binary binary_view bool_ date32 date64 decimal128 decimal256 dense_union dictionary duration"
    " float16 float32 float64 int16 int32 int64 int8 large_binary large_list large_list_view"
    " large_string large_utf8 list_ list_view map_ month_day_nano_interval null run_end_encoded"
    " sparse_union string string_view time32 time64 timestamp uint16 uint32 uint64 uint8 utf8",
    "pyarrow": "field schema",
}

ALLOWED = frozenset(
    (module, name)
    for table in (_STANDARD, _NUMPY, _PANDAS, _ARROW)
    for module, names in table.items()
    for name in names.split()
)
"""(module, qualified name) of everything that an untrusted pickle may name."""


# Classes that a pickle names as an argument. Called, they would take any memory for an array's.
_NEVER_CALLED = frozenset(("ndarray", "MaskedArray"))


class NotAllowedError(pickle.UnpicklingError):
    """An untrusted pickle wants what is not on the list; `what` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def _zone_method(owner: Any, name: Any) -> Any:
    """Return the constructor by which `zoneinfo.ZoneInfo` pickles: data's one use of `getattr`."""
    if owner is not zoneinfo.ZoneInfo or name != "_unpickle":
        raise NotAllowedError("builtins.getattr")
    return _ZONE_CONSTRUCTOR


def _builtin_type(name: Any) -> Any:
    """Return the one type of module `types` that is data; cloudpickle names them so."""
    if name != "SimpleNamespace":
        raise NotAllowedError(f"types.{name}")
    return types.SimpleNamespace


def _array_view(root: Any, dtype: Any, *place: Any) -> Any:
    """Return an array on another one's memory; NumPy's constructor keeps it inside of that."""
    if not is_plain_array(root) or not is_dtype(dtype) or root.dtype.hasobject or dtype.hasobject:
        raise HostileStateError("a view of no array")
    return _placed("a view", array_view, root, dtype, *place)


def _array_with_gaps(items: Any, strides: Any) -> Any:
    """Return an array with gaps; NumPy's constructor keeps it inside of the memory made for it."""
    if not is_plain_array(items) or items.dtype.hasobject or type(strides) is not tuple:
        raise HostileStateError("gaps in no array")
    return _placed("gaps", array_with_gaps, items, strides)


def _placed(what: str, make: Callable[..., Any], *arguments: Any) -> Any:
    """Return an array that NumPy's constructor may refuse, for where its items would lie."""
    try:
        return make(*arguments)
    except (TypeError, ValueError, OverflowError, MemoryError) as error:
        raise HostileStateError(f"{what} ({error})") from error


_ZONE_CONSTRUCTOR = zoneinfo.ZoneInfo._unpickle  # type: ignore[attr-defined]  # CPython's own

# What a pickle of data calls and what would do more than that: called with a check instead.
_CHECKED: dict[tuple[str, str], Callable[..., Any]] = {
    ("builtins", "getattr"): _zone_method,
    ("cloudpickle.cloudpickle", "_builtin_type"): _builtin_type,
    ("mundane_ipython.views", "array_view"): _array_view,
    ("mundane_ipython.views", "array_with_gaps"): _array_with_gaps,
    ("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked"): backed_array,
    ("pyarrow.lib", "_restore_array"): restored_arrow,
}

# The interpreter's own unpickler in Python. The one in C lets no subclass see what is called.
_PythonUnpickler: Any = pickle._Unpickler


class DataUnpickler(_PythonUnpickler):  # type: ignore[misc]  # typeshed has another signature
    """An unpickler that builds data: its opcodes that call, or set state, are guarded.

    Args:
        file: the pickles.
        buffers: the out-of-band buffers, in order.
        look_up: what a reference to an older name's value resolves to.
    """

    dispatch: ClassVar[dict[int, Any]] = dict(_PythonUnpickler.dispatch)

    def __init__(
        self, file: io.BytesIO, buffers: Iterable[Any], look_up: Callable[[str], Any]
    ) -> None:
        super().__init__(file, buffers=buffers)
        self._look_up = look_up
        self._callables = {id(_ZONE_CONSTRUCTOR), id(types.SimpleNamespace)}
        # Kept alive, so that no other object takes an id of theirs.
        self._older: dict[int, Any] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Return what is on the list; name what is not."""
        module = home_of(module)
        checked = _CHECKED.get((module, name))
        if checked is not None:
            self._callables.add(id(checked))
            return checked
        if (module, name) not in ALLOWED:
            raise NotAllowedError(f"{module}.{name}")
        found = super().find_class(module, name)
        if name not in _NEVER_CALLED:
            self._callables.add(id(found))
        return found

    def persistent_load(self, pid: Any) -> Any:
        """Return an older name's value where it is plain data."""
        value = self._look_up(pid)
        kind = type(value)
        named = (home_of(kind.__module__), kind.__qualname__)
        if named not in ALLOWED and not isinstance(value, Missing):
            raise NotAllowedError(".".join(named))
        self._older[id(value)] = value
        return value

    def get_extension(self, code: int) -> None:
        """Refuse copyreg's extension codes: what they mean is not in the pickle."""
        raise NotAllowedError(f"copyreg extension {code}")

    def _check_callable(self, target: Any) -> None:
        if id(target) not in self._callables:
            raise NotAllowedError(f"a call of {type(target).__qualname__}")

    def _check_changeable(self, target: Any) -> None:
        if id(target) in self._older:
            raise NotAllowedError("a change of another step's value")

    def _load_reduce(self) -> None:
        self._check_callable(self.stack[-2])
        try:
            super().load_reduce()
        except HostileStateError as error:
            raise NotAllowedError(f"what no array is pickled as: {error}") from error

    def _load_newobj(self) -> None:
        self._check_callable(self.stack[-2])
        super().load_newobj()

    def _load_newobj_ex(self) -> None:
        self._check_callable(self.stack[-3])
        super().load_newobj_ex()

    def _load_obj(self) -> None:
        self._check_callable(self.stack[0] if self.stack else None)
        super().load_obj()

    def _load_build(self) -> None:
        # The state of a class or function would be set on the library's own object.
        target = self.stack[-2]
        self._check_changeable(target)
        if isinstance(target, (type, types.FunctionType, types.BuiltinFunctionType)):
            raise NotAllowedError(f"a change of {target.__qualname__}")
        try:
            if is_dtype(target):
                state = self.stack.pop()
                self._replace_last(rebuilt_dtype(target, state))
                return
            if is_array(target):
                check_array_state(self.stack[-1])
            elif is_backed(target):
                check_backed_state(self.stack[-1])
        except HostileStateError as error:
            raise NotAllowedError(f"what NumPy does not pickle: {error}") from error
        super().load_build()

    def _load_append(self) -> None:
        self._check_changeable(self.stack[-2])
        super().load_append()

    def _load_appends(self) -> None:
        self._check_changeable(self.metastack[-1][-1])
        super().load_appends()

    def _load_setitem(self) -> None:
        self._check_changeable(self.stack[-3])
        super().load_setitem()

    def _load_setitems(self) -> None:
        self._check_changeable(self.metastack[-1][-1])
        super().load_setitems()

    def _load_additems(self) -> None:
        self._check_changeable(self.metastack[-1][-1])
        super().load_additems()

    def _replace_last(self, value: Any) -> None:
        """Put a value in the place of the one on top of the stack, and in the memo."""
        replaced = self.stack[-1]
        self.stack[-1] = value
        for index in reversed(self.memo):
            if self.memo[index] is replaced:
                self.memo[index] = value
                break

    dispatch[pickle.REDUCE[0]] = _load_reduce
    dispatch[pickle.NEWOBJ[0]] = _load_newobj
    dispatch[pickle.NEWOBJ_EX[0]] = _load_newobj_ex
    dispatch[pickle.OBJ[0]] = _load_obj
    dispatch[pickle.BUILD[0]] = _load_build
    dispatch[pickle.APPEND[0]] = _load_append
    dispatch[pickle.APPENDS[0]] = _load_appends
    dispatch[pickle.SETITEM[0]] = _load_setitem
    dispatch[pickle.SETITEMS[0]] = _load_setitems
    dispatch[pickle.ADDITEMS[0]] = _load_additems


class Missing:
    """Stands for an older name's value that is not there; a bundle that uses it is refused."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name
