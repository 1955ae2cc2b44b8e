"""`mundane run NOTEBOOK`, which is `jupyter mundane NOTEBOOK` too: options, restarts, exit codes.

SPEC.md, Headless runs and Exit codes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import copy
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from mundane import DurationError, MundaneError
from mundane.cli import EXIT_USAGE, exit_code
from mundane.tools import to_ms

from ..session.sleep import EXIT_VARIABLE
from ..taskfile.locate import TASK_VARIABLE, opened_file
from .kernel_process import RUN_VARIABLE, await_free
from .output_file import OutputFile
from .parameters import (
    ParameterError,
    inject,
    read_base64,
    read_file,
    read_value,
    read_yaml,
    unknown,
)
from .progress import Progress
from .runner import EXIT_KERNEL_DIED, Ending, Runner, Setting, is_run
from .streams import patient_streams

# The last is sent where the terminal is closed, but by `nohup` ignored. Windows has none.
_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_PAIRS = ("-p", "--parameter", "-r", "--raw")
_VALUE = "\0"  # no argument of a process can hold it


class UsageError(Exception):
    """The command cannot be run as it was given; the message says why."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the command line asks for.

    Attributes:
        notebook: with its parameters, without outputs.
        output: where it is saved.
        task: the task file, as far as it is known before.
        restarts: how often a kernel that died is restarted.
        quiet: whether only errors are said.
        setting: what the notebook is run with.
        warnings: what is to be said before.
    """

    notebook: NotebookNode
    output: Path
    task: Path | None
    restarts: int
    quiet: bool
    setting: Setting
    warnings: Sequence[str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a notebook from top to bottom, resuming what is stored.

    Args:
        arguments: the words of the command; by default those of the process.

    Returns:
        The exit code (SPEC.md, Exit codes).
    """
    options = parse(sys.argv[1:] if arguments is None else arguments)
    with patient_streams():
        return _main(options)


def _main(options: argparse.Namespace) -> int:
    """Run what the options ask for, and say how it ended."""
    try:
        job = _job(options)
        if job.task is not None:
            await_free(str(job.task))
        with OutputFile(job.output) as output:
            ending = asyncio.run(_run(job, output))
    except (UsageError, ParameterError, DurationError) as error:
        ending = Ending(EXIT_USAGE, str(error))
    except MundaneError as error:
        ending = Ending(exit_code(error), str(error))
    except KeyboardInterrupt:  # before the kernel's start, or after its end
        ending = Ending(128 + signal.SIGINT, "stopped by SIGINT")
    if ending.details and not options.quiet:
        sys.stderr.write(f"{ending.details.rstrip()}\n")
    if ending.text:
        sys.stderr.write(f"mundane run: {ending.text}\n")
    return ending.code


async def _run(job: Job, output: OutputFile) -> Ending:
    """Run the notebook, again from the top where its kernel died and may be restarted."""
    runner: Runner | None = None

    def on_signal(number: int) -> None:
        if runner is not None:
            runner.stop(Ending(128 + number, f"stopped by {signal.Signals(number).name}"))

    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        if signal.getsignal(number) is signal.SIG_IGN:
            continue
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
            loop.add_signal_handler(number, on_signal, number)
    progress = Progress(sum(map(is_run, job.notebook.cells)), quiet=job.quiet)
    try:
        for text in job.warnings:
            progress.warn(text)
        for attempt in range(job.restarts + 1):
            runner = Runner(copy.deepcopy(job.notebook), output, progress, job.setting)
            ending = await runner.run()
            if ending.code != EXIT_KERNEL_DIED or attempt == job.restarts:
                break
            progress.warn(f"{ending.text}: restarting it ({attempt + 1} of {job.restarts})")
            progress.restart()
        return ending
    finally:
        progress.close()


def _job(options: argparse.Namespace) -> Job:
    """Return what the options ask for.

    Raises:
        UsageError, ParameterError, DurationError: they cannot be followed.
    """
    path: Path = options.notebook
    notebook = _read(path)
    passed = parameters(options)
    names = unknown(notebook, passed)
    inject(notebook, passed)
    output = path if options.inplace else options.output or path.with_suffix(".out.ipynb")
    if output.resolve() == path.resolve() and not options.inplace:
        raise UsageError(f"{output}: is the notebook itself: say --inplace if you mean that")
    folder = (options.cwd or path.parent).resolve()
    for needed in (folder, output.parent):
        if not needed.is_dir():
            raise UsageError(f"{needed}: there is no such folder")
    task = _task(options.task, notebook, path, folder)
    says = [f"parameter {name!r} is not set in a cell tagged 'parameters'" for name in names]
    if task.ignored:
        says.append(f"--task has no effect: the notebook opens {task.path} itself")
    return Job(
        notebook,
        output,
        task.path,
        options.restarts,
        options.quiet,
        Setting(
            options.kernel or "",
            folder,
            _environment(path, task.passed, options.exit_on_sleep),
            to_ms(options.timeout) / 1000 if options.timeout else None,
            options.log_output,
        ),
        says,
    )


