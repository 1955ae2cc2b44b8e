"""What a headless run says: a line for each cell that ended, and a live line for the running one.

Lines go to standard error. The live line needs a terminal; without one there are lines only.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

from tqdm import tqdm

from mundane.tools import SYSTEM, encodable, format_ms, printable, shortened

_MAX_LABEL_CHARS = 40
_LIVE = "{desc} |{bar:20}| {n_fmt}/{total_fmt}"


class Progress:
    """The lines of one run.

    Args:
        total: how many cells there are to run.
        quiet: whether to show no progress; `warn` and `copy` are not progress.
    """

    def __init__(self, total: int, *, quiet: bool) -> None:
        self._total = total
        self._quiet = quiet
        self._number = 0
        self._label = ""
        self._started_s = 0.0
        self._wake_at_ms: int | None = None
        live = not quiet and sys.stderr.isatty()
        self._bar = (
            tqdm(total=total, file=sys.stderr, bar_format=_LIVE, leave=False, dynamic_ncols=True)
            if live
            else None
        )

    def restart(self) -> None:
        """Begin at the first cell again."""
        self._number = 0
        if self._bar is not None:
            self._bar.reset()

    def started(self, label: str) -> None:
        """Note that a cell runs."""
        self._number += 1
        self._label = label
        self._started_s = time.monotonic()
        self._wake_at_ms = None
        self.tick()

    def sleeping(self, text: str, wake_at_ms: int) -> None:
        """Note that the cell sleeps until a time, in milliseconds since the epoch."""
        self._wake_at_ms = wake_at_ms
        if self._bar is None:
            self._say(f"{self._place()} {text}")
        self.tick()

    def tick(self) -> None:
        """Bring the live line up to date."""
        if self._bar is not None and self._label:
            self._bar.set_description_str(f"{self._label}, {self._state()}")

    def ended(self, how: str) -> None:
        """Say how the cell ended."""
        line = f"{self._place()} {self._label:{_MAX_LABEL_CHARS}} {how}"
        self._label = ""
        if self._bar is not None:
            self._bar.set_description_str("", refresh=False)
            self._bar.update()
        self._say(line)

    def took(self) -> str:
        """Return how long the cell has run, as text."""
        return format_ms((time.monotonic() - self._started_s) * 1000)

    def warn(self, text: str) -> None:
        """Say something that is said even where progress is not."""
        self.copy(f"mundane run: {text}\n", sys.stderr)

    def copy(self, text: str, stream: TextIO) -> None:
        """Write text past the live line, escaping what the stream's encoding lacks."""
        with tqdm.external_write_mode(file=stream):
            stream.write(encodable(text, stream))
            stream.flush()

    def close(self) -> None:
        """Remove the live line."""
        if self._bar is not None:
            self._bar.close()

    def _say(self, line: str) -> None:
        if not self._quiet:
            self.copy(f"{line}\n", sys.stderr)

    def _place(self) -> str:
        width = len(str(self._total))
        return f"[{self._number:{width}}/{self._total}]"

    def _state(self) -> str:
        if self._wake_at_ms is None:
            return self.took()
        return f"{format_ms(max(0, self._wake_at_ms - SYSTEM.now_ms()))} left"


def label(source: str) -> str:
    """Return what a cell is called: `step NAME`, else its first line of code, shortened."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    if lines and lines[0].startswith("%%step "):
        return printable(f"step {lines[0].split()[1]}")
    line = next((line for line in lines if not line.startswith("#")), lines[0] if lines else "")
    return printable(shortened(line, _MAX_LABEL_CHARS))


def outcome(facts: Mapping[str, Any] | None, took: str) -> str:
    """Return `restored, saved 2m 13s` or `ran 5.0s`, given the note of a restore, if any."""
    if facts is None:
        return f"ran {took}"
    took_ms, stale = facts.get("took_ms"), facts.get("stale")
    saved = f", saved {format_ms(took_ms)}" if isinstance(took_ms, (int, float)) else ""
    changed = f", STALE: {'; '.join(map(str, stale))}" if isinstance(stale, list) and stale else ""
    return printable(f"restored{saved}{changed}")
