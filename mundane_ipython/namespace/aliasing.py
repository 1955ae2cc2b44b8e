"""Parts of values that a library makes anew: what lies in an object, and in its pickle does not.

A class may say by code of its own how its objects are pickled (`__reduce__`): a model of Keras is
a file's bytes, a figure of plotly is a dictionary, and loading makes other parts. A part that has
a name is then stored a second time, by itself, and a restore brings back two. So it must at least
be stored whenever the other one is, and be told of.
"""

from __future__ import annotations

import enum
import functools
import gc
import itertools
import logging
import types
from collections import deque
from collections.abc import Collection, Mapping, Set
from typing import Any

from ..adapter.looks import attribute_of_type, module_of
from ..adapter.rules import REDUCTIONS
from ..adapter.types import PerType
from .fingerprint import Walk, has_identity, is_atom

# A way through an object ends after so many parts, a hundredth of a second.
_MAX_PARTS = 50_000

# Objects of the kernel's own, and of compilers: from them every value of the notebook is reached,
# or every function that was compiled.
_KERNEL = frozenset(("IPython", "asyncio", "ipykernel", "numba", "threading", "tornado", "zmq"))

_ENDS = (
    *(types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType),
    *(types.FrameType, type, str, bytes, int, float, complex, type(None)),
)


def apart(
    stored: Set[str], values: Mapping[str, Any], namespace: Mapping[str, Any]
) -> list[list[str]]:
    """Return groups of names whose values lie in one another, and come back apart.

    Args:
        stored: the names that a step stores: in each group is one of them.
        values: all the user's names, with their values.
        namespace: the user namespace.
    """
    if not any(_has_own_reduction.of(value, otherwise=False) for value in values.values()):
        return []
    # Of names of one object the first will do.
    named = {id(v): (name, v) for name, v in reversed(list(values.items())) if _is_object(v)}
    pickled = functools.cache(lambda one: set(map(id, Walk(named[one][1], namespace).objects)))
    groups: list[list[str]] = []
    for one, (whole, value) in reversed(named.items()):
        parts = _parts_of(value, namespace)
        for other, (part, _) in reversed(named.items()) if parts else ():
            if other == one or other not in parts or stored.isdisjoint((part, whole)):
                continue
            # What is met in the other one's pickle is a part of that, and refers back to it.
            if other not in pickled(one) and one not in pickled(other):
                near = [group for group in groups if part in group or whole in group]
                groups = [group for group in groups if group not in near]
                groups.append(list(dict.fromkeys((*itertools.chain(*near), whole, part))))
    return groups


def lying_together(
    names: Collection[str], values: Mapping[str, Any], namespace: Mapping[str, Any]
) -> list[str]:
    """Return the names of further values that are parts of some, or that these are parts of.

    Args:
        names: of some values.
        values: all that are asked for, those among them.
        namespace: the user namespace.
    """
    if not any(_has_own_reduction.of(value, otherwise=False) for value in values.values()):
        return []
    objects = {name: value for name, value in values.items() if _is_object(value)}
    parts = {name: _parts_of(value, namespace) for name, value in objects.items()}
    found = dict.fromkeys(name for name in names if name in objects)
    todo = deque(found)
    while todo:
        name = todo.popleft()
        for other, value in objects.items():
            related = id(value) in parts[name] or id(objects[name]) in parts[other]
            if related and other not in found:
                found[other] = None
                todo.append(other)
    return [name for name in found if name not in names]


def _parts_of(value: Any, namespace: Mapping[str, Any]) -> dict[int, Any]:
    """Return by id what an object refers to whose class has its own code for its pickle.

    Of other objects nothing: what lies in them is met where they are pickled.
    """
    if not _has_own_reduction.of(value, otherwise=False):
        return {}
    found: dict[int, Any] = {}
    todo = deque([value])
    while todo and len(found) < _MAX_PARTS:
        for each in gc.get_referents(todo.popleft()):
            if (
                id(each) not in found
                and each is not namespace
                and _leads_on.of(each, otherwise=False)
            ):
                found[id(each)] = each
                todo.append(each)
    return found


def _is_object(value: Any) -> bool:
    return has_identity(value) and not is_atom(value)


@PerType
def _has_own_reduction(kind: type) -> bool:
    # A member of an enumeration is its class's own, and a logger the process's, wherever it lies.
    # What a library's rule makes of an object keeps its parts.
    if REDUCTIONS[kind] or issubclass(kind, (enum.Enum, logging.Logger)):
        return False
    return any(
        type(attribute_of_type(kind, name)) is types.FunctionType
        for name in ("__reduce__", "__reduce_ex__")
    )


@PerType
def _leads_on(kind: type) -> bool:
    return not issubclass(kind, _ENDS) and module_of(kind).partition(".")[0] not in _KERNEL
