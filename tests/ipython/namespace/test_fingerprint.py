"""What a walk through a live value says: whether it changed, and what is in it."""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mundane_ipython.namespace.fingerprint import Fingerprinter, Walk, is_atom


def cell(holder: Any) -> Callable[[], Any]:
    """Return a function of the notebook that holds an object in its closure."""
    return lambda: holder


CHANGES: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "an item of a list": (lambda: [1, [2]], lambda value: value[1].append(3)),
    "a key": (lambda: {"a": 1}, lambda value: value.setdefault("b", 2)),
    "the order of keys": (lambda: {"a": 1, "b": 2}, lambda value: value.update(a=value.pop("a"))),
    "a set": (lambda: {1, 2}, lambda value: value.add(3)),
    "a queue": (lambda: collections.deque([1]), lambda value: value.append(2)),
    "one byte": (lambda: bytearray(1 << 20), lambda value: value.__setitem__(1 << 19, 1)),
    "an item of an array": (lambda: np.zeros(1 << 16), lambda value: value.__setitem__(-1, 1)),
    "a mask": (
        lambda: np.ma.zeros(3, fill_value=0),
        lambda value: value.__setitem__(0, np.ma.masked),
    ),
    # Its repr gives it a fill value, and `(m + 0.5).filled()` is another one then.
    "a look at a masked array": (lambda: np.ma.zeros(3), repr),
    "a column": (lambda: pd.DataFrame({"a": [1]}), lambda value: value.insert(1, "b", [2])),
    "a cell of a frame": (
        lambda: pd.DataFrame({"a": [[1]]}),
        lambda value: value.loc[0, "a"].append(2),
    ),
    "a name of an axis": (
        lambda: pd.DataFrame({"a": [1]}),
        lambda value: value.index.set_names(["row"], inplace=True),
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_seen_and_a_look_is_none(what: str) -> None:
    """The digest of an untouched value stays, though it was walked through and printed."""
    make, change = CHANGES[what]
    value = make()
    digests = [Fingerprinter({}, 10**8).walk(value).digest]
    if change is not repr:
        repr(value)
    digests.append(Fingerprinter({}, 10**8).walk(value).digest)
    change(value)
    digests.append(Fingerprinter({}, 10**8).walk(value).digest)
    assert digests[0] == digests[1] != digests[2]
    assert None not in digests


def test_what_has_no_pickle_counts_by_its_identity() -> None:
    """Alone it is opaque; within another value, one of these is not the other."""
    lock = threading.Lock()
    fingerprinter = Fingerprinter({}, 10**8)
    assert fingerprinter.walk(lock).is_opaque
    assert fingerprinter.opaque == {id(lock)}
    digests = {Fingerprinter({}, 10**8).walk([each]).digest for each in (lock, threading.Lock())}
    assert len(digests) == 2
    assert not fingerprinter.walk([lock]).is_opaque


def test_objects_are_met_once_and_in_order() -> None:
    """The inner ones are those whose identity matters: no numbers, no texts."""
    shared = ["x"]
    value = {"a": shared, "b": (shared, 5, "text"), "c": np.ones(2)}
    inner = Walk(value, {}).inner_objects()
    assert [id(each) for each in inner if type(each) is list] == [id(shared)]
    assert any(each is value["c"] for each in inner)
    assert not any(is_atom(each) for each in inner)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, True), ("x", True), (len, True), (np.random.rand, True), ([].append, False), ([], False)],
    ids=["number", "text", "function", "of a hidden generator", "method of a list", "list"],
)
def test_what_never_changes(value: Any, expected: bool) -> None:
    """A function in C does not, but the method of an object is as good as that object."""
    assert is_atom(value) is expected
