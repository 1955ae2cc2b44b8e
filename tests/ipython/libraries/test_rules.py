"""What adapters' rules say of values of the libraries that most notebooks use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from mundane_ipython.adapter.digest import NoDigestError, hashed, value_parts
from mundane_ipython.adapter.rules import CELLS, CLOSED, DIGESTS, REDUCTIONS, WALKS, is_scalar
from mundane_ipython.inputs.code import input_digest


def frame(**options: Any) -> pd.DataFrame:
    """Return a small frame."""
    return pd.DataFrame({"n": [1, 2], "text": ["a", None], "box": [[1], {"k": 2}]}, **options)


EQUAL_ONLY_TO_THEMSELVES = {
    "array": lambda: np.arange(3),
    "another type": lambda: np.arange(3, dtype="int32"),
    "another shape": lambda: np.arange(3).reshape(3, 1),
    "masked": lambda: np.ma.array([0, 1, 2], mask=[0, 1, 0]),
    "another mask": lambda: np.ma.array([0, 1, 2], mask=[0, 0, 0]),
    "dtype": lambda: np.dtype([("a", "i4")]),
    "vectorized": lambda: np.vectorize(len, otypes=["i4"]),
    "frame": frame,
    "named axis": lambda: frame().rename_axis("row"),
    "another item": lambda: frame().assign(box=[[1], {"k": 3}]),
    "series": lambda: pd.Series([1, 2], name="n"),
    "another name": lambda: pd.Series([1, 2], name="m"),
    "index": lambda: pd.Index([1, 2]),
    "time": lambda: pd.Timestamp("2026-01-02"),
    "sparse": lambda: sparse.csr_array(np.eye(2)),
    "another format": lambda: sparse.coo_array(2 * np.eye(2)),
}


@pytest.mark.parametrize("name", EQUAL_ONLY_TO_THEMSELVES)
def test_a_digest_is_equal_for_equal_values_alone(name: str) -> None:
    """Made anew, in whatever order its memory is, and of no other one in the table."""
    digests = {each: input_digest(make()) for each, make in EQUAL_ONLY_TO_THEMSELVES.items()}
    again = input_digest(EQUAL_ONLY_TO_THEMSELVES[name]())
    assert again is not None
    assert [each for each, digest in digests.items() if digest == again] == [name]


def test_a_digest_leaves_a_masked_array_as_it_is() -> None:
    """Asked for its fill value, it would hand that on to what is computed of it."""
    array, other = (np.ma.array([1, 2], mask=[0, 1]) for _ in range(2))
    digest = input_digest(array)
    assert (array + 0.5).filled()[1] == 1e20
    assert other.fill_value == 999_999
    assert input_digest(other) == digest
    assert (other + 0.5).filled()[1] == 999_999


@pytest.mark.parametrize(
    "value",
    [np.array([object()]), pd.DataFrame({"n": [1, 2]}).groupby("n"), sparse.coo_array(np.ones(3))],
    ids=["objects", "a group", "one axis"],
)
def test_what_cannot_be_compared_has_no_digest(value: Any) -> None:
    """An address, which another kernel would have otherwise, is never part of one."""
    with pytest.raises(NoDigestError):
        hashed(value_parts(value))


def test_places_lead_to_the_objects_that_a_library_holds() -> None:
    """Each place that is yielded leads to its object; there is none where there is only data."""
    for holder in (frame(), frame()["box"], np.array([[1], {"k": 2}], dtype=object)):
        (cells,) = CELLS[type(holder)]
        found = list(cells.every(holder))
        assert found
        assert all(cells.at(holder, *place) is item for place, item in found)
    for data in (pd.DataFrame({"n": [1.0]}), np.ones(3)):
        assert not any(cells.every(data) for cells in CELLS[type(data)] if _any(cells, data))


def _any(cells: Any, data: Any) -> bool:
    places: Iterator[Any] = cells.every(data)
    return next(places, None) is not None


def test_a_frame_of_data_alone_is_closed() -> None:
    """One with any object in it is not, nor one with attributes, which may hold any."""
    (closed,) = CLOSED[pd.DataFrame]
    with_attributes = pd.DataFrame({"n": [1.0]})
    with_attributes.attrs["k"] = []
    assert closed(pd.DataFrame({"n": [1.0]}))
    assert not closed(frame())
    assert not closed(with_attributes)


def test_a_notebook_s_class_below_a_library_s_has_the_rules_of_both() -> None:
    """It is found by whom it inherits from, and not by its own module."""
    kind = type("Own", (np.ma.MaskedArray,), {"__module__": "__main__"})
    assert REDUCTIONS[kind] == REDUCTIONS[np.ma.MaskedArray] != ()
    assert WALKS[kind] == WALKS[np.ma.MaskedArray] != ()
    assert DIGESTS[kind] == ()
    assert is_scalar[np.float64]
    assert not is_scalar[float]