@dataclass(frozen=True, slots=True)
class TaskFile:
    """Which task file a run will open, as far as that is known before.

    Attributes:
        passed: what the kernel's `MUNDANE_TASK` shall be, None for what it is.
        path: the file, None where only the running notebook knows.
        ignored: whether `--task` has no effect, since the notebook names another file.
    """

    passed: Path | None
    path: Path | None
    ignored: bool


def _task(option: str | None, notebook: NotebookNode, path: Path, folder: Path) -> TaskFile:
    """Return the task file, by the option and by what the notebook opens (SPEC.md, Which file)."""
    passed = None if option is None else Path(option).absolute()
    code = (cell.source for cell in notebook.cells if is_run(cell))
    opened = opened_file(code)
    if opened:
        opens = folder / opened
        return TaskFile(passed, opens, passed is not None and passed != opens)
    inherited = os.environ.get(TASK_VARIABLE)  # relative to the kernel's folder
    default = None if opened is None else folder / path.with_suffix(".task.db").name
    return TaskFile(passed, passed or (folder / inherited if inherited else default), False)


def _environment(notebook: Path, task: Path | None, exit_on_sleep: str | None) -> dict[str, str]:
    """Return the kernel's environment."""
    # Jupyter Server tells a kernel its notebook so; `%mundane_open` without a file goes by it.
    own = {"JPY_SESSION_NAME": str(notebook.absolute()), RUN_VARIABLE: str(os.getpid())}
    if task is not None:
        own[TASK_VARIABLE] = str(task)
    if exit_on_sleep is not None:
        to_ms(exit_on_sleep)
        own[EXIT_VARIABLE] = exit_on_sleep
    return {**os.environ, **own}


def _read(path: Path) -> NotebookNode:
    """Return a notebook without what earlier runs left in it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cells without ids, of which nbformat makes some
            notebook: NotebookNode = nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise UsageError(f"{path}: cannot be read as a notebook: {error}") from error
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("execution", None)
    return notebook


def parameters(options: argparse.Namespace) -> dict[str, Any]:
    """Return the parameters; of those with one name, the option that is later in this order."""
    found: dict[str, Any] = {}
    for text in options.base64:
        found |= read_base64(text)
    for path in options.parameters:
        found |= read_file(path)
    for text in options.yaml:
        found |= read_yaml(text, "-y")
    found |= {name: read_value(text) for name, text in options.parameter}
    found |= dict(options.raw)
    return found


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Return the options of a command line; ends the process where it is wrong, as argparse does.

    argparse would take the value in `-p offset -1d` for an option, so values are marked as such.
    """
    marked, values = [], 0
    for word in words:
        marked.append(f"{_VALUE}{word}" if values else word)
        values = values - 1 if values else 2 * (word in _PAIRS)
    return _parser().parse_args(marked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mundane run",
        allow_abbrev=False,
        description="Run a notebook from top to bottom in a kernel of its own. Steps that are "
        "stored are restored, so a run that was killed goes on when it is started again.",
        epilog="exit codes: 0 done, 1 a cell failed, 2 usage or not a task file, 3 the kernel died "
        "too often, 75 locked or asleep: try again later, 129, 130 and 143 stopped by a signal",
    )
    add: Callable[..., Any] = parser.add_argument
    add("notebook", type=Path, metavar="NOTEBOOK")
    add("--task", metavar="FILE", help="what '%%mundane_open' without a file opens")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("-o", "--output", type=Path, metavar="OUT", help="default: NAME.out.ipynb")
    where.add_argument("--inplace", action="store_true", help="write into the notebook itself")
    lists: dict[str, Any] = {"action": "append", "default": []}
    pair = {**lists, "nargs": 2, "metavar": ("NAME", "VALUE")}
    pair["type"] = lambda word: word.removeprefix(_VALUE)
    add(*_PAIRS[:2], **pair, help="a parameter; numbers, True, False and None are read")
    add(*_PAIRS[2:], **pair, help="a parameter that is text")
    add("-y", "--yaml", **lists, metavar="YAML", help="parameters as YAML text")
    add("-b", "--base64", **lists, metavar="TEXT", help="the same, encoded in Base64")
    add("-f", "--parameters", **lists, type=Path, metavar="FILE", help="from a YAML or JSON file")
    add("--restarts", type=_count, default=1, metavar="N", help="of a kernel that died; default 1")
    add("--timeout", metavar="D", help="how long a cell may take, such as 30s, 5m, 2h")
    add("--exit-on-sleep", metavar="D", help="exit with 75 where a durable sleep is longer")
    add("--kernel", metavar="NAME", help="default: the one that the notebook names")
    add("--cwd", type=Path, metavar="FOLDER", help="the kernel's; default: the notebook's")
    add("--log-output", action="store_true", help="copy what cells show to stdout and stderr")
    add("--quiet", action="store_true", help="say nothing but one line where it goes wrong")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number


if __name__ == "__main__":
    sys.exit(main())
