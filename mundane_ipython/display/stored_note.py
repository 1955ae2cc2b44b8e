"""What the note under a step's cell says of what was stored: what is not as one would think."""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from ..pickling.placement import Outcome, Stored
from ..taskfile.record import CellRecord
from .notes import (
    apart_text,
    left_out_text,
    listed,
    otherwise_texts,
    publish_note,
    unchecked_texts,
)

# How many steps a note lists by name.
_MAX_NAMES = 3


def say_stored(shell: InteractiveShell, name: str, outcome: Outcome, max_output_bytes: int) -> None:
    """Say what was not stored, or not looked at; say nothing where all is well.

    Args:
        shell: where it is shown.
        name: of the step.
        outcome: of its cell.
        max_output_bytes: how much of what a cell shows is stored.
    """
    stored = outcome.stored
    texts = stored_texts(stored, outcome.record, max_output_bytes)
    if texts:
        facts: dict[str, Any] = {
            "left_out": stored.left_out,
            "unchecked": list(stored.unchecked),
        }
        text = "\n".join(f"step {name}: {each}" for each in texts)
        publish_note(shell, text, step=name, event="stored", **facts)


def stored_texts(stored: Stored, record: CellRecord, max_output_bytes: int) -> list[str]:
    """Return what a note says, a text for each fact; nothing where all is well.

    Args:
        stored: the step's values.
        record: what was stored of its cell.
        max_output_bytes: how much of what a cell shows is stored.
    """
    texts = []
    if record.all_left_out:
        texts.append(f"stored, but for {left_out_text(record.all_left_out)}")
    texts += otherwise_texts(stored.otherwise)
    if stored.lost:
        uses = ", ".join(f"{each} ({kind})" for each, kind in stored.lost.items())
        texts.append(
            f"uses {uses}, whose state cannot be stored: what this step changed "
            "in it is lost with the kernel"
        )
    if stored.apart:
        texts.append(apart_text(stored.apart))
    if stored.not_named:
        texts.append(
            f"changed {', '.join(stored.not_named)} in place, which is not among "
            "-o and so not stored"
        )
    if stored.of_libraries:
        texts.append(
            f"sets {', '.join(stored.of_libraries)}, which is a library's: a "
            "restore does not set it again; do so in a plain cell"
        )
    if stored.unreadable_calls:
        texts.append(
            f"calls {', '.join(stored.unreadable_calls)}, and nobody can read what that sets: "
            "a restore does not set it again; do so in a plain cell"
        )
    texts += unchecked_texts(stored.unchecked)
    if stored.cut_outputs:
        texts.append(
            f"it showed more than {max_output_bytes >> 20} MiB; what came "
            "after that is not stored, and a restore will not show it"
        )
    if stored.not_run:
        texts.append(
            "steps within it were stored and did not run again: "
            f"{listed(stored.not_run, _MAX_NAMES)}; '%mundane_forget' lets them"
        )
    return texts
