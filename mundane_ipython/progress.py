"""How far a map is: tqdm's bar, in a kernel as a note that is updated.

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

from .notes import publish_note


@contextmanager
def show_progress(
    shell: InteractiveShell, name: str
) -> Iterator[Callable[[int, int | None], object]]:
    """Show a bar as long as the context lasts; none where nothing is left to do from the start.

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
            bars.append(_make_bar(shell, name, done, total))

    try:
        yield show
    finally:
        for bar in bars:
            bar.close()


def _make_bar(shell: InteractiveShell, name: str, done: int, total: int | None) -> Any:
    options = {"desc": name, "initial": done, "total": total, "unit": "item"}
    if getattr(shell, "kernel", None) is None:
        return tqdm(**options, leave=False, disable=None)  # none where stderr is no terminal
    return _NoteBar(shell, name, **options)


class _NoteBar(tqdm):  # type: ignore[misc]  # tqdm has no types
    """A bar that is a note, published by the thread that updates it and by no other."""

    monitor_interval = 0  # no thread of tqdm's own

    def __init__(self, shell: InteractiveShell, name: str, **options: Any) -> None:
        self._shell = shell
        self._map = name
        self._display_id = ""
        # `gui`: it draws itself. With `miniters` another bar's monitor thread lets it be.
        super().__init__(**options, gui=True, ncols=80, miniters=1)
        self.display()

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        """Publish the bar, or update it."""
        first, self._display_id = not self._display_id, self._display_id or uuid.uuid4().hex
        text = str(self) if msg is None else msg
        facts = {"map": self._map, "done": self.n, "total": self.total}
        publish_note(
            self._shell, text, display_id=self._display_id, update=not first,
            event="progress", **facts,
        )  # fmt: skip

    def clear(self, *_: Any, **__: Any) -> None:
        """Leave it: it is in nobody's way."""

    def close(self) -> None:
        """Show the last state."""
        if not self.disable:
            super().close()
            self.display()
