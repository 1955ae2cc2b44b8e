"""The open task as the notebook layer sees it: the core's task, tables, key and provenance."""

from __future__ import annotations

import os
from dataclasses import dataclass

import mundane
from mundane import Task, TaskView

from ..errors import BundleError
from ..inputs.provenance import Provenance
from ..taskfile.earlier import EarlierRun
from ..taskfile.record import CellRecord
from ..taskfile.signing import is_signed, load_key, sign, signed_text
from ..taskfile.tables import Cells, StoredCell

# A gigabyte is stored faster in these than in SQLite's usual pages, which are half as large; in
# still larger ones small steps would cost more.
_PAGE_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class OpenTask:
    """An open task file with everything that a cell needs of it.

    Attributes:
        task: the core's open task.
        file: its absolute path; `task.path` is as given, and a notebook may leave that folder.
        cells: the extension's tables in it.
        key: the user's signing key.
        provenance: where variables come from.
    """

    task: Task
    file: str
    cells: Cells
    key: bytes
    provenance: Provenance

    def is_at(self, path: str) -> bool:
        """Return whether a path means this file: said as it was, or from the folder of now."""
        named = path == self.task.path or os.path.abspath(path) == self.file
        return named and not self.task.closed

    def read(self) -> TaskView:
        """Open a view of the file.

        Raises:
            TaskNotFoundError, SchemaError, StorageError: see `mundane.read`.
        """
        return mundane.read(self.file)

    def parse(self, name: str, stored: StoredCell) -> CellRecord:
        """Return the record of a stored cell.

        Raises:
            BundleError: it is no record.
        """
        try:
            return CellRecord.from_json(stored.text)
        except ValueError as error:
            reason = f"its record is damaged ({error}): '%%step {name} --rerun' runs it again"
            raise BundleError(self.task.path, name, reason) from error

    def equal_since(self, name: str) -> dict[str, str]:
        """Return since when the names of a step have had equal values, where it has run again."""
        stored = self.cells.read(name)
        return {} if stored is None else self.parse(name, stored).since

    def earlier(self, name: str) -> EarlierRun | None:
        """Return what a finished step has stored, which is to run again; None for a script's.

        Of a damaged record nothing can be compared.
        """
        stored = self.cells.read(name)
        try:
            record = None if stored is None else self.parse(name, stored)
        except BundleError:
            return None
        if record is None:
            return None
        return EarlierRun(record, self.task.get(name), self.cells.finished_at(name))

    def sign(self, name: str, text: str) -> StoredCell:
        """Return a record's text with the user's signature."""
        return StoredCell(text, sign(self.key, self._signed_text(name, text)))

    def is_own(self, name: str, stored: StoredCell) -> bool:
        """Return whether a record has the user's signature, for this step of this task."""
        return is_signed(self.key, self._signed_text(name, stored.text), stored.signature)

    def sign_foreign(self) -> list[str]:
        """Sign every record that has not the user's signature; return their steps."""
        cells = self.cells.all()
        foreign = [name for name, stored in cells.items() if not self.is_own(name, stored)]
        self.cells.sign({name: self.sign(name, cells[name].text).signature for name in foreign})
        return foreign

    def _signed_text(self, name: str, text: str) -> str:
        return signed_text(self.task.task_id, name, text)


def open_task(path: str) -> OpenTask:
    """Open a task file and prepare the extension's tables in it.

    Raises:
        LockedError, SchemaError, StorageError: see `mundane.open`.
    """
    key = load_key()
    file = os.path.abspath(path)
    task = mundane.open(path, page_bytes=_PAGE_BYTES)
    try:
        cells = Cells(task)
        return OpenTask(task, file, cells, key, Provenance(cells.finished()))
    except BaseException:
        task.close()
        raise
