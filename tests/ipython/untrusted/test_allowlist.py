"""Unpickling without trust: a table of what must load, and a table of what must not run."""

from __future__ import annotations

import array
import collections
import copyreg
import fractions
import functools
import operator
import os
import pickle
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mundane_ipython.errors import BundleError, UntrustedError
from mundane_ipython.objects.arrays import array_with_gaps
from mundane_ipython.pickling.bundle import Bundle
from mundane_ipython.pickling.unpacking import unpack

from ..support.shells import Shell, new_shell

PROLOGUE = b"\x80\x05N."

IMPORTS = """
import array, collections, datetime as dt, decimal, fractions, ipaddress, pathlib, uuid, zoneinfo
import types
import numpy as np, pandas as pd, pyarrow as pa
"""

DATA = {
    "none-in-set": "{None, True, 1.5}",
    "tuple": "(1, (2, 'x'), [3])",
    "set": "{1, 'a', (2, 3)}",
    "frozenset": "frozenset({1, 2})",
    "complex": "1 + 2j",
    "nan": "float('nan')",
    "big-int": "10 ** 400",
    "range": "range(1, 10, 3)",
    "slice": "slice(1, None, 2)",
    "ellipsis": "[..., NotImplemented]",
    "bytes": "[b'\\x00\\xff', bytearray(b'ab')]",
    "big-bytearray": "bytearray(200_000)",
    "int-keys": "{1: 'a', (2, 3): {4}}",
    "ordered-dict": "collections.OrderedDict(b=1, a=2)",
    "defaultdict": "collections.defaultdict(list, {1: [2]})",
    "counter": "collections.Counter('hello')",
    "deque": "collections.deque([1, 2, 3], maxlen=5)",
    "namespace": "types.SimpleNamespace(a=1, b=(2,))",
    "array": "array.array('d', [1.0, 2.0])",
    "datetime": "dt.datetime(2026, 3, 29, 1, 59, 59, 999999, tzinfo=dt.timezone.utc)",
    "datetime-fold": "dt.datetime(2026, 10, 25, 2, 30, fold=1)",
    "date-time-delta": "[dt.date(2026, 1, 1), dt.time(1, 2), dt.timedelta(-1, 5)]",
    "zoneinfo": "dt.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin'))",
    "offset": "dt.timezone(dt.timedelta(hours=5, minutes=30), 'IST')",
    "decimal": "decimal.Decimal('1.10')",
    "fraction": "fractions.Fraction(1, 3)",
    "uuid": "uuid.UUID(int=5)",
    "path": "[pathlib.Path('a/b'), pathlib.PurePosixPath('/c'), pathlib.PureWindowsPath('c:/d')]",
    "ip": "[ipaddress.ip_address('10.0.0.1'), ipaddress.ip_network('2001:db8::/32')]",
    "np-ints": "[np.arange(3, dtype=t) for t in 'bBhHiIlL']",
    "np-floats": "[np.linspace(0, 1, 3).astype(t) for t in ('f2', 'f4', 'f8', 'c8', 'c16')]",
    "np-longdouble": "np.array([1, 2], dtype=np.longdouble)",
    "np-bool": "np.array([True, False])",
    "np-big-endian": "np.array([1, 2], dtype='>i4')",
    "np-str": "np.array(['a', 'bcd'])",
    "np-bytes": "np.array([b'a', b'bcd'])",
    "np-datetime": "np.array(['2026-01-01', 'NaT'], dtype='datetime64[ns]')",
    "np-timedelta": "np.array([1, 2], dtype='timedelta64[25s]')",
    "np-structured": "np.array([(1, 'a', [1, 2])], dtype='i4,U2,(2,)f4')",
    "np-void-array": "np.zeros(2, dtype='V5')",
    "np-object": "np.array([1, 'a', None, (2,)], dtype=object)",
    "np-stringdtype": "np.array(['a', 'longer than short'], dtype=np.dtypes.StringDType())",
    "np-scalar": "[np.float64(1.5), np.int32(3), np.str_('x'), np.datetime64('2026-01-01')]",
    "np-0d": "np.array(5.0)",
    "np-empty": "np.zeros((0, 3))",
    "np-fortran": "np.asfortranarray(np.arange(6).reshape(2, 3))",
    "np-strided": "np.arange(10)[::2]",
    "np-gaps": "np.arange(24.0).reshape(6, 4)[1:4, 1:3].T",
    "np-masked": "np.ma.masked_array([1, 2, 3], mask=[0, 1, 0], fill_value=9)",
    "np-dtype": "np.dtype([('a', 'i4'), ('b', 'f8')])",
    "np-large": "np.arange(300_000.0)",
    "frame": "pd.DataFrame({'a': [1, 2], 'b': [1.5, None], 'c': ['x', None]})",
    "frame-attrs": "pd.DataFrame({('a', 1): [1]}, index=pd.Index(['r'], name='rows'))",
    "frame-objects": "pd.DataFrame({'o': [(1,), {'a': 1}]})",
    "frame-empty": "pd.DataFrame()",
    "series": "pd.Series([1, 2], index=['a', 'b'], name='s')",
    "categorical": "pd.Series(pd.Categorical(list('aba'), categories=list('cba'), ordered=True))",
    "tz-aware": "pd.date_range('2026-03-29', periods=3, tz='Europe/Berlin').to_series()",
    "tz-utc": "pd.Series(pd.to_datetime(['2026-01-01', None], utc=True))",
    "freq": "pd.date_range('2026-01-01', periods=3, freq='MS')",
    "business": "pd.date_range('2026-01-01', periods=3, freq='B')",
    "timedelta": "pd.Series(pd.to_timedelta(['1D', None, '3h']))",
    "period": "pd.Series(pd.period_range('2026-01', periods=2, freq='M'))",
    "interval": "pd.Series(pd.interval_range(0, 3))",
    "cut": "pd.cut(pd.Series([1, 5, 9]), [0, 4, 10])",
    "multi-index": "pd.Series(range(4), index=pd.MultiIndex.from_product([['a', 'b'], [1, 2]]))",
    "nullable": "pd.DataFrame({t: pd.array([1, None], dtype=t) for t in"
    " ('Int8', 'Int64', 'UInt16', 'Float32', 'Float64', 'boolean')})",
    "string": "pd.Series(['a', None], dtype='string')",
    "string-python": "pd.Series(['a', None], dtype=pd.StringDtype('python'))",
    "str": "pd.Series(['a', None], dtype='str')",
    "arrow-backed": "pd.Series([1, None], dtype='int64[pyarrow]')",
    "arrow-string": "pd.Series(['a', None], dtype=pd.ArrowDtype(pa.string()))",
    "arrow-list": "pd.Series([[1], None], dtype=pd.ArrowDtype(pa.list_(pa.int64())))",
    "arrow-timestamp": "pd.Series([dt.datetime(2026, 1, 1)], dtype='timestamp[us][pyarrow]')",
    "sparse": "pd.arrays.SparseArray([0, 0, 1.0], fill_value=0)",
    "sparse-frame": "pd.DataFrame({'s': pd.arrays.SparseArray([0, 2], fill_value=0)})",
    "timestamp": "[pd.Timestamp(0, tz='Europe/Berlin'), pd.Timedelta('1D'), pd.NaT, pd.NA]",
    "period-scalar": "[pd.Period('2026-01', 'M'), pd.Interval(0, 1, closed='left')]",
    "offset-alias": "[pd.offsets.MonthEnd(2), pd.offsets.BDay(), pd.offsets.Week(weekday=2)]",
    "range-index": "pd.RangeIndex(3, name='r')",
    "timedelta-index": "pd.timedelta_range('1D', periods=3, freq='D')",
    "period-index": "pd.period_range('2026', periods=3, freq='M', name='p')",
    "categorical-index": "pd.CategoricalIndex(['a', 'b', 'a'], name='c')",
    "interval-of-times": "pd.IntervalIndex.from_breaks(pd.date_range('2026', periods=3))",
    "index-nullable": "pd.Series([1, 2], index=pd.Index([1, 2], dtype='Int64'))",
    "multi-nested": "pd.MultiIndex.from_arrays([pd.date_range('2026', periods=3), [1, None, 2],"
    " pd.CategoricalIndex(['a', 'b', 'a']), pd.interval_range(0, 3)], names=list('abcd'))",
    "frame-many": "pd.DataFrame({'a': [1, 2], 'b': [1.5, 2], 'c': [True, False], 'd': [3, 4],"
    " 't': pd.date_range('2026', periods=2), 'z': pd.to_datetime(['2026-01-01', None], utc=True),"
    " 'u': pd.to_timedelta([1, 2]), 'e': ['x', None],"
    " 'p': pd.period_range('2026', periods=2), 'k': pd.Categorical(['p', 'q'])})",
    "frame-twice-a-name": "pd.DataFrame([[1, 'a', 2.0]], columns=['x', 'x', 'y'])",
    "frame-reversed": "pd.DataFrame(np.arange(8).reshape(2, 4))[[3, 1, 0]]",
    "frame-attributes": "(lambda f: (f.attrs.update(unit='m'), f, f.attrs))(pd.DataFrame([1]))",
    "sparse-blocks": "pd.arrays.SparseArray([0, 1, 1, 0], fill_value=0, kind='block')",
    "frozen-list": "pd.MultiIndex.from_tuples([(1, 2)], names=['a', 'b']).names",
    "dtypes": "[pd.CategoricalDtype(['a']), pd.IntervalDtype('int64'), pd.PeriodDtype('D'),"
    " pd.SparseDtype('f8'), pd.StringDtype(), pd.Int64Dtype(), pd.ArrowDtype(pa.int8())]",
    "np-masked-rows": "np.ma.array([(1, 2.0)], dtype='i4,f4')",
    "np-masked-objects": "np.ma.array([None, 'a'], mask=[True, False], dtype=object)",
    "np-void": "np.zeros(1, [('a', 'O'), ('b', 'i8', (2,))])[0]",
    "np-empty-scalars": "[np.str_(''), np.bytes_(b''), np.longdouble(1)]",
    "np-classes": "{'a': np.dtype, 'b': np.ndarray, 'c': pd.DataFrame}",
    "arrow-nested": "[pa.array([[1], None], pa.list_view(pa.int8())), pa.array([{'a': 1}, None]),"
    " pa.array([[('k', 1)]], pa.map_(pa.string(), pa.int8())), pa.array([b'ab'], pa.binary(2)),"
    " pa.array([[1, 2]], pa.list_(pa.int8(), 2)), pa.array(['abc', 'd' * 20], pa.string_view())]",
    "arrow-runs": "pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), [1, 2])",
    "arrow-union": "pa.UnionArray.from_dense(pa.array([0, 1], pa.int8()),"
    " pa.array([0, 0], pa.int32()), [pa.array([1]), pa.array(['a'])])",
    "arrow-slice": "[pa.array(v)[1:] for v in ([1, 2, 3], [[1], [2, 3]], ['a', 'b'])]",
    "arrow-table": "pa.table({'a': [1, None], 'b': ['x', ''], 'c': [[1], []],'d': [{'e': 1}, {}]})",
    "arrow-array": "[pa.array(v) for v in ([1, None], ['a'], [True, None], [])]",
    "arrow-chunked": "pa.chunked_array([[1], [2, 3]])",
    "arrow-dictionary": "pa.array(['a', 'b', 'a']).dictionary_encode()",
    "arrow-schema": "pa.schema([('a', pa.int64()), ('b', pa.timestamp('us', 'UTC'))], {'k': 'v'})",
    "arrow-batch": "pa.record_batch({'a': [1, 2]})",
}


