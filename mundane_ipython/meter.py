"""How far the storing or restoring of a large step has come, where it takes over a second."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from IPython.core.interactiveshell import InteractiveShell

from .chunks import Tick
from .notes import ProgressNote

# So much is written and read within the second after which a bar is shown.
_QUIET_BYTES = 64 << 20
_DELAY_S = 1.0


@contextmanager
def progress(shell: InteractiveShell, step: str, doing: str, size: int) -> Iterator[Tick]:
    """Give a function that takes the number of bytes done, and show a bar after the first second.

    In a kernel the bar is a note, which no output of the step's own is mixed up with; in a terminal
    it is a line of standard error that goes when it is full.

    Args:
        shell: where.
        step: its name.
        doing: `storing` or `restoring`.
        size: of the bundle, in bytes.
    """
    if size < _QUIET_BYTES:
        yield _ignore
        return
    from tqdm import tqdm  # here: it takes longer to import than most bundles to load

    kernel = getattr(shell, "kernel", None) is not None
    with tqdm(
        desc=f"step {step}: {doing}",
        total=size,
        unit="B",
        unit_scale=True,
        delay=_DELAY_S,
        mininterval=0.5,
        leave=kernel,
        ncols=80 if kernel else None,
        file=ProgressNote(shell, step=step, event=doing) if kernel else sys.stderr,
    ) as bar:
        yield bar.update


def _ignore(size: int) -> None:
    """Too little to show."""
