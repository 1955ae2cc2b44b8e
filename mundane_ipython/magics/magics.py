"""The magics: their options, their help, and the one line each says. Decides nothing itself."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Callable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import (
    Magics,
    cell_magic,
    line_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)
from IPython.core.magic_arguments import argument, magic_arguments
from traitlets import Bool, Enum, Int

from mundane import MundaneError, StepFailedError
from mundane.tools import SYSTEM

from ..display.hints import NameErrorHints
from ..display.notes import listed, publish_note, sleep_text
from ..errors import shown_short
from ..session.session import Session, bind_as
from ..session.sleep import sleep_in_cell
from ..session.step import RunningStep, StepOptions
from ..source.transform import HOOK
from ..taskfile.locate import find_task_file
from .completion import MagicCompleter
from .line import check_variable, evaluate_step, fill_in

if TYPE_CHECKING:
    from ..report.table import Table

# A note names so many steps.
_MAX_NAMES = 10
POLICIES = ("warn", "rerun", "error")
# What is to be said of a word too many: nearly always a space where none belongs.
_HINTS = {
    "line_step": ": a name has no spaces, such as 'my-step', and -o lists its names without "
    "spaces, '-o a,b'",
    "mundane_open": ": a path with spaces stands in quotes",
    "mundane_sleep": ": a name has no spaces, such as 'my-sleep', nor has a duration, '2h'",
}


@magics_class
class MundaneMagics(Magics):
    """`%%step`, `%step` and the `%mundane_...` magics.

    Attributes:
        session: what the magics act on.
        hints: the shell's hints on names that could not be stored.
        completer: completes our magics' lines by Tab.
        on_change, quiet, output_limit_mib: traits, set as `c.MundaneMagics.on_change` and so on.
    """

    hints: NameErrorHints
    completer: MagicCompleter
    on_change = Enum(POLICIES, "warn", help="stale steps: warn, rerun or error").tag(config=True)
    quiet = Bool(False, help="whether steps show no notes, but for stale ones").tag(config=True)
    output_limit_mib = Int(64, min=0, help="how much of what one step shows is stored, in MiB").tag(
        config=True
    )

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.session = Session(shell, self)
        self._ip = shell
        magics = (self.mundane_open, self.mundane_sleep, self.mundane_steps, self.mundane_forget)
        parsers = {f"%{magic.__name__}": magic.parser for magic in magics}
        parsers |= {
            "%%step": self.line_step.parser,
            "%step": argparse.ArgumentParser(add_help=False),
        }
        self.completer = MagicCompleter(shell, parsers, self.session.step_names)

    @magic_arguments("%step")
    @argument("name", help="the step's name: ASCII letters, digits, '.', '_', '-'")
    @argument("-o", "--only", metavar="NAMES", help="store only these names, e.g. -o model,score")
    @argument("--rerun", action="store_true", help="run the cell although it is stored")
    @argument("--quiet", action="store_true", help="show no note, unless the step is stale")
    @argument("--on-change", choices=POLICIES, help="what to do where the stored step is stale")
    @no_var_expand
    @needs_local_scope
    @line_magic("step")  # type: ignore[arg-type]  # IPython annotates it for no function
    def line_step(self, line: str, local_ns: dict[str, Any] | None = None) -> Any:
        """A durable step: run once, stored, and restored by every later run.

        As a cell magic, the whole cell is the step; its variables and outputs are stored::

            %%step fetch
            data = download()

        Run the cell again, in this kernel or another, and they come back without it. Store only
        some names; run it although it is stored; or let it run by itself when its code, an input
        or an earlier step has changed::

            %%step train -o model,score
            %%step train --rerun
            %%step train --on-change rerun

        As a line magic, one expression is the step, and its value is JSON or bytes::

            user = %step fetch-user get_user(42)

        `%mundane_open FILE` comes first. `%mundane_steps` shows what is stored.
        """
        name, _, expression = line.strip().partition(" ")
        if not expression.strip():
            raise UsageError("%step NAME EXPRESSION, or %%step NAME on the first line of a cell")
        task = self._refusals(self.session.need_task)
        # In a loop: item-{i}. The expression's braces are Python's.
        name = fill_in(name, self._names(local_ns))
        try:
            return task.step(name, evaluate_step(self._ip, name, expression.strip(), local_ns))
        except StepFailedError:
            raise
        except MundaneError as error:
            raise shown_short(error)  # noqa: B904 (raised again as it is)

    @cell_magic("step")  # type: ignore[arg-type]  # as above
    @no_var_expand
    def cell_step(self, line: str, cell: str) -> None:
        """Run a cell as a step where the magic is called by hand; a typed cell never comes here."""
        if getattr(self._ip, HOOK, None) is not self:  # without its transformer it would come back
            raise UsageError("%%step: the extension was unloaded; run '%load_ext mundane_ipython'")
        result = self._ip.run_cell(f"%%step {line}\n{cell}", store_history=False)
        result.raise_error()

    # What `%%step?` shows: the options and both forms.
    cell_step.__doc__ = line_step.__doc__

    @magic_arguments()
    @argument("file", nargs="?", help="the task file; made where it is missing")
    @argument("--as", dest="name", help="bind the open mundane.Task to this name")
    @argument("--trust", action="store_true", help="take somebody else's file for your own")
    @argument("--on-change", choices=POLICIES, help="what to do with steps that are stale")
    @no_var_expand
    @needs_local_scope
    @line_magic
    def mundane_open(self, line: str, local_ns: dict[str, Any] | None = None) -> None:
        """Open a task file for this kernel's steps, or start a new pass of the one that is open.

        Without a file: the one that MUNDANE_TASK names, else <notebook>.task.db::

            %mundane_open
            %mundane_open report.task.db --on-change rerun
            %mundane_open report.task.db --as task
        """
        # Not by IPython, which leaves a line as it is where a variable is missing.
        options = self._parse(self.mundane_open, fill_in(line, self._names(local_ns)))
        if options.name:
            check_variable(options.name)
        path = os.path.expanduser(options.file or "") or find_task_file(self._ip)
        task = self._refusals(lambda: self.session.open(path))
        self.session.on_change = options.on_change
        if options.name:
            bind_as(self._ip, options.name, task)
        trusted = self._refusals(self.session.trust) if options.trust else []
        parts = [f"{task.path}: {_count_text(task.counts())}"]
        if trusted:
            parts.append(f"{len(trusted)} of somebody else's are trusted from here on")
        publish_note(self._ip, ", ".join(parts), event="opened", path=task.path)

    @magic_arguments()
    @argument("name", help="the sleep's name")
    @argument("duration", help="500ms, 30s, 5m, 2h, 1d")
    @line_magic
    def mundane_sleep(self, line: str) -> None:
        """Sleep until a time that is stored: a kernel that died meanwhile sleeps only the rest.

        For example::

            %mundane_sleep cool-down 2h
        """
        options = self._parse(self.mundane_sleep, line)
        task = self._refusals(self.session.need_task)
        self._refusals(lambda: sleep_in_cell(self._ip, task, options.name, options.duration))

    @magic_arguments()
    @argument("--all", action="store_true", help="each step, and each item of a map")
    @line_magic
    def mundane_steps(self, line: str) -> Table:
        """Show the open task's steps: when each ran, how long, what it takes, and what is stale.

        A map of many items is one line, unless all are asked for::

            %mundane_steps --all
        """
        from ..report.steps import read_outline
        from ..report.table import (  # here: it takes 10 ms, and most kernels never show one
            MAX_ROWS,
            Table,
        )

        every = self._parse(self.mundane_steps, line).all
        opened = self._refusals(self.session.need_opened)
        with self._refusals(opened.read) as view:
            stale, running = self.session.stale, opened.task.running()
            most = None if every else MAX_ROWS
            return Table(read_outline(view, stale, running, most=most, every=every))

    @line_magic
    def mundane_status(self, line: str) -> None:
        """Say which task file is open and how far the task is."""
        task = self._refusals(self.session.need_task)
        from ..report.steps import read_stale_and_sleeps

        with self._refusals(self.session.need_opened().read) as view:
            stale, asleep = read_stale_and_sleeps(view, self.session.stale)
        now_ms = SYSTEM.now_ms()
        sleeps = (f"; {step.name} {sleep_text(step, now_ms)}" for step in asleep)
        counted = _count_text(task.counts(), stale) + "".join(islice(sleeps, _MAX_NAMES))
        text = f"{task.path}: {counted} (task {task.task_id})"
        publish_note(self._ip, text, event="status", path=task.path)

    @magic_arguments()
    @argument("names", nargs="*", help="steps to forget")
    @argument("--from", dest="first", metavar="NAME", help="this and all first started after it")
    @line_magic
    def mundane_forget(self, line: str) -> None:
        """Remove steps from the task file, so that their cells run again.

        For example::

            %mundane_forget train evaluate
            %mundane_forget pages.*
            %mundane_forget --from train
        """
        options = self._parse(self.mundane_forget, line)
        if not options.names and not options.first:
            raise UsageError("%mundane_forget NAME... or %mundane_forget --from NAME")
        task = self._refusals(self.session.need_task)
        names = self._refusals(lambda: task.names_like(*options.names))
        if options.first:
            names += self._refusals(lambda: task.names_from(options.first))
        forgotten = self._refusals(lambda: self.session.forget(names))
        text = f"{task.path}: forgot {listed(forgotten, _MAX_NAMES)}; their cells run again"
        publish_note(self._ip, text, event="forgot", names=forgotten)

    @line_magic
    def mundane_close(self, line: str) -> None:
        """Close the task file, so that another process may open it."""
        task = self.session.task
        self._refusals(self.session.refuse_in_step)
        self.session.close()
        text = "no task file is open" if task is None else f"{task.path}: closed"
        publish_note(self._ip, text, event="closed", path=task and task.path)

    # The hook of transformed cells (transform.HOOK).

    def __call__(self, line: str) -> NoReturn:
        """Refuse: the marker of a step cell was reached without the wrapper around its body."""
        raise RuntimeError(
            f"%%step {line}: the cell was not transformed, and nothing of it has run: "
            "run '%reload_ext mundane_ipython'"
        )

    def begin(self, line: str, key: str) -> bool:
        """Return whether the body of a `%%step LINE` cell shall run."""
        if "{" in line or "$" in line:
            line = fill_in(line, self._ip.user_ns)
        return self.session.begin(self._step_options(line), key)

    def attend(self, key: str) -> None:
        """Bring the values that wait, before a plain cell's own code, and look at them."""
        self.session.attend(key)

    def running(self) -> RunningStep:
        """Return the context of the body."""
        return self.session.running()

    def show(self, value: Any) -> None:
        """Display the value of an expression of the body."""
        self.session.show(value)

    def _names(self, local_ns: Mapping[str, Any] | None) -> dict[str, Any]:
        return {**self._ip.user_ns, **(local_ns or {})}

    def _step_options(self, line: str) -> StepOptions:
        options = self._parse(self.line_step, line)
        only = tuple(name for name in (options.only or "").replace(",", " ").split() if name)
        return StepOptions(options.name, only, options.rerun, options.quiet, options.on_change)

    def _parse(self, magic: Callable[..., Any], line: str) -> argparse.Namespace:
        # Not `parse_argstring`, which leaves the quotes of a quoted argument in place.
        try:
            words = shlex.split(line)
        except ValueError as error:
            raise UsageError(f"{error}: {line}") from None
        parser = magic.parser  # type: ignore[attr-defined]  # set by @magic_arguments
        options: argparse.Namespace
        options, left_over = parser.parse_known_args(words)
        if left_over:
            hint = "" if left_over[0].startswith("-") else _HINTS.get(magic.__name__, "")
            raise UsageError(f"unrecognized arguments: {' '.join(left_over)}{hint}")
        return options

    def _refusals(self, call: Callable[[], Any]) -> Any:
        """Call, and show our own refusals in one line."""
        try:
            return call()
        except MundaneError as error:
            raise shown_short(error)  # noqa: B904 (raised again as it is)


def _count_text(counts: Mapping[str, int], stale: int = 0) -> str:
    if not sum(counts.values()):
        return "no steps yet"
    of_done = f" ({stale} stale)" if stale else ""
    parts = [
        f"{count} {status}{of_done if status == 'done' else ''}"
        for status, count in counts.items()
        if count
    ]
    return f"steps {', '.join(parts)}"
