"""What a foreign state may take: honest data load, and small states do not become large."""

from __future__ import annotations

import io
import pickle
import random
import struct
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mundane_ipython.adapter.refusals import HostileStateError
from mundane_ipython.pickling.bundle import Packer
from mundane_ipython.untrusted import budget
from mundane_ipython.untrusted.unpickler import DataUnpickler

from ..support.amplified import MOST_BYTES, SMALL_BYTES, Writer, amplified, outcome, parse, taken
from ..support.forged import opcodes
from .test_allowlist import DATA, IMPORTS, named, number, text

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

N = 20_000
HONEST: dict[str, Callable[[], Any]] = {
    "numbers": lambda: list(range(N)),
    "floats": lambda: [n / 7 for n in range(N)],
    "texts": lambda: [f"text {n}" for n in range(N)],
    "pairs": lambda: [(n, str(n)) for n in range(N)],
    "records": lambda: [{"id": n, "name": f"n{n}", "tags": []} for n in range(N)],
    "lists of nothing": lambda: [[] for _ in range(N)],
    "dictionaries of one": lambda: [{"a": n} for n in range(N)],
    "sets of nothing": lambda: [set() for _ in range(N)],
    "frozensets": lambda: [frozenset([n]) for n in range(N)],
    "large set": lambda: set(range(N)),
    "large dictionary": lambda: {n: n for n in range(N)},
    "keys by chance": lambda: {random.Random(n).getrandbits(200): n for n in range(N)},
    "rows": lambda: [[0] * 100] * 1000,
    "dates": lambda: list(pd.date_range("2026", periods=N).date),
    "timestamps": lambda: list(pd.date_range("2026", periods=2000, tz="UTC")),
    "arrays": lambda: [np.arange(n % 10) for n in range(2000)],
    "scalars": lambda: list(np.arange(2000.0)),
    "views": lambda: (lambda a: [a[n:] for n in range(100)])(np.arange(1000.0)),
    "objects": lambda: np.array([str(n) for n in range(N)], object),
    "strings": lambda: np.array(["a" * n for n in range(100)], np.dtypes.StringDType()),
    "zeros": lambda: np.zeros((1000, 1000)),
    "masked": lambda: np.ma.masked_greater(np.arange(N), 10),
    "frame": lambda: pd.DataFrame({"a": range(N), "b": "x", "c": pd.Categorical(["u"] * N)}),
    "bools": lambda: pd.DataFrame(np.zeros((N, 10), bool)),
    "frames": lambda: [pd.DataFrame({"a": [n]}) for n in range(200)],
    "series": lambda: list(pd.DataFrame(np.zeros((100, 100))).items()),
    "multi-index": lambda: pd.MultiIndex.from_product([range(100), range(100), list("ab")]),
    "intervals": lambda: pd.interval_range(0, 5000),
    "sparse": lambda: pd.arrays.SparseArray(np.arange(N) % 50 == 0),
    "table": lambda: pa.table({"a": range(N), "b": ["x"] * N, "c": pa.nulls(N)}),
    "chunked": lambda: pa.chunked_array([[n] for n in range(200)]),
}


def loaded(value: Any) -> tuple[budget.Budget, int]:
    """Load what a notebook would store of a value; return what was counted, and its size."""
    packer = Packer({}, {"x": value}, {}, {}, {})
    assert packer.add("x", value) is None
    bundle = packer.bundle()
    buffers = [bytearray(buffer) for buffer in bundle.buffers]
    size = len(bundle.stream) + sum(map(len, buffers))
    unpickler = DataUnpickler(io.BytesIO(bundle.stream), buffers, None, size)
    unpickler.load()
    unpickler.load()
    return unpickler._budget, size


