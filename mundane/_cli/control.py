"""The commands that change a task file: forget, vacuum. Each says what it will do and did."""

from __future__ import annotations

import argparse
import sys

from .._errortext import summary
from .._file.reader import StepRecord, read
from .._names import expand_names
from .._task import open as open_task
from ..errors import CommandError, UnknownStepError
from .plugins import find_tables
from .text import format_bytes, format_table, printable, shortened, took, write


def forget(options: argparse.Namespace) -> None:
    """Remove steps, so that they run again; asks first at a terminal, else wants `--yes`."""
    if bool(options.names) == bool(options.first):
        raise CommandError("name the steps, or one with --from")
    with read(options.task) as view:
        steps = _chosen(options, view.steps())
    count = f"{len(steps)} step" + ("" if len(steps) == 1 else "s")
    write(printable(f"{options.task}: {count} to forget, so that each runs again:"))
    rows = [(s.name, s.status, took(s), shortened(summary(s.error or ""))) for s in steps]
    write(format_table([("NAME", "STATUS", "TOOK", "ERROR"), *rows]))
    sys.stdout.flush()
    if not options.yes and not sys.stdin.isatty():
        raise CommandError("nothing was changed: add --yes to forget them")
    with open_task(options.task) as task:
        if not options.yes and not _agreed(f"Forget {count}? [y/N] "):
            write("nothing was changed")
            return
        task.forget(*(step.name for step in steps))
    write(f"forgot {count}")


def vacuum(options: argparse.Namespace) -> None:
    """Give the space of what was forgotten or replaced back to the file system."""
    with read(options.task) as view:
        tables = find_tables(view)
    with open_task(options.task) as task:
        for each in tables:
            task.commit(each.sweep)
        before, after = task.vacuum()
    write(
        printable(
            f"{options.task}: {format_bytes(before)} -> {format_bytes(after)},"
            f" {format_bytes(max(0, before - after))} given back"
        )
    )


def _chosen(options: argparse.Namespace, steps: list[StepRecord]) -> list[StepRecord]:
    """Return the steps to forget, in the order of their start."""
    places = {step.name: place for place, step in enumerate(steps)}
    names = expand_names(options.names, list(places))
    for name in (*names, *filter(None, [options.first])):
        if name not in places:
            raise UnknownStepError(options.task, name, None)
    if options.first:
        return steps[places[options.first] :]
    return [steps[place] for place in sorted(places[name] for name in names)]


def _agreed(question: str) -> bool:
    """Ask at the terminal; an end of input is a no."""
    sys.stdout.write(question)
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
