"""What a walk through a value writes its pickle to: a hash within a budget, or nowhere.

Nothing is kept of what is written. A budget is counted and not timed, so that a busy machine looks
at as much as an idle one, and says the same.
"""

from __future__ import annotations

import pickle

import xxhash

# The unit is a byte of pickle, of which a hundred million take about a second. Hashing memory is
# faster by as much, and a call into Python slower.
_BUFFER_BYTES_A_UNIT = 100
_UNITS_AN_OBJECT = 150


class OverBudgetError(Exception):
    """A digest would take more work than is allowed."""


class Sink:
    """The file that a walker writes to: hashes, and counts the work.

    Args:
        budget: how much work may be done, in bytes of pickle; what is written after that raises
            `OverBudgetError`.

    Attributes:
        state: the hash of what was written.
        size: how much was written in the pickle itself, in bytes.
        objects: how many objects were reduced in Python; the walker counts them.
        spent: the work done, in bytes of pickle.
    """

    def __init__(self, budget: int) -> None:
        self.state = xxhash.xxh3_128()
        self.size = 0
        self.objects = 0
        self.spent = 0
        self._budget = budget

    def forget(self) -> None:
        """Begin anew, with what is left of the budget."""
        self.state.reset()
        self.size = 0

    def write(self, data: bytes | memoryview) -> None:
        """Take a part of the pickle."""
        self.size += len(data)
        self._hash(data, len(data))

    def take(self, buffer: pickle.PickleBuffer) -> None:
        """Take what lies out of band."""
        raw = buffer.raw()
        self._hash(raw, raw.nbytes // _BUFFER_BYTES_A_UNIT)

    def _hash(self, data: bytes | memoryview, units: int) -> None:
        self.spent += units + self.objects * _UNITS_AN_OBJECT
        self.objects = 0
        if self.spent > self._budget:
            raise OverBudgetError
        self.state.update(data)


class Nowhere:
    """The file of a walker that only looks for objects: the memory of arrays is not even read."""

    objects = 0

    def forget(self) -> None:
        """Do nothing, as the others."""

    def write(self, data: bytes | memoryview) -> None:
        """Do nothing."""

    def take(self, buffer: pickle.PickleBuffer) -> None:
        """Do nothing."""
