"""The output notebook on disk: one run at a time writes it, and every reader sees it whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Container
from pathlib import Path
from types import TracebackType

import nbformat
from nbformat import NotebookNode

from mundane import LockedError, StorageError
from mundane.tools import FileLock

# How nbformat indents a notebook's cells.
_NO_CELLS = '"cells": []'
_BEFORE, _BETWEEN, _AFTER = '"cells": [\n', ",\n", "\n ]"


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
        self._texts: list[str] = []
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

    def save(self, notebook: NotebookNode, changed: Container[int] | None = None) -> None:
        """Replace the file by this notebook in one step, synced to the disk.

        Args:
            notebook: has the same cells at each save.
            changed: the indices of the cells that are others than at the last save; None for all.

        Raises:
            StorageError: the system refuses; the file is what it was.
        """
        started_s = time.monotonic()
        cells = notebook.cells
        if changed is None:
            self._texts = [""] * len(cells)
        for index, cell in enumerate(cells):
            if changed is None or index in changed:
                self._texts[index] = _cell_text(cell)
        try:
            self._replace(_notebook_text(notebook, self._texts))
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


def _notebook_text(notebook: NotebookNode, cells: list[str]) -> str:
    """Return a notebook as nbformat writes it, given the texts of its cells."""
    frame: str = nbformat.v4.writes(NotebookNode({**notebook, "cells": []}))
    if not cells:
        return f"{frame}\n"
    # The first one is the notebook's own: nbformat sorts the keys.
    return frame.replace(_NO_CELLS, f"{_BEFORE}{_BETWEEN.join(cells)}{_AFTER}", 1) + "\n"


def _cell_text(cell: NotebookNode) -> str:
    """Return a cell as nbformat writes it in a notebook.

    Making indented JSON is the larger part of a save, and most cells stay as they are.
    """
    text: str = nbformat.v4.writes(NotebookNode(nbformat=4, metadata={}, cells=[cell]))
    return text[text.index(_BEFORE) + len(_BEFORE) : text.rindex(_AFTER)]
