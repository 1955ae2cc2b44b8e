"""Objects <-> bytes: a step's values that are not JSON, as one bundle. SPEC.md, Bundles.

A bundle is a run of pickles, one for each slot (a name, or the value of the last expression), that
share one memo, so that slots which share objects share them again, while a slot that cannot be
pickled is known by name. Large buffers lie out of band and are never copied.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping, MutableMapping, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

from ..adapter.looks import error_text
from ..namespace.fingerprint import has_identity
from ..objects.arrays import ArrayRoots
from ..objects.deep_stack import is_too_deep, on_deep_stack
from ..references.prologue import prologue
from .doubts import Calls
from .load_code import in_order_of_needs, rank
from .older_objects import InnerObjects, TracingPickler
from .pickler import NotebookPickler

VALUE_SLOT = "$value"
"""The slot of the cell's last expression; no name starts with `$`."""

AMBIENT_SLOT = "$ambient"
"""The slot of the ambient state that the cell changed (`ambient/state.py`)."""

# How often slots are put into another order, for what code of the notebook needs at a load.
_MAX_ORDERS = 3

_NOTHING: Mapping[int, Any] = MappingProxyType({})


@dataclass(slots=True)
class Bundle:
    """Pickled slots.

    Attributes:
        older: references to older objects (`references`), in the order of their places in the memo.
        slots: (slot, length of its pickle in bytes), in the order in which they were pickled.
        stream: the prologue and the pickles, one after the other.
        buffers: what lies out of band, as flat memoryviews of the live objects.
        sizes: bytes of each slot, out-of-band ones included.
        buffer_ends: for each slot, how many buffers it and those before it have.
    """

    older: list[str] = field(default_factory=list)
    slots: list[tuple[str, int]] = field(default_factory=list)
    stream: bytes = b""
    buffers: list[memoryview] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    buffer_ends: list[int] = field(default_factory=list)


