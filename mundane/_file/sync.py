"""Syncing what SQLite does not: the name of a file in its folder."""

from __future__ import annotations

import os

from ..errors import StorageError


def sync_folder(path: str, file: str) -> None:
    """Make the name of a new file survive power loss (fsync(2): the folder needs its own).

    Args:
        path: as the caller gave it; messages name it so.
        file: the same, absolute.

    Raises:
        StorageError: the system refuses.
    """
    if os.name != "posix":
        return
    try:
        fd = os.open(os.path.dirname(file), os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as error:
        raise StorageError(path, f"its folder cannot be synced: {error.strerror}") from error
