"""A hint on the NameError about a name that a restored step could not store, or not bring back."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from IPython.core.interactiveshell import InteractiveShell


class NameErrorHints:
    """Adds a note to such errors before IPython shows them.

    Args:
        shell: whose errors; a handler of the user's own is left in place, and then there are none.
        left_out: names that were not stored, each with its step and why.
        failed: names that could not be loaded, each with its step and why.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        left_out: Mapping[str, tuple[str, str]],
        failed: Mapping[str, tuple[str, str]],
    ) -> None:
        self._shell = shell
        self._left_out = left_out
        self._failed = failed
        self._installed = not shell.custom_exceptions
        if self._installed:
            shell.set_custom_exc((NameError,), self._show)

    def remove(self) -> None:
        """Let IPython show its errors alone again."""
        if self._installed:
            self._shell.set_custom_exc((), None)

    def _show(
        self,
        shell: InteractiveShell,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType,
        tb_offset: int | None = None,
    ) -> Any:
        name = str(getattr(error, "name", ""))
        if name in shell.user_ns:
            pass
        elif name in self._failed:
            step, reason = self._failed[name]
            error.add_note(f"{name!r} is of step {step!r}, and cannot be restored: {reason}")
        elif name in self._left_out:
            step, reason = self._left_out[name]
            error.add_note(
                f"step {step!r} was restored, and {name!r} could not be stored ({reason}): "
                f"make it in a plain cell, or run '%%step {step} --rerun'"
            )
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