class Packer:
    """Pickles slots one by one; a slot that fails leaves the others unharmed.

    Args:
        namespace: the user namespace.
        own: names that the step stores, with their values.
        changed: those of them that an older cell bound, and this one changed in place; with the
            members that it deleted from a class.
        older: other names and their values: a slot that refers to one gets it back by identity.
        inner: the objects inside such values, by name: the same for them.
        held: objects that are expected in the slots, by id; without them all is the same, but
            some slots are pickled twice.
        remade: names that no step has bound so far: their plain cells run again before a restore.
        classes: names (`members.tracker_of`) of those that were pickled before the step.

    Attributes:
        namespace: as given.
        changed: as given.
        classes: as given.
    """

    def __init__(  # noqa: PLR0913 (what is known of one step)
        self,
        namespace: MutableMapping[str, Any],
        own: Mapping[str, Any],
        changed: Mapping[str, Set[str]],
        older: Mapping[str, Any],
        inner: Mapping[str, Sequence[Any]],
        held: Mapping[int, Any] = _NOTHING,
        remade: Set[str] = frozenset(),
        classes: Set[str] = frozenset(),
    ) -> None:
        self.namespace = namespace
        self.classes = classes
        self._own = frozenset(own)
        self.changed = changed
        within = [each for inside in inner.values() for each in inside]
        self._remade = remade
        self._arrays = ArrayRoots((*older.values(), *own.values()), within)
        self._arrays.expect(held)
        self._references = {name: value for name, value in older.items() if has_identity(value)}
        named = frozenset(map(id, self._references.values()))
        self._inner = InnerObjects(namespace, older, inner, named)
        self._inner.expect(held)
        self._values: dict[str, Any] = {}
        # Whether a value is nested deeper than Python's stack; what follows is pickled as that is.
        self._is_deep = self._was_too_deep = False
        self._restart()

    def ordered(self, values: Mapping[str, Any]) -> list[str]:
        """Return names in the order in which to add them: those that were changed come first.

        A class is then loaded before a new one that it has registered, not while that is made. Next
        come functions and classes, of which instances may need any when they are loaded.
        """
        return sorted(values, key=lambda name: (name not in self.changed, rank(values[name])))

    def add(self, slot: str, value: Any) -> str | None:
        """Pickle a value into a slot; return why it cannot be, or None where it is done."""
        refusal = self._dump(slot, value)
        if refusal is not None:
            # The memo knows objects whose pickle was cut short: all that is good is pickled anew.
            too_deep, self._was_too_deep = self._was_too_deep, False
            if slot in self._remade and not too_deep:
                self._own -= {slot}  # others may refer to it, as its plain cell makes it
            self._dump_again()
            if too_deep:
                self._is_deep = True
                return self.add(slot, value)
        else:
            self._values[slot] = value
        return refusal

    def refusal_of(self, value: Any) -> str | None:
        """Return why a value cannot be pickled, or None where it can; nothing is kept of it."""
        return self._pickler.refusal_of(value)

    def known(self) -> Set[int]:
        """Return the ids of all objects that were pickled, or that older values hold."""
        return self._pickled().keys() | self._inner.objects.keys()

    @property
    def loose(self) -> Mapping[int, tuple[list[str], Any]]:
        """Objects inside older values that were pickled as copies, as no reference is sure."""
        return self._inner.loose

    @property
    def calls(self) -> Calls:
        """What a load of all that was pickled calls, and types that are to be tried once."""
        return {entry: None for calls in self._calls.values() for entry in calls}

    def drop(self, slot: str) -> None:
        """Take a slot out again."""
        del self._values[slot]
        self._dump_again()

    @property
    def values(self) -> Mapping[str, Any]:
        """The values of the slots that were pickled."""
        return self._values

    @property
    def slots(self) -> frozenset[str]:
        """The slots that were pickled."""
        return frozenset(self._values)

    def bundle(self) -> Bundle:
        """Return what was pickled."""
        self._order_by_needs()
        if self._arrays.add_shared(self._pickled):
            self._dump_again()
        self._inner.settle(self._pickled, self._dump_again)
        start = len(prologue(self._seeds))
        older = [reference for reference, _ in self._seeded().values()]
        stream = self._file.getvalue()
        if older != self._seeds:  # what a reference is was not known yet, only its place
            stream = b"".join((prologue(older), memoryview(stream)[start:]))
        slots, sizes, buffer_start = [], {}, 0
        for slot, end, buffer_end in self._ends:
            inside = sum(b.nbytes for b in self._buffers[buffer_start:buffer_end])
            slots.append((slot, end - start))
            sizes[slot] = end - start + inside
            start, buffer_start = end, buffer_end
        buffer_ends = [buffer_end for _, _, buffer_end in self._ends]
        return Bundle(older, slots, stream, self._buffers, sizes, buffer_ends)

    def _order_by_needs(self) -> None:
        """Let a slot come after those that code of the notebook may need when it is loaded."""
        for _ in range(_MAX_ORDERS):
            if not any(self._calls.values()):
                return
            slots = list(self._values)
            order = in_order_of_needs(slots, self._calls, self._own, self.changed, self.namespace)
            if order == slots:
                return
            # What is met first in another slot may need others there.
            self._values = {slot: self._values[slot] for slot in order}
            self._dump_again()

    def _pickled(self) -> dict[int, Any]:
        return {identity: each for identity, (_, each) in self._pickler.memo.copy().items()}

    def _restart(self) -> None:
        self._file = io.BytesIO()
        self._buffers: list[memoryview] = []
        self._ends: list[tuple[str, int, int]] = []
        self._calls: dict[str, Calls] = {}
        self._arrays.start()
        self._inner.used.clear()
        # Few steps share such objects: of the others' pickles nothing is asked per object.
        kind = TracingPickler if self._inner.candidates else NotebookPickler
        self._pickler = kind(
            self._file,
            self.namespace,
            self._own,
            self.changed,
            self._arrays,
            # No method: this object and that would hold each other, and all values, for long.
            partial(_keep_buffer, self._buffers),
            self._remade,
        )
        if isinstance(self._pickler, TracingPickler):
            self._pickler.trace(self._inner.candidates, self._inner.used)
        # The older objects stand in the memo from the start, as if they had been pickled; the
        # prologue makes the unpickler's memo alike. No call per object is spent on the look-up.
        seeds = self._seeded()
        self._pickler.memo = {
            identity: (index, value) for index, (identity, (_, value)) in enumerate(seeds.items())
        }
        self._seeds = [reference for reference, _ in seeds.values()]
        self._file.write(prologue(self._seeds))

    def _seeded(self) -> dict[int, tuple[str, Any]]:
        seeds = {id(value): (reference, value) for reference, value in self._references.items()}
        return {**seeds, **self._inner.candidates}

    def _dump_again(self) -> None:
        self._restart()
        for slot, value in self._values.items():
            self._dump(slot, value)

    def _dump(self, slot: str, value: Any) -> str | None:
        self._calls[slot] = self._pickler.calls = {}
        try:
            if self._is_deep:
                on_deep_stack(self._pickler.dump, value)
            else:
                self._pickler.dump(value)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 (an object's own pickling may raise anything)
            self._was_too_deep = is_too_deep(error) and not self._is_deep
            return error_text(error)
        self._ends.append((slot, self._file.tell(), len(self._buffers)))
        return None


def _keep_buffer(buffers: list[memoryview], buffer: pickle.PickleBuffer) -> bool:
    try:
        buffers.append(buffer.raw())
    except BufferError:  # not contiguous: it stays in the pickle
        return True
    return False
