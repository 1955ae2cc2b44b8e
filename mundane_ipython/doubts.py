"""What a bundle holds of which nobody knows yet that it can be loaded, and what has proved that.

Most kinds of values are loaded in a hundred tests. Others are loaded once in each kernel before
they are stored (`trials`): library types that reduce themselves, and the notebook's own code.
"""

from __future__ import annotations

import collections
import copyreg
import enum
import sys
import types
import weakref
from collections.abc import Iterable, Mapping
from typing import Any

from .homes import PerType

Entry = tuple[Any, type | None]
"""A function of the notebook's that a load calls, and the class whose method it is; or a type."""

Calls = dict[Entry, None]
"""Such entries; a set in the order in which they were met."""

# Libraries whose values the corpus of notebooks stores and loads.
_PLAIN = frozenset(
    """IPython cloudpickle dateutil ipywidgets joblib matplotlib mundane_ipython networkx numpy
    pandas patsy plotly polars pyarrow pytz scipy seaborn sklearn statsmodels sympy torch tqdm
    traitlets tzdata xarray""".split()  # noqa: SIM905 (a list of 25 strings reads worse)
)
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

_proven: weakref.WeakSet[Any] = weakref.WeakSet()


@PerType
def is_doubtful(kind: type) -> bool:
    """Return whether instances of a type of a library are to be tried once."""
    library = kind.__module__.partition(".")[0]
    if library in _PLAIN or library in _STANDARD or issubclass(kind, type):
        return False
    return kind in copyreg.dispatch_table or _has_own_way(kind)


def is_odd(kind: type) -> bool:
    """Return whether instances of a class of the notebook, which reduce as any, are to be tried."""
    of_library = [base for base in kind.__mro__ if base.__module__ != "__main__"]
    if any(is_doubtful[base] for base in of_library):
        return True
    fills = any(issubclass(kind, each) for each in _FILLED)
    own = [vars(base) for base in kind.__mro__ if base.__module__ == "__main__"]
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
        return vars(kind).get("_member_type_", object) is not object or "__init__" in vars(kind)
    library = type(kind).__module__.partition(".")[0]
    return library not in ("builtins", "abc", "enum", "typing", "_py_abc", "torch", "traitlets")


def untried(calls: Iterable[Entry]) -> list[Entry]:
    """Return those entries that have not been loaded in this kernel."""
    return [entry for entry in calls if not all(part in _proven for part in entry if part)]


def note_tried(calls: Iterable[Entry]) -> None:
    """Note that these entries can be loaded."""
    for entry in calls:
        for part in entry:
            if part is not None:
                _proven.add(part)
                if isinstance(part, type) and is_doubtful.get(part):
                    is_doubtful[part] = False


def _has_private_slots(bodies: Iterable[Mapping[str, Any]]) -> bool:
    return any(
        isinstance(member, types.MemberDescriptorType) and name.startswith("_") and "__" in name
        for members in bodies
        for name, member in members.items()
    )


def _has_own_way(kind: type) -> bool:
    return any(getattr(kind, name, None) is not getattr(object, name, None) for name in _REDUCTIONS)
