"""References to older values and to objects inside them: written, and found again.

A name stands for its value; `NAME#[PATH, TYPE, DIGEST]` for an object that lies in it. What is
found at the path is taken only where its type and its digest are what they were: another object is
an error, never a value.
"""

from __future__ import annotations

import datetime
import enum
import functools
import json
import types
import zoneinfo
from collections.abc import Iterable, Mapping, Sequence, Set
from operator import itemgetter
from typing import Any

from ..adapter.digest import PLAIN, NoDigestError, Parts, hashed, value_parts
from ..adapter.looks import instance_dict, module_of, name_of
from ..adapter.rules import CELLS, CLOSED, INNARDS, INNER_DIGESTS, REDUCTIONS, is_scalar
from ..adapter.types import class_name, is_own, is_wholly_own
from ..inputs.kinds import exact_parts
from ..namespace.fingerprint import Walk, is_atom
from ..objects.path_modules import CYTHON_FUNCTIONS
from .holding import slots_of
from .paths import Follower, Path, find_paths

# Digests of one value may visit so many containers, some hundredths of a second, and those of one
# step's references so many together.
_MAX_VISITS = 20_000
_MAX_VISITS_OF_STEP = 400_000
# How deep it may nest: a digest must not depend on how much of Python's stack is used already.
_MAX_DEPTH = 40

# Parts of these are referred to by number in records of versions before; in others a number is not
# sure to be the same object's.
_ORDERED = (dict, list, tuple, str, bytes, int, float, complex, bool, type(None))


