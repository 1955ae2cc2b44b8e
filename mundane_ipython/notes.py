"""The notes under a cell: what mundane did there, in a line.

A note is one `display_data` whose metadata has the member `mundane`, so that a tool which compares
or cleans notebooks can drop it.
"""

from __future__ import annotations

import html
import uuid
from datetime import datetime
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from mundane._duration import format_ms

METADATA_KEY = "mundane"

_QUIET = "color: #6b7280; font-size: 90%"
_ALARM = "color: #7c2d12; background: #ffedd5; border-left: 4px solid #ea580c; padding: 0.4em 0.8em"


def publish_note(shell: InteractiveShell, text: str, *, alarm: bool = False, **facts: Any) -> None:
    """Show a note.

    Args:
        shell: where.
        text: plain text, one line or a few; may hold names and errors out of a file.
        alarm: whether it must not be overlooked.
        facts: what the note says, for programs; JSON values.
    """
    shell.display_pub.publish(_data(text, _ALARM if alarm else _QUIET), {METADATA_KEY: facts})


class ProgressNote:
    """A file for a progress bar that shows what is written to it as one note, which changes.

    Args:
        shell: of a kernel; a front end replaces the note by its display id.
        facts: as for `publish_note`.
    """

    def __init__(self, shell: InteractiveShell, **facts: Any) -> None:
        self._publisher = shell.display_pub
        self._facts = facts
        self._display_id = f"mundane-{uuid.uuid4()}"
        self._shown = False

    def write(self, text: str) -> None:
        """Show a bar's line, instead of the one before."""
        line = text.strip()
        if line:
            self._publisher.publish(
                _data(line, _QUIET),
                {METADATA_KEY: self._facts},
                transient={"display_id": self._display_id},
                update=self._shown,
            )
            self._shown = True

    def flush(self) -> None:
        """Do nothing: each line is sent when it is written."""


def _data(text: str, style: str) -> dict[str, str]:
    lines = "<br>".join(html.escape(line) for line in text.splitlines())
    return {"text/plain": text, "text/html": f'<div style="{style}">{lines}</div>'}


def restored_text(name: str, took_ms: int | None, ran_at: str) -> str:
    """Return `step fetch: restored, saved 2m 13s (ran 2026-11-24 09:14)`."""
    saved = "" if took_ms is None else f", saved {format_ms(took_ms)}"
    return f"step {name}: restored{saved} (ran {local_time(ran_at)})"


def local_time(iso: str) -> str:
    """Return an ISO-8601 time as the wall clock here shows it; other text as it is."""
    try:
        return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return iso
