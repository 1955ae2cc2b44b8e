"""What a step had stored before it ran again: which of its values are equal to that. Pure.

Values are compared as they are stored, in the row and in the bundle, and none is loaded for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import xxhash

from .record import CellRecord


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A finished run of a step.

    Attributes:
        record: what was kept of its cell.
        row: its row's value.
        finished_at: when it finished, ISO-8601.
    """

    record: CellRecord
    row: Any
    finished_at: str

    def since(self, record: CellRecord, row: Any) -> dict[str, str]:
        """Return the names that a later run has bound to equal values, and since when each is so.

        Args:
            record: of the later run.
            row: its row's value.
        """
        equal = self._equal(record, row)
        return {name: self.record.since.get(name, self.finished_at) for name in equal}

    def _equal(self, record: CellRecord, row: Any) -> Iterator[str]:
        before = self.record
        bindings = dict(before.bindings)
        for name, place in record.bindings:
            if bindings.get(name) != place:
                continue
            if place == "bundle":
                equal = name in record.parts and record.parts[name] == before.parts.get(name)
            elif place == "module":
                equal = record.modules[name] == before.modules[name]
            else:
                equal = _in_row(record, row, name) == _in_row(before, self.row, name)
            if equal:
                yield name


def parts_of(
    stream: bytes,
    slots: Sequence[tuple[str, int]],
    buffer_ends: Sequence[int],
    buffers: Sequence[tuple[int, list[str]]],
) -> dict[str, str]:
    """Return for each slot of a bundle a digest of its pickle, its buffers, and all before it.

    A slot may refer to objects in those before it, so its own bytes do not tell all.

    Args:
        stream: what the slots' pickles are in, after a prologue.
        slots: each with the length of its pickle, in order.
        buffer_ends: for each slot, how many buffers it and those before it have.
        buffers: size and digests of the stream and of each buffer, as a record has them.
    """
    state = xxhash.xxh3_128()
    found: dict[str, str] = {}
    start, seen = 0, 0
    end = len(stream) - sum(size for _, size in slots)
    for (slot, size), buffer_end in zip(slots, buffer_ends, strict=True):
        end += size
        state.update(memoryview(stream)[start:end])
        state.update(json.dumps(buffers[1 + seen : 1 + buffer_end]).encode())
        start, seen = end, buffer_end
        found[slot] = state.hexdigest()
    return found


def _in_row(record: CellRecord, row: Any, name: str) -> str | bytes:
    """Return a value as it stands in a row: `1`, `1.0` and `true` are three values."""
    value = row if record.row == "value" else row[name]
    return value if isinstance(value, bytes) else json.dumps(value)