def described(value: Any) -> Any:
    """Return what two equal values have in common: types and dtypes all the way, and the text."""
    if isinstance(value, (list, tuple)):
        return type(value), [described(item) for item in value]
    if type(value).__module__ == "pyarrow.lib":
        plain = value.to_pylist() if hasattr(value, "to_pylist") else value.metadata
        kind = getattr(value, "type", getattr(value, "schema", value))
        return type(value), plain, str(kind), kind.metadata if hasattr(kind, "metadata") else None
    dtypes = getattr(value, "dtypes", getattr(value, "dtype", getattr(value, "schema", None)))
    flags = (value.flags.writeable,) if type(value).__module__ == "numpy" else ()
    index = getattr(value, "index", None)
    rows = (repr(index), repr(getattr(index, "freq", None))) if hasattr(index, "dtype") else ()
    return type(value), repr(value), repr(dtypes), flags, rows


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell that has somebody else's file open, which holds every value of the table."""
    folder = tmp_path_factory.mktemp("foreign")
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("MUNDANE_KEY_FILE", str(folder / "their-key"))
        with new_shell(folder / "task.db") as theirs:
            theirs.ok(IMPORTS)
            for name, expression in DATA.items():
                theirs.step(name, f"x = {expression}")
        patch.setenv("MUNDANE_KEY_FILE", str(folder / "my-key"))
        yield stack.enter_context(new_shell(folder / "task.db"))


