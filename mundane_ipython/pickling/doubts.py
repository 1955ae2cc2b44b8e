"""What a bundle holds of which nobody knows yet that it can be loaded, and what has proved that.

Most kinds of values are loaded in a hundred tests. Others are loaded once in each kernel before
they are stored (`trials`): library types that reduce themselves, and the notebook's own code.
"""

from __future__ import annotations

import collections
import copyreg
import enum
import functools
import sys
import types
import weakref
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from ..adapter.looks import is_a, members_of, module_of, mro_of, says_otherwise
from ..adapter.registry import own_adapter_of
from ..adapter.types import PerType, is_own
from ..objects.path_modules import CYTHON_FUNCTIONS

T = TypeVar("T")

Entry = tuple[Any, type | None]
"""A function of the notebook's that a load calls, and the class whose method it is; or a type."""

Calls = dict[Entry, None]
"""Such entries; a set in the order in which they were met."""

_OURS = ("cloudpickle", "mundane_ipython")
_STANDARD = sys.stdlib_module_names | {"__mp_main__"}

# By these a class's own code has a part in how its instances are pickled or loaded.
_REDUCTIONS = (
    *("__reduce_ex__", "__reduce__", "__getstate__", "__setstate__"),
    *("__getnewargs__", "__getnewargs_ex__", "__getattr__", "__getattribute__"),
)
# Methods of a list, a dictionary and others by which pickle, or what makes one, fills it.
_FILLING = (
    *("__init__", "__new__", "__setitem__", "append", "extend", "add", "update"),
    *("__setstate__", "__getattr__", "__getattribute__", "__setattr__"),
)

# By id: what a metaclass makes of a hash is nobody's business here.
_proven: dict[int, weakref.ref[Any]] = {}


@PerType
def is_doubtful(kind: type) -> bool:
    """Return whether instances of a type of a library are to be tried once."""
    library = module_of(kind).partition(".")[0]
    if library in _STANDARD or issubclass(kind, type) or _is_proven_library(library):
        return False
    if kind.__name__ in CYTHON_FUNCTIONS:  # of any library, and `path_modules` knows them
        return False
    return kind in copyreg.dispatch_table or says_otherwise(kind, _REDUCTIONS)


def _is_proven_library(library: str) -> bool:
    """Return whether the corpus of notebooks stores and loads a library's values."""
    if library in _OURS:
        return True
    adapter = own_adapter_of(library)
    return adapter is not None and adapter.proven


# Facts that are computed anew when a type is no more in doubt.
_resting: list[PerType[Any]] = []


def rests_on_doubts(facts: PerType[T]) -> PerType[T]:
    """Let facts of types be computed anew once a type is no more in doubt."""
    _resting.append(facts)
    return facts


def is_odd(kind: type) -> bool:
    """Return whether instances of a class of the notebook, which reduce as any, are to be tried."""
    of_library = [base for base in mro_of(kind) if not is_own(base)]
    if any(is_doubtful[base] for base in of_library):
        return True
    named = issubclass(kind, tuple) and any("_fields" in members_of(b) for b in mro_of(kind))
    fills = any(issubclass(kind, each) for each in _FILLED) and not named
    own = [members_of(base) for base in mro_of(kind) if is_own(base)]
    return _has_private_slots(own) or (
        fills and any(name in members for members in own for name in _FILLING)
    )


_FILLED = (
    *(list, dict, set, frozenset, bytearray, tuple, str, bytes, int, float, complex),
    collections.deque,
)


def is_made_oddly(kind: type) -> bool:
    """Return whether a class of the notebook is to be tried itself: more than Python makes it."""
    if issubclass(kind, enum.Enum):
        members = members_of(kind)
        mixed_in = members.get("_member_type_", object)
        return module_of(mixed_in) != "builtins" or any(
            is_a(members.get(name), types.FunctionType) for name in ("__init__", "__new_member__")
        )
    home = module_of(type(kind))
    adapter = own_adapter_of(home)
    proven = adapter is not None and adapter.proven
    return not proven and home not in ("builtins", "abc", "enum", "typing", "_py_abc")


def untried(calls: Iterable[Entry]) -> list[Entry]:
    """Return those entries that have not been loaded in this kernel."""
    return [entry for entry in calls if not all(map(_is_proven, entry))]


def note_tried(calls: Iterable[Entry], *, but_libraries: bool) -> None:
    """Note that these entries can be loaded.

    Args:
        calls: which.
        but_libraries: whether libraries' types among them stay in doubt: one came back otherwise,
            and the next of its kind may, too.
    """
    for entry in calls:
        for part in entry:
            if part is not None and not (but_libraries and _is_library_s(part)):
                forget = functools.partial(_proven.pop, id(part))
                _proven[id(part)] = weakref.ref(part, forget)
                if is_a(part, type) and is_doubtful.get(part):
                    is_doubtful[part] = False
                    for facts in _resting:
                        facts.pop(part, None)


def _is_library_s(part: Any) -> bool:
    return is_a(part, type) and not is_own(part)


def _is_proven(part: Any) -> bool:
    known = _proven.get(id(part))
    return part is None or (known is not None and known() is part)


def _has_private_slots(bodies: Iterable[Mapping[str, Any]]) -> bool:
    return any(
        type(member) is types.MemberDescriptorType and name.startswith("_") and "__" in name
        for members in bodies
        for name, member in members.items()
    )
