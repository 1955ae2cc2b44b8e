"""What other packages bring to the command line, found by entry points and never imported here.

SPEC.md, What other packages bring.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Protocol

from .._file.reader import TaskView
from .._file.sqlite import Connection
from ..errors import CommandError

COMMAND_GROUP = "mundane.commands"
"""The entry point group of subcommands."""

TABLE_GROUP = "mundane.tables"
"""The entry point group of packages with tables of their own in a task file."""

Command = Callable[[list[str]], int]
Details = dict[str, dict[str, Any]]

# Commands that come with an optional part, and what to install where it is missing.
_ELSEWHERE = {"report": "mundane-ipython", "run": "mundane-ipython"}
_TABLES = "SELECT CAST(name AS TEXT) FROM sqlite_master WHERE type = 'table'"
_OWN = frozenset(("mundane_meta", "mundane_steps", "sqlite_sequence"))


class Tables(Protocol):
    """What a package offers for its tables."""

    def describe(self, connection: Connection) -> Details:
        """Return facts about steps, JSON, by step and name; reads only."""

    def sweep(self, connection: Connection) -> None:
        """Remove what belongs to steps that are gone, in the caller's transaction."""


def find_command(name: str) -> Command | None:
    """Return the command that another package registered under this name, None for none.

    Raises:
        CommandError: it cannot be loaded.
    """
    from importlib.metadata import entry_points  # here: it costs as much as the rest together

    entries = list(entry_points(group=COMMAND_GROUP, name=name))
    if not entries and name not in _ELSEWHERE:
        return None
    try:
        command: Command = entries[0].load()
    except (ImportError, IndexError) as error:
        reason = f" ({error})" if entries else ""
        needed = _ELSEWHERE.get(name) or entries[0].value
        raise CommandError(
            f"'{name}' cannot be loaded{reason}: install {needed} into this Python"
        ) from error
    return command


def list_commands() -> dict[str, str]:
    """Return what other packages' commands do, in a line each, by name.

    The line is the first one of the command's docstring, so each is loaded: only where all commands
    are told.
    """
    from importlib.metadata import entry_points  # as above

    names = {*entry_points(group=COMMAND_GROUP).names, *_ELSEWHERE}
    return {name: _one_line(name) for name in sorted(names)}


def _one_line(name: str) -> str:
    try:
        command = find_command(name)
    except CommandError as error:
        return str(error)
    line = (getattr(command, "__doc__", None) or "").strip().partition("\n")[0].rstrip(".")
    return line[:1].lower() + line[1:]  # as the core's own


def find_tables(view: TaskView) -> list[Tables]:
    """Return those who know the tables that other packages have in this file.

    An entry point's name is the table that tells. One that cannot be loaded is left out, with a
    line on standard error: the core's rows can be shown without it.
    """
    names = {name for (name,) in view.query(lambda c: c.execute(_TABLES).fetchall())} - _OWN
    if not names:
        return []
    from importlib.metadata import entry_points  # as above

    found: list[Tables] = []
    for entry in entry_points(group=TABLE_GROUP):
        if entry.name in names:
            try:
                found.append(entry.load())
            except ImportError as error:
                sys.stderr.write(
                    f"mundane: without {entry.value}, which cannot be loaded: {error}\n"
                )
    return found


def describe_steps(view: TaskView, tables: list[Tables]) -> Details:
    """Return what other packages' tables tell about each step."""
    details: Details = {}
    for each in tables:
        for name, facts in view.query(each.describe).items():
            details.setdefault(name, {}).update(facts)
    return details
