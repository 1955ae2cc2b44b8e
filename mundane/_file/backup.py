"""A copy of a task file, taken beside its live writer. SPEC.md, Backup.

Reads through a `TaskView`, so it is as safe as one; what it writes gets its name when it is whole.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from .._names import check_path
from ..errors import StorageError
from .reader import TaskView, read
from .sqlite import Connection, connect, storage_errors
from .writer import sync_folder

# Interrupts are noticed so often: after 16 MiB with pages of the usual size.
_PAGES_AT_ONCE = 4096

_EXISTS = "exists already, and a backup replaces nothing: remove it, or choose another name"


def backup(path: str | os.PathLike[str], copy: str | os.PathLike[str]) -> None:
    """Copy a task file as it stands, also while a task has it open.

    The copy holds what was committed at one moment. It is the same task, with the same `task_id`,
    so a run that goes on from it repeats the idempotency keys of the original.

    Args:
        path: of the task file; it is only read.
        copy: of the file to make. It appears when it is whole and synced, or not at all.

    Raises:
        TaskNotFoundError: there is no such task file.
        SchemaError: it is not a sound task file.
        StorageError: `copy` exists, or the system refuses.
    """
    with read(path) as view:
        backup_view(view, copy)


def backup_view(view: TaskView, copy: str | os.PathLike[str]) -> None:
    """Do as `backup`, from an open view."""
    copy = check_path(copy)
    file = os.path.abspath(copy)
    if os.path.lexists(file):
        raise StorageError(copy, _EXISTS)
    mode = stat.S_IMODE(os.stat(view.file).st_mode)
    with _temporary_beside(copy, file) as temporary:
        with closing(connect(copy, temporary, "rw")) as target:
            view.query_strictly(lambda source: _copy(view.path, source, target, copy))
        with _told(copy):
            os.chmod(temporary, mode)
            _sync_file(temporary)
            _give_name(temporary, copy, file)
        sync_folder(copy, file)


def _copy(path: str, source: Connection, target: Connection, copy: str) -> None:
    with storage_errors(path, f"copying it to {copy!r}"):
        # Nobody else sees this file, and it is synced when it is whole.
        target.execute("PRAGMA journal_mode = MEMORY")
        target.execute("PRAGMA synchronous = OFF")
        source.backup(target, pages=_PAGES_AT_ONCE, progress=lambda *_: None)
        # Where somebody switched the original to WAL, the copy is one file all the same.
        target.execute("PRAGMA journal_mode = DELETE")


@contextmanager
def _temporary_beside(copy: str, file: str) -> Iterator[str]:
    """Give an empty file in the same folder, which is removed at the end if it is still there."""
    import tempfile  # here: it costs as much as all of mundane

    with _told(copy):
        folder, name = os.path.split(file)
        fd, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".tmp", dir=folder)
        os.close(fd)
    try:
        yield temporary
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


@contextmanager
def _told(copy: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError(copy, f"cannot be written: {error.strerror}") from error


def _sync_file(file: str) -> None:
    fd = os.open(file, os.O_RDWR)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _give_name(temporary: str, copy: str, file: str) -> None:
    """Name the whole file, unless something has that name by now."""
    try:
        os.link(temporary, file)
    except FileExistsError as error:
        raise StorageError(copy, _EXISTS) from error
    except OSError:
        # A file system without hard links: a rename would replace what came meanwhile.
        if os.path.lexists(file):
            raise
        os.rename(temporary, file)
