"""How a bar is drawn: in a kernel it is a note, in a terminal a line of standard error.

A note, because its numbers differ from run to run: tools that compare notebooks drop it. A widget
would need a front end that has it, and text on stderr would become part of a cell's own outputs.
"""

from __future__ import annotations

import uuid
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from tqdm.std import tqdm

from .notes import publish_note


def make_bar(shell: InteractiveShell, facts: dict[str, Any], **options: Any) -> Any:
    """Return a bar.

    Args:
        shell: where it is shown.
        facts: what its note says for programs.
        options: tqdm's.
    """
    if getattr(shell, "kernel", None) is None:
        return tqdm(**options, leave=False, disable=None)  # none where stderr is no terminal
    return _NoteBar(shell, facts, **options)


class _NoteBar(tqdm):  # type: ignore[type-arg]
    """A bar that is a note, published by the thread that updates it and by no other."""

    monitor_interval = 0  # no thread of tqdm's own

    def __init__(self, shell: InteractiveShell, facts: dict[str, Any], **options: Any) -> None:
        self._shell = shell
        self._facts = facts
        self._display_id = ""
        # `gui`: it draws itself. With `miniters` another bar's monitor thread lets it be.
        super().__init__(**options, gui=True, ncols=80, miniters=1)
        self.display()

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        """Publish the bar, or update it."""
        first, self._display_id = not self._display_id, self._display_id or uuid.uuid4().hex
        text = str(self) if msg is None else msg
        publish_note(
            self._shell, text, display_id=self._display_id, update=not first,
            **self._facts, done=self.n, total=self.total,
        )  # fmt: skip

    def clear(self, *_: Any, **__: Any) -> None:
        """Leave it: it is in nobody's way."""

    def close(self) -> None:
        """Show the last state, where there is a bar."""
        if not self.disable:
            super().close()
            if self._display_id:
                self.display()
