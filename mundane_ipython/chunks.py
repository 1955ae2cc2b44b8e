"""A bundle's buffers on their way between memory and file: cut into chunks, checked, read ahead.

Knows bytes and digests; `cells` knows the tables.
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Callable, Generator, Iterator, Sequence
from queue import Queue
from threading import Event, Thread
from typing import TypeAlias

import xxhash

CHUNK_BYTES = 16 << 20
"""The size of a chunk: SQLite's limit for a value is 1 GB, and this one is the fastest."""

PIECE_BYTES = 1 << 20
"""A chunk is read piece by piece: one that stays in the processor's cache is copied for nothing."""

Tick: TypeAlias = Callable[[int], object]
"""Told how many more bytes have been written or read."""

# A smaller buffer is read before a thread for it has started.
_AHEAD_BYTES = 32 << 20
_AHEAD_PIECES = 4
_MAPPED_BYTES = 1 << 20


def split(buffer: bytes | memoryview) -> Iterator[memoryview]:
    """Yield a flat buffer chunk by chunk, without a copy."""
    view = memoryview(buffer)
    for start in range(0, len(view), CHUNK_BYTES):
        yield view[start : start + CHUNK_BYTES]


def describe(buffers: Sequence[bytes | memoryview]) -> list[tuple[int, list[str]]]:
    """Return each buffer's size and its chunks' digests, for the record."""
    return [
        (len(memoryview(buffer)), [digest(number, chunk) for chunk in split(buffer)])
        for number, buffer in enumerate(buffers)
    ]


def digest(buffer: int, chunk: bytes | memoryview) -> str:
    """Return the digest of a chunk.

    Buffer 0 is the pickle stream, whose bytes decide what code runs: SHA-256, which nobody can
    forge. The others are raw data: XXH3, which finds damage at the speed of memory.
    """
    if buffer == 0:
        return hashlib.sha256(chunk).hexdigest()
    return xxhash.xxh3_128_hexdigest(chunk)


def allocate(size: int) -> bytearray | mmap.mmap:
    """Return memory to read a buffer into; a large one is not filled with zeros first."""
    if size < _MAPPED_BYTES or not hasattr(mmap, "MAP_PRIVATE"):
        return bytearray(size)
    # Private: a forked child that writes to a restored array must not write to the parent's.
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    return memory


def read_ahead(pieces: Iterator[bytes], size: int) -> Generator[bytes, None, None]:
    """Yield pieces, read by a thread of its own while the caller copies those before.

    SQLite reads without Python's lock; half of the time of a restore is saved. The thread has ended
    when the generator is closed.

    Args:
        pieces: reads one with each `next`.
        size: of all of them, in bytes; a few are read without a thread.
    """
    if size < _AHEAD_BYTES:
        yield from pieces
        return
    ready: Queue[bytes | BaseException | None] = Queue(_AHEAD_PIECES)
    closed = Event()

    def read() -> None:
        try:
            for piece in pieces:
                ready.put(piece)
                if closed.is_set():
                    return
            ready.put(None)
        except BaseException as error:  # noqa: BLE001 (raised where the piece is awaited)
            ready.put(error)

    thread = Thread(target=read, name="mundane-read-ahead", daemon=True)
    thread.start()
    try:
        while (piece := ready.get()) is not None:
            if isinstance(piece, BaseException):
                raise piece
            yield piece
    finally:
        closed.set()
        while thread.is_alive():
            while not ready.empty():
                ready.get()
            thread.join(0.01)
