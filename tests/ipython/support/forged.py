"""Pickles of data with a forged state, each of which once ended the process that looked at it.

Run as a module, this loads each as out of a foreign file, uses what it gets, and tells on a line of
its own what came of it. A crash is the end of it, so that a test is to run it in another process.
"""

from __future__ import annotations

import collections
import copyreg
import datetime
import decimal
import fractions
import functools
import ipaddress
import pickle
import pickletools
import random
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mundane_ipython.errors import BundleError, UntrustedError
from mundane_ipython.pickling.bundle import Bundle
from mundane_ipython.pickling.unpacking import unpack

PROLOGUE = b"\x80\x05N."


class Forged:
    """Pickles as an object of another class, with a state that it never had."""

    def __init__(self, kind: type, make: Any, arguments: tuple[Any, ...], state: Any) -> None:
        self._kind = kind
        self._reduced = make, arguments, state

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # pickle asks for it
        return self._kind

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._reduced if self._reduced[2] is not None else self._reduced[:2]


def called(function: Any, *arguments: Any) -> Any:
    return Forged(object, function, arguments, None)


def changed(value: Any, **parts: Any) -> Any:
    """Return a value whose state has other parts."""
    state = {**(value.__getstate__() or {}), **parts}
    return Forged(type(value), copyreg.__newobj__, (type(value),), state)  # type: ignore[attr-defined]


def empty(kind: type) -> Any:
    """Return an object that was made and then has no state."""
    return Forged(kind, copyreg.__newobj__, (kind,), None)  # type: ignore[attr-defined]


def backed(array: Any, items: Any, dtype: Any = None) -> Any:
    """Return a pandas array on NumPy's with other items."""
    make, arguments, state, *_ = array.__reduce_ex__(5)
    old = next(part for part in state if not isinstance(part, (np.ndarray, dict)))
    parts = (old if dtype is None else dtype, items, {})
    return Forged(type(array), make, arguments, parts)


def index(value: Any, **parts: Any) -> Any:
    """Return an index with other parts."""
    make, (kind, state), *_ = value.__reduce__()
    return called(make, kind, {**state, **parts})


def arrow(array: Any, **parts: Any) -> Any:
    """Return an Arrow array with other parts."""
    make, (state,) = array.__reduce__()
    names = ("type", "length", "nulls", "offset", "buffers", "children", "dictionary")
    return called(make, tuple({**dict(zip(names, state, strict=True)), **parts}.values()))


def dtype(text: str, *state: Any) -> Any:
    return Forged(np.dtype, np.dtype, (text, False, True), state)


def array(kind: Any, shape: Any, data: Any) -> Any:
    """Return a NumPy array of a state."""
    make = np.zeros(1).__reduce__()[0]
    return Forged(np.ndarray, make, (np.ndarray, (0,), b"b"), (1, shape, kind, False, data))


def masked(kind: Any, shape: Any, data: Any, mask: Any, fill: Any) -> Any:
    """Return a masked array of a state."""
    make = np.ma.zeros(1).__reduce__()[0]
    arguments = (np.ma.MaskedArray, np.ndarray, (0,), b"b")
    return Forged(np.ma.MaskedArray, make, arguments, (1, shape, kind, False, data, mask, fill))


def manager(frame: Any, *blocks: tuple[Any, Any]) -> Any:
    """Return a frame of these blocks: values and places."""
    old = frame._mgr
    make = old.blocks[0].__reduce__()[0]
    made = tuple(called(make, values, places, 2) for values, places in blocks)
    return changed(frame, _mgr=called(type(old), made, list(old.axes)))


def series(values: Any, axis: Any, place: Any) -> Any:
    old = pd.Series([1])._mgr
    state = {"axes": [axis], "blocks": [{"values": values, "mgr_locs": place}]}
    parts = ([axis], [values], [axis], {"0.14.1": state})
    made = Forged(type(old), copyreg.__newobj__, (type(old),), parts)  # type: ignore[attr-defined]
    return changed(pd.Series([1]), _mgr=made)


def opcodes(value: Any) -> bytes:
    """Return the opcodes that put a value on the stack."""
    return pickletools.optimize(pickle.dumps(value, 3))[2:-1]


def nested(kind: str, name: str) -> bytes:
    """Return a pickle of 200,000 calls of something, each with what the one before returned."""
    make = f"c{kind}\n{name}\n".encode()
    return make * 200_000 + b"N" + b"\x85R" * 200_000


def part_of(frame: Any, number: int) -> tuple[Any, Any]:
    block = frame._mgr.blocks[number]
    return block.values, block.mgr_locs.indexer


