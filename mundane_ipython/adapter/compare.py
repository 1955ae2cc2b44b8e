"""How a state before and one after are compared: what of them is stored.

Each function returns None where nothing changed. Values without an `==` that tells are equal if
they print the same. Each may be a state's `changed`, which is given the cell's code too; these have
no use for it. `changed_whole`, `changed_members`, `changed_items` and `may_set` are public.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from .looks import error_text

_SETS = re.compile(r"set_|default|option|config|setting|theme|style|rc", re.IGNORECASE)


class Unreadable:
    """Stands for a state that cannot be read or compared; it has no pickle, and so is left out.

    Args:
        why: what the note says.
    """

    def __init__(self, why: str) -> None:
        self._why = why

    def __reduce__(self) -> Any:
        raise TypeError(self._why)


def is_unreadable(state: Any) -> bool:
    """Return whether it stands for a state that nobody could read or compare."""
    return type(state) is Unreadable


def read_or_not(read: Callable[[], Any]) -> Any:
    """Return a state, or that it is unreadable, where an object in it raises at a look."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001 (the notebook's objects, or another version's)
        return Unreadable(error_text(error))


def changed_whole(before: Any, after: Any, _: str = "") -> Any:
    """Return the state as a whole where it is another one."""
    # What is equal need not be written out to be compared: a generator's state takes a while.
    return None if after is None or before == after or repr(before) == repr(after) else after


def changed_members(before: Any, after: Any, _: str = "") -> dict[Any, Any] | None:
    """Return the members of a dict that are new or other ones; None for a removed one."""
    if after is None:
        return None
    old = before or {}
    if old.keys() == after.keys() and all(map(operator.is_, old.values(), after.values())):
        return None
    found = {
        k: v
        for k, v in after.items()
        if k not in old or (old[k] is not v and repr(old[k]) != repr(v))
    }
    found |= {k: None for k in old if k not in after}
    return found or None


def new_members(before: Any, after: Any, _: str = "") -> dict[Any, Any] | None:
    """Return the members of a dict that are new or other ones; nothing for a removed one."""
    return dict(after.items() - before.items()) or None


def changed_items(
    before: Any, after: Any, _: str = ""
) -> tuple[list[tuple[int, Any]], list[Any]] | None:
    """Return what came into a list, with its places, and what went from it."""
    came = [(after.index(item), item) for item in after if item not in before]
    went = [item for item in before if item not in after]
    return (came, went) if came or went else None


def may_set(text: str) -> bool:
    """Return whether code looks as if it changed settings of what it imports itself."""
    return _SETS.search(text) is not None
