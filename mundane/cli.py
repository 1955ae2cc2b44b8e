"""The command line: `mundane status|steps|get|backup TASK`. Reads only, safe beside a live run.

Tables for people, `--json` for programs. Exit codes: SPEC.md, Exit codes. Other packages register
commands, so that this one imports none of them: SPEC.md, Commands of other packages.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from . import _json
from ._backup import backup_view
from ._clock import iso_to_ms
from ._duration import format_ms
from ._failure import summary
from ._reader import StepRecord, TaskView, read
from .errors import LockedError, MundaneError, SchemaError, TaskNotFoundError

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_LOCKED = 75
EXIT_INTERRUPTED = 130

COMMAND_GROUP = "mundane.commands"
"""The entry point group of other packages' commands."""

# Commands that come with an optional part, and what to install where it is missing.
_ELSEWHERE = {"run": "mundane-ipython"}

_MAX_VALUE_CHARS = 60
_NOT_ASCII = re.compile(r"[^\n -~]")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `arguments` are those of the process by default."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words and words[0] not in _COMMANDS and not words[0].startswith("-"):
            command = _registered(words[0])
            if command is not None:
                return command(words[1:])
        return _inspect(words)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _inspect(words: Sequence[str]) -> int:
    """Run one of the commands that look into a task file."""
    options = _parser().parse_args(words)
    command: Callable[[TaskView, argparse.Namespace], None] = options.command
    try:
        with read(options.task) as view:
            command(view, options)
        sys.stdout.flush()
    except MundaneError as error:
        sys.stderr.write(f"mundane: {printable(str(error))}\n")
        return exit_code(error)
    except BrokenPipeError:
        # The reader, such as head, has seen enough; the interpreter must not flush again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_OK


def exit_code(error: MundaneError) -> int:
    """Return the exit code of a command that ends with this error."""
    if isinstance(error, LockedError):
        return EXIT_LOCKED
    if isinstance(error, (SchemaError, TaskNotFoundError)):
        return EXIT_USAGE
    return EXIT_FAILED


def _registered(name: str) -> Callable[[list[str]], int] | None:
    """Return the command that another package registered under this name, None for none."""
    from importlib.metadata import entry_points  # here: it costs as much as the rest together

    entries = list(entry_points(group=COMMAND_GROUP, name=name))
    if not entries and name not in _ELSEWHERE:
        return None
    try:
        command: Callable[[list[str]], int] = entries[0].load()
    except (ImportError, IndexError) as error:
        reason = f" ({error})" if entries else ""
        needed = _ELSEWHERE.get(name) or entries[0].value
        text = f"'{name}' cannot be loaded{reason}: install {needed} into this Python"
        return lambda _: _refuse(text)
    return command


def _refuse(text: str) -> int:
    sys.stderr.write(f"mundane: {printable(text)}\n")
    return EXIT_USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mundane",
        description="Look into a task file. Safe beside a live run.",
        epilog="'mundane run NOTEBOOK' runs a notebook: see 'mundane run --help'. "
        "exit codes: 0 done, 1 failed, 2 usage or not a task file, 75 locked",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (command, text) in _COMMANDS.items():
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument("task", metavar="TASK", help="the task file")
        if name == "get":
            sub.add_argument("name", metavar="NAME", help="the step's name")
        elif name == "backup":
            sub.add_argument("copy", metavar="COPY", help="the file to make; must not exist")
        else:
            sub.add_argument("--json", action="store_true", help="for programs")
        sub.set_defaults(command=command)
    return parser


def _status(view: TaskView, options: argparse.Namespace) -> None:
    steps = view.steps()
    counts = Counter(step.status for step in steps)
    facts: dict[str, Any] = {
        "task": view.path,
        "task_id": view.task_id,
        "created_at": view.created_at,
        "done": counts["done"],
        "failed": counts["failed"],
        "pending": counts["pending"],
        "last_activity": max((s.finished_at or s.started_at for s in steps), default=None),
        "open_in_pid": view.writer(),
    }
    if options.json:
        _print(json.dumps(facts))
        return
    for key, value in facts.items():
        _print(f"{key.replace('_', ' '):14} {printable('-' if value is None else str(value))}")


def _steps(view: TaskView, options: argparse.Namespace) -> None:
    steps = view.steps()
    if options.json:
        for step in steps:
            _print(json.dumps(asdict(step)))
        return
    header = ("NAME", "KIND", "STATUS", "STARTED", "TOOK", "BYTES", "ERROR")
    rows = [
        (
            step.name,
            step.kind,
            step.status,
            step.started_at[:19].replace("T", " "),
            took(step),
            f"{step.size_bytes:,}",
            _short(summary(step.error or "")),
        )
        for step in steps
    ]
    _print(format_table([header, *rows]))


def _get(view: TaskView, options: argparse.Namespace) -> None:
    value = view.get(options.name)
    if isinstance(value, bytes):
        sys.stdout.flush()
        sys.stdout.buffer.write(value)
    else:
        _print(_json_text(value))


def _backup(view: TaskView, options: argparse.Namespace) -> None:
    backup_view(view, options.copy)


_COMMANDS: dict[str, tuple[Callable[[TaskView, argparse.Namespace], None], str]] = {
    "status": (_status, "how far the task is"),
    "steps": (_steps, "one line for each step"),
    "get": (_get, "the value of a finished step"),
    "backup": (_backup, "copy the task file, also beside a live run"),
}


def _json_text(value: Any) -> str:
    """Return a value as JSON for people: indented, and without what could steer a terminal."""
    is_utf = (sys.stdout.encoding or "").lower().startswith("utf")
    try:
        text = json.dumps(value, indent=2, ensure_ascii=not is_utf)
    except RecursionError:
        text = _json.encode(value)
    return _NOT_ASCII.sub(lambda m: m[0] if m[0].isprintable() else json.dumps(m[0])[1:-1], text)


def took(step: StepRecord) -> str:
    """Return how long a step took, as text; `-` where it has not ended."""
    started, finished = iso_to_ms(step.started_at), iso_to_ms(step.finished_at or "")
    if step.kind == "sleep" or started is None or finished is None:
        return "-"
    return format_ms(max(0, finished - started))


def printable(text: str) -> str:
    """Return text from a task file without what could steer a terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _short(text: str) -> str:
    return text if len(text) <= _MAX_VALUE_CHARS else text[: _MAX_VALUE_CHARS - 3] + "..."


def format_table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of text, the first being the header, as lines with aligned columns."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def _print(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
