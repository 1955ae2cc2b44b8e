"""The standard streams of a headless run, which goes on where nobody reads what it says.

A terminal that is closed, a log on a full disk, the end of a pipe that is gone: the run's work is
in its notebook and its task file, and no line of progress is worth its end. Nothing else is caught.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any, TextIO


class PatientStream:
    """A stream in whose place it stands, but that a write which fails is dropped.

    Args:
        stream: None where the process was started without it.

    Attributes:
        failed: whether a write has.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.failed = False
        self._stream: TextIO = stream or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (until the end)

    def write(self, text: str) -> int:
        """Write, or drop the text."""
        with self._patience():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, or drop what was written."""
        with self._patience():
            self._stream.flush()

    def let_go(self) -> None:
        """Let what could not be written be dropped, lest the interpreter fails on it as it ends."""
        if self.failed:
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _patience(self) -> Iterator[None]:
        try:
            yield
        except UnicodeError:
            raise
        except (OSError, ValueError):  # ValueError: it was closed
            self.failed = True


@contextmanager
def patient_streams() -> Iterator[None]:
    """Let standard streams that cannot be written, or are not there, end nothing."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # closed: else the next file that is opened would pass for the stream
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the kernel needs them too
    streams: list[Any] = [PatientStream(sys.stdout), PatientStream(sys.stderr)]
    try:
        with redirect_stdout(streams[0]), redirect_stderr(streams[1]):
            yield
    finally:
        for stream in streams:
            stream.let_go()
