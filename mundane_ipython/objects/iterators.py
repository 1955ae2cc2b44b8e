"""Iterators that pickle makes others of, or refuses although nothing is left in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

DICT_ITERATORS: dict[type, str] = {
    type(iter(getattr({}, of)())): of for of in ("keys", "values", "items")
}
"""The types of a dictionary's iterators, and over what each goes."""


def dict_iterator(of: str, left: list[Any]) -> Iterator[Any]:
    """Return a dictionary's iterator over what was left; pickle would make it a list's.

    Args:
        of: its `keys`, `values` or `items`.
        left: what it has not yielded yet.
    """
    if of == "values":
        return iter(dict(enumerate(left)).values())
    return iter(dict.fromkeys(left)) if of == "keys" else iter(dict(left).items())


def used_up_generator(name: str, qualname: str) -> Any:
    """Return a generator that has come to its end; one that has not has no pickle."""
    generator: Any = (None for _ in ())
    next(generator, None)
    generator.__name__, generator.__qualname__ = name, qualname
    return generator
