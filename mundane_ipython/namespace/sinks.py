"""What a walk through a value writes its pickle to: a hash with a deadline, or nowhere.

Nothing is kept of what is written.
"""

from __future__ import annotations

import pickle
import time

import xxhash


class OutOfTimeError(Exception):
    """The time allowed for a digest is over."""


class Sink:
    """The file that a walker writes to: hashes, and looks at the clock.

    Args:
        deadline_s: of the monotonic clock; what is written later raises `OutOfTimeError`.

    Attributes:
        state: the hash of what was written.
        size: how much was written in the pickle itself, in bytes.
    """

    def __init__(self, deadline_s: float) -> None:
        self.state = xxhash.xxh3_128()
        self.size = 0
        self._deadline_s = deadline_s

    def forget(self) -> None:
        """Begin anew."""
        self.state.reset()
        self.size = 0

    def write(self, data: bytes | memoryview) -> None:
        """Take a part of the pickle."""
        self.size += len(data)
        self._hash(data)

    def take(self, buffer: pickle.PickleBuffer) -> None:
        """Take what lies out of band."""
        self._hash(buffer.raw())

    def _hash(self, data: bytes | memoryview) -> None:
        self.state.update(data)
        if time.monotonic() > self._deadline_s:
            raise OutOfTimeError


class Nowhere:
    """The file of a walker that only looks for objects: the memory of arrays is not even read."""

    def forget(self) -> None:
        """Do nothing, as the others."""

    def write(self, data: bytes | memoryview) -> None:
        """Do nothing."""

    def take(self, buffer: pickle.PickleBuffer) -> None:
        """Do nothing."""