NUMBERS = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
MIXED = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [5, 6]})
TIMES = pd.date_range("2026", periods=2)
INTERVALS = pd.interval_range(0, 3)
MULTI = pd.MultiIndex.from_arrays([["a", "b"], [1, 2]])
SPARSE = pd.arrays.SparseArray([0, 0, 1], fill_value=0)
STRUCT = np.dtype([("a", "i4"), ("b", "f8")])
LISTS = pa.array([[1, 2]], pa.list_(pa.int8(), 2))
ENDS = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), [1, 2])
PAIRS = pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int8()))
VIEWS = pa.array(["short", "d" * 20], pa.string_view())
UNION = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array([3, 4])])


def _fields(offset: int) -> dict[str, Any]:
    return {"a": (np.dtype("i4"), offset), "b": (np.dtype("f8"), 4)}


def _whole(child: Any) -> tuple[Any, ...]:
    (state,) = child.__reduce__()[1]
    return tuple(state)


def _null_keys() -> list[Any]:
    pairs = list(PAIRS.__reduce__()[1][0])
    items = list(pairs[5][0])
    keys = (*items[5][0][:2], 1, *items[5][0][3:])
    items[5] = [keys, items[5][1]]
    return [tuple(items)]


VALUES: dict[str, Callable[[], Any]] = {
    "multi-codes-behind": lambda: index(MULTI, codes=[np.array([0, 99]), np.array([0, 1])]),
    "multi-codes-before": lambda: index(MULTI, codes=[np.array([0, -9]), np.array([0, 1])]),
    "multi-codes-lengths": lambda: index(MULTI, codes=[np.array([0]), np.array([0, 1])]),
    "multi-codes-floats": lambda: index(MULTI, codes=[np.array([0.5, 1]), np.array([0, 1])]),
    "multi-codes-fewer": lambda: index(MULTI, codes=[np.array([0, 1])]),
    "multi-codes-nested": lambda: index(MULTI, levels=[MULTI, MULTI]),
    "multi-levels-none": lambda: index(MULTI, levels=None),
    "multi-verify": lambda: index(MULTI, verify_integrity=False),
    "index-of-2d": lambda: index(pd.Index([1, 2]), data=np.zeros((2, 2))),
    "index-of-none": lambda: index(TIMES, data=None),
    "index-of-numbers": lambda: index(TIMES, data=np.arange(2)),
    "index-class": lambda: called(pd.Index([1]).__reduce__()[0], np.ndarray, {"shape": (9,)}),
    "times-of-floats": lambda: backed(TIMES.array, np.zeros(2)),
    "times-of-seconds": lambda: backed(TIMES.array, np.zeros(2, "M8[D]"), np.dtype("M8[D]")),
    "times-of-others": lambda: backed(TIMES.array, np.zeros(2, "M8[ms]")),
    "times-of-none": lambda: backed(TIMES.array, None),
    "times-of-objects": lambda: backed(TIMES.array, np.array([None, 1], object)),
    "times-without-state": lambda: [called(*TIMES.array.__reduce__()[:1], *_times_arguments())],
    "zone-of-floats": lambda: backed(TIMES.tz_localize("UTC").array, np.zeros(2)),
    "spans-of-times": lambda: backed(pd.to_timedelta([1, 2]).array, np.zeros(2, "M8[ns]")),
    "periods-of-floats": lambda: backed(pd.period_range("2026", periods=2).array, np.zeros(2)),
    "categories-behind": lambda: backed(pd.Categorical(["a", "b"]), np.array([0, 9], "i1")),
    "categories-before": lambda: backed(pd.Categorical(["a", "b"]), np.array([0, -2], "i1")),
    "categories-none": lambda: backed(
        pd.Categorical(["a"]), np.array([0], "i1"), pd.CategoricalDtype()
    ),
    "strings-of-numbers": lambda: backed(
        pd.array(["a"], dtype=pd.StringDtype("python")), np.array([1, 2], object)
    ),
    "masked-lengths": lambda: changed(pd.array([1, None]), _mask=np.zeros(1, bool)),
    "masked-mask": lambda: changed(pd.array([1, None]), _mask=np.zeros(2, "f8")),
    "masked-without-state": lambda: empty(pd.arrays.IntegerArray),
    "sparse-values": lambda: changed(SPARSE, _sparse_values=np.arange(9)),
    "sparse-dtype": lambda: changed(SPARSE, _sparse_values=np.zeros(1)),
    "sparse-index": lambda: changed(SPARSE, _sparse_index=5),
    "sparse-places": lambda: changed(
        SPARSE, _sparse_index=called(type(SPARSE.sp_index), 3, np.array([99], "i4"), False)
    ),
    "sparse-index-without-state": lambda: empty(type(SPARSE.sp_index)),
    "arrow-array": lambda: changed(pd.array([1], dtype="int64[pyarrow]"), _pa_array=[1]),
    "arrow-dtype": lambda: changed(
        pd.array([1], dtype="int64[pyarrow]"), _pa_array=pa.array(["a"])
    ),
    "blocks-twice": lambda: manager(MIXED, part_of(MIXED, 0), part_of(MIXED, 0)),
    "blocks-missing": lambda: manager(MIXED, part_of(MIXED, 0)),
    "blocks-behind": lambda: manager(NUMBERS, (np.zeros((2, 2)), np.array([0, 99]))),
    "blocks-before": lambda: manager(NUMBERS, (np.zeros((2, 2)), np.array([0, -7]))),
    "blocks-slice": lambda: manager(NUMBERS, (np.zeros((2, 2)), slice(5, 7, 1))),
    "blocks-rows": lambda: manager(NUMBERS, (np.zeros((2, 9)), slice(0, 2, 1))),
    "blocks-columns": lambda: manager(NUMBERS, (np.zeros((1, 2)), slice(0, 2, 1))),
    "blocks-1d": lambda: manager(NUMBERS, (np.zeros(2), slice(0, 2, 1))),
    "blocks-of-lists": lambda: manager(NUMBERS, ([[1, 2], [3, 4]], slice(0, 2, 1))),
    "frame-of-none": lambda: changed(NUMBERS, _mgr=None),
    "frame-of-series": lambda: changed(NUMBERS, _mgr=pd.Series([1])._mgr),
    "frame-without-state": lambda: empty(pd.DataFrame),
    "series-lengths": lambda: series(np.arange(2), pd.RangeIndex(9), slice(0, 2, 1)),
    "series-2d": lambda: series(np.zeros((2, 2)), pd.RangeIndex(2), slice(0, 2, 1)),
    "offset-without-state": lambda: empty(pd.offsets.BusinessDay),
    "date-year": lambda: called(datetime.date, bytes([0, 0, 1, 1])),
    "date-day": lambda: called(datetime.datetime, bytes([7, 234, 2, 31, 0, 0, 0, 0, 0, 0])),
    "time-hour": lambda: called(datetime.time, bytes([99, 0, 0, 0, 0, 0])),
    "date-new": lambda: Forged(
        datetime.date,
        copyreg.__newobj__,
        (datetime.date, bytes([0, 0, 1, 1])),
        None,  # type: ignore[attr-defined]
    ),
    "array-interface": lambda: types.SimpleNamespace(
        __array_interface__={"data": (8, True), "shape": (9,), "typestr": "<i8", "version": 3}
    ),
    "array-interface-slots": lambda: Forged(
        collections.Counter, collections.Counter, (), (None, {"__array_interface__": {}})
    ),
    "set-state": lambda: types.SimpleNamespace(__setstate__=np.ndarray),
    "timestamp-unit": lambda: called(*_with(pd.Timestamp("2026"), -1, 1 << 30)),
    "timedelta-unit": lambda: called(*_with(pd.Timedelta(5), -1, 1 << 30)),
    "dtype-unit-zero": lambda: dtype(
        "M8", 4, "<", None, None, None, -1, -1, 0, ({}, (b"s", 0, 1, 1))
    ),
    "dtype-unit-text": lambda: called(np.dtype, "M8[0s]"),
    "dtype-offset": lambda: dtype(
        "V12", 3, "|", None, ("a", "b"), _fields((1 << 31) - 1), 12, 1, 16
    ),
    "dtype-behind": lambda: dtype("V12", 3, "|", None, ("a", "b"), _fields(9), 12, 1, 16),
    "array-objects": lambda: array(np.dtype(object), (9,), [1]),
    "array-shape": lambda: array(np.dtype("i8"), (1 << 62, 4), b""),
    "scalar-of-nothing": lambda: called(
        np.float64().__reduce__()[0], np.dtype([("a", "O")]), np.zeros(0, "b")
    ),
    "pa-offset": lambda: arrow(LISTS, offset=255),
    "pa-children": lambda: arrow(pa.array([{"a": 1}]), length=99),
    "pa-keys-null": lambda: arrow(PAIRS, children=_null_keys()),
    "pa-ends-null": lambda: arrow(
        ENDS,
        children=[(*_whole(ENDS.run_ends)[:2], 1, *_whole(ENDS.run_ends)[3:]), _whole(ENDS.values)],
    ),
    "pa-union-bitmap": lambda: arrow(UNION, buffers=[pa.py_buffer(b"x"), UNION.buffers()[1]]),
    "pa-union-codes": lambda: called(
        *UNION.type.__reduce__()[:1], [*UNION.type], "sparse", [0, -1]
    ),
    "pa-schema-without-state": lambda: empty(pa.Schema),
    # Gigabytes, or years, out of a few bytes.
    "list-of-index": lambda: called(list, pd.RangeIndex(1 << 28)),
    "list-of-addresses": lambda: called(list, ipaddress.ip_network("0.0.0.0/0")),
    "list-of-nothing": lambda: called(list, array(np.dtype("S0"), (1 << 19,), b"")),
    "array-of-nothing": lambda: array(np.dtype("S0"), (1 << 27,), b""),
    "pa-list-of-nulls": lambda: called(list, arrow(pa.nulls(2), length=1 << 28, nulls=1 << 28)),
    "number-of-decimal": lambda: called(int, decimal.Decimal("1E+30000000")),
    "fraction-of-decimal": lambda: called(fractions.Fraction, decimal.Decimal("1E+99999999")),
    "text-of-lists": lambda: called(str, functools.reduce(lambda x, _: [x] * 10, range(12), "x")),
    "mask-fill": lambda: masked(np.dtype("S1500000000"), (0,), b"", b"", b"x"),
    "intervals-of-range": lambda: index(INTERVALS, left=range(1 << 28), right=range(1 << 28)),
    "intervals-of-index": lambda: index(
        INTERVALS, left=pd.RangeIndex(1 << 28), right=pd.RangeIndex(1 << 28)
    ),
    "multi-names": lambda: index(MULTI, names=range(1 << 28)),
    "pa-view-buffers": lambda: arrow(VIEWS, buffers=[*VIEWS.buffers()[:2], None]),
    "pa-table": lambda: called(*_with(pa.table({"a": [1]}), 0, [pa.array(["x"])])),
}
"""Values that pickle as what no library pickles."""

