"""The notes under a cell: what mundane did there, in a line.

A note is one `display_data` whose metadata has the member `mundane`, so that a tool which compares
or cleans notebooks can drop it.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mundane import StepRecord
from mundane.tools import format_ms, iso, printable

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

METADATA_KEY = "mundane"

_QUIET = "color: #6b7280; font-size: 90%"
_ALARM = "color: #7c2d12; background: #ffedd5; border-left: 4px solid #ea580c; padding: 0.4em 0.8em"


def publish_note(
    shell: InteractiveShell,
    text: str,
    *,
    alarm: bool = False,
    display_id: str | None = None,
    update: bool = False,
    **facts: Any,
) -> None:
    """Show a note.

    Args:
        shell: where.
        text: plain text, one line or a few; may hold names and errors out of a file.
        alarm: whether it must not be overlooked.
        display_id: by which it can be updated.
        update: whether it takes the place of the note with that id.
        facts: what the note says, for programs; JSON values.
    """
    lines = [printable(line) for line in text.splitlines()]
    marked_up = "<br>".join(map(html.escape, lines))
    data = {
        "text/plain": "\n".join(lines),
        "text/html": f'<div style="{_ALARM if alarm else _QUIET}">{marked_up}</div>',
    }
    transient = {} if display_id is None else {"display_id": display_id}
    shell.display_pub.publish(data, {METADATA_KEY: facts}, transient=transient, update=update)


def say_faults(shell: InteractiveShell, faults: list[str]) -> None:
    """Say what is wrong with adapters of other packages; nothing where nothing is."""
    if faults:
        publish_note(shell, "\n".join(faults), event="adapters", faults=faults)


def restored_text(name: str, took_ms: int | None, ran_at: str) -> str:
    """Return `step fetch: restored, saved 2m 13s (ran 2026-11-24 09:14)`."""
    saved = "" if took_ms is None else f", saved {format_ms(took_ms)}"
    ran = f" (ran {local_time(ran_at)})" if ran_at else ", stored by a script"
    return f"step {name}: restored{saved}{ran}"


def listed(names: Sequence[str], most: int) -> str:
    """Return `a, b, c and 17 more`: the first `most` names, and how many others there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def sleep_text(step: StepRecord, now_ms: int) -> str:
    """Return `sleeps until 2026-11-24 09:14` for a sleep that lasts at that time, else nothing."""
    if step.wake_at_ms is None or not step.sleeps(now_ms):
        return ""
    return f"sleeps until {local_time(iso(step.wake_at_ms))}"


def local_time(time: str) -> str:
    """Return an ISO-8601 time as the wall clock here shows it; other text as it is."""
    try:
        return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return time


def left_out_text(left_out: dict[str, str]) -> str:
    """Return `conn (TypeError: cannot pickle ...)` for each value that could not be stored."""
    return ", ".join(f"{name} ({reason})" for name, reason in left_out.items())


def unchecked_texts(unchecked: Mapping[str, str]) -> Iterator[str]:
    """Yield what is said of values of which a step may have changed one and nobody knows.

    Args:
        unchecked: their names, each with why it could not be compared; "" where it is too large.
    """
    late = [name for name, why in unchecked.items() if not why]
    odd = {name: why for name, why in unchecked.items() if why}
    for names, reason in (
        (late, f"{', '.join(late)}: too large to be checked for changes"),
        (list(odd), f"{left_out_text(odd)}: cannot be checked for changes"),
    ):
        if names:
            yield (
                f"{reason}; if this cell changes it in place, bind it anew, or name it: "
                f"-o {','.join(names)}"
            )


def apart_text(groups: Iterable[Sequence[str]]) -> str:
    """Return what is said of values that lie in one another and come back apart."""
    texts = " and ".join(", ".join(group) for group in groups)
    return f"{texts} lie in one another and come back apart: a later change shows in one only"


def otherwise_texts(others: dict[str, str]) -> list[str]:
    """Return what is said of values that come back as something else; nothing where none does.

    Args:
        others: names, with what they come back as: `as dict`, `without n`, `with a new n`,
            `with another n`, `with 2 items, not 3`, `printed as '...n=1.0...'`.
    """
    if not others:
        return []
    names = ", ".join(f"{name} ({what})" for name, what in others.items())
    return [f"comes back different, as its own pickling says: {names}"]
