"""Which classes, functions and objects are the notebook's own."""

from __future__ import annotations

import abc
import collections
import decimal
import enum
import logging
import types
import typing
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mundane_ipython.adapter.types import is_of_notebook, is_own

CLASSES = """
import abc, enum, typing
class Plain: pass
class Slotted:
    __slots__ = ("n",)
class Elsewhere:
    __module__ = "elsewhere"
class Below(Elsewhere): pass
class Meta(type):
    @property
    def __module__(cls):
        return "a property"
class Asked(metaclass=Meta): pass
class Number:
    __module__ = 5
class Abstract(abc.ABC): pass
class Kind(enum.Enum):
    X = 1
class Pair(typing.NamedTuple):
    n: int
class List(list): pass
def outer():
    class Inner: pass
    return Inner
Inner = outer()
Called = type("Called", (Abstract,), {})
New = __import__("types").new_class("New", (Plain,))
Made = type("Made", (), {"__module__": None})
"""


def in_a_notebook() -> dict[str, Any]:
    """Return the names that a notebook with these classes has."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(CLASSES, namespace)
    return namespace


@pytest.mark.parametrize(
    "name",
    """Plain Slotted Elsewhere Below Meta Asked Number Abstract Kind Pair List Inner
    Called New Made""".split(),  # noqa: SIM905 (a list of strings reads worse)
)
def test_classes_of_cells_are_the_notebooks_own(name: str) -> None:
    """Whatever module they name, or none."""
    kind = in_a_notebook()[name]
    assert is_own(kind)
    assert is_of_notebook(kind)


@pytest.mark.parametrize(
    "kind",
    [
        *(object, type, int, dict, types.FunctionType, abc.ABC, enum.Enum, typing.Generic),
        *(collections.Counter, decimal.Decimal, logging.Logger, np.ndarray, np.generic),
        *(pd.DataFrame, pd.Index, type(np.dtype("i8")), type(pd.Series([1])._mgr)),
    ],
)
def test_classes_of_libraries_are_not(kind: type) -> None:
    """Compiled or not."""
    assert not is_own(kind)
    assert not is_of_notebook(kind)


def test_functions_of_cython_are_not() -> None:
    """Their type has a `__dict__`, and a module that may not be there."""
    function = np.random.default_rng
    assert "cython" in type(function).__name__
    assert not is_of_notebook(function)
    assert not is_own(type(function))


def test_functions_methods_and_objects() -> None:
    """An object is the notebook's as its class is; a bound method as its function or its object."""
    text = "def f(): pass\nclass A:\n    def m(self): pass\na = A()\nwrite = [].append\n"
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(text, namespace)
    own: list[Callable[..., Any]] = [namespace["f"], namespace["a"], namespace["a"].m]
    bound = types.MethodType(namespace["f"], 5)
    assert [is_of_notebook(each) for each in (*own, bound)] == [True] * 4
    others = (
        namespace["write"],
        5,
        [],
        logging.getLogger().info,
        logging.getLogger,
        pd.Series([1]),
    )
    assert not any(map(is_of_notebook, others))
