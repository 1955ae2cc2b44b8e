"""A cell's outputs in order, folded as a front end folds them. Pure.

Takes the messages of the Jupyter protocol (jupyter-client.readthedocs.io, Messaging, IOPub) and
keeps nbformat outputs: neighbouring writes to one stream are one output, `clear_output` and
`update_display_data` have been carried out.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

Output = dict[str, Any]

OUTPUT_TYPES = frozenset(
    ("stream", "display_data", "execute_result", "error", "clear_output", "update_display_data")
)

HARMLESS = frozenset(("text/plain", "image/png", "image/jpeg", "image/gif", "image/webp"))
"""What is only ever drawn, and never run."""

NO_VALUE: Any = object()
"""In the place of a last expression's value where there is none, or none is stored."""


@dataclass(slots=True)
class CellOutputs:
    """What one cell showed.

    Attributes:
        outputs: nbformat outputs, each with its `display_id` where it has one.
        updates: updates of displays that an earlier cell made, by display id; to be sent again.
    """

    outputs: list[Output] = field(default_factory=list)
    updates: dict[str, Output] = field(default_factory=dict)
    _clear_next: bool = False
    # Messages arrive from the main thread, from the kernel's IOPub thread and from the user's.
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, message_type: str, content: dict[str, Any]) -> None:
        """Fold one message in; messages that are no output are passed over."""
        if message_type in OUTPUT_TYPES:
            with self._guard:
                self._fold(message_type, content)

    def _fold(self, message_type: str, content: dict[str, Any]) -> None:
        if message_type == "clear_output":
            if content.get("wait"):
                self._clear_next = True
            else:
                self.outputs.clear()
            return
        if message_type == "update_display_data":
            self._update(content)
            return
        if self._clear_next:
            self.outputs.clear()
            self._clear_next = False
        if message_type == "stream":
            self._append_text(content["name"], content["text"])
        elif message_type == "error":
            keys = ("ename", "evalue", "traceback")
            self.outputs.append({"output_type": "error", **{key: content[key] for key in keys}})
        else:
            output = {"output_type": message_type, **_shown(content)}
            display_id = _display_id(content)
            if display_id is not None:
                output["display_id"] = display_id
            self.outputs.append(output)

    def _append_text(self, name: str, text: str) -> None:
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += text
        else:
            self.outputs.append({"output_type": "stream", "name": name, "text": text})

    def _update(self, content: dict[str, Any]) -> None:
        display_id = _display_id(content)
        if display_id is None:
            return
        own = [output for output in self.outputs if output.get("display_id") == display_id]
        for output in own:
            output.update(_shown(content))
        if not own:
            self.updates[display_id] = _shown(content)


def within(outputs: list[Output], max_bytes: int) -> list[Output]:
    """Return the first outputs, as many as are within `max_bytes` together.

    A single write of text that does not fit is cut; any other output is kept whole or not at all.
    """
    kept: list[Output] = []
    left = max_bytes
    for output in outputs:
        size = _size(output)
        if size <= left:
            kept.append(output)
        elif output["output_type"] == "stream" and left > 0:
            kept.append({**output, "text": output["text"][:left]})
        left -= size
        if left < 0:
            break
    return kept


def is_output(value: Any) -> bool:
    """Return whether a value out of JSON is an output as it is kept here."""
    kind = value.get("output_type") if type(value) is dict else None
    if kind == "stream":
        return value.get("name") in ("stdout", "stderr") and type(value.get("text")) is str
    if kind == "error":
        lines = value.get("traceback")
        texts = [value.get("ename"), value.get("evalue"), *(lines if type(lines) is list else [0])]
        return all(type(text) is str for text in texts)
    shown = kind in ("display_data", "execute_result") and is_shown(value)
    return shown and type(value.get("display_id", "")) is str


def is_shown(value: Any) -> bool:
    """Return whether a value out of JSON has what a display shows: data and metadata."""
    if type(value) is not dict:
        return False
    return type(value.get("data")) is dict and type(value.get("metadata")) is dict


def has_result(outputs: list[Output]) -> bool:
    """Return whether the last expression's value is among what was shown."""
    return any(output["output_type"] == "execute_result" for output in outputs)


def _size(output: Output) -> int:
    """Return about how many bytes an output takes as JSON."""
    if output["output_type"] == "stream":
        return len(output["text"])
    if output["output_type"] == "error":
        return sum(map(len, output["traceback"]))
    return sum(len(d) if isinstance(d, (str, bytes)) else 1000 for d in output["data"].values())


def _shown(content: dict[str, Any]) -> dict[str, Any]:
    return {"data": content["data"], "metadata": content.get("metadata") or {}}


def _display_id(content: dict[str, Any]) -> str | None:
    display_id = (content.get("transient") or {}).get("display_id")
    return display_id if isinstance(display_id, str) else None
