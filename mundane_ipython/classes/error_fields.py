"""What Python's errors keep beside their `args`: a number and a file's name, a value, a code.

An error makes these of its arguments when it is made; both may be set later, each by itself.
"""

from __future__ import annotations

from typing import Any

_FIELDS: dict[type[BaseException], tuple[str, ...]] = {
    OSError: ("errno", "strerror", "filename", "filename2"),
    StopIteration: ("value",),
    SystemExit: ("code",),
}

WITH_FIELDS = tuple(_FIELDS)
"""The errors that keep such fields."""


def fields_of(error: BaseException) -> dict[str, Any]:
    """Return an error's fields, by their names."""
    return {
        name: vars(kind)[name].__get__(error)
        for kind, names in _FIELDS.items()
        if isinstance(error, kind)
        for name in names
    }


def fields_set_later(error: BaseException) -> dict[str, Any]:
    """Return an error's fields where its `args` do not tell what they are."""
    found = fields_of(error)
    kind = next((kind for kind in _FIELDS if isinstance(error, kind)), None)
    if kind is None or found == fields_of(kind(*error.args)):
        return {}
    return {name: each for name, each in found.items() if each is not None}
