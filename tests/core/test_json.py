"""Strict JSON: what is kept comes back equal, of equal type; the rest is refused by its place."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import json
import math
import sys
import threading
import uuid
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mundane import _json

strict_text = st.text(st.characters(codec="utf-8"))
strict_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**4000), 10**4000)
    | st.floats(allow_nan=False, allow_infinity=False)
    | strict_text,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(strict_text, inner, max_size=5),
    max_leaves=40,
)


class _Colour(enum.IntEnum):
    RED = 1


class _Text(str):
    __slots__ = ()


class _Point(NamedTuple):
    x: int


class _NoRepr:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __hash__(self) -> int:
        return 1


def same(left: Any, right: Any) -> bool:
    """Return whether two values are equal, of equal types throughout; -0.0 is not 0.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float):
        return left == right and math.copysign(1, left) == math.copysign(1, right)
    return bool(left == right)


def nested(depth: int, leaf: Any, *, mixed: bool = False) -> Any:
    """Return `leaf` inside `depth` lists, or lists and objects in turn."""
    for level in range(depth):
        leaf = {"k": leaf, "n": level} if mixed and level % 2 else [leaf]
    return leaf


@given(strict_values)
def test_a_strict_value_comes_back_equal_of_equal_type(value: Any) -> None:
    """What `encode` takes, `decode` gives back: value, type, and order of keys."""
    assert same(_json.decode(_json.encode(value)), value)


@given(strict_values)
def test_the_text_is_what_every_runtime_writes(value: Any) -> None:
    """The stored text is `json.dumps` by default, byte for byte, deep values too."""
    assert _json.encode(value) == json.dumps(value)
    assert "".join(_json._encode_deep(value)) == json.dumps(value)


@given(strict_values)
def test_the_decoder_of_deep_texts_agrees_with_the_standard_one(value: Any) -> None:
    """Both decoders give the same value, with and without white space."""
    assert same(_json._decode_deep(json.dumps(value)), value)
    assert same(_json._decode_deep(json.dumps(value, indent=2)), value)


@given(st.text(alphabet='[]{},:"1 a\\nul-.', max_size=12))
def test_both_decoders_take_the_same_texts(text: str) -> None:
    """A text that one decoder refuses, the other refuses too."""
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError):
            _json._decode_deep(text)
    else:
        assert same(_json._decode_deep(text), expected)


REFUSED = {
    "tuple": ((1, 2), "$", "tuple is not JSON (it would come back as list)"),
    "tuple in a dict in a list": ([1, {"ids": [0, (3, 4)]}], "$[1].ids[1]", "tuple"),
    "set": ({"a": {1}}, "$.a", "set is not JSON"),
    "frozenset": (frozenset(), "$", "frozenset is not JSON"),
    "datetime": (
        {"rows": [0, {}, 0, {"when": datetime.datetime(2026, 1, 1)}]},
        "$.rows[3].when",
        "datetime.datetime is not JSON",
    ),
    "decimal": ([decimal.Decimal(1)], "$[0]", "decimal.Decimal is not JSON"),
    "uuid": ({"id": uuid.UUID(int=1)}, "$.id", "uuid.UUID is not JSON"),
    "complex": (1j, "$", "complex is not JSON"),
    "object": (object(), "$", "object is not JSON"),
    "function": ({"f": len}, "$.f", "is not JSON"),
    "class": ([int], "$[0]", "type is not JSON"),
    "generator": ((i for i in ()), "$", "generator is not JSON"),
    "bytes inside": ({"raw": b"x"}, "$.raw", "bytes is not JSON (a step's value as a whole"),
    "bytearray": (bytearray(b"x"), "$", "bytearray is not JSON"),
    "nan": ([math.nan], "$[0]", "nan is not JSON"),
    "infinity": ({"x": math.inf}, "$.x", "inf is not JSON"),
    "minus infinity": (-math.inf, "$", "-inf is not JSON"),
    "int key": ({1: "a"}, "$", "key 1 is a int; JSON keys are str"),
    "None key": ([{None: 1}], "$[0]", "key None is a NoneType"),
    "bool key": ({"a": {True: 1}}, "$.a", "key True is a bool"),
    "tuple key": ({(1, 2): 1}, "$", "key (1, 2) is a tuple"),
    "str subclass as key": ({_Text("k"): 1}, "$", "_Text; JSON keys are str"),
    "key without a repr": ({_NoRepr(): 1}, "$", "key <_NoRepr> is a"),
    "str subclass": (_Text("x"), "$", "_Text is not JSON (it would come back as str)"),
    "int enum": ({"c": _Colour.RED}, "$.c", "_Colour is not JSON (it would come back as int)"),
    "named tuple": ([_Point(1)], "$[0]", "_Point is not JSON (it would come back as list)"),
    "ordered dict": (collections.OrderedDict(a=1), "$", "collections.OrderedDict is not JSON"),
    "default dict": ([collections.defaultdict(list)], "$[0]", "collections.defaultdict"),
    "lone surrogate": (["a\ud800b"], "$[0]", r"lone surrogate, '\ud800'"),
    "lone surrogate in a key": ({"\udfff": 1}, "$", r"key str has a lone surrogate, '\udfff'"),
    "int beyond the digits that Python reads": ([10**5000], "$[0]", "too many digits"),
    "key that is no identifier": ({"a b": [{"ü\n": {1}}]}, '$["a b"][0]["\\u00fc\\n"]', "set"),
    "empty key": ({"": {1}}, '$[""]', "set"),
}


