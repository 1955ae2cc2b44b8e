"""The single-writer lock on a task file: one exclusive lock, held while a task is open.

On POSIX it is `flock` on the task file itself, which is what every mundane runtime takes. It is
released by closing the descriptor and never by unlocking: a forked child shares the lock, so an
unlock there would free its parent's. The only importer of `fcntl` and `msvcrt`.
"""

from __future__ import annotations

import io
import os
import sys
import threading
import time
import weakref

from ..errors import LockedError, StorageError

# An inspector takes a shared lock for the milliseconds in which it recovers the journal of a dead
# writer; a task that opens just then waits for it, so long at most.
_WAIT_FOR_READER_S = 2.0
# Where no holder is seen, it was such an inspector that let go a moment ago, or the system does not
# tell: tried again so often.
_TRIES_UNSEEN = 10

if sys.platform == "win32":  # Not run: no Windows machine has executed this branch.
    import msvcrt

    # SQLite locks bytes at 1 GiB; this one lies far behind any file's end.
    _LOCK_OFFSET = 1 << 40

    def _try_lock(fd: int, shared: bool) -> bool:
        os.lseek(fd, _LOCK_OFFSET, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def _try_lock(fd: int, shared: bool) -> bool:
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class FileLock:
    """The lock of one task file; does nothing until `acquire`.

    Args:
        path: the task file, absolute. Created empty where it is missing.
        shared: for a reader's recovery: may be held by several readers, never beside a writer.
    """

    def __init__(self, path: str, *, shared: bool = False) -> None:
        self.path = path
        self._shared = shared
        self._file: io.FileIO | None = None
        self._inode = (0, 0)

    def acquire(self) -> None:
        """Take the lock or fail at once.

        Raises:
            LockedError: another task, of this process or of another one, holds it.
            StorageError: the file cannot be opened for writing.
        """
        deadline_s = time.monotonic() + _WAIT_FOR_READER_S
        unseen = 0
        while not self._try_once():
            pid, by_reader = find_holder(self.path)
            unseen += pid is None
            if by_reader:
                give_up = time.monotonic() > deadline_s
            else:
                give_up = pid is not None or unseen >= _TRIES_UNSEEN
            if give_up:
                raise LockedError(self.path, pid)
            time.sleep(0.005)

    def release(self) -> None:
        """Give the lock back by closing the descriptor. Does nothing where none is held."""
        with _registry_guard:
            if self._file is not None:
                if _held.get(self._inode) is self:
                    del _held[self._inode]
                self._file.close()
                self._file = None

    def still_names_file(self) -> bool:
        """Return whether the path still names the locked file: not removed, not replaced."""
        return _inode_of(self.path) == self._inode

    def peek(self, offset: int, size: int) -> bytes:
        """Return bytes of the locked file, read through the lock's own descriptor."""
        if self._file is None:
            return b""
        self._file.seek(offset)
        return self._file.read(size) or b""

    def write_out(self) -> None:
        """Have the system write what it keeps of the file; does nothing where it has no such call.

        Raises:
            OSError: it cannot be written.
        """
        if self._file is not None and hasattr(os, "fdatasync"):
            os.fdatasync(self._file.fileno())

    def _try_once(self) -> bool:
        with _registry_guard:
            # Looked up before anything is opened: closing a second descriptor of a file drops
            # the POSIX locks with which this process's SQLite protects it (sqlite.org/howtocorrupt
            # .html, section 2.2).
            if _held.get(_inode_of(self.path) or (0, 0)) is not None:
                return False
            file = self._open()
            try:
                locked = _try_lock(file.fileno(), self._shared)
                stat = os.fstat(file.fileno())
                # Between open and lock another program may have replaced the file.
                if locked and _inode_of(self.path) == (stat.st_dev, stat.st_ino):
                    self._file, self._inode = file, (stat.st_dev, stat.st_ino)
                    _held[self._inode] = self
                    return True
            except BaseException:
                # An interrupt's traceback, which a notebook keeps, would keep the file open.
                file.close()
                raise
            file.close()
        return self._try_once() if locked else False

    def _open(self) -> io.FileIO:
        try:
            if self._shared:
                return io.FileIO(self.path, "r+")
            return io.FileIO(self.path, "a+")  # read, write, create
        except OSError as error:
            reason = f"cannot be opened for writing: {error.strerror}"
            raise StorageError(self.path, reason) from error


def find_holder(path: str) -> tuple[int | None, bool]:
    """Return (pid of the holder of the lock on `path`, whether it holds a reader's lock).

    The pid is None where the system does not tell: only Linux does (proc(5), /proc/locks).
    """
    inode = _inode_of(path)
    with _registry_guard:
        own = None if inode is None else _held.get(inode)
        if own is not None:
            return os.getpid(), own._shared
    try:
        with open("/proc/locks", encoding="ascii") as file:
            lines = file.read().splitlines()
    except OSError:
        return None, False
    for line in lines:
        fields = line.split()  # 1: FLOCK ADVISORY WRITE 4711 fe:00:1234 0 EOF
        if len(fields) < 6 or fields[1] != "FLOCK":
            continue
        major, minor, number = fields[5].split(":")
        if inode == (os.makedev(int(major, 16), int(minor, 16)), int(number)):
            pid = int(fields[4])
            return (pid if pid > 0 else None), fields[3] == "READ"
    return None, False


def _inode_of(path: str) -> tuple[int, int] | None:
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


# What this process holds, by inode; the guard is also held across a fork, so that a child never
# inherits a descriptor that is not listed here.
_held: weakref.WeakValueDictionary[tuple[int, int], FileLock] = weakref.WeakValueDictionary()
_registry_guard = threading.RLock()


def _close_in_child() -> None:
    """Close the inherited descriptors: the lock must die with the parent, not with the child."""
    for lock in list(_held.values()):
        if lock._file is not None:
            lock._file.close()
            lock._file = None
    _held.clear()
    _registry_guard.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_registry_guard.acquire,
        after_in_parent=_registry_guard.release,
        after_in_child=_close_in_child,
    )
