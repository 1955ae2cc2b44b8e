"""References to objects inside older values: found by path, checked, or refused."""

from __future__ import annotations

import datetime
import enum
from collections import OrderedDict, deque
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mundane_ipython.errors import BundleError, UntrustedError
from mundane_ipython.pickling.bundle import Packer
from mundane_ipython.pickling.unpacking import unpack
from mundane_ipython.references.keys import NoKeyError, written, written_text
from mundane_ipython.references.references import Lookup, data_digest


class Loud:
    """Whatever looks at it other than by its `__dict__` is heard of."""

    heard: list[str] = []  # noqa: RUF012 (a test's own)

    def __init__(self, inside: Any) -> None:
        object.__setattr__(self, "inside", inside)

    def __getattribute__(self, name: str) -> Any:
        Loud.heard.append(name)
        return object.__getattribute__(self, name)

    def __eq__(self, other: object) -> bool:
        Loud.heard.append("__eq__")
        return False

    def __hash__(self) -> int:
        return hash("k")


def packed(namespace: dict[str, Any], new: Any, inner: dict[str, list[Any]]) -> Any:
    """Return a bundle with the slot `new`, after older values."""
    packer = Packer(namespace, {"new": new}, {}, namespace, inner)
    assert packer.add("new", new) is None
    return packer.bundle(), packer


def loaded(bundle: Any, namespace: dict[str, Any], *, trusted: bool = True) -> Any:
    """Return what the slot `new` is loaded as."""
    made = unpack(
        bundle, path="t.db", step="s", namespace=namespace, trusted=trusted, buffers=bundle.buffers
    )
    return made["new"]


def test_only_what_a_step_holds_is_referred_to() -> None:
    """Of objects in one another the outermost is enough, and each that is held by itself."""
    leaf = {"x": [1]}
    older = {"tree": {"a": {"b": leaf}, "z": [0]}}
    inside = [older["tree"]["a"], leaf, leaf["x"], older["tree"]["z"]]
    bundle, _ = packed(older, [older["tree"]["a"]], {"tree": inside})
    assert [each for each in bundle.older if "#" in each] == [
        f'tree#[[["k", "a"]], "builtins.dict", "{data_digest(older["tree"]["a"])}"]'
    ]
    assert loaded(bundle, older)[0] is older["tree"]["a"]
    bundle, _ = packed(older, [older["tree"]["a"], leaf["x"]], {"tree": inside})
    new = loaded(bundle, older)
    assert new[0] is older["tree"]["a"]
    assert new[1] is leaf["x"]


@pytest.mark.parametrize(
    "other",
    [{"a": [2]}, {"a": (1,)}, {"b": [1]}, [1], 5, {"a": [1, 1]}, {1: [1]}],
    ids=str,
)
def test_another_object_is_never_taken(other: Any) -> None:
    """A value, type, key or container that is another one refuses the step, and says of what."""
    older = {"d": {"a": [1]}}
    bundle, _ = packed(older, [older["d"]["a"]], {"d": [older["d"]["a"]]})
    assert loaded(bundle, {"d": {"x": 0, "a": [1]}}) == [[1]]
    for trusted in (True, False):
        with pytest.raises(BundleError, match="it shares objects with 'd', which is not what it"):
            loaded(bundle, {"d": other}, trusted=trusted)


