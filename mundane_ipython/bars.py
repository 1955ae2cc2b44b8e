"""Progress bars, tqdm's: of a bundle's bytes and of a map's items. In a kernel a bar is a note.

A note, because its numbers differ from run to run: tools that compare notebooks drop it. A widget
would need a front end that has it, and text on stderr would become part of a cell's own outputs.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from tqdm.std import tqdm

from .chunks import Tick
from .notes import publish_note

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
        yield _ignore
        return
    with _make_bar(
        shell,
        {"event": doing, "step": step},
        desc=f"step {step}: {doing}",
        total=size,
        unit="B",
        unit_scale=True,
        delay=_DELAY_S,
        mininterval=0.5,
    ) as bar:
        yield bar.update


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
        if not self.delay:
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


def _ignore(size: int) -> None:
    """Too little to show."""
