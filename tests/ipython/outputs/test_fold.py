"""How messages are folded into a cell's outputs, and values into a row."""

from __future__ import annotations

import math
import os.path
import types
from typing import Any

import pytest

from mundane_ipython.outputs.fold import CellOutputs
from mundane_ipython.pickling.row import (
    import_reference,
    is_json,
    is_reference,
    reference,
    summarize,
)


def folded(*messages: tuple[str, dict[str, Any]]) -> CellOutputs:
    outputs = CellOutputs()
    for kind, content in messages:
        outputs.add(kind, content)
    return outputs


def stream(text: str, name: str = "stdout") -> tuple[str, dict[str, Any]]:
    return "stream", {"name": name, "text": text}


def display(text: str, display_id: str | None = None) -> tuple[str, dict[str, Any]]:
    transient = {} if display_id is None else {"display_id": display_id}
    return "display_data", {"data": {"text/plain": text}, "metadata": {}, "transient": transient}


def update(text: str, display_id: str) -> tuple[str, dict[str, Any]]:
    return "update_display_data", display(text, display_id)[1]


CLEAR = ("clear_output", {"wait": False})
CLEAR_NEXT = ("clear_output", {"wait": True})


def texts(outputs: CellOutputs) -> list[str]:
    return [o.get("text") or o["data"]["text/plain"] for o in outputs.outputs]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([stream("a"), stream("b")], ["ab"]),
        ([stream("a"), stream("b", "stderr"), stream("c")], ["a", "b", "c"]),
        ([stream("a"), display("d"), stream("b")], ["a", "d", "b"]),
        ([stream("a"), CLEAR], []),
        ([stream("a"), CLEAR, stream("b")], ["b"]),
        ([stream("a"), CLEAR_NEXT], ["a"]),
        ([stream("a"), CLEAR_NEXT, stream("b")], ["b"]),
        ([stream("a"), CLEAR_NEXT, update("x", "other"), stream("b")], ["b"]),
        ([display("a", "i"), stream("s"), update("b", "i")], ["b", "s"]),
        ([display("a", "i"), display("b", "i"), update("c", "i")], ["c", "c"]),
        ([("comm_open", {"data": {}}), stream("a")], ["a"]),
        ([("status", {"execution_state": "busy"})], []),
    ],
)
def test_folding(messages: list[tuple[str, dict[str, Any]]], expected: list[str]) -> None:
    """Streams are joined, clears and updates carried out, as a front end does."""
    assert texts(folded(*messages)) == expected


def test_update_of_another_cells_display_is_kept_apart() -> None:
    """The last update of each foreign display is kept, by its id."""
    outputs = folded(update("a", "i"), update("b", "i"), update("c", "j"))
    assert outputs.outputs == []
    assert {k: v["data"]["text/plain"] for k, v in outputs.updates.items()} == {"i": "b", "j": "c"}


def test_display_id_stays_with_the_output() -> None:
    """An output keeps the id by which a later cell updates it."""
    assert folded(display("a", "i")).outputs[0]["display_id"] == "i"
    assert "display_id" not in folded(display("a")).outputs[0]


@pytest.mark.parametrize("value", [None, 1, "x", [1, {"a": None}], {}, 1.5, True])
def test_json_values(value: object) -> None:
    """Strict JSON stands in the row itself."""
    assert is_json(value)


@pytest.mark.parametrize(
    "value", [(1,), {1: 2}, float("nan"), {1}, b"", [object()], {"$mundane": 1}, [{"$mundane": {}}]]
)
def test_values_that_are_not_json(value: object) -> None:
    """Everything else goes into the bundle, and what looks like our reference does too."""
    assert not is_json(value)


def test_reference_says_what_it_stands_for() -> None:
    """A reference has the type, the size and a few words, and why the value was left out."""
    made = reference((1, 2), 10, None)
    assert made == {"$mundane": {"type": "tuple", "size": 10, "summary": "2 items"}}
    assert is_reference(made)
    assert reference(object(), 0, "why")["$mundane"]["left_out"] == "why"
    assert not is_reference({"a": 1})


def test_summaries_do_not_call_the_values_own_code() -> None:
    """A value whose repr, len or attributes raise is summed up all the same."""

    class Hostile:
        def __repr__(self) -> str:
            raise RuntimeError

        def __len__(self) -> int:
            raise RuntimeError

    class Shapeless:
        @property
        def shape(self) -> tuple[int, ...]:
            raise NotImplementedError

    class Endless(list[int]):
        def __len__(self) -> int:
            raise RuntimeError

    assert summarize(Hostile()) == summarize(Shapeless()) == summarize(Endless()) == ""
    pandas = pytest.importorskip("pandas")
    assert summarize(pandas.DataFrame({"a": [1], "b": [2]})) == "1 rows x 2 columns"
    assert summarize(pandas.Series([1.0])._values) == "1 float64"


def test_what_can_be_imported_again() -> None:
    """A module, or what was imported from one, goes by its name; plain data is stored."""
    from_imports = [("join", "os.path", "join"), ("*", "math", "*"), ("sep", "os", "sep")]
    assert import_reference("os", os, []) == "os"
    assert import_reference("path", os.path, []) == os.path.__name__
    assert import_reference("os", types.ModuleType("os"), []) is None
    assert import_reference("join", os.path.join, from_imports) == "os.path:join"
    assert import_reference("floor", math.floor, from_imports) == "math:floor"
    assert import_reference("mine", lambda: 0, from_imports) is None
    assert import_reference("sep", os.sep, from_imports) is None
    assert import_reference("x", 5, from_imports) is None
