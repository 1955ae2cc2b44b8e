"""How far something has come that takes its time: a large step's bytes, a map's items.

In a kernel a bar is a note, which no output of a cell's own is mixed up with, since its numbers
differ from run to run; in a terminal it is a line of standard error that goes when it is full.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from .chunks import Tick
from .notes import ProgressNote

# So much is written and read within the second after which a bar is shown.
_QUIET_BYTES = 64 << 20
_DELAY_S = 1.0


@contextmanager
def progress(shell: InteractiveShell, step: str, doing: str, size: int) -> Iterator[Tick]:
    """Give a function that takes the number of bytes done, and show a bar after the first second.

    Args:
        shell: where.
        step: its name.
        doing: `storing` or `restoring`.
        size: of the bundle, in bytes.
    """
    if size < _QUIET_BYTES:
        yield _ignore
        return
    note = ProgressNote(shell, step=step, event=doing)
    with _bar(
        shell,
        note,
        desc=f"step {step}: {doing}",
        total=size,
        unit="B",
        unit_scale=True,
        delay=_DELAY_S,
        mininterval=0.5,
    ) as bar:
        yield bar.update


@contextmanager
def map_progress(
    shell: InteractiveShell, name: str
) -> Iterator[Callable[[int, int | None], object]]:
    """Give a `progress` function for `mundane.Task.map`; show a bar if an item has to run.

    Args:
        shell: where.
        name: of the map.
    """
    bars: list[Any] = []

    def show(done: int, total: int | None) -> None:
        if bars:
            bars[0].total = total
            bars[0].update(done - bars[0].n)
        elif done != total:
            note = ProgressNote(shell, map=name, event="progress")
            # `disable=None`: not where standard error is no terminal.
            options = {"initial": done, "total": total, "unit": "item", "disable": None}
            bars.append(_bar(shell, note, desc=name, **options))

    try:
        yield show
    finally:
        for bar in bars:
            bar.close()


def _bar(shell: InteractiveShell, note: ProgressNote, **options: Any) -> Any:
    from tqdm import tqdm  # here: it takes longer to import than most bundles to load

    if getattr(shell, "kernel", None) is None:
        return tqdm(**options, leave=False, file=sys.stderr)
    # At the first place even beside other bars: a note has no lines to move to. With `miniters`,
    # tqdm's thread leaves it alone, whose output would go to whatever cell runs then.
    return tqdm(**options, leave=True, ncols=80, ascii=False, position=0, miniters=1, file=note)


def _ignore(size: int) -> None:
    """Too little to show."""
