"""What a value shares with others, so that a change of the one is one of the other.

What a class has for all of its instances is not among it: it is the class's, and is never copied
with an instance.
"""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from typing import Any

from ..adapter.looks import instance_dict, is_a, members_of, mro_of
from ..adapter.refcounts import counts_of
from ..adapter.rules import SPANS
from ..adapter.types import PerType, is_own
from ..objects.arrays import bounds, is_array, memory_chain
from .fingerprint import Walk, function_state, has_identity, is_atom

# What is in larger values is not compared with others: in bytes of a pickle, some milliseconds.
_MAX_SIZE = 1 << 18


def is_small(walk: Walk) -> bool:
    """Return whether the objects in a value are compared with those in others."""
    return 0 < walk.size <= _MAX_SIZE


def shared_identities(walks: Mapping[str, Walk]) -> dict[str, frozenset[int]]:
    """Return, for each value, the ids of those objects that another one of them has too.

    Args:
        walks: through the values, by name.
    """
    # All at once: a walk makes objects too, whose ids come again when it is gone.
    met = {name: walk.by_identity for name, walk in walks.items()}
    seen: set[int] = set()
    twice: dict[int, Any] = {}
    for inside in met.values():
        again = seen & inside.keys()
        twice.update((identity, inside[identity][1]) for identity in again)
        seen |= inside.keys()
    matter = {identity for identity, each in twice.items() if has_identity(each)}
    return {name: frozenset(matter & inside.keys()) for name, inside in met.items()}


def differently_shared(before: Mapping[str, Set[int]], after: Mapping[str, Set[int]]) -> list[str]:
    """Return the names of values that have other objects in common than before.

    A cell does that without a change that is seen in one of them: `b.rows = a.rows`, both empty.

    Args:
        before: what `shared_identities` returned.
        after: the same, of values that are what they were but for that.
    """
    both = [name for name in after if name in before]
    then, now = (_common({n: each[n] for n in both}) for each in (before, after))
    return [name for name in both if then[name] != now[name]]


def held_elsewhere(value: Any, walk: Walk) -> list[Any]:
    """Return those objects in a value that something else holds as well, whatever that is.

    Args:
        value: the value.
        walk: through it.
    """
    entries = walk.by_identity.values()
    objects = [each for _, each in entries]
    counts = counts_of(objects)
    return [
        each
        for each, count in zip(objects, counts, strict=True)
        if count > _IN_ONE and each is not value and has_identity(each)
    ]


def has_let_go(objects: list[Any], walk: Walk) -> bool:
    """Return whether a value holds one of some objects no more, and something else does.

    The value is equal to what it was: `b.rows = list(b.rows)` parts it from `a`, whose rows are the
    same object.

    Args:
        objects: those that it had, as `held_elsewhere` returns them.
        walk: through it.
    """
    now = walk.by_identity
    gone = [each for each in objects if id(each) not in now]
    # Held by both lists alone is what a walk makes and forgets.
    return any(count > 2 for count in counts_of(gone))


# An object that lies in one place is held there, by the walk, a copy of its memo, and a list.
_IN_ONE = 4


def _common(sets: Mapping[str, Set[int]]) -> dict[str, Set[int]]:
    counts = Counter(identity for each in sets.values() for identity in each)
    return {name: {i for i in each if counts[i] > 1} for name, each in sets.items()}


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
        if is_a(each, type) and each is not value and is_own(each):
            inside.update(map(id, Walk(each, namespace).objects))
    inside.discard(id(value))  # such as the only instance, which its class holds
    # What an instance holds itself, or its very `__dict__`, its class may hold as well.
    for each in walk.objects:
        attributes = instance_dict(each) if is_own(type(each)) else None
        if attributes is not None:
            inside.discard(id(attributes))
            inside.difference_update(map(id, attributes.values()))
    return [each for each in walk.shared_objects() if id(each) not in inside]


@PerType
def _class_data(kind: type) -> dict[int, Any]:
    """Return by id what a library's class, or one below it, has for all of its instances."""
    found: dict[int, Any] = {}
    for base in mro_of(kind):
        members = list(members_of(base).values()) if not is_own(base) else []
        for member in members:
            if callable(member) or hasattr(type(member), "__get__") or is_atom(member):
                continue
            found[id(member)] = member
            if is_a(member, base):  # such as matplotlib's path around a unit square
                found.update((id(each), each) for each in Walk(member, {}).objects)
    return found


def share_memory(some: Iterable[Any], others: Iterable[Any]) -> bool:
    """Return whether an object lies in the memory of an array, or the other way round.

    Args:
        some: objects, `Walk.shared_objects`.
        others: the same of another value.
    """
    spans, other_spans = _spans(some), _spans(others)
    return any(
        low < other_high and other_low < high and (borrowed or other_borrowed)
        for low, high, borrowed in spans
        for other_low, other_high, other_borrowed in other_spans
    )


def _spans(objects: Iterable[Any]) -> list[tuple[int, int, bool]]:
    """Return the first address of each memory, the one behind the last, and if it is borrowed."""
    found = []
    for each in objects:
        if is_array(each) and each.size:
            found.append((*bounds(each), False))
        else:
            spans = (span(each) for span in SPANS.of(each, ()))
            found += [(*span, True) for span in spans if span is not None]
    return found
