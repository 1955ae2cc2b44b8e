"""What of a value stands in a row: strict JSON or a reference."""

from __future__ import annotations

import math
from collections.abc import Sized
from typing import Any

from mundane_ipython.pickling.row import REFERENCE, is_json, reference


def test_a_shared_list_is_json_and_one_shared_without_end_is_not() -> None:
    """A list that stands twice is written twice; one that would be written 2**60 times is not."""
    inner = [1]
    assert is_json({"a": inner, "b": [inner, {"c": inner}]})
    doubled: list[Any] = []
    for _ in range(60):
        doubled = [doubled, doubled]
    assert not is_json(doubled)


def test_a_value_that_holds_itself_is_not_json() -> None:
    """Directly or through another, a circle has no JSON."""
    one: list[Any] = []
    one.append(one)
    two: dict[str, Any] = {}
    two["back"] = [two]
    assert not is_json(one)
    assert not is_json(two)


def test_a_value_with_our_key_is_not_json() -> None:
    """A user's dict that looks like a reference goes to the bundle, so no reference is mistaken."""
    assert not is_json([{"x": {REFERENCE: 1}}])


def test_a_reference_says_what_it_stands_for() -> None:
    """Type, size and a few words; the reason where the value could not be stored."""
    assert reference({1, 2}, 20, None) == {
        REFERENCE: {"type": "set", "size": 20, "summary": "2 items"}
    }
    for value, summary in (
        ({1}, "1 item"),
        (Sized, "class Sized"),
        (reference, "function reference"),
        (len, "function len"),
        (math, "module math"),
    ):
        assert reference(value, 0, None)[REFERENCE]["summary"] == summary
    assert reference(object(), 0, "no pickle")[REFERENCE]["left_out"] == "no pickle"
