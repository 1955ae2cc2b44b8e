"""A bundle's buffers on their way between memory and file: cut into chunks, checked, read ahead.

Knows bytes and digests; `tables` knows the tables.
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from queue import Queue
from threading import Event, Thread
from typing import Protocol, TypeAlias

import xxhash

CHUNK_BYTES = 16 << 20
"""The size of a chunk: SQLite's limit for a value is 1 GB, and this one is the fastest."""

PIECE_BYTES = 2 << 20
"""A chunk is read piece by piece: while one is copied, the next is read."""

LARGE_BYTES = 32 << 20
"""What is smaller is read and written before a thread for it has started."""

MAPPED_BYTES = 1 << 20
"""Memory to read into begins at a page from here on (`allocate`)."""

Tick: TypeAlias = Callable[[int], object]
"""Told how many more bytes have been written or read."""

_AHEAD_PIECES = 1


class Digest(Protocol):
    """What hashlib's and xxhash's objects have in common."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Feed it."""

    def hexdigest(self) -> str:
        """Return the digest of everything so far."""


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
    """Return the digest of a chunk; see `new_digest`."""
    state = new_digest(buffer)
    state.update(chunk)
    return state.hexdigest()


def new_digest(buffer: int) -> Digest:
    """Return the digest of nothing yet, to be fed with a chunk.

    Buffer 0 is the pickle stream, whose bytes decide what code runs: SHA-256, which nobody can
    forge. The others are raw data: XXH3, which finds damage at the speed of memory.
    """
    return hashlib.sha256() if buffer == 0 else xxhash.xxh3_128()


def allocate(size: int) -> bytearray | mmap.mmap:
    """Return memory to read a buffer into; a large one is not filled with zeros first."""
    if size < MAPPED_BYTES or not hasattr(mmap, "MAP_PRIVATE"):
        return bytearray(size)
    # Private: a forked child that writes to a restored array must not write to the parent's.
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    return memory


def copier(target: bytearray | mmap.mmap) -> Callable[[int, bytes], None]:
    """Return a function that copies bytes into this memory, given the offset of the first.

    Into a large one without Python's lock, which the thread needs that reads ahead meanwhile.
    """
    size = len(target)
    if size < LARGE_BYTES:
        view = memoryview(target)

        def copy(start: int, piece: bytes) -> None:
            view[start : start + len(piece)] = piece

        return copy
    import ctypes

    address = ctypes.addressof(ctypes.c_char.from_buffer(target))

    def copy_unlocked(start: int, piece: bytes) -> None:
        if not 0 <= start <= size - len(piece):
            raise ValueError(f"{len(piece)} bytes at {start} of {size} do not fit")
        ctypes.memmove(address + start, piece, len(piece))

    return copy_unlocked


@contextmanager
def writing_out(write_out: Callable[[], object], size: int) -> Iterator[Tick]:
    """Have the disk write what is written while more is on its way: half of a commit's time.

    Args:
        write_out: returns when everything that was written so far is on the disk.
        size: of all that will be written, in bytes; a little is left to the commit.

    Yields:
        To be told how many bytes were written.

    Raises:
        Exception: what `write_out` raised; what was written must not be kept.
    """
    if size < LARGE_BYTES:
        yield ignore
        return
    more, ended = Event(), Event()
    failures: list[Exception] = []

    def follow() -> None:
        while more.wait() and not ended.is_set():
            more.clear()
            try:
                write_out()
            except Exception as error:  # noqa: BLE001 (raised where the writing ends)
                failures.append(error)
                return

    thread = Thread(target=follow, name="mundane-write-out", daemon=True)
    thread.start()
    try:
        yield lambda _: more.set()
    finally:
        ended.set()
        more.set()
        thread.join()
    if failures:
        raise failures[0]


def read_ahead(pieces: Generator[bytes, None, None], size: int) -> Generator[bytes, None, None]:
    """Yield pieces, read by a thread of its own while the caller copies those before.

    SQLite reads without Python's lock; half of the time of a restore is saved. The thread has ended
    and `pieces` is closed when the generator is closed.

    Args:
        pieces: reads one with each `next`.
        size: of all of them, in bytes; a few are read without a thread.
    """
    if size < LARGE_BYTES:
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
        pieces.close()


def ignore(size: int) -> None:
    """A `Tick` of what is too little to be followed."""