class Finder:
    """Finds references to objects inside older values, while a step is stored.

    Args:
        namespace: the user namespace.
        values: the older values by name.
        inner: the objects inside each of them whose identity matters.
    """

    def __init__(
        self,
        namespace: Mapping[str, Any],
        values: Mapping[str, Any],
        inner: Mapping[str, Sequence[Any]],
    ) -> None:
        self._namespace = namespace
        self._values = values
        self._inner = inner
        self._visits_left = _MAX_VISITS_OF_STEP
        self._closed: dict[str, bool] = {}
        self._private: dict[str, set[int]] = {}
        self._paths: dict[tuple[int, str, bool], Path | None] = {}

    def references(self, objects: Mapping[int, Any]) -> dict[int, str]:
        """Return references to objects, by id, to those that have one.

        Args:
            objects: by id.
        """
        found: dict[int, str] = {}
        for certain in (True, False):
            for name, here in self._by_name(objects.keys()).items():
                wanted = here - found.keys()
                if wanted and not certain:
                    wanted -= self._innards(name)
                for identity, path in self._search(name, wanted, certain=certain).items():
                    each = objects[identity]
                    digest = self._digest(each)
                    if certain or digest:
                        text = json.dumps([path, class_name(type(each)), digest])
                        found[identity] = f"{name}#{text}"
        return found

    def worth_a_reference(self, objects: Mapping[int, Any]) -> set[int]:
        """Return the ids of those objects of which somebody may see whether they are copies."""
        found: set[int] = set()
        for name, here in self._by_name(objects.keys()).items():
            found |= self._search(name, here - found, certain=True).keys()
        return {
            identity
            for identity, value in objects.items()
            if identity in found or not self.may_be_copied(identity, value)
        }

    def may_be_copied(self, identity: int, value: Any) -> bool:
        """Return whether nobody sees that a copy of an object is another one.

        So it is with values that a library compares as such, and with innards, as those of a frame,
        which every frame that is made of it shares with it.
        """
        return _is_value(value) or all(
            self._is_closed(name) or identity in self._innards(name)
            for name in self.holders(identity)
        )

    def holders(self, identity: int) -> list[str]:
        """Return the names in whose values an object lies."""
        return self._holders.get(identity, [])

    @functools.cached_property
    def _holders(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for name, inside in self._inner.items():
            for each in inside:
                found.setdefault(id(each), []).append(name)
        return found

    def _by_name(self, identities: Iterable[int]) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for identity in identities:
            for name in self.holders(identity):
                found.setdefault(name, set()).add(identity)
        return found

    def _search(self, name: str, wanted: set[int], *, certain: bool) -> dict[int, Path]:
        unknown = {each for each in wanted if (each, name, certain) not in self._paths}
        if unknown and not self._is_closed(name):
            value = self._values[name]
            paths = find_paths(value, unknown, self._namespace, certain=certain)
        else:
            paths = {}
        self._paths.update({(each, name, certain): paths.get(each) for each in unknown})
        known = {each: self._paths[each, name, certain] for each in wanted}
        return {each: path for each, path in known.items() if path is not None}

    def _is_closed(self, name: str) -> bool:
        """Return whether a value is a frame or the like without objects of the user's in it."""
        if name not in self._closed:
            self._closed[name] = _is_closed(self._values[name])
        return self._closed[name]

    def _innards(self, name: str) -> set[int]:
        """Return the ids of what objects of libraries in a value are made of."""
        if name not in self._private:
            found: set[int] = set()
            for each in (self._values[name], *self._inner[name]):
                for libraries in INNARDS.of(each, ()):
                    found |= self._made_of(each, libraries)
            self._private[name] = found
        return self._private[name]

    def _made_of(self, value: Any, libraries: Set[str]) -> set[int]:
        """Return the ids of what a library's object is made of, but for what is in its cells."""
        found = {
            id(each)
            for each in Walk(value, self._namespace).objects
            if each is not value and module_of(type(each)).partition(".")[0] in libraries
        }
        for cells in CELLS.of(value, ()):
            for _, cell in cells.every(value):
                if not is_atom(cell):
                    found.difference_update(map(id, Walk(cell, self._namespace).objects))
        return found

    def _digest(self, value: Any) -> str:
        most = min(_MAX_VISITS, self._visits_left)
        digest, visits = _data_digest(value, most)
        self._visits_left -= visits
        return digest


class Lookup:
    """Finds what references mean, while a step is restored.

    Args:
        namespace: the user namespace.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._follower = Follower()

    def find(self, reference: str) -> Any:
        """Return what a reference means.

        Raises:
            LookupError: it is not there, or is not what it was.
        """
        name, _, rest = reference.partition("#")
        value = self._namespace[name]
        if not rest:
            return value
        if not rest.startswith("["):
            return self._by_number(value, rest)
        try:
            path, kind, digest = json.loads(rest)
        except (ValueError, RecursionError) as error:
            raise LookupError("no reference") from error
        found = self._follower.follow(value, path)
        if class_name(type(found)) != kind:
            raise LookupError(f"a {type(found).__qualname__} is where a {kind} was")
        if digest and _data_digest(found, _MAX_VISITS)[0] != digest:
            raise LookupError("it is another one")
        return found

    def _by_number(self, value: Any, rest: str) -> Any:
        """Return the object that pickling a value meets as its n-th: `n#TYPE`."""
        number, _, kind = rest.partition("#")
        walk = Walk(value, self._namespace)
        if not all(type(each) in _ORDERED for each in walk.objects):
            raise LookupError("a reference by number is not certain there")
        try:
            found = walk.inner_objects()[int(number)]
        except ValueError as error:
            raise LookupError("no number") from error
        if class_name(type(found)) != kind:
            raise LookupError(f"a {type(found).__qualname__} is where a {kind} was")
        return found


def data_digest(value: Any) -> str:
    """Return a digest of data that holds in another kernel, "" where there is none.

    No code of the user's runs for it, and nothing with code in it has one: to find the source of a
    restored function is another matter.
    """
    return _data_digest(value, _MAX_VISITS)[0]


def _data_digest(value: Any, most: int) -> tuple[str, int]:
    walk = _Data(most)
    try:
        return hashed(walk.parts(value)), walk.visits
    except NoDigestError:
        return "", walk.visits


class _Data:
    """One walk through data.

    Args:
        most: how many containers and objects are visited.

    Attributes:
        visits: how many were.
    """

    def __init__(self, most: int) -> None:
        self.visits = 0
        self._most = most
        self._around: dict[int, int] = {}

    def parts(self, value: Any) -> Parts:
        return value_parts(value, first=self._first)

    def _first(self, value: Any) -> Parts | None:
        self.visits += 1
        if self.visits > self._most:
            raise NoDigestError
        kind = type(value)
        if _is_scalar(kind):
            return None
        outer = self._around.get(id(value))
        if outer is not None:
            return iter((f"outer {outer}(".encode(),))
        return self._within(value, self._of(value, kind))

    def _within(self, value: Any, parts: Parts) -> Parts:
        self._around[id(value)] = len(self._around)
        try:
            yield from parts
        finally:
            del self._around[id(value)]

    def _of(self, value: Any, kind: type) -> Parts:
        yield f"{class_name(kind)}(".encode()
        if len(self._around) > _MAX_DEPTH:
            raise NoDigestError
        if kind in (list, tuple):
            for item in value:
                yield from self.parts(item)
        elif kind in (set, frozenset):
            yield from sorted(b"".join(self.parts(item)) for item in value)
        elif kind is bytearray:
            yield bytes(value)
        elif kind is types.SimpleNamespace or is_wholly_own(kind):
            yield from self._attributes(value)
        elif issubclass(kind, enum.Enum):
            attributes = instance_dict(value) or {}
            yield from self.parts((attributes["_name_"], attributes["_value_"]))
        elif issubclass(kind, type):
            if is_own(value):
                raise NoDigestError
            yield class_name(value).encode()
        elif is_own(kind):
            raise NoDigestError
        else:
            yield from self._of_library(value, kind)

    def _of_library(self, value: Any, kind: type) -> Parts:
        for digest in INNER_DIGESTS.of_type(kind, ()):
            return digest(value, self.parts)  # type: ignore[no-any-return]
        found = exact_parts(value, self.parts)
        if found is None:
            raise NoDigestError
        return found

    def _attributes(self, value: Any) -> Parts:
        found = {str(name): item for name, item in (instance_dict(value) or {}).items()}
        found.update((name, item) for name, item, _ in slots_of(value))
        for name, item in sorted(found.items(), key=itemgetter(0)):
            yield f"{name}=".encode("utf-8", "surrogatepass")
            yield from self.parts(item)


def _is_scalar(kind: type) -> bool:
    """Return whether the text of a value of a library's type says all of it."""
    if is_own(kind) or issubclass(kind, enum.Enum):
        return False
    if issubclass(kind, datetime.tzinfo):
        return kind in (datetime.timezone, zoneinfo.ZoneInfo)
    return issubclass(kind, PLAIN) or is_scalar[kind]


def _is_closed(value: Any) -> bool:
    """Return whether a value is a library's own and holds no object of the user's."""
    return any(closed(value) for closed in CLOSED.of(value, ()))


def _is_value(value: Any) -> bool:
    """Return whether a library compares a value by what it is, and not by which object."""
    kind = type(value)
    if name_of(kind) in CYTHON_FUNCTIONS:
        return True
    if is_own(kind) or REDUCTIONS[kind]:
        return False
    try:
        return hash(value) not in (object.__hash__(value), id(value))
    except Exception:  # noqa: BLE001 (a library's own hash may raise anything)
        return False
