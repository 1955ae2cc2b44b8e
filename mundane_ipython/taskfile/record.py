"""What is kept of one finished cell beyond its row: a record, JSON text that is signed. Pure.

SPEC.md, The extension's tables.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from ..outputs.fold import Output, is_output, is_shown

LAST_VALUE = "its last expression's value, _"
"""How a note calls that; never as a variable may be called."""

Place = Literal["row", "bundle", "module"]
RowShape = Literal["value", "members"]


@dataclass(slots=True)
class CellRecord:
    """One cell as it was when it finished.

    Attributes:
        source_key: of the cell's code (`source.CellSource.key`).
        source: the cell's code.
        only: the names that `-o` gave.
        inputs: what the cell depended on (`staleness.Inputs`).
        imports: modules that its import statements loaded, in order.
        process: what it changed of the working folder, the environment and `sys.path`.
        row: whether the row holds one value or an object with a member for each binding.
        bindings: each bound name and where its value is; `module` stands for an import.
        modules: names bound by import, and from where: `module` or `module:attribute`.
        deleted: names that the cell deleted.
        left_out: names that could not be stored, and why.
        apart: groups of names whose values lie in one another, and come back apart.
        value: where the last expression's value is; None where there is none, or none is stored.
        value_left_out: why the last expression's value could not be stored; "" where it could.
        file: the name that the cell's code had in the kernel (`source/cell_lines.py`).
        outputs: what the cell showed.
        updates: its updates of other cells' displays, by display id.
        widgets: the state of the ipywidgets that its outputs show, or None.
        older: see `bundle.Bundle.older`.
        slots: see `bundle.Bundle.slots`.
        parts: for each slot a digest of it and of all before it, see `earlier.parts_of`.
        buffers: for the stream and then for each buffer, its size and its chunks' digests.
        versions: of Python and of what the bundle depends on.
        ran_at: when the cell finished, ISO-8601 in UTC.
        took_ms: how long it ran.
        since: names that it has bound to what its earlier run had bound them to, and when the first
            of these runs finished, ISO-8601.
    """

    source_key: str
    source: str
    imports: list[str]
    row: RowShape
    bindings: list[tuple[str, Place]]
    modules: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    apart: list[list[str]] = field(default_factory=list)
    value: Place | None = None
    value_left_out: str = ""
    file: str = ""
    outputs: list[Output] = field(default_factory=list)
    updates: dict[str, Output] = field(default_factory=dict)
    widgets: dict[str, Any] | None = None
    older: list[str] = field(default_factory=list)
    slots: list[tuple[str, int]] = field(default_factory=list)
    parts: dict[str, str] = field(default_factory=dict)
    buffers: list[tuple[int, list[str]]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    only: list[str] = field(default_factory=list)
    process: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, dict[str, str]] = field(default_factory=dict)
    ran_at: str = ""
    took_ms: int = 0
    since: dict[str, str] = field(default_factory=dict)

    @property
    def bundle_bytes(self) -> int:
        """How many bytes its bundle has."""
        return sum(size for size, _ in self.buffers)

    @property
    def gone(self) -> list[str]:
        """The names that a restore leaves undefined: deleted by the cell, or not stored."""
        return [*self.deleted, *self.left_out]

    @property
    def touched(self) -> list[str]:
        """The names that the cell binds or deletes."""
        return [*(name for name, _ in self.bindings), *self.gone]

    @property
    def all_left_out(self) -> dict[str, str]:
        """What could not be stored, and why: names, and the last expression's value.

        A value that a left-out name has too is told of once, by that name.
        """
        why = self.value_left_out
        if not why or why in self.left_out.values():
            return self.left_out
        return self.left_out | {LAST_VALUE: why}

    def to_json(self) -> str:
        """Return the text that is stored and signed."""
        # Not by `asdict`, which would copy every output first.
        members = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return json.dumps(members, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> CellRecord:
        """Return the record of a text; members of later versions are passed over.

        Raises:
            ValueError: the text is no record.
        """
        try:
            members = json.loads(text)
        except RecursionError:
            raise ValueError("it nests too deep") from None
        if type(members) is not dict:
            raise ValueError("it is no object")
        members = {key: members[key] for key in members if key in _SHAPES}
        for key, value in members.items():
            if not _fits(value, _SHAPES[key]):
                raise ValueError(f"its {key!r} is malformed")
        if not members.keys() >= _NEEDED:
            raise ValueError(f"it has no {min(_NEEDED - members.keys())!r}")
        record = cls(**members)
        slots = {name for name, _ in record.slots}
        for name, place in record.bindings:
            if (place == "bundle" and name not in slots) or (
                place == "module" and name not in record.modules
            ):
                raise ValueError(f"{name!r} has no place")
        return record


def _fits(value: Any, shape: Any) -> bool:
    """Return whether a value out of JSON has a shape, as `_SHAPES` has them."""
    if isinstance(shape, type):
        return type(value) is shape
    if isinstance(shape, set):
        return isinstance(value, (str, type(None))) and value in shape
    if isinstance(shape, list):
        return type(value) is list and all(_fits(item, shape[0]) for item in value)
    if isinstance(shape, tuple):
        return type(value) is list and len(value) == len(shape) and all(map(_fits, value, shape))
    if isinstance(shape, dict):
        return type(value) is dict and all(_fits(item, shape[str]) for item in value.values())
    return bool(shape(value))


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 63


_PLACES = {"row", "bundle", "module"}
# A type, a set of texts, a list of such items, a list of just these, an object with such members,
# or a function that tells.
_SHAPES: dict[str, Any] = {
    "source_key": str,
    "source": str,
    "imports": [str],
    "row": {"value", "members"},
    "bindings": [(str, _PLACES)],
    "modules": {str: str},
    "deleted": [str],
    "left_out": {str: str},
    "apart": [[str]],
    "value": _PLACES | {None},
    "value_left_out": str,
    "file": str,
    "outputs": [is_output],
    "updates": {str: is_shown},
    "widgets": lambda value: value is None or type(value) is dict,
    "older": [str],
    "slots": [(str, _is_count)],
    "parts": {str: str},
    "buffers": [(_is_count, [str])],
    "versions": {str: str},
    "only": [str],
    "process": dict,
    "inputs": {str: {str: str}},
    "ran_at": str,
    "took_ms": _is_count,
    "since": {str: str},
}
_NEEDED = frozenset(("source_key", "source", "imports", "row", "bindings"))
