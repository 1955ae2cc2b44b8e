"""The generator of classes; `python -m tests.bench.classes` runs what it makes, and judges it."""

from __future__ import annotations

from .generated.running import record, replayed


def test_the_same_choices_make_the_same_example() -> None:
    """An example is its choices, and zeros make one as well."""
    choices = record(lambda limit: limit // 2)
    assert replayed(choices) == replayed(choices)
    assert replayed([]).cells[0].startswith("class A:")
