"""What a cell changed in place: older names whose values are not what they were.

Source analysis says which names a cell can get at (`reach`), digests before and after say which of
these changed (`fingerprint`), and names that share an object with a changed one change with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from ..adapter.looks import guarded, is_a
from ..adapter.looks import members_of as everything_in
from ..adapter.refcounts import counts_of
from ..adapter.rules import changed_by_functions, lends_memory
from ..adapter.types import is_own
from ..classes.members import members_of, trackers
from ..source.cell import CellSource
from .aliasing import lying_together
from .fingerprint import Fingerprinter, Walk, is_atom
from .reach import reachable_names
from .sharing import (
    differently_shared,
    has_let_go,
    held_elsewhere,
    is_small,
    share_memory,
    shared_identities,
    shared_objects,
    without_classes,
)

# How much work the digests before a step may take, and again those after it (`sinks`): about two
# seconds.
_BUDGET = 200_000_000

_NOTHING: Mapping[str, Any] = MappingProxyType({})

# How many hold a value that no name holds any more: the snapshot, the step's dictionary of such
# values, and the one that is made of it here.
_UNHELD = 3


@dataclass(frozen=True, slots=True)
class Mutations:
    """What a cell did to older values.

    Attributes:
        changed: names whose values it changed in place.
        unchecked: names that it can get at and whose values could not be compared, and why; ""
            where that would take too much work.
        inner: for each unchanged value that the cell can get at, by its name: the objects inside of
            it whose identity matters.
        held: everything that is in a changed value, by id.
        removed: members that it deleted from a class of the notebook, by the class's name.
        classes: names (`members.tracker_of`) of the classes that were pickled before the cell.
    """

    changed: list[str]
    unchecked: dict[str, str]
    inner: dict[str, list[Any]]
    held: dict[int, Any]
    removed: dict[str, frozenset[str]]
    classes: frozenset[str]


class Watch:
    """Looks at older values before a cell runs and after it.

    Args:
        namespace: the user namespace.
        older: the user's names before the cell, with their values.
        source: the cell's body.
        budget: how much work the digests before the cell may take, and again those after it, see
            `fingerprint.Fingerprinter`.
        keeps: whether parts of values may be kept alive while the cell runs.

    Attributes:
        reachable: the older names that the cell can get at.
        opaque: those that it names itself, and of whose values nothing but the identity is known.
    """

    reachable: frozenset[str]
    opaque: list[str]

    def __init__(
        self,
        namespace: Mapping[str, Any],
        older: Mapping[str, Any],
        source: CellSource,
        budget: int = _BUDGET,
        *,
        keeps: bool = True,
    ) -> None:
        self._namespace = namespace
        self._budget = budget
        self._source = source
        self._classes = trackers()
        names = reachable_names(source.read, namespace, dynamic=source.dynamic) & older.keys()
        self.reachable = names
        unnamed = set(map(id, changed_by_functions()))
        looked_at = names | {name for name, value in older.items() if id(value) in unnamed}
        fingerprinter = Fingerprinter(namespace, budget)
        self._digests: dict[str, bytes | None] = {}
        small: dict[str, Walk] = {}
        for name, value in older.items():
            if name in looked_at and not is_atom(value):
                walk = fingerprinter.walk(value)
                self._digests[name] = walk.digest
                if is_small(walk):  # what others met is free again at once
                    small[name] = walk
        self._shared = shared_identities(small)
        self._held = {
            name: held_elsewhere(older[name], walk) for name, walk in small.items() if keeps
        }
        self.opaque = [
            name
            for name in self._digests
            if name in source.read and id(older[name]) in fingerprinter.opaque
        ]
        self._members = {
            name: frozenset(guarded(partial(members_of, value), _NOTHING))
            for name, value in older.items()
            if name in names and is_a(value, type) and is_own(value)
        }

    def mutations(
        self,
        kept: Mapping[str, Any],
        rebound: Mapping[str, Any] = _NOTHING,
        again: Set[str] = frozenset(),
        parted: Mapping[str, Any] = _NOTHING,
    ) -> Mutations:
        """Compare, after the cell.

        Args:
            kept: the names that still hold the very object that they held before the cell.
            rebound: those that do so too, though the cell bound them, such as `x += [1]` does.
            again: names that an earlier run of the step changed; they count as changed.
            parted: what names held before that hold another object now, or none.
        """
        fingerprinter = Fingerprinter(self._namespace, self._budget)
        changed = [name for name in kept if name in again]
        unchecked: dict[str, str] = {}
        walks: dict[str, Walk] = {}
        same: dict[str, Walk] = {}
        for name, before in self._digests.items():
            if name in again or (name not in kept and name not in rebound):
                continue
            walk = fingerprinter.walk(kept[name] if name in kept else rebound[name])
            unknown = before is None or walk.digest is None
            if unknown and name in kept:
                unchecked[name] = walk.why_not
            elif unknown or before != walk.digest:
                changed.append(name)
                if not unknown:
                    walks[name] = walk
            elif name in kept:
                same[name] = walk
        # By a name that it bound first of all, the cell could not get at the old value.
        bound_first = self._source.bound_before_read(parted.keys() & self._digests.keys())
        parted = {name: value for name, value in parted.items() if name not in bound_first}
        # From here on nobody else holds these: a pickle of an object asks who does.
        held, self._held = self._held, {}
        passed_on = {id(each) for name in parted for each in held.get(name, ())}
        for name in self._shared_otherwise(same, held):
            changed.append(name)
            walks[name] = same.pop(name)
        held.clear()
        inner = {
            name: [each for each in walk.inner_objects() if each is not kept[name]]
            for name, walk in same.items()
        }
        if passed_on:
            inner.update(self._held_by_others(passed_on, kept))
        gone = self._changed_in(parted, fingerprinter)
        return self._told(changed, unchecked, inner, walks, {**kept, **rebound}, gone)

    def _shared_otherwise(
        self, same: Mapping[str, Walk], held: Mapping[str, list[Any]]
    ) -> Iterable[str]:
        """Return the names of values that are equal to what they were, and hold other objects.

        Args:
            same: walks through the equal values.
            held: what each had before that something else held as well.
        """
        small = {name: walk for name, walk in same.items() if is_small(walk)}
        apart = [name for name, walk in small.items() if has_let_go(held.get(name, []), walk)]
        others = differently_shared(self._shared, shared_identities(small))
        return dict.fromkeys((*apart, *others))

    def _held_by_others(
        self, identities: Set[int], kept: Mapping[str, Any]
    ) -> Iterator[tuple[str, list[Any]]]:
        """Yield the names out of the cell's reach that hold some objects, and all that they hold.

        The cell got at these objects by a name that it has bound anew, `node = replace(node, n=9)`,
        and the new value may hold them too.
        """
        for name, value in kept.items():
            if self._out_of_reach(name, value):
                inside = [e for e in Walk(value, self._namespace).inner_objects() if e is not value]
                if not identities.isdisjoint(map(id, inside)):
                    yield name, inside

    def _changed_in(
        self, parted: Mapping[str, Any], fingerprinter: Fingerprinter
    ) -> list[tuple[Any, Walk]]:
        """Return those values that changed before their names let go of them, and walks through.

        Somebody else may hold such a value, or a part of it: `row.append(1); row = None`.
        """
        found: list[tuple[Any, Walk]] = []
        for (name, value), count in zip(parted.items(), counts_of(parted.values()), strict=True):
            before = self._digests.get(name)
            if before and (count > _UNHELD or is_own(type(value))):
                walk = fingerprinter.walk(value)
                if walk.digest not in (None, before):
                    found.append((value, walk))
        return found

    def together(
        self,
        mutations: Mutations,
        names: Iterable[str],
        kept: Mapping[str, Any],
        rebound: Mapping[str, Any],
    ) -> Mutations:
        """Return what a cell did as if it had changed further values, and what shares with these.

        Args:
            mutations: what it did.
            names: of the values.
            kept: see `mutations`.
            rebound: see `mutations`.
        """
        changed = list(dict.fromkeys((*mutations.changed, *names)))
        there = {**kept, **rebound}
        return self._told(changed, mutations.unchecked, dict(mutations.inner), {}, there)

    def _told(
        self,
        changed: list[str],
        unchecked: dict[str, str],
        inner: dict[str, list[Any]],
        walks: dict[str, Walk],
        there: Mapping[str, Any],
        gone: Sequence[tuple[Any, Walk]] = (),
    ) -> Mutations:
        held: dict[int, Any] = {}
        if changed or gone:
            for name in changed:
                if name not in walks:
                    walks[name] = Walk(there[name], self._namespace)
                held.update((id(each), each) for each in walks[name].objects)
            held.update((id(each), each) for _, walk in gone for each in walk.objects)
            changed += self._sharing(changed, walks, there, gone)
        inner = {name: inside for name, inside in inner.items() if name not in changed}
        removed = {
            name: self._members[name] - everything_in(there[name]).keys()
            for name in changed
            if name in self._members
        }
        return Mutations(changed, unchecked, inner, held, removed, self._classes)

    def _sharing(
        self,
        changed: list[str],
        walks: Mapping[str, Walk],
        kept: Mapping[str, Any],
        gone: Sequence[tuple[Any, Walk]],
    ) -> list[str]:
        """Return names out of the cell's reach that share an object with a changed value.

        Args:
            changed: the names of changed values.
            walks: through these.
            kept: all values.
            gone: changed values that have no name any more, and walks through these.
        """
        # Kept alive as long as ids are compared: a walk makes objects too, whose ids come again.
        objects = {
            id(each): each
            for value, walk in (*((kept[name], walks[name]) for name in changed), *gone)
            for each in without_classes(value, walk, self._namespace)
        }
        others = {
            name: value
            for name, value in kept.items()
            if name not in walks and self._out_of_reach(name, value)
        }
        own = {name: shared_objects(value, self._namespace) for name, value in others.items()}
        sharing: list[str] = []
        lends = lends_memory()
        # What shares with one that is stored for this reason is stored for it as well.
        while new := [
            name
            for name, each in own.items()
            if not objects.keys().isdisjoint(map(id, each))
            or (lends and share_memory(objects.values(), each))
        ]:
            sharing += new
            for name in new:
                walk = Walk(others[name], self._namespace)
                further = without_classes(others[name], walk, self._namespace)
                objects.update((id(each), each) for each in further)
                del own[name]
        known = [*changed, *sharing]
        together = {name: kept[name] for name in (*changed, *others)}
        return sharing + lying_together(known, together, self._namespace)

    def _out_of_reach(self, name: str, value: Any) -> bool:
        if name in self._digests or is_atom(value):
            return False
        return not is_a(value, type) or is_own(value)
