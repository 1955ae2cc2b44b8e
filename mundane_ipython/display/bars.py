"""Progress bars, tqdm's: of a bundle's bytes and of a map's items."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from ..taskfile.chunks import Tick, ignore

# So much is written and read within the second after which a bar is shown.
_QUIET_BYTES = 64 << 20
_DELAY_S = 1.0


@contextmanager
def bytes_bar(shell: InteractiveShell, step: str, doing: str, size: int) -> Iterator[Tick]:
    """Show how far the storing or restoring of a step is, where it takes more than a second.

    Args:
        shell: where.
        step: its name.
        doing: `storing` or `restoring`.
        size: of the bundle, in bytes.

    Yields:
        A function that takes the number of bytes done since it was last called.
    """
    if size < _QUIET_BYTES:
        yield ignore
        return
    late_s, done = time.monotonic() + _DELAY_S, 0
    bars: list[Any] = []

    def tick(more: int) -> None:
        nonlocal done
        done += more
        if bars:
            bars[0].update(more)
        elif time.monotonic() > late_s and done < size:
            facts, text = {"event": doing, "step": step}, f"step {step}: {doing}"
            options = {"unit": "B", "unit_scale": True, "mininterval": 0.5, "initial": done}
            bars.append(_make_bar(shell, facts, desc=text, total=size, **options))

    try:
        yield tick
    finally:
        for bar in bars:
            bar.close()


@contextmanager
def items_bar(shell: InteractiveShell, name: str) -> Iterator[Callable[[int, int | None], object]]:
    """Show how far a map is; show nothing where nothing is left to do from the start.

    Args:
        shell: where.
        name: of the map.

    Yields:
        A `progress` function for `mundane.Task.map`.
    """
    bars: list[Any] = []

    def show(done: int, total: int | None) -> None:
        if bars:
            bars[0].total = total
            bars[0].update(done - bars[0].n)
        elif done != total:
            facts = {"event": "progress", "map": name}
            bars.append(_make_bar(shell, facts, desc=name, initial=done, total=total, unit="item"))

    try:
        yield show
    finally:
        for bar in bars:
            bar.close()


def _make_bar(shell: InteractiveShell, facts: dict[str, Any], **options: Any) -> Any:
    from .note_bar import make_bar  # here: few cells have a bar, and every kernel loads this

    return make_bar(shell, facts, **options)
