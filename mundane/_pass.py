"""What a task knows of its file's rows, and which names are used in the present pass.

A name is claimed before anything else is done with it. Runs nothing, and reads no results.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from ._file.reader import Kind, Status
from ._file.store import Store
from ._names import check_name
from .errors import DuplicateStepError, MundaneError, StepKindError, UnknownStepError


class Row:
    """What a task remembers of a row: everything but its texts and bytes.

    Attributes:
        running: whether this process runs the step just now, so that it has no outcome yet.
    """

    __slots__ = ("id", "kind", "running", "status")

    def __init__(self, row_id: int, kind: str, status: str, *, running: bool = False) -> None:
        self.id = row_id
        self.kind = cast("Kind", kind)
        self.status = cast("Status", status)
        self.running = running


class Pass:
    """The rows of an open task file and the names claimed so far. Threads may share it.

    Args:
        path: of the task file, as the caller gave it.
        store: its writer.

    Attributes:
        rows: every row, by name, oldest first.
        claims: how many names were claimed since the task was opened.
    """

    def __init__(self, path: str, store: Store) -> None:
        self.path = path
        self.store = store
        self.rows = {name: Row(row_id, kind, status) for row_id, name, kind, status in store.rows()}
        # Each with the number of its claim, the last one last.
        self._used: dict[str, int] = {}
        self.claims = 0
        self._guard = threading.Lock()

    def claim(self, name: str, kind: Kind, where: str = "") -> Row | None:
        """Use a name; return its row, None where there is none.

        Args:
            name: anything; it is checked.
            kind: of the row that it shall have.
            where: who used the name, for the message, where it is used already.

        Raises:
            InvalidNameError, DuplicateStepError, StepKindError: the name stays as it was.
        """
        check_name(name)
        row = self.rows.get(name)
        with self._guard:
            if name in self._used:
                raise DuplicateStepError(self.path, name, where)
            if row is not None and row.kind != kind:
                raise StepKindError(self.path, name, row.kind, kind)
            self.claims += 1
            self._used[name] = self.claims
        return row

    def claim_all(self, names: Sequence[str], kind: Kind, where: str) -> None:
        """`claim` each of the names, or none of them."""
        claimed: list[str] = []
        try:
            for name in names:
                self.claim(name, kind, where)
                claimed.append(name)
        except BaseException:
            self.release(claimed)
            raise

    def start(
        self, name: str, kind: Kind, status: Status, write: Callable[[int | None], int]
    ) -> Row:
        """Write the row of a claimed name, given the id of its old one."""
        old = self.rows.get(name)
        try:
            row_id = write(old.id if old else None)
            row = self.rows[name] = Row(row_id, kind, status, running=status == "pending")
        except BaseException as error:
            self.release([name])  # not begun, so that it may be tried again in this pass
            self.reread(error)
            raise
        return row

    def known(self, name: str) -> Row:
        """Return the row of a name.

        Raises:
            UnknownStepError: it has none.
        """
        row = self.rows.get(name)
        if row is None:
            raise UnknownStepError(self.path, name, None)
        return row

    def forget(self, names: Iterable[str]) -> None:
        """Remove rows; their names may be used again.

        Raises:
            UnknownStepError: one of them is not in the file; nothing is removed.
        """
        rows = {name: self.known(name) for name in names}
        try:
            self.store.delete([row.id for row in rows.values()])
            for name in rows:
                self.rows.pop(name, None)
        except BaseException as error:
            self.reread(error)
            raise
        self.release(rows)

    def reread(self, error: BaseException) -> None:
        """Take over from the file what an interrupt may have kept from being noted here.

        It can fall between a commit and the line that notes it. What runs just now is left to the
        thread that runs it.

        Args:
            error: raised. Only an interrupt comes from elsewhere than the line that it is raised
                in: nothing is done for an `Exception`, and where a generator is closed.
        """
        if isinstance(error, (Exception, GeneratorExit)):
            return
        settled = {name for name, row in list(self.rows.items()) if not row.running}
        try:
            found = self.store.rows()
        except MundaneError as refusal:
            error.add_note(f"mundane could not read what {self.path} holds now: {refusal}")
            return
        for name in settled.difference(name for _, name, _, _ in found):
            self.rows.pop(name, None)
        for row_id, name, kind, status in found:
            if name in settled or name not in self.rows:
                self.rows[name] = Row(row_id, kind, status)

    def used(self, since: int = 0) -> frozenset[str]:
        """Return the names claimed in this pass, after so many claims."""
        with self._guard:
            newest = itertools.takewhile(
                lambda name: self._used[name] > since, reversed(self._used)
            )
            return frozenset(newest if since else self._used)

    def release(self, names: Iterable[str] | None = None) -> None:
        """Start the pass of these names again, or of all."""
        with self._guard:
            if names is None:
                self._used = {}
            else:
                for name in names:
                    self._used.pop(name, None)
