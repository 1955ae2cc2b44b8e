"""The modules that classes of Python are from, by one name for all versions.

A pickle names a class by its module, and Python 3.13, alone, says `pathlib._local` of `pathlib`'s.
"""

from __future__ import annotations

_MOVED = {"pathlib._local": "pathlib"}


def home_of(module: str) -> str:
    """Return the name of a module that every Python has, for one that some versions have."""
    return _MOVED.get(module, module)


def class_name(kind: type) -> str:
    """Return `module.qualname` of a class, equal on every Python."""
    return f"{home_of(kind.__module__)}.{kind.__qualname__}"