STREAMS: dict[str, Callable[[], bytes]] = {
    "array-set-again": lambda: (
        opcodes(np.array([0, 1])) + opcodes((1, (1,), np.dtype("i8"), False, bytes(8))) + b"b"
    ),
    "array-filled": lambda: opcodes(np.array([0, 1])) + b"K\x00K\x7fs",
    "array-holds-itself": lambda: (
        opcodes(Forged(np.ndarray, np.zeros(1).__reduce__()[0], (np.ndarray, (0,), b"b"), None))
        + b"q\xffK\x01K\x01\x85"
        + opcodes(np.dtype(object))
        + b"\x89]h\xffat"
    ),
    "tuples": lambda: b")" + b"\x85" * 200_000,
    "frozensets": lambda: b"(" * 200_000 + b"\x91" * 200_000,
    "slices": lambda: nested("builtins", "slice"),
    "slices-made-with-names": lambda: (
        b"cbuiltins\nslice\n" * 200_000 + b"N" + b"\x85}\x92" * 200_000
    ),
    "deques": lambda: b"ccollections\ndeque\n)R" * 200_000 + b"a" * 199_999,
    "deques-outside-in": lambda: (
        b"ccollections\ndeque\n)R" + b"ccollections\ndeque\n)Rq\x01ah\x01" * 200_000
    ),
    "defaultdicts": lambda: (
        b"ccollections\ndefaultdict\n)R"
        + b"Nccollections\ndefaultdict\n)R" * 199_999
        + b"s" * 199_999
    ),
    "tuples-of-deques": lambda: (
        b"}"
        + b"cbuiltins\ntuple\nccollections\ndeque\n)R" * 200_000
        + b")"
        + b"a\x85R" * 200_000
        + b"Ns"
    ),
    "pa-structs-in-dicts": lambda: (
        b"cpyarrow.lib\nint8\n)Rq\x01"
        + b"cpyarrow.lib\nstruct\n}X\x01\0\0\0ah\x01s\x85Rq\x01" * 50_000
    ),
    "pa-structs-in-deques": lambda: (
        b"cpyarrow.lib\nstruct\nccollections\ndeque\n)RX\x01\0\0\0a" * 50_000
        + b"cpyarrow.lib\nint8\n)R"
        + b"\x86a\x85R" * 50_000
    ),
    "arguments-of-range": lambda: b"cbuiltins\nlist\ncbuiltins\nrange\nJ\0\0\0\x10\x85RR",
    "state-of-cython-function": lambda: (
        b"cpandas._libs.tslibs.nattype\n_nat_unpickle\nN}X\x08\0\0\0func_docX\1\0\0\0xs\x86b"
    ),
    "pa-types": lambda: b"cpyarrow.lib\nlist_\n" * 20_000 + opcodes(pa.int8()) + b"\x85R" * 20_000,
}
"""Opcodes that no pickler writes."""


