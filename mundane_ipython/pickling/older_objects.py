"""Objects inside older values, as far as the pickles of a step meet them.

Which of them a step holds is known only when it was pickled: then they are put where the pickler
finds them, and it is pickled once more. An object to which no reference is sure is pickled as a
copy, and told of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from ..references.references import Finder
from .pickler import NotebookPickler

_UNKNOWN = ""


class InnerObjects:
    """The objects inside older values, and what a step's pickles make of them.

    Args:
        namespace: the user namespace.
        older: the older values by name.
        inner: the objects inside of them, by name.
        named: ids of those that have a name of their own.

    Attributes:
        objects: those that are pickled as what they are until they are met, by id.
        candidates: those that stand in the pickler's memo, by id, with a reference where it is
            known.
        used: ids of those of the candidates that the pickles refer to.
        loose: those that are pickled as copies, by id, with the names in whose values they lie; not
            those of which nobody sees that.
    """

    def __init__(
        self,
        namespace: Mapping[str, Any],
        older: Mapping[str, Any],
        inner: Mapping[str, Sequence[Any]],
        named: Set[int],
    ) -> None:
        self.objects: dict[int, Any] = {
            id(each): each for inside in inner.values() for each in inside
        }
        for identity in named:
            self.objects.pop(identity, None)
        self.candidates: dict[int, tuple[str, Any]] = {}
        self.used: set[int] = set()
        self.loose: dict[int, tuple[list[str], Any]] = {}
        self._finder = Finder(namespace, older, inner)

    def expect(self, held: Mapping[int, Any]) -> None:
        """Put those that will be met where the pickler finds them, before it begins."""
        for identity in held.keys() & self.objects.keys():
            self.candidates[identity] = (_UNKNOWN, self.objects.pop(identity))

    def settle(
        self, pickled: Callable[[], Mapping[int, Any]], dump_again: Callable[[], None]
    ) -> None:
        """Have each object that the pickles hold referred to, or pickled as a copy.

        Args:
            pickled: returns what was pickled, by id.
            dump_again: pickles anew, as the candidates are.
        """
        if not self.objects and not self.candidates:
            return
        met = [identity for identity in pickled() if identity in self.objects]
        new = self._finder.worth_a_reference({each: self.objects[each] for each in met})
        if new:
            self.candidates.update((each, (_UNKNOWN, self.objects.pop(each))) for each in new)
            dump_again()
        while unknown := {
            identity: value
            for identity, (reference, value) in self.candidates.items()
            if identity in self.used and reference == _UNKNOWN
        }:
            references = self._finder.references(unknown)
            for identity, value in unknown.items():
                if identity in references:
                    self.candidates[identity] = (references[identity], value)
                else:
                    self._let_go(identity)
            if references.keys() != unknown.keys():
                dump_again()
        if self.used != self.candidates.keys():
            self.candidates = {each: self.candidates[each] for each in self.used}
            dump_again()

    def _let_go(self, identity: int) -> None:
        _, value = self.candidates.pop(identity)
        if not self._finder.may_be_copied(identity, value):
            self.loose[identity] = (self._finder.holders(identity), value)


class TracingPickler(NotebookPickler):
    """A pickler that notes which of some objects its pickles hold."""

    _candidates: Mapping[int, Any] = {}

    def trace(self, candidates: Mapping[int, Any], used: set[int]) -> None:
        """Note from here on.

        Args:
            candidates: by id.
            used: receives the ids of those that are met.
        """
        self._candidates = candidates
        self._used = used

    def persistent_id(self, obj: Any) -> None:
        """Note an object; the protocol of pickle, which calls it for each."""
        if id(obj) in self._candidates:
            self._used.add(id(obj))
