"""A step's values are packed, and older values with them from which an object has no sure way.

An object in a set, or the axes of a figure, lie in an older value at no place that can be named.
The step then stores that value as well, as if it had changed it, so that one bundle holds both.
Where that cannot be, the object comes back as a copy, and is told of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Set
from typing import Any

from ..namespace.fingerprint import Walk
from ..namespace.mutation import Mutations, Watch
from ..outputs.fold import NO_VALUE
from ..pickling.bundle import VALUE_SLOT, Packer
from ..pickling.placement import Stored

# As much is stored for the sake of identity alone: it takes a tenth of a second, and arrays may
# have gaps of this size for a lesser reason.
_MAX_BYTES = 64 << 20

# What was added may hold objects of further values, and so on.
_MAX_ROUNDS = 5

# How many names are told of in one group.
_MAX_HOLDERS = 3

_LAST_VALUE = "the last expression's value"


def make_packer(
    namespace: MutableMapping[str, Any],
    own: Mapping[str, Any],
    kept: Mapping[str, Any],
    mutations: Mutations,
    remade: Set[str],
) -> Packer:
    """Return a packer for a step's values.

    Args:
        namespace: the user namespace.
        own: names that the step stores, with their values.
        kept: the older names and values that are what they were.
        mutations: what it changed.
        remade: see `Packer`.
    """
    older = {name: value for name, value in kept.items() if name not in own}
    changed = {each: mutations.removed.get(each, frozenset()) for each in mutations.changed}
    classes = mutations.classes
    packer = Packer(
        namespace, own, changed, older, mutations.inner, mutations.held, remade, classes
    )
    mutations.held.clear()  # copies may be among them, which a pickle makes for its own use
    return packer


def packed(
    watch: Watch,
    kept: Mapping[str, Any],
    rebound: Mapping[str, Any],
    mutations: Mutations,
    pack: Callable[[Mutations], Stored],
    only: tuple[str, ...],
) -> tuple[Mutations, Stored]:
    """Return what a step is taken to have changed, and its values, packed.

    Args:
        watch: looked at the older values.
        kept: see `Watch.mutations`.
        rebound: see `Watch.mutations`.
        mutations: what the step changed.
        pack: packs the values of a step that changed this.
        only: the names that `-o` gave: no others are stored then.
    """
    whole, stored = mutations, pack(mutations)
    never: set[str] = set()
    for _ in range(0 if only else _MAX_ROUNDS):
        holders = {name for names, _ in stored.loose.values() for name in names} - never
        if not holders:
            return whole, stored
        whole = watch.together(whole, holders, kept, rebound)
        stored = pack(whole)
        wrong = _unreasonable(stored, set(whole.changed) - set(mutations.changed))
        if wrong:
            never |= wrong & holders or holders
            whole, stored = mutations, pack(mutations)
    if stored.loose and whole is not mutations:
        return mutations, pack(mutations)
    return whole, stored


def loose_groups(stored: Stored, namespace: Mapping[str, Any]) -> list[list[str]]:
    """Return groups of names whose values hold one object, and come back with two.

    Args:
        stored: the step's values, packed.
        namespace: the user namespace.
    """
    if not stored.loose:
        return []
    slots = {name: stored.values[name] for name, place in stored.bindings if place == "bundle"}
    if stored.value is not NO_VALUE and stored.value_place == "bundle":
        slots[VALUE_SLOT] = stored.value
    met = {slot: set(map(id, Walk(each, namespace).objects)) for slot, each in slots.items()}
    groups: dict[tuple[str, ...], None] = {}
    for identity, (holders, _) in stored.loose.items():
        here = [slot for slot in met if identity in met[slot]]
        if here:
            groups[(*holders[:_MAX_HOLDERS], *map(_text, here))] = None
    return [list(group) for group in groups]


def _text(slot: str) -> str:
    return _LAST_VALUE if slot == VALUE_SLOT else slot


def _unreasonable(stored: Stored, added: set[str]) -> set[str]:
    """Return those of the added names that should not be stored for the sake of identity."""
    refused = added & stored.left_out.keys()
    sizes = {name: stored.bundle.sizes.get(name, 0) for name in added}
    return refused or (added if sum(sizes.values()) > _MAX_BYTES else set())
