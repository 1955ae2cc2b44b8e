"""A disk that loses its power: from recorded system calls to every state that it may be left in.

What was written and not yet synced may be there, or not, or in part: any set of its sectors, and no
order is kept between them. A name that was made or removed is a write to its folder.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .tracing import Call

SECTOR_BYTES = 512
RANDOM_STATES = 24

State = dict[str, bytes]
"""What is found after the power came back: the files of the folder, by name."""


@dataclass(frozen=True)
class Write:
    """What one call changed, or one sector of it; the smallest thing that is there or not.

    Attributes:
        file: which file it changed, or `FOLDER` for a change of a name.
        change: applied to the file's bytes.
        name: with `target`, a change of a name: the file that it names from then on, or None.
    """

    file: int
    change: Callable[[bytearray], None] | None = None
    name: str = ""
    target: int | None = None


FOLDER = 0


class Disk:
    """What is durable and what is not, as calls come in.

    Args:
        folder: whose files are followed; its path. What lies in it is taken for durable.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pending: list[Write] = []
        # Files are numbered here, since a file system gives the inode of a file that is gone to
        # the next one.
        self._numbers: dict[int, int] = {folder.stat().st_ino: FOLDER}
        self._names: dict[str, int] = {}
        self._bytes: dict[int, bytes] = {FOLDER: b""}
        for path in folder.iterdir():
            self._names[path.name] = self._number(path.stat().st_ino)
            self._bytes[self._names[path.name]] = path.read_bytes()
        self._live = dict(self._names)  # the names as the running program sees them

    def follow(self, call: Call) -> None:
        """Take a call that returned into account."""
        path = Path(call.path)
        if call.result is None or call.result < 0 or self._folder not in (path, path.parent):
            assert call.name in _FOLLOWED or call.path, f"{call.name} is not followed"
            return
        _FOLLOWED[call.name](self, call)

    @staticmethod
    def syncs(call: Call) -> bool:
        """Return whether the call makes something durable."""
        return call.name in ("fsync", "fdatasync")

    def states(self, chance: random.Random) -> Iterator[State]:
        """Yield what a loss of power just here may leave.

        All and none of what is pending, each call's and each sector's alone present and alone
        missing, all up to each, and sets at random.
        """
        pending = self._pending
        sectors = [(index, part) for index, write in enumerate(pending) for part in _torn(write)]
        everything = range(len(pending))
        yield self._after([])
        yield self._after(pending)
        for chosen in everything:
            yield self._after([pending[chosen]])
            yield self._after(pending[:chosen])
            yield self._after([pending[i] for i in everything if i != chosen])
        for chosen in range(len(sectors)):
            yield self._after([sectors[chosen][1]])
            yield self._after([part for i, (_, part) in enumerate(sectors) if i != chosen])
        for _ in range(RANDOM_STATES if pending else 0):
            share = chance.choice([0.1, 0.5, 0.9])
            yield self._after([part for _, part in sectors if chance.random() < share])

    def _after(self, writes: Iterable[Write]) -> State:
        names = dict(self._names)
        files: dict[int, bytearray] = {}
        for write in writes:
            if write.change is None:
                _rename(names, write)
            else:
                data = files.setdefault(write.file, bytearray(self._bytes[write.file]))
                write.change(data)
        return {name: bytes(files.get(file, self._bytes[file])) for name, file in names.items()}

    def _number(self, inode: int) -> int:
        number = self._numbers[inode] = len(self._bytes)
        self._bytes[number] = b""
        return number

    # What each call does.

    def _open(self, call: Call) -> None:
        name = os.path.basename(call.path)
        if name not in self._live:
            self._live[name] = self._number(call.inode)
            self._pending.append(Write(FOLDER, name=name, target=self._live[name]))

    def _unlink(self, call: Call) -> None:
        name = os.path.basename(call.path)
        del self._live[name]
        self._pending.append(Write(FOLDER, name=name, target=None))

    def _write(self, call: Call) -> None:
        assert call.result == len(call.data), "a write took less than it was given"
        change = _Overwrite(call.args[3], call.data)
        self._pending.append(Write(self._numbers[call.inode], change))

    def _truncate(self, call: Call) -> None:
        self._pending.append(Write(self._numbers[call.inode], _Cut(call.args[1])))

    def _sync(self, call: Call) -> None:
        file = self._numbers[call.inode]
        durable = [write for write in self._pending if write.file == file]
        self._pending = [write for write in self._pending if write.file != file]
        for write in durable:
            if write.change is None:
                _rename(self._names, write)
            else:
                data = bytearray(self._bytes[file])
                write.change(data)
                self._bytes[file] = bytes(data)


_FOLLOWED: dict[str, Callable[[Disk, Call], None]] = {
    "openat": Disk._open,
    "unlink": Disk._unlink,
    "unlinkat": Disk._unlink,
    "pwrite64": Disk._write,
    "ftruncate": Disk._truncate,
    "fsync": Disk._sync,
    "fdatasync": Disk._sync,
}


@dataclass(frozen=True)
class _Overwrite:
    """Bytes at an offset; behind the end of the file, zeros are in between."""

    offset: int
    data: bytes

    def __call__(self, file: bytearray) -> None:
        file.extend(bytes(max(0, self.offset - len(file))))
        file[self.offset : self.offset + len(self.data)] = self.data


@dataclass(frozen=True)
class _Cut:
    """A file that gets this size."""

    size: int

    def __call__(self, file: bytearray) -> None:
        file.extend(bytes(max(0, self.size - len(file))))
        del file[self.size :]


def _torn(write: Write) -> Iterator[Write]:
    """Yield the parts of a write that reach the disk as a whole or not at all."""
    change = write.change
    if not isinstance(change, _Overwrite):
        yield write
        return
    start, end = change.offset, change.offset + len(change.data)
    while start < end:
        stop = min(end, (start // SECTOR_BYTES + 1) * SECTOR_BYTES)
        data = change.data[start - change.offset : stop - change.offset]
        yield replace(write, change=_Overwrite(start, data))
        start = stop


def _rename(names: dict[str, int], write: Write) -> None:
    if write.target is None:
        names.pop(write.name, None)
    else:
        names[write.name] = write.target
