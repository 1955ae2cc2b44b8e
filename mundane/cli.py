"""The command line: `mundane status|steps|get|backup|forget|vacuum TASK`.

Tables for people, `--json` for programs. Exit codes: SPEC.md, Exit codes. Other packages register
commands of theirs as entry points, so that this one imports none of them: _cli/plugins.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from ._cli.control import forget, vacuum
from ._cli.inspect import backup, get, status, steps
from ._cli.outline import MANY_ITEMS
from ._cli.plugins import find_command, list_commands
from ._cli.text import printable
from ._file.reader import TaskView, read
from .errors import CommandError, LockedError, MundaneError, SchemaError, TaskNotFoundError

_OBJECTS_BETWEEN_COLLECTIONS = 100_000

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_LOCKED = 75
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `arguments` are those of the process by default."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:  # the process is ours
        # A look makes ten objects a row and no garbage, which the collector would look for often.
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    try:
        if words and words[0] not in _LOOKING | _CHANGING and not words[0].startswith("-"):
            command = find_command(words[0])
            if command is not None:
                return command(words[1:])
        return _run(words)
    except CommandError as error:
        sys.stderr.write(f"mundane: {printable(str(error))}\n")
        return EXIT_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def exit_code(error: MundaneError) -> int:
    """Return the exit code of a command that ends with this error."""
    if isinstance(error, LockedError):
        return EXIT_LOCKED
    if isinstance(error, (SchemaError, TaskNotFoundError, CommandError)):
        return EXIT_USAGE
    return EXIT_FAILED


def _run(words: Sequence[str]) -> int:
    """Run one of the core's own commands."""
    # Others' commands are loaded for their help, so only where they are to be listed.
    others = list_commands() if words and words[0] not in _LOOKING | _CHANGING else {}
    options = _parser(others).parse_args(words)
    try:
        if options.command in _LOOKING:
            with read(options.task) as view:
                _LOOKING[options.command][0](view, options)
        else:
            _CHANGING[options.command][0](options)
        sys.stdout.flush()
    except MundaneError as error:
        sys.stdout.flush()
        sys.stderr.write(f"mundane: {printable(str(error))}\n")
        return exit_code(error)
    except BrokenPipeError:
        # The reader, such as head, has seen enough; the interpreter must not flush again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_OK


_LOOKING: dict[str, tuple[Callable[[TaskView, argparse.Namespace], None], str]] = {
    "status": (status, "how far the task is"),
    "steps": (steps, "one line for each step, and for each map of many items"),
    "get": (get, "the value of a finished step"),
    "backup": (backup, "copy the task file, also beside a live run"),
}
_CHANGING: dict[str, tuple[Callable[[argparse.Namespace], None], str]] = {
    "forget": (forget, "remove steps, so that they run again"),
    "vacuum": (vacuum, "give the space of what was removed back to the file system"),
}


def _parser(others: Mapping[str, str]) -> argparse.ArgumentParser:
    """Return the parser of the core's own commands; its help names those of `others`, too."""
    parser = argparse.ArgumentParser(
        prog="mundane",
        description="Look into a task file, safe beside a live run, or change it where none runs.",
        epilog="'mundane COMMAND --help' tells a command's options. exit codes: "
        "0 done, 1 failed, 2 usage or not a task file, 75 locked, 130 interrupted",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name, (_, text) in (_LOOKING | _CHANGING).items():
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument("task", metavar="TASK", help="the task file")
        if name == "get":
            sub.add_argument("name", metavar="NAME", help="the step's name")
        if name == "backup":
            sub.add_argument("copy", metavar="COPY", help="the file to make; must not exist")
        elif name in _LOOKING:
            sub.add_argument("--json", action="store_true", help="for programs")
            sub.add_argument(
                "--follow", action="store_true", help="go on until nobody has the task open"
            )
        if name == "steps":
            every = f"each item of a map, also where it has more than {MANY_ITEMS}"
            sub.add_argument("--all", action="store_true", help=every)
        if name == "forget":
            several = "a step to forget, or several: 'pages.*'"
            sub.add_argument("names", metavar="NAME", nargs="*", help=several)
            first = "this step and all first started after it"
            sub.add_argument("--from", dest="first", metavar="NAME", help=first)
            sub.add_argument("--yes", action="store_true", help="do not ask")
    for name, text in others.items():
        if name not in _LOOKING | _CHANGING:
            commands.add_parser(name, help=printable(text).replace("%", "%%"))
    return parser