def _times_arguments() -> Any:
    return TIMES.array.__reduce__()[1]


def _with(value: Any, place: int, part: Any) -> tuple[Any, ...]:
    """Return a value's reduction with another argument."""
    make, arguments = value.__reduce__()[:2]
    changed_arguments = list(arguments)
    changed_arguments[place] = part
    return make, *changed_arguments


def forged() -> Iterator[tuple[str, bytes]]:
    """Yield the name and the pickle of each."""
    for name, value in VALUES.items():
        yield name, pickle.dumps(value(), 5)
    for name, stream in STREAMS.items():
        yield name, stream() + b"."


def use(value: Any) -> None:
    """Do with a value what a notebook may do, whatever comes of it."""
    looks: tuple[Callable[[Any], Any], ...] = (
        repr, str, len, hash, list, np.asarray, pickle.dumps, lambda v: v == v,
        lambda v: v.copy(), lambda v: v.values, lambda v: v.to_string(), lambda v: v.isna(),
        lambda v: v.take([0, -1]), lambda v: v.sort_values(), lambda v: v.iloc[0],
        lambda v: v.unique(), lambda v: v.astype(object), lambda v: v.to_pylist(), lambda v: v.T,
        lambda v: v.factorize(), lambda v: v.to_dense(), lambda v: v.columns,
        lambda v: v.index.values, lambda v: v.ctime(), lambda v: v.weekday(),
    )  # fmt: skip
    for look in looks:
        try:
            look(value)
        except Exception:
            continue