def test_to_follow_a_path_runs_no_code() -> None:
    """Neither of holders nor of keys, whatever a forged file says."""
    inside: list[Any] = []
    loud = Loud(inside)
    namespace: dict[str, Any] = {"loud": loud, "table": {loud: 1, "k": inside}}
    Loud.heard.clear()
    lookup = Lookup(namespace)
    digest = data_digest(inside)
    assert lookup.find(f'loud#[[["a", "inside"]], "builtins.list", "{digest}"]') is inside
    assert lookup.find(f'table#[[["k", "k"]], "builtins.list", "{digest}"]') is inside
    for path in (
        '[["a", "__class__"]]', '[["a", "heard"]]', '[["k", "inside"]]', '[["i", 0]]',
        '[["i", -1]]',
        '[["i", true]]', '[["x"]]', '[["a"]]', '[["a", "inside", 1]]', '[["c", "x"]]', '[["m"]]',
        '[["e", 0]]', '[["v", 0, 0]]', '[["f"]]', "5", "null", '["a"]',
        '[[]]', '[[5]]', '[["a", []]]',
        '[["k", {"float": "nan"}]]', '[["d", 0]]', '[["q", "x"]]',
    ):  # fmt: skip
        with pytest.raises(LookupError):
            lookup.find(f'loud#[{path}, "builtins.list", ""]')
    for reference in (
        "loud#[",
        "loud#[1]",
        "loud#" + "[" * 100_000,
        "loud#[1, 2, 3, 4]",
        "none#[]",
    ):
        with pytest.raises(LookupError):
            lookup.find(reference)
    assert Loud.heard == []


def test_a_reference_by_number_is_followed_where_it_is_certain() -> None:
    """Earlier versions wrote them; a set or an object may walk otherwise in another process."""
    rows = [{"a": [1]}, {"a": [2]}]
    lookup = Lookup({"rows": rows, "mixed": [*rows, {1, 2}]})
    assert lookup.find("rows#2#builtins.list") is rows[0]["a"]
    for reference in ("rows#2#builtins.dict", "rows#99#builtins.list", "rows#x#builtins.list",
                      "mixed#2#builtins.list", "rows##", "rows#2"):  # fmt: skip
        with pytest.raises(LookupError):
            lookup.find(reference)


def test_an_object_that_no_path_leads_to_is_told_of() -> None:
    """It is pickled as a copy, and the packer knows whose."""
    node = Loud([1])
    older = {"held": {node, "other"}}
    _, packer = packed(older, [node.inside], {"held": [node, node.inside]})
    assert [holders for holders, _ in packer.loose.values()] == [["held"]]


KEYS = [
    *(None, True, 1, "1", 2.5, b"x", (1, ("a",)), datetime.date(2026, 1, 2)),
    *(np.int64(1), np.float32(1), pd.Timestamp("2026-01-02"), pd.Timedelta("1D")),
]


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_a_key_is_written_by_type_and_value(key: Any) -> None:
    """As JSON, and no other key is written so."""
    assert [
        other for other in KEYS if written_text(written(other)) == written_text(written(key))
    ] == [key]
    with pytest.raises(NoKeyError):
        written((key, object()))


class Colour(enum.Enum):
    """An enumeration."""

    RED = 1


def test_digests_of_data() -> None:
    """Equal for equal values in whatever order sets have; none where code or identity counts."""
    first = {"a": [1, 2.0], "s": {"x", "y"}, "m": np.ma.array([1.0, 2.0], mask=[0, 1])}
    again = {"a": [1, 2.0], "s": {"y", "x"}, "m": np.ma.array([1.0, 9.0], mask=[0, 1])}
    assert data_digest(first) == data_digest(again) != ""
    assert first["m"]._fill_value is None
    different = [
        [1], [1.0], [True], (1,), deque([1]), {1}, [np.float64(1)], np.ones(1), np.ones(1, int),
        bytearray(b"1"), OrderedDict(a=1), {"a": 1}, [Colour.RED], [[1]],
    ]  # fmt: skip
    digests = [data_digest(each) for each in different]
    assert len({*digests}) == len(different)
    assert "" not in digests
    cycle: list[Any] = []
    cycle.append(cycle)
    assert data_digest(cycle) != ""
    for none in (lambda: 1, [object()], Loud([]), np.array([1], dtype=object)):
        assert data_digest(none) == ""


def test_nothing_untrusted_comes_through_a_path() -> None:
    """A foreign bundle gets at data only, as by a name."""
    older = {"d": {"a": Loud([1])}}
    bundle, _ = packed(older, [older["d"]["a"]], {"d": [older["d"]["a"]]})
    with pytest.raises(UntrustedError):
        loaded(bundle, older, trusted=False)