@pytest.mark.parametrize("name", DATA)
def test_data_loads_untrusted(foreign: Shell, name: str) -> None:
    """Data of NumPy, pandas, PyArrow and the standard library loads out of anybody's file."""
    namespace: dict[str, Any] = {}
    exec(IMPORTS, namespace)
    foreign.ok(IMPORTS)
    foreign.step(name, f"x = {DATA[name]}")
    assert described(foreign.ns["x"]) == described(eval(DATA[name], namespace))


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.reduced = function, arguments

    def __reduce__(self) -> Any:
        return self.reduced


def view(
    shape: tuple[int], offset: int, strides: tuple[int], dtype: str = "i8", root: str = "array"
) -> bytes:
    """Return a pickle of a view of an older array of 16 bytes."""
    parts = [text(root), b"Q", named("numpy", "dtype"), text(dtype), b"\x85R"]
    return (
        named("mundane_ipython.objects.arrays", "array_view")
        + b"("
        + b"".join(parts)
        + number(offset)
        + b"("
        + b"".join(map(number, shape))
        + b"t("
        + b"".join(map(number, strides))
        + b"t\x88tR."
    )


def backed() -> bytes:
    """Return the opcodes of a pandas array that has no state yet."""
    make = named("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked")
    kind = named("pandas", "Categorical")
    return make + kind + number(checksum()) + b"N\x87R"


