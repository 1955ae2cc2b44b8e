"""One attempt at a step: claimed in this pass, and stored, running or settled.

Turns what a step's body returned or raised into its row; does not run anything itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._errortext import error_text, short_repr
from ._file.reader import Status
from ._file.sqlite import Connection
from ._pass import Pass, Row
from ._values import decode_result, encode_value
from .errors import SerializationError, StepFailedError


class Attempt:
    """A claimed step: stored already, or running until it is settled by `done` or `failed`.

    As a context manager it is let go of at the end of the block.

    Attributes:
        name: the step's name.
        stored: whether the file has its value, so that it need not run.
    """

    __slots__ = ("_encoded", "_row", "_steps", "_store", "name", "stored")

    def __init__(self, steps: Pass, name: str, row: Row) -> None:
        self.name = name
        self.stored = row.status == "done"
        self._steps = steps
        self._store = steps.store
        self._row = row
        self._encoded: tuple[str, str | bytes] | None = None

    @property
    def row_id(self) -> int:
        """The id of the step's row in `mundane_steps`."""
        return self._row.id

    def value(self) -> Any:
        """Return the step's value, decoded anew."""
        encoded = self._encoded or self._store.result(self._row.id)
        return decode_result(self._store.path, self.name, *encoded)

    def done(self, value: Any, also: Callable[[Connection], None] | None = None) -> Attempt:
        """Commit the step's value, and what `also` writes, in one transaction.

        Args:
            value: strict JSON, or bytes.
            also: writes tables of a tool's own. It may be called twice, the first call's writes
                being rolled back, where another thread's work in the same transaction fails.

        Raises:
            SerializationError: neither strict JSON nor bytes; the row is `failed`.
            StorageError: not stored; the row is still `pending`, or was forgotten meanwhile.
        """
        try:
            encoded = encode_value(self._store.path, self.name, value)
        except SerializationError as error:
            self.failed(error)
            raise
        self._settle("done", lambda: self._store.write_done(self._row.id, *encoded, also))
        self._encoded = encoded
        return self

    def let_go(self) -> None:
        """Note that nothing runs the step any more; one without an outcome stays `pending`."""
        self._row.running = False

    def __enter__(self) -> Attempt:
        return self

    def __exit__(self, *error: object) -> None:
        self.let_go()

    def failed(self, error: BaseException, *, skip_frames: int = 0) -> StepFailedError:
        """Commit `failed` with the error's text; return the error to raise from it.

        Args:
            error: what the step raised.
            skip_frames: how many outermost frames of its traceback are a tool's own.
        """
        text = error_text(error, skip_frames=skip_frames)
        self._settle("failed", lambda: self._store.write_failed(self._row.id, text))
        return StepFailedError(self._store.path, self.name, short_repr(error))

    def _settle(self, status: Status, write: Callable[[], None]) -> None:
        """Commit the outcome, and note it."""
        try:
            write()
            self._row.status = status
        except BaseException as error:
            self.let_go()
            self._steps.reread(error)
            raise
        self.let_go()