def outcome(stream: bytes) -> str:
    """Return `refused: ` and the message, or `loaded` for a pickle that is data after all."""
    bundle = Bundle(slots=[("x", len(stream))], stream=PROLOGUE + stream)
    where: Mapping[str, Any] = {"path": "task.db", "step": "s", "namespace": {}}
    try:
        found = unpack(bundle, **where, trusted=False, buffers=[])
    except (UntrustedError, BundleError) as error:
        return f"refused: {error}"
    use(found["x"])
    return "loaded"


SEEDS = (
    NUMBERS, MIXED, MULTI, TIMES, SPARSE, UNION, PAIRS, LISTS, np.zeros(2, STRUCT),
    np.array([{"a": 1}, (2,)], object), np.ma.array([1, 2], mask=[0, 1]), pd.array([1, None]),
    pd.Series(pd.Categorical(["a", "b"])), pd.interval_range(0, 3), pd.Series(["a", None]),
    pd.Series([1], index=pd.period_range("2026", periods=1)), pa.table({"a": [1], "b": ["x"]}),
)  # fmt: skip
PIECES = (
    b"N", b")", b"]", b"}", b"K\x00", b"K\xff", b"J\xff\xff\xff\x7f", b"R", b"b", b"\x81", b"0",
    b"2", b"\x85", b"t", b"(",
)  # fmt: skip


def mutations(seed: int, count: int) -> Iterator[bytes]:
    """Yield pickles of data, each with a few opcodes changed; the same for the same seed."""
    chance = random.Random(seed)
    pickles = [_split(pickle.dumps(value, 5)) for value in SEEDS]
    for _ in range(count):
        parts = list(chance.choice(pickles))
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(parts))
            other = chance.choice(pickles)
            start = chance.randrange(len(other))
            parts[at : at + chance.randint(0, 2)] = chance.choice(
                (
                    [chance.choice(PIECES)],
                    [b"h" + bytes([chance.randrange(60)])],
                    other[start : start + chance.randint(1, 20)],
                    [],
                )
            )
        yield b"".join(parts)


def _split(stream: bytes) -> list[bytes]:
    """Return the opcodes of a pickle, but for the frames around them."""
    starts = [position for _, _, position in pickletools.genops(stream)]
    parts = [stream[a:b] for a, b in zip(starts, [*starts[1:], len(stream)], strict=True)]
    return [part for part in parts if part[:1] != pickle.FRAME]


def main() -> None:
    """Load each forged pickle, or with a seed and a count as arguments so many mutations."""
    warnings.simplefilter("ignore")
    if len(sys.argv) == 3:
        seed, count = map(int, sys.argv[1:])
        loaded = sum(outcome(stream) == "loaded" for stream in mutations(seed, count))
        print(f"{loaded} loaded", flush=True)
        return
    for name, stream in forged():
        print(f"{name}: {outcome(stream)}", flush=True)


if __name__ == "__main__":
    main()