def checksum() -> int:
    """Return what pandas itself writes in front of such a state."""
    import pandas as pd

    return int(pd.Categorical(["a"]).__reduce__()[1][1])


def number(n: int) -> bytes:
    """Return the opcodes of an integer."""
    data = n.to_bytes(16, "little", signed=True)
    return pickle.LONG1 + bytes([len(data)]) + data


def called(function: Any, *arguments: Any) -> bytes:
    return pickle.dumps(Call(function, *arguments), protocol=5)


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def named(module: str, name: str) -> bytes:
    """Return opcodes that push a global by name."""
    return text(module) + text(name) + b"\x93"


def touch(canary: str) -> str:
    return f"touch '{canary}'"


def arrow(state: tuple[Any, ...]) -> bytes:
    """Return a pickle of a PyArrow array with this state: (type alias,), length, ..."""
    import pyarrow as pa

    (alias,), length, nulls, offset, buffers, *rest = state
    wrapped = [None if b is None else pa.py_buffer(b) for b in buffers]
    kind = pa.type_for_alias(alias)
    return called(pa.lib._restore_array, (kind, length, nulls, offset, wrapped, *rest))


def _nested(canary: str) -> bytes:
    return called(pickle.loads, called(os.system, touch(canary)))


def _extension(canary: str) -> bytes:
    # Registered, as a library that the victim uses may have it.
    copyreg.add_extension("os", "system", 240)
    return b"\x80\x02\x82\xf0" + text(touch(canary)) + b"\x85R."