@pytest.mark.parametrize("name", HONEST)
def test_honest_data_load_and_take_less_than_is_allowed(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged as if it were large: what libraries write takes less than so many times its size."""
    monkeypatch.setattr(budget, "SMALL_BYTES", 0)
    value = HONEST[name]()
    if name == "sets of nothing":  # 2 bytes each; so many of them that they are refused
        with pytest.raises(HostileStateError):
            loaded(value)
        monkeypatch.setattr(budget, "RATIO", 200)
    counted, size = loaded(value)
    assert counted.taken < budget.RATIO * size, counted.taken / size


def flood(piece: bytes, before: bytes = b"") -> bytes:
    """Return a list of as many things as there is room for."""
    count = (SMALL_BYTES - len(before) - 100) // len(piece)
    return before + b"](" + piece * count + b"e."


def put(n: int) -> bytes:
    return b"q" + bytes([n]) + b"0"


NONES = b"(" + b"N" * 400_000 + b"t" + put(0)
TEXT = b"X" + struct.pack("<I", 400_000) + b"a" * 400_000 + put(0)
LIST = named("builtins", "list") + put(1)
DICT = b"}(" + b"".join(number(n) + b"N" for n in range(20_000)) + b"u" + put(0)
CHUNK = opcodes(pa.array(range(10_000))) + put(250)
WRITTEN = {
    "no strides": lambda: (
        named("mundane_ipython.objects.arrays", "array_view") + b"(" + opcodes(np.zeros(8))
        + opcodes(np.dtype("f8")) + number(0) + (number(20_000) * 2 + b"\x86")
        + (number(0) * 2 + b"\x86") + b"\x88tR."
    ),
    "gaps": lambda: (
        named("mundane_ipython.objects.arrays", "array_with_gaps") + opcodes(np.zeros(2))
        + number(60 << 20) + b"\x85\x86R."
    ),
    "chunks": lambda: (
        CHUNK + named("pyarrow.lib", "chunked_array") + b"](" + b"h\xfa" * 200_000 + b"e"
        + named("pyarrow.lib", "int64") + b")R\x86R."
    ),
    "columns of one chunk": lambda: (
        CHUNK + opcodes(pa.field("a", pa.int64())) + put(251)
        + named("pyarrow.lib", "_reconstruct_record_batch")
        + b"](" + b"h\xfa" * 100_000 + b"e" + named("pyarrow.lib", "schema")
        + b"](" + b"h\xfb" * 100_000 + b"e\x85R\x86R."
    ),
    "texts of one": lambda: (
        TEXT
        + opcodes(np.array(["a"], np.dtypes.StringDType()))
        .replace(opcodes(["a"]), b"](" + b"h\x00" * 100_000 + b"e")
        .replace(b"K\x01K\x01\x85c", b"K\x01" + number(100_000) + b"\x85c")
        + b"."
    ),
    "members of one field": lambda: (
        opcodes(pa.field("a", pa.int64())) + put(251) + named("pyarrow.lib", "schema")
        + b"](" + b"h\xfb" * 450_000 + b"e\x85R."
    ),
    "levels of one index": lambda: (
        opcodes(pd.Index([1, 2])) + put(251) + opcodes(np.zeros(1, "i8")) + put(252)
        + named("pandas.core.indexes.base", "_new_Index") + named("pandas", "MultiIndex") + b"}("
        + text("levels") + b"](" + b"h\xfb" * 200_000 + b"e"
        + text("codes") + b"](" + b"h\xfc" * 200_000 + b"eu\x86R."
    ),
    "sets of nothing": lambda: flood(b"\x8f"),
    "dictionaries": lambda: flood(b"}NNs"),
    "memo": lambda: b"N" + b"\x94" * 900_000 + b".",
    "marks": lambda: b"(" * 900_000 + b"N.",
    "deques": lambda: flood(b"h\x00)R", named("collections", "deque") + put(0)),
    "lists of one tuple": lambda: flood(b"h\x01h\x00\x85R", NONES + LIST),
    "namespaces of one state": lambda: flood(
        b"h\x01)Rh\x00b", DICT + named("types", "SimpleNamespace") + put(1)
    ),
    "zones": lambda: flood(
        b"h\x00h\x01R",
        named("builtins", "getattr") + named("zoneinfo", "ZoneInfo") + text("_unpickle")
        + b"\x86R" + put(0) + text("Europe/Berlin") + number(0) + b"\x86" + put(1),
    ),
    "names of fields": lambda: flood(
        b"h\x01h\x00h\x02\x86R", TEXT + named("pyarrow.lib", "field") + put(1)
        + named("pyarrow.lib", "int8") + b")R" + put(2),
    ),
    "metadata": lambda: (
        TEXT + named("pyarrow.lib", "KeyValueMetadata") + b"]("
        + b"".join(text(str(n)) + b"h\x00\x86" for n in range(20_000)) + b"e\x85R."
    ),
}  # fmt: skip
LARGE: dict[str, Callable[[], Any]] = {
    "items of nothing": lambda: [np.empty((1000, 1000), "V0") for _ in range(100)],
    "columns of nothing": lambda: pd.DataFrame(index=range(10**9)),
    "range": lambda: pd.Series(dtype="f8", index=pd.RangeIndex(0)).index.union(range(10**9)),
    "nulls": lambda: pa.nulls(10**9),
    "runs": lambda: pa.RunEndEncodedArray.from_arrays(pa.array([10**9], pa.int32()), [1]),
    "sparse": lambda: pd.arrays.SparseArray._simple_new(
        np.ones(1),
        pd._libs.sparse.IntIndex(10**9, np.zeros(1, np.int32)),
        pd.SparseDtype("f8", 0.0),
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_small_pickle_does_not_become_large(name: str) -> None:
    """Refused, before it has taken more than 64 MiB."""
    stream = WRITTEN[name]()
    assert len(stream) <= SMALL_BYTES
    size, text = taken(stream)
    assert size <= MOST_BYTES, (size >> 20, text)
    assert text.startswith("refused"), text


@pytest.mark.parametrize("name", LARGE)
def test_what_would_be_large_if_it_were_written_out(name: str) -> None:
    """Zero strides, ranges, chunks, runs: refused, whoever wrote it."""
    with pytest.raises(HostileStateError, match="MiB, of a bundle of"):
        loaded(LARGE[name]())


def test_keys_of_one_hash() -> None:
    """Python would compare each with each, for minutes: so many are refused in no time."""
    keys = b"".join(number(1 + n * (2**61 - 1)) for n in range(40_000))
    pairs = b"".join(number(1 + n * (2**61 - 1)) + b"N\x86" for n in range(40_000))
    streams = {
        "set": b"\x8f(" + keys + b"\x90.",
        "frozenset": b"(" + keys + b"\x91.",
        "dictionary": b"}(" + keys + b"u.",
        "called": named("builtins", "set") + b"](" + keys + b"e\x85R.",
        "ordered": named("collections", "OrderedDict") + b"](" + pairs + b"e\x85R.",
        "one by one": b"}" + b"".join(
            number(1 + n * (2**61 - 1)) + b"Ns" for n in range(40_000)
        ) + b".",
    }  # fmt: skip
    for name, stream in streams.items():
        assert "keys that share their hashes" in outcome(stream), name


def test_a_tuple_that_is_hashed_for_ever() -> None:
    """It holds itself in no way, but the same one twice, forty times over."""
    stream = b"}" + b"N\x85" + b"2\x86" * 40 + b"Ns."
    assert "most of them the same" in outcome(stream)


def test_generated_states_take_no_more() -> None:
    """A share of what `python -m tests.bench.fuzz --amplify` does for as long as it is let."""
    roots = honest_trees()
    for n in range(12):
        size, text = taken(amplified(roots, random.Random(f"1/{n}")))
        assert 0 <= size <= MOST_BYTES, (n, size, text)


def honest_trees() -> list[Any]:
    """Return the trees of everything in the table of what loads without trust."""
    namespace: dict[str, Any] = {}
    exec(IMPORTS, namespace)
    return [parse(pickle.dumps(eval(source, namespace), 4)) for source in DATA.values()]


def test_a_tree_is_written_as_it_was_read() -> None:
    """The grammar's own ground: unchanged, each is the same value."""
    for tree in honest_trees():
        writer = Writer()
        writer.put(tree)
        assert outcome(b"".join(writer.parts) + b".") == "loaded"
