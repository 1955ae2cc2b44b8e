"""Counters that classes of libraries keep about their instances, such as the n of a name `sys[n]`.

A restore makes objects without their constructors, so these would start anew, and later objects get
other names than in a run that never died. Only class attributes that are numbers and are named like
a counter are looked at, of the classes that the values of the namespace have.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import Any

from ..adapter.compare import new_members
from ..adapter.contract import State
from ..adapter.looks import members_of, module_of, mro_of, qualname_of
from ..adapter.types import PerType

_NAMED_LIKE_ONE = re.compile(r"count|serial|next|(^|_)(id|n|num)(_|$)", re.IGNORECASE)

COUNTERS = "counters"
"""The key of their state."""


def counting(values: Iterable[Any]) -> State:
    """Return the counters' state, of the classes that some values have."""
    return State(
        key=COUNTERS,
        read=lambda: _read(values),
        changed=new_members,
        restore=_restore,
    )


def _read(values: Iterable[Any]) -> dict[str, int]:
    """Return the counters of the values' classes, by `module:class:attribute`."""
    found: dict[str, int] = {}
    for kind in {id(type(value)): type(value) for value in values}.values():
        for base in mro_of(kind):
            for attribute in _attributes.of_type(base, ()):
                number = members_of(base).get(attribute)
                if type(number) is int:
                    found[f"{module_of(base)}:{qualname_of(base)}:{attribute}"] = number
    return found


def _restore(counters: dict[str, int]) -> None:
    """Set counters of classes that are loaded; others belong to no object that is there."""
    for reference, number in counters.items():
        module, qualname, attribute = reference.split(":")
        found: Any = sys.modules.get(module)
        for part in qualname.split("."):
            found = getattr(found, part, None)
        if isinstance(found, type) and type(vars(found).get(attribute)) is int:
            setattr(found, attribute, number)


@PerType
def _attributes(kind: type) -> tuple[str, ...]:
    """Return the names of a library class's counters; the notebook's own classes are values."""
    if module_of(kind) in ("", "builtins", "__main__"):
        return ()
    return tuple(
        name
        for name, value in members_of(kind).items()
        if type(value) is int and _NAMED_LIKE_ONE.search(name)
    )