HOSTILE: dict[str, Callable[[str], bytes]] = {
    "os.system": lambda c: called(os.system, touch(c)),
    "popen": lambda c: called(subprocess.Popen, ["touch", c]),
    "eval": lambda c: called(eval, f"open({c!r}, 'w')"),
    "exec": lambda c: called(exec, f"open({c!r}, 'w')"),
    "open": lambda c: called(open, c, "w"),
    "getattr": lambda c: called(getattr, Call(__import__, "os"), "system"),
    "import": lambda c: called(__import__, "this"),
    "compile": lambda c: called(compile, "1", "x", "eval"),
    "partial": lambda c: called(functools.partial(os.system, touch(c))),
    "partial-as-value": lambda c: pickle.dumps(functools.partial(os.system, touch(c))),
    "getattr-of-data": lambda c: called(getattr, dict, "__init__"),
    # Gigabytes, or years, out of a few bytes.
    "bytes-of-any-size": lambda c: called(bytes, 1 << 31),
    "bytearray-of-any-size": lambda c: called(bytearray, 1 << 31),
    "new-bytearray": lambda c: b"\x80\x05cbuiltins\nbytearray\nJ\0\0\0\x7f\x85\x81.",
    "bytearray-of-few": lambda c: b"\x80\x05\x96" + struct.pack("<Q", 1 << 31) + b"few.",
    "bytearray-of-none": lambda c: b"\x80\x05\x96" + struct.pack("<Q", (1 << 64) - 1) + b".",
    "list-of-range": lambda c: called(list, range(1 << 28)),
    "deque-of-range": lambda c: called(collections.deque, range(1 << 28)),
    "array-of-range": lambda c: called(array.array, "d", range(1 << 28)),
    "fraction": lambda c: called(fractions.Fraction, "1E99999999"),
    "attrgetter": lambda c: called(operator.attrgetter("mkdir"), Path(c)),
    "methodcaller": lambda c: called(operator.methodcaller("touch"), Path(c)),
    "attrgetter-as-value": lambda c: pickle.dumps(operator.attrgetter("__class__")),
    "nested": _nested,
    "map": lambda c: called(list, Call(map, os.system, [touch(c)])),
    "type-of-three": lambda c: called(type, "X", (), {}),
    "code": lambda c: named("types", "CodeType") + b".",
    "function": lambda c: named("types", "FunctionType") + b".",
    "global-alone": lambda c: named("os", "system") + b".",
    "own-reference": lambda c: (
        named("mundane_ipython.pickling.pickler", "notebook_reference")
        + text("x")
        + b"C"
        + bytes([len(called(os.system, touch(c)))])
        + called(os.system, touch(c))
        + b"\x86R."
    ),
    "own-function": lambda c: named("mundane_ipython.pickling.pickler", "notebook_function") + b".",
    "cloudpickle": lambda c: named("cloudpickle.cloudpickle", "_make_function") + b".",
    "main": lambda c: named("__main__", "boom") + b")R.",
    "dotted-module": lambda c: named("numpy", "f2py.os.system") + text(touch(c)) + b"\x85R.",
    "dotted-class": lambda c: named("collections", "OrderedDict.__init__.__globals__") + b".",
    "dotted-subclasses": lambda c: named("builtins", "object.__subclasses__") + b")R.",
    "dotted-allowed": lambda c: named("datetime", "sys.modules") + b".",
    "zoneinfo-from-file": lambda c: named("zoneinfo", "ZoneInfo.from_file") + b".",
    "read-pickle": lambda c: named("pandas", "read_pickle") + text(c) + b"\x85R.",
    "np-load": lambda c: named("numpy", "load") + text(c) + b"\x85R.",
    "np-memmap": lambda c: named("numpy", "memmap") + text(c) + b"\x85R.",
    "np-testing": lambda c: named("numpy.testing", "runstring") + b".",
    "pa-memory-map": lambda c: named("pyarrow", "memory_map") + text(c) + b"\x85R.",
    "extension": _extension,
    "inst": lambda c: b"(S" + repr(touch(c)).encode() + b"\nios\nsystem\n.",
    "obj": lambda c: b"(cos\nsystem\nS" + repr(touch(c)).encode() + b"\no.",
    "obj-no-class": lambda c: b"(" + text("x") + text("y") + b"o.",
    "newobj": lambda c: named("subprocess", "Popen") + b"]" + text("true") + b"a\x85\x81.",
    "newobj-ex": lambda c: named("subprocess", "Popen") + b"]" + text("true") + b"a\x85}\x92.",
    "newobj-of-function": lambda c: named("os", "system") + text(touch(c)) + b"\x85\x81.",
    "call-of-data": lambda c: text("x") + b")R.",
    "call-of-instance": lambda c: named("collections", "Counter") + b")R)R.",
    "stack-global-ints": lambda c: b"K\x01K\x02\x93.",
    "stack-global-none": lambda c: b"N" + text("system") + b"\x93.",
    "build-on-class": lambda c: (
        named("collections", "OrderedDict")
        + b"}"
        + text("update")
        + named("builtins", "list")
        + b"sb."
    ),
    "build-on-class-slots": lambda c: (
        named("collections", "OrderedDict")
        + b"N}"
        + text("update")
        + named("builtins", "list")
        + b"s\x86b."
    ),
    "build-on-function": lambda c: (
        named("numpy._core.multiarray", "_reconstruct")
        + b"}"
        + text("__doc__")
        + text("x")
        + b"sb."
    ),
    "setitem-on-class": lambda c: named("builtins", "dict") + text("k") + text("v") + b"s.",
    "persistent-function": lambda c: text("boom") + b"Q)R.",
    "persistent-function-alone": lambda c: text("boom") + b"Q.",
    "persistent-module": lambda c: text("os") + b"Q}" + text("system") + text("x") + b"sb.",
    "persistent-class": lambda c: text("Mine") + b"Q)\x81.",
    "persistent-instance": lambda c: text("mine") + b"Q}" + text("v") + text("x") + b"sb.",
    "older-list-append": lambda c: text("numbers") + b"QK\x05a.",
    "older-list-appends": lambda c: text("numbers") + b"Q(K\x05K\x06e.",
    "older-dict-setitem": lambda c: text("config") + b"Q" + text("k") + text("bad") + b"s.",
    "older-dict-setitems": lambda c: text("config") + b"Q(" + text("k") + text("bad") + b"u.",
    "older-set-additems": lambda c: text("seen") + b"Q(K\x05\x90.",
    "older-array-build": lambda c: (
        text("array")
        + b"Q(K\x01K\x02\x85"
        + named("numpy", "dtype")
        + text("i8")
        + b"\x85R\x89C\x10"
        + bytes(16)
        + b"tb."
    ),
    "types-by-cloudpickle": lambda c: (
        named("cloudpickle.cloudpickle", "_builtin_type") + text("FunctionType") + b"\x85R."
    ),
    "arrow-length": lambda c: arrow((("i8",), 10**6, 0, 0, [None, bytes(8)], [], None)),
    "arrow-no-buffers": lambda c: arrow((("i8",), 1, 0, 0, [], [], None)),
    "arrow-missing-buffer": lambda c: arrow((("i8",), 1, 0, 0, [None, None], [], None)),
    "arrow-offsets": lambda c: arrow(
        (("str",), 1, 0, 0, [None, struct.pack("<ii", 0, 10**6), b"x"], [], None)
    ),
    "arrow-negative": lambda c: arrow((("i8",), -1, 0, 0, [None, bytes(8)], [], None)),
    "view-behind": lambda c: view((2,), 8, (8,)),
    "view-before": lambda c: view((2,), 0, (-8,)),
    "view-strides": lambda c: view((2,), 0, (1 << 40,)),
    "view-shape": lambda c: view((1 << 62,), 0, (8,)),
    "view-of-objects": lambda c: view((2,), 0, (8,), dtype="O"),
    "gaps-too-wide": lambda c: called(array_with_gaps, np.zeros(2), (1 << 40,)),
    "gaps-of-objects": lambda c: called(array_with_gaps, np.array([c], dtype=object), (16,)),
    "gaps-in-list": lambda c: called(array_with_gaps, [1], (16,)),
    "view-of-list": lambda c: view((2,), 0, (8,), root="numbers"),
    "backed-without-state": lambda c: backed() + b".",
    "build-on-check": lambda c: (
        named("pandas.core.indexes.base", "_new_Index")
        + b"("
        + named("builtins", "list")
        + b")}Ntb."
    ),
    "build-on-enum": lambda c: (
        named("uuid", "SafeUUID") + b"K\x00\x85R}" + text("_value_") + b"K\x05sb."
    ),
    "backed-state-none": lambda c: (
        backed() + b"(N" + named("numpy", "dtype") + text("i8") + b"\x85R}tb."
    ),
    "backed-state-empty": lambda c: backed() + b"}b.",
    "truncated": lambda c: called(os.system, touch(c))[:-2],
    "empty": lambda c: b".",
    "garbage": lambda c: bytes(range(128, 256)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_code_does_not_run_untrusted(tmp_path: Path, name: str) -> None:
    """A pickle that would call, import or change anything but data is refused before it does."""
    canary = tmp_path / "canary"
    ran: list[str] = []

    class Mine:
        v = 1

    import numpy as np

    namespace: dict[str, Any] = {
        "boom": lambda: ran.append("boom"),
        "os": os,
        "Mine": Mine,
        "mine": Mine(),
        "numbers": [1],
        "config": {"k": "good"},
        "seen": {1},
        "array": np.arange(2),
    }
    stream = PROLOGUE + HOSTILE[name](str(canary))
    bundle = Bundle(slots=[("x", len(stream) - len(PROLOGUE))], stream=stream)
    before = dict(vars(__import__("collections").OrderedDict))
    with pytest.raises((UntrustedError, BundleError)) as caught:
        unpack(
            bundle,
            path="task.db",
            step="s",
            namespace=namespace,
            trusted=False,
            buffers=[],
        )
    assert not canary.exists()
    assert not ran
    assert "\n" not in str(caught.value)
    assert callable(os.system)
    assert dict(vars(__import__("collections").OrderedDict)) == before
    assert Mine.v == namespace["mine"].v == 1
    kept = namespace["numbers"], namespace["config"], namespace["seen"]
    assert kept == ([1], {"k": "good"}, {1})
    assert namespace["array"].tolist() == [0, 1]


def test_refusal_names_the_variable_and_the_type() -> None:
    """The message says which name holds what, and how to trust the file."""
    stream = PROLOGUE + called(os.system, "true")
    with pytest.raises(UntrustedError) as caught:
        unpack(
            Bundle(slots=[("model", len(stream))], stream=stream),
            path="task.db",
            step="fit",
            namespace={},
            trusted=False,
            buffers=[],
        )
    message = str(caught.value)
    assert message.startswith("task.db: step 'fit': 'model' holds posix.system, ")
    assert "--trust" in message
