"""Facts of a task file as text for people: tables, times, sizes, values. Pure but for `write`.

Everything that comes out of a file passes `printable`, so that it cannot steer a terminal.
"""

from __future__ import annotations

import json
import re
import secrets
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from .. import _json
from .._clock import iso_to_ms
from .._duration import format_ms
from .._file.reader import StepRecord

REFERENCE = "$mundane"
"""The key of a reference to a value that has no JSON (SPEC.md, The row of a cell)."""

# Of these the summary says what they are; a class's type is its metaclass, which tells nobody.
_SAID_BY_SUMMARY = ("class", "function", "module")
_MAX_CELL_CHARS = 60
_NOT_ASCII = re.compile(r"[^\n -~]")


def write(text: str) -> None:
    """Write a line to standard output, whatever its encoding."""
    sys.stdout.write(encodable(text, sys.stdout) + "\n")


def encodable(text: str, stream: TextIO) -> str:
    """Return text with escapes for what a stream's encoding lacks."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def printable(text: str) -> str:
    """Return text from a task file without what could steer a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def shortened(text: str, most: int = _MAX_CELL_CHARS) -> str:
    """Return text of so many characters at most, by default those of a table's cell."""
    return text if len(text) <= most else text[: most - 3] + "..."


def took_ms(step: StepRecord) -> int | None:
    """Return how long a step took, None where it has not ended, and for a sleep."""
    started, finished = iso_to_ms(step.started_at), iso_to_ms(step.finished_at or "")
    if step.kind == "sleep" or started is None or finished is None:
        return None
    return max(0, finished - started)


def took(step: StepRecord) -> str:
    """Return how long a step took, as text; `-` where it has not ended."""
    duration_ms = took_ms(step)
    return "-" if duration_ms is None else format_ms(duration_ms)


def format_bytes(size_bytes: int) -> str:
    """Return a size for people: `512 B`, `80.0 KiB`, `1.5 GiB`."""
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1023.95:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def format_table(rows: Sequence[Sequence[str]], widths: Sequence[int] = ()) -> str:
    """Return rows of text as lines with aligned columns.

    Args:
        rows: the first may be a header.
        widths: of the columns at least, such as `column_widths` of an earlier table.
    """
    cells = [_printable_row(row) for row in rows]
    found = column_widths(cells)
    widths = [max(pair) for pair in zip(found, widths or found, strict=True)]
    line = "  ".join(f"{{:<{width}}}" for width in widths)
    return "\n".join([line.format(*row).rstrip() for row in cells])


def column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return how many characters each column takes."""
    columns = zip(*[_printable_row(row) for row in rows], strict=True)
    return [max(map(len, column)) for column in columns]


def _printable_row(row: Sequence[str]) -> Sequence[str]:
    """Return a row's cells as `printable` does; one that needs no change is looked at once."""
    return row if "".join(row).isprintable() else [printable(cell) for cell in row]


def value_text(value: Any) -> str:
    """Return a step's value as JSON for people: indented, objects by type, size and summary.

    Where nothing but JSON is stored, it is JSON.
    """
    mark = secrets.token_hex(16)
    found: list[str] = []

    def stand_in(member: Any) -> Any:
        text = reference_text(member)
        if text is None:
            return member
        found.append(text)
        return f"{mark}{len(found) - 1}:"

    value = stand_in(value)
    if type(value) is dict:
        value = {name: stand_in(member) for name, member in value.items()}
    text = _json_text(value)
    return re.sub(f'"{mark}([0-9]+):"', lambda m: printable(found[int(m[1])]), text)


def reference_text(value: Any) -> str | None:
    """Return `<pandas.DataFrame, 1000 rows x 4 columns, 80.0 KiB>` for a reference, else None.

    Of a class, a function or a module `<class Report, 512 B>`; what is imported has no size.
    """
    facts = value.get(REFERENCE) if type(value) is dict else None
    if type(facts) is not dict:
        return None
    summary = str(facts.get("summary") or "")
    says_all = summary.partition(" ")[0] in _SAID_BY_SUMMARY
    parts = [summary] if says_all else [str(facts.get("type", "object")), *filter(None, [summary])]
    if "left_out" in facts:
        parts.append(f"not stored: {facts['left_out']}")
    elif type(facts.get("size")) is int and facts["size"] > 0:  # what is imported takes no bytes
        parts.append(format_bytes(facts["size"]))
    return f"<{', '.join(parts)}>"


def _json_text(value: Any) -> str:
    is_utf = (sys.stdout.encoding or "").lower().startswith("utf")
    try:
        text = json.dumps(value, indent=2, ensure_ascii=not is_utf)
    except RecursionError:
        text = _json.encode(value)
    return _NOT_ASCII.sub(lambda m: m[0] if m[0].isprintable() else json.dumps(m[0])[1:-1], text)
