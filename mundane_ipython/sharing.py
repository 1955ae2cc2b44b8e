"""What a value shares with others, so that a change of the one is one of the other.

What a class has for all of its instances is not among it: it is the class's, and is never copied
with an instance.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any

from .fingerprint import Walk, function_state, is_atom
from .homes import PerType
from .looks import home_name, is_a, members_of, module_of, mro_of
from .views import is_array, memory_chain


def shared_objects(value: Any, namespace: Mapping[str, Any]) -> list[Any]:
    """Return what `Walk.shared_objects` does, without a walk for the values that are most."""
    if is_array(value) and not value.dtype.hasobject:
        return memory_chain(value)
    if type(value) is types.FunctionType and not any(function_state(value)):
        return [value] if value.__globals__ is namespace else []
    return Walk(value, namespace).shared_objects()


def without_classes(value: Any, walk: Walk, namespace: Mapping[str, Any]) -> list[Any]:
    """Return what a value shares with others, but for what is its class's, or its parts' classes'.

    All instances of a class would share that. Where it changes, the class does, by its own name.

    Args:
        value: the value.
        walk: through it.
        namespace: the user namespace.
    """
    inside: set[int] = set()
    for kind in {id(type(each)): type(each) for each in walk.objects}.values():
        inside |= _class_data.of_type(kind, {}).keys()
    for each in walk.objects:
        if is_a(each, type) and each is not value and home_name(each) == "__main__":
            inside.update(map(id, Walk(each, namespace).objects))
    inside.discard(id(value))  # such as the only instance, which its class holds
    return [each for each in walk.shared_objects() if id(each) not in inside]


@PerType
def _class_data(kind: type) -> dict[int, Any]:
    """Return by id what a library's class, or one below it, has for all of its instances."""
    found: dict[int, Any] = {}
    for base in mro_of(kind):
        members = list(members_of(base).values()) if module_of(base) != "__main__" else []
        for member in members:
            if callable(member) or hasattr(type(member), "__get__") or is_atom(member):
                continue
            found[id(member)] = member
            if is_a(member, base):  # such as matplotlib's path around a unit square
                found.update((id(each), each) for each in Walk(member, {}).objects)
    return found
