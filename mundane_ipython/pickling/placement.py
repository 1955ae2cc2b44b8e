"""Where each value of a step is stored: in the row, in the bundle, or by a module's name.

The row is JSON for everybody (SPEC.md, The row of a cell); the bundle holds what JSON cannot, and
JSON values too where their identity would be lost. Nothing is written here.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..adapter.looks import guarded
from ..ambient.state import label_of
from ..outputs.fold import NO_VALUE
from ..taskfile.record import CellRecord, Place, RowShape
from .bundle import AMBIENT_SLOT, VALUE_SLOT, Bundle, Packer
from .doubts import note_tried, untried
from .pickler import NotebookPickler
from .row import containers, import_reference, is_json, reference, type_name
from .trials import can_try, try_to_load


class Stored:
    """The values of one step, packed.

    Args:
        packer: receives what goes into the bundle.
        values: the names to store, with their values.
        value: of the cell's last expression, or NO_VALUE.
        only: the names that `-o` gave.
        ambient: the ambient state that the cell changed.
        imported: what the cell imports (`source.CellSource.imported`).

    Attributes:
        values: see above.
        value: see above.
        loose: see `inner.InnerObjects.loose`.
        bindings: each stored name and where it is.
        modules: names bound by import, and where they can be imported from.
        left_out: names that cannot be stored, and entries of the ambient state, and why.
        value_place: where the last expression's value is, or None.
        value_left_out: why it could not be stored; "" where it could.
        row_shape: whether the row holds one value or an object with a member for each name.
        apart: see `record.CellRecord.apart`.
        otherwise: names whose values a restore brings as something else, and as what.
        lost: older names whose state the cell may have changed and nothing can store, and their
            types.
        of_libraries: attributes of modules and of libraries' classes that the cell set.
        unreadable_calls: functions of libraries that it calls and that set what nobody can read.
        not_named: names whose values it changed in place, and that `-o` leaves out.
        unchecked: names whose values could not be compared, see `mutation.Mutations`.
        cut_outputs: whether the cell showed more than is stored.
        not_run: steps within the cell that were stored already, where it was run again.
    """

    def __init__(
        self,
        packer: Packer,
        values: dict[str, Any],
        value: Any,
        only: tuple[str, ...],
        ambient: dict[str, Any],
        imported: tuple[tuple[str, str, str], ...],
    ) -> None:
        self.values = values
        self.value = value
        # The row of a cell that only shows a value is that value, as a script's step stores it.
        self._row_slot = only[0] if len(only) == 1 else None
        if not values and value is not NO_VALUE:
            self._row_slot = VALUE_SLOT
        slots = values if self._row_slot != VALUE_SLOT else {VALUE_SLOT: value}
        self._json = {s: v for s, v in slots.items() if guarded(partial(is_json, v), False)}
        self.modules = {
            name: found
            for name, v in values.items()
            if (found := guarded(partial(import_reference, name, v, imported), None)) is not None
        }
        self.left_out: dict[str, str] = {}
        self.value_left_out = ""
        self.apart: list[list[str]] = []
        self.otherwise: dict[str, str] = {}
        self.lost: dict[str, str] = {}
        self.of_libraries: list[str] = []
        self.unreadable_calls: list[str] = []
        self.not_named: list[str] = []
        self.unchecked: dict[str, str] = {}
        self.cut_outputs = False
        self.not_run: list[str] = []
        self.row_shape: RowShape = "members" if self._row_slot is None else "value"
        self._pack(packer)
        self.value_place = self._pack_value(packer)
        if ambient:
            self._add_ambient(packer, ambient)
        self.bundle = self._tried(packer)
        self.bindings = [
            (name, self._place(name, packer)) for name in values if name not in self.left_out
        ]
        self.loose = packer.loose

    def row(self) -> Any:
        """Return the value of the row: strict JSON, or bytes."""
        if self._row_slot == VALUE_SLOT:
            return self._in_row(VALUE_SLOT, self.value)
        members = {name: self._in_row(name, value) for name, value in self.values.items()}
        return members if self._row_slot is None else members[self._row_slot]

    def buffers(self) -> list[bytes | memoryview]:
        """Return the bundle's stream and buffers; nothing where it has no slot."""
        return [self.bundle.stream, *self.bundle.buffers] if self.bundle.slots else []

    def _pack(self, packer: Packer) -> None:
        for name in packer.ordered(self.values):
            value = self.values[name]
            if name not in self.modules and not self._fits_row(name, value):
                self._add(packer, name, value)
        for name in list(self._shared(packer)):
            self._add(packer, name, self.values[name])

    def _add(self, packer: Packer, name: str, value: Any) -> None:
        refusal = packer.add(name, value)
        if refusal is not None:
            self.left_out[name] = refusal

    def _add_ambient(self, packer: Packer, ambient: Mapping[str, Any]) -> None:
        """Pack the ambient state but those entries of it that refuse to be pickled."""
        refusal = packer.add(AMBIENT_SLOT, ambient)
        if refusal is None:
            return
        refusals = {name: packer.refusal_of({name: state}) for name, state in ambient.items()}
        for name, why in refusals.items():
            if why is not None:
                self.left_out[label_of(name)] = why
        good = {name: state for name, state in ambient.items() if refusals[name] is None}
        if good:
            self._add(packer, AMBIENT_SLOT, good)

    def _pack_value(self, packer: Packer) -> Place | None:
        if self.value is NO_VALUE or self.value is None:
            return None
        if self._row_slot == VALUE_SLOT and self._fits_row(VALUE_SLOT, self.value):
            known = packer.known()
            if not any(id(box) in known for box in containers(self.value)):
                return "row"
        self.value_left_out = packer.add(VALUE_SLOT, self.value) or ""
        return None if self.value_left_out else "bundle"

    def _tried(self, packer: Packer) -> Bundle:
        """Return the bundle, without what cannot be loaded as far as that is in doubt."""
        bundle = packer.bundle()
        while (doubts := untried(packer.calls)) and can_try():
            outcome = try_to_load(packer, bundle, self.values, self.left_out)
            for slot, why in outcome.failed.items():
                self._leave_out(packer, slot, f"its pickle does not load: {why}")
            if not outcome.failed:
                self.otherwise = {n: v for n, v in outcome.otherwise.items() if n in self.values}
                note_tried(doubts, but_libraries=bool(outcome.otherwise))
                break
            bundle = packer.bundle()
        return bundle

    def _leave_out(self, packer: Packer, slot: str, why: str) -> None:
        if slot == VALUE_SLOT:
            self.value_place, self.value_left_out = None, why
        elif slot == AMBIENT_SLOT:
            entries = packer.values[slot]
            self.left_out.update({label_of(entry): why for entry in entries})
        else:
            self.left_out[slot] = why
        packer.drop(slot)

    def _place(self, name: str, packer: Packer) -> Place:
        if name in self.modules:
            return "module"
        return "bundle" if name in packer.slots else "row"

    def _fits_row(self, slot: str, value: Any) -> bool:
        if type(value) is bytes:
            return slot == self._row_slot
        return slot in self._json

    def _in_row(self, slot: str, value: Any) -> Any:
        if self._fits_row(slot, value):
            return value
        why = self.value_left_out or None if slot == VALUE_SLOT else self.left_out.get(slot)
        return reference(value, self.bundle.sizes.get(slot, 0), why)

    def _shared(self, packer: Packer) -> Iterator[str]:
        """Yield the JSON names with a list or dict that something else holds as well."""
        owners: dict[int, set[str]] = {}
        twice: set[str] = set()
        for name, value in {**self._json, VALUE_SLOT: self.value}.items():
            own: set[int] = set()
            for box in containers(value):
                if id(box) in own:
                    twice.add(name)
                own.add(id(box))
            for identity in own:
                owners.setdefault(identity, set()).add(name)
        if not owners:
            return
        known = packer.known()
        for identity, names in owners.items():
            if len(names) > 1 or identity in known:
                twice |= names
        yield from (name for name in self.values if name in twice)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step is about to commit, for the notes that follow.

    Attributes:
        stored: its values, packed.
        record: of its cell.
        changed: names whose values it changed in place.
        ambient: what it changed outside of variables.
    """

    stored: Stored
    record: CellRecord
    changed: list[str]
    ambient: dict[str, Any]


# No pickle, and no state either that a step would miss.
_STATELESS = (
    "re.Match",
    "_thread.lock",
    "_thread.RLock",
    "ssl.SSLContext",
    "weakref.ReferenceType",
)


def has_lost_state(value: Any, namespace: Mapping[str, Any]) -> bool:
    """Return whether a value that refuses to be pickled has a state that is not stored."""
    if type_name(value) in _STATELESS:
        return False
    try:
        NotebookPickler(io.BytesIO(), namespace, frozenset()).dump(value)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 (an object's own pickling may raise anything)
        return True
    return False
