"""What notes say: one line, in words, whatever names and errors are in it."""

from __future__ import annotations

import re

import pytest

from mundane_ipython.display.notes import (
    apart_text,
    left_out_text,
    listed,
    local_time,
    restored_text,
    unchecked_texts,
)


def test_a_restored_step_says_what_was_saved() -> None:
    """How long it took, and when it ran, by the clock here; a script's step has no such times."""
    text = restored_text("fetch", 133_000, "2026-11-24T09:14:00Z")
    assert re.fullmatch(r"step fetch: restored, saved 2m 13s \(ran 2026-11-2\d \d\d:\d\d\)", text)
    assert restored_text("fetch", None, "") == "step fetch: restored, stored by a script"


@pytest.mark.parametrize("time", ["", "yesterday", "2026-13-40T99:99:99Z", "\x1b[31m"])
def test_a_time_that_is_none_stays_as_it_is(time: str) -> None:
    """It comes out of a file that somebody else may have written."""
    assert local_time(time) == time


@pytest.mark.parametrize(
    ("most", "text"), [(1, "a and 2 more"), (2, "a, b and 1 more"), (3, "a, b, c"), (9, "a, b, c")]
)
def test_of_many_names_the_first_are_listed(most: int, text: str) -> None:
    """And how many others there are."""
    assert listed(["a", "b", "c"], most) == text


def test_what_was_left_out_is_named_with_why() -> None:
    """Each value with its own reason."""
    left_out = {"conn": "cannot pickle", "lock": "no copy"}
    assert left_out_text(left_out) == "conn (cannot pickle), lock (no copy)"
    assert "a, b lie in one another" in apart_text([["a", "b"]])


def test_what_was_not_checked_is_named_with_what_to_do() -> None:
    """What there was no time for, and what cannot be checked, are two notes."""
    late, odd = unchecked_texts({"rows": "", "tree": "too deep", "cols": ""})
    assert late.startswith("rows, cols: too large")
    assert late.endswith("-o rows,cols")
    assert odd.startswith("tree (too deep): cannot be checked")
    assert list(unchecked_texts({})) == []
