"""The output notebook on disk: one run at a time writes it, and every reader sees it whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path
from types import TracebackType

import nbformat
from nbformat import NotebookNode

from mundane import LockedError, StorageError
from mundane._lock import FileLock


class OutputFile:
    """The file that a run writes, locked between `__enter__` and `__exit__`.

    The lock lies on a file of its own, `.NAME.lock` beside it: the notebook itself is replaced by
    each save. A run that ends in order removes it; one that was killed leaves it, unlocked.

    Args:
        path: of the notebook; its folder exists.

    Attributes:
        path: the same, with symbolic links followed, so that a save does not replace a link.
        last_save_s: how long the last save took, in seconds.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.last_save_s = 0.0
        self._shown = path
        self._lock = FileLock(str(self.path.with_name(f".{self.path.name}.lock")))
        self._temporary = self.path.with_name(f".{self.path.name}.tmp")

    def __enter__(self) -> OutputFile:
        """Take the lock.

        Raises:
            LockedError: another run writes this notebook.
            StorageError: the folder cannot be written.
        """
        try:
            self._lock.acquire()
        except LockedError as error:
            raise LockedError(str(self._shown), error.pid) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Removed while it is held: who waits for it sees that the name means another file then.
        for path in (self._temporary, Path(self._lock.path)):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
        self._lock.release()

    def save(self, notebook: NotebookNode) -> None:
        """Replace the file by this notebook, durably, in one step.

        Raises:
            StorageError: the system refuses; the file is what it was.
        """
        started_s = time.monotonic()
        try:
            self._replace(f"{nbformat.v4.writes(notebook)}\n")
        except OSError as error:
            reason = f"the notebook cannot be written: {error.strerror}"
            raise StorageError(str(self._shown), reason) from error
        self.last_save_s = time.monotonic() - started_s

    def _replace(self, text: str) -> None:
        # A lone surrogate in an output is written as JSON's escape.
        with open(self._temporary, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            shutil.copymode(self.path, self._temporary)
        os.replace(self._temporary, self.path)