@pytest.mark.parametrize(("value", "key_path", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused_by_its_place(value: Any, key_path: str, reason: str) -> None:
    """What would not come back equal is refused, by the path to the offending place."""
    with pytest.raises(_json.NotJSON) as caught:
        _json.encode(value)
    assert caught.value.key_path == key_path
    assert reason in caught.value.reason


def test_a_value_that_contains_itself_is_refused() -> None:
    """A cycle is found by its place, not by running out of memory."""
    value: dict[str, Any] = {"a": [1, {}]}
    value["a"][1]["back"] = value
    with pytest.raises(_json.NotJSON) as caught:
        _json.encode(value)
    assert caught.value.args == ("$.a[1].back", "contains itself")


def test_a_part_that_occurs_twice_is_no_cycle() -> None:
    """Sharing is allowed; each occurrence is stored."""
    shared = [1]
    assert _json.encode({"a": shared, "b": [shared, shared]}) == '{"a": [1], "b": [[1], [1]]}'


def doubled(times: int, leaf: Any) -> Any:
    """Return lists and objects that each hold the one below twice."""
    for level in range(times):
        leaf = {"a": leaf, "b": leaf} if level % 2 else [leaf, leaf]
    return leaf


@pytest.mark.parametrize("times", [28, 40, 100_000])
def test_sharing_without_end_is_refused_at_once(times: int) -> None:
    """A value whose text would fill the disk is told by its size, without being written out."""
    with pytest.raises(_json.NotJSON) as caught:
        _json.encode(doubled(times, []))
    assert "longer than 1,000,000,000 characters" in caught.value.reason


def test_each_shared_part_is_looked_at_once() -> None:
    """What is refused in a shared part is found, and found by a place where it stands."""
    with pytest.raises(_json.NotJSON) as caught:
        _json.check(doubled(100_000, [{1}]))
    assert caught.value.key_path.endswith("[0]")
    assert "set is not JSON" in caught.value.reason


def test_a_cycle_below_shared_parts_is_found() -> None:
    """Sharing that goes in a circle is refused, though each list was seen before."""
    inner: list[Any] = []
    inner.append(doubled(100, inner))
    with pytest.raises(_json.NotJSON, match="contains itself"):
        _json.check(doubled(100, inner))


def test_sharing_that_fits_is_written_out() -> None:
    """Within the bound a shared part is stored as often as it stands there."""
    value = doubled(12, [None])
    assert _json.encode(value) == json.dumps(value)


@given(strict_values)
def test_no_value_is_taken_for_longer_than_it_is(value: Any) -> None:
    """The length by which a value is refused is never above that of its text."""
    bound = _json.MAX_TEXT_CHARS
    try:
        _json.MAX_TEXT_CHARS = len(json.dumps(value))
        _json.check(value)
    finally:
        _json.MAX_TEXT_CHARS = bound


@pytest.mark.parametrize("mixed", [False, True], ids=["lists", "lists and objects"])
def test_nesting_is_bounded_by_memory_only(mixed: bool) -> None:
    """A value a hundred times deeper than the interpreter's stack is kept."""
    depth = 100 * sys.getrecursionlimit()
    text = _json.encode(nested(depth, "leaf", mixed=mixed))
    value = _json.decode(text)
    for _ in range(depth):
        value = value["k"] if isinstance(value, dict) else value[0]
    assert value == "leaf"


def test_a_refusal_deep_down_names_its_place() -> None:
    """The key path of a refused leaf is built without recursion."""
    with pytest.raises(_json.NotJSON) as caught:
        _json.encode(nested(50_000, {1}))
    assert caught.value.key_path == "$" + "[0]" * 50_000


def test_depth_near_the_stack_limit_of_a_small_thread() -> None:
    """In a thread, at any depth, no RecursionError comes out."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for depth in range(900, 1100):
                _json.decode(_json.encode(nested(depth, 1)))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert failures == []


@pytest.mark.parametrize(
    "text",
    ["NaN", "[Infinity]", '{"a": -Infinity}', "", " ", "[1,]", '{"a" 1}', "[1] 2", "nul", "'a'"],
)
def test_a_text_that_is_not_json_is_refused(text: str) -> None:
    """Python's own extensions are refused too: no other runtime reads them."""
    with pytest.raises(ValueError):
        _json.decode(text)


@pytest.mark.parametrize(
    "text", ["[" * 5000, "[" * 5000 + "1" + "]" * 4999, "[" * 5000 + "}", "[" * 5000 + "NaN"]
)
def test_a_deep_text_that_is_not_json_is_refused(text: str) -> None:
    """Texts too deep for the standard decoder are refused by the same rules."""
    with pytest.raises(ValueError):
        _json.decode(text)
