"""`mundane report TASK`: reads a task file, beside a live run too, and writes the report's page."""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
import time
from pathlib import Path

from mundane import MundaneError, StorageError, TaskView, read
from mundane.cli import EXIT_OK, exit_code
from mundane.tools import format_bytes, print_line, printable, value_text

from ..taskfile.readings import read_cells
from ..taskfile.record import CellRecord
from ..taskfile.signing import find_key, is_signed, signed_text
from ..taskfile.tables import StoredCell
from .page import StepReport, TaskReport, choose, page
from .steps import StepFacts, read_outline

# A larger value is not shown: it would be read whole for a few lines of it.
_MAX_VALUE_BYTES = 1 << 18


def main(arguments: list[str]) -> int:
    """Write one page that shows a task: its timeline, and each step with its outputs.

    Args:
        arguments: the words behind `mundane report`.

    Returns:
        The exit code (SPEC.md, Exit codes).
    """
    parser = argparse.ArgumentParser(
        prog="mundane report",
        description="Write one page that shows a task: when each step ran, how long, its errors, "
        "what is stale, and what each cell showed. Reads only, safe beside a live run.",
    )
    parser.add_argument("task", metavar="TASK", help="the task file")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="where to write it, '-' for standard output; default: TASK with .html as its ending",
    )
    options = parser.parse_args(arguments)
    try:
        with read(options.task) as view:
            report = read_report(view)
        _write_page(page(report), options.output or str(Path(options.task).with_suffix(".html")))
    except MundaneError as error:
        sys.stderr.write(f"mundane: {printable(str(error))}\n")
        return exit_code(error)
    return EXIT_OK


def read_report(view: TaskView) -> TaskReport:
    """Return a task as its report shows it.

    Raises:
        StorageError, SchemaError: as `TaskView` does; or the user's signing key cannot be read.
    """
    outline = read_outline(view)
    chosen = choose(outline.lines)
    names = [facts.step.name for facts in chosen]
    key = find_key()
    cells = view.query(lambda connection: read_cells(connection, names))
    reports = [_step_report(view, facts, cells.get(facts.step.name), key) for facts in chosen]
    now_ms = time.time_ns() // 1_000_000
    return TaskReport(
        view.path, view.task_id, view.created_at, view.writer(), outline.lines, reports, now_ms
    )


def _step_report(
    view: TaskView, facts: StepFacts, cell: StoredCell | None, key: bytes | None
) -> StepReport:
    name, record, trusted = facts.step.name, None, False
    if cell is not None and facts.step.status == "done":
        record = _parse(cell)
        text = signed_text(view.task_id, name, cell.text)
        trusted = key is not None and is_signed(key, text, cell.signature)
    return StepReport(facts, record, trusted, _value(view, facts))


def _parse(cell: StoredCell) -> CellRecord | None:
    """Return a cell's record; a damaged one is shown as none, and a restore says what is wrong."""
    try:
        return CellRecord.from_json(cell.text)
    except ValueError:
        return None


def _value(view: TaskView, facts: StepFacts) -> str:
    step = facts.step
    if step.status != "done" or step.kind == "sleep":
        return ""
    if step.size_bytes > _MAX_VALUE_BYTES or step.encoding == "bytes":
        return f"{format_bytes(step.size_bytes)}, see: mundane get {view.path} {step.name}"
    try:
        return value_text(view.get(step.name))
    except MundaneError as error:
        return str(error)


# All but ASCII, line ends and tabs; half of a surrogate pair is told by the encoding.
_NOT_PLAIN = re.compile(r"[^\t\n -~\ud800-\udfff]")


def _calm(page: str) -> str:
    """Return a page with references for what could steer a terminal; a browser shows the same."""
    return _NOT_PLAIN.sub(_reference, page)


def _reference(found: re.Match[str]) -> str:
    char = found[0]
    return char if char.isprintable() else f"&#x{ord(char):x};"


def _write_page(text: str, output: str) -> None:
    if output == "-":
        sys.stdout.buffer.write(_calm(text).encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
        return
    data = text.encode("utf-8", "backslashreplace")
    draft = f"{output}.{os.getpid()}.{secrets.token_hex(4)}.tmp"
    try:
        try:
            Path(draft).write_bytes(data)
            os.replace(draft, output)  # who looks at it never sees half a page
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(output, f"cannot be written: {error.strerror}") from error
    print_line(printable(f"wrote {output} ({format_bytes(len(data))})"))
