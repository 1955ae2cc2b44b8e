"""Subclasses of Python's types are taken apart and made again past their classes' own code."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

import pytest

from mundane_ipython.classes.subclasses import base_of, fill_of_base, new_of_base, parts_of

CALLS: list[str] = []


def loud(base: type) -> Any:
    """Return a subclass of a type whose own methods say that they were called."""

    def says(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **options: Any) -> Any:
            CALLS.append(name)
            return method(*arguments, **options)

        return called

    names = ["__new__", "append", "extend", "add", "update", "__setitem__"]
    # What takes its value in `__new__` has the `__init__` of any object, which takes none.
    names += [] if base.__init__ is object.__init__ else ["__init__"]
    methods = {name: says(name, getattr(base, name)) for name in names if hasattr(base, name)}
    # A test's module is imported, and no class in it would be taken for the notebook's.
    return type(f"Loud{base.__name__}", (base,), {**methods, "__module__": "__main__"})


@pytest.mark.parametrize(
    ("base", "arguments"),
    [
        (list, ([1, 2],)),
        (dict, ({"a": 1},)),
        (set, ({1, 2},)),
        (frozenset, ({1, 2},)),
        (bytearray, (b"ab",)),
        (int, (7,)),
        (str, ("text",)),
        (collections.deque, ([1, 2], 5)),
        (collections.Counter, ("aab",)),
        (collections.OrderedDict, ({"b": 1, "a": 2},)),
        (collections.defaultdict, (list, {"a": [1]})),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_it_comes_back_without_a_call(base: type, arguments: tuple[Any, ...]) -> None:
    """With its items, its order, its own options and its attributes."""
    one = loud(base)(*arguments)
    one.note = ["kept"]
    CALLS.clear()
    assert base_of(type(one)) is base
    made_of, contents, attributes = parts_of(one, base)
    again = new_of_base(type(one), base, made_of, (None, None))
    fill_of_base(again, (base, contents, attributes))
    assert CALLS == []
    assert type(again) is type(one)
    assert again == one
    assert again is not one
    assert vars(again) == {"note": ["kept"]}
    for option in ("maxlen", "default_factory"):
        assert getattr(again, option, None) == getattr(one, option, None)


def test_a_class_that_says_itself_how_it_is_pickled_is_left_to_that() -> None:
    """Its own code is right about it."""
    kind = type("Own", (list,), {"__module__": "__main__", "__reduce__": lambda self: (list, ())})
    assert base_of(kind) is None
