"""What is known of types: the names of their modules, one for all versions of Python, and facts.

A pickle names a class by its module, and Python 3.13, alone, says `pathlib._local` of `pathlib`'s.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_MOVED = {"pathlib._local": "pathlib"}


def home_of(module: str) -> str:
    """Return the name of a module that every Python has, for one that some versions have."""
    return _MOVED.get(module, module)


def class_name(kind: type) -> str:
    """Return `module.qualname` of a class, equal on every Python."""
    return f"{home_of(kind.__module__)}.{kind.__qualname__}"


def is_proxy(kind: type) -> bool:
    """Return whether instances of a type may pass for another's: `isinstance` asks `__class__`."""
    return any("__class__" in vars(base) for base in kind.__mro__ if base is not object)


class PerType(dict[type, T]):
    """What a function says of a type, computed once for each: `facts[kind]`.

    The notebook's classes are not kept alive for that; a library's stay anyway.

    Args:
        compute: returns the same for a type whenever it is called, and never None.
    """

    def __init__(self, compute: Callable[[type], T]) -> None:
        super().__init__()
        self._compute = compute
        self._of_notebook: weakref.WeakKeyDictionary[type, T] = weakref.WeakKeyDictionary()

    def __missing__(self, kind: type) -> T:
        """Return the answer for a type of which it is not known yet, or of the notebook."""
        known = self._of_notebook if kind.__module__ == "__main__" else self
        answer = known.get(kind)
        if answer is None:
            answer = known[kind] = self._compute(kind)
        return answer
