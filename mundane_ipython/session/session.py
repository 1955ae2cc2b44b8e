"""The open task of one kernel, and what becomes of each `%%step` cell: run, restore or refuse."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

from mundane import Attempt, DuplicateStepError, LockedError, MundaneError, Task

from ..adapter.registry import take_faults
from ..display.bars import items_bar
from ..display.notes import local_time, publish_note, say_faults
from ..errors import NoOpenTaskError, NotebookStepError, StaleStepError, shown_short
from ..inputs.plain_cells import PlainCells
from ..outputs.capture import current_request
from ..source.cell import CellSource
from ..taskfile.tables import count_attempt
from .deferred import Deferred
from .open_task import OpenTask, open_task
from .running_steps import RunningSteps
from .step import Owner, RunningStep, StepOptions

# Nobody looks through a longer menu.
_MENU_NAMES = 1000


class Settings(Protocol):
    """What IPython's configuration says; read when a step needs it.

    Attributes:
        on_change: what becomes of a stale step where nothing else says: warn, rerun or error.
        quiet: whether steps show no notes, but for stale ones.
        output_limit_mib: how much of what one step shows is stored, in MiB.
    """

    on_change: str
    quiet: bool
    output_limit_mib: int


class Session:
    """What a shell remembers between cells.

    Args:
        shell: of this kernel.
        settings: its configuration.

    Attributes:
        sources: analyses of transformed cells by key, from `transform.StepWrapper`.
        on_change: what `%mundane_open` said of stale steps, None for nothing.
        deferred: values of restored steps that wait until a cell may need them.
        left_out: names that restored steps could not store, with the step and the reason.
        stale: reasons why steps that this pass restored are stale, by step.
    """

    def __init__(self, shell: InteractiveShell, settings: Settings) -> None:
        self.sources: dict[str, CellSource] = {}
        self.on_change: str | None = None
        self.deferred = Deferred(shell)
        self.left_out: dict[str, tuple[str, str]] = {}
        self.stale: dict[str, list[str]] = {}
        self._shell = shell
        self._settings = settings
        self._opened: OpenTask | None = None
        self._running = RunningSteps()
        self._owners: dict[str, Owner] = {}
        self._used_by_cell: dict[str, set[str]] = {}
        self._used_before: list[tuple[str, int]] = []
        self._plain_cells = PlainCells()

    # The task.

    def open(self, path: str) -> Task:
        """Open a task file, or start a new pass of the one that is open already.

        Raises:
            NotebookStepError: a step's cell runs, and another file is open.
            LockedError, SchemaError, StorageError: see `mundane.open`; what was open stays open.
        """
        opened = self._opened
        if opened is None or not opened.is_at(path):
            self.refuse_in_step()
            try:
                opened = open_task(path)
            except MundaneError as error:
                self._add_hints(error)
                raise
            try:
                self.close()
            except BaseException:  # such as an interrupt: the file would stay locked
                opened.task.close()
                raise
            self._opened = opened
            opened.task.show_progress = partial(items_bar, self._shell)
        opened.task.release()
        self._start_pass()
        return opened.task

    def refuse_in_step(self) -> None:
        """Refuse to close the task while a step's cell runs, which could not be stored then.

        Raises:
            NotebookStepError: one runs.
        """
        if self._running:
            reason = "its cell runs and needs the task file: open and close files in other cells"
            raise NotebookStepError(self.need_task().path, self._running.innermost.name, reason)

    def close(self) -> None:
        """Close the open task, if any; a step that runs is not stored."""
        if self._opened is not None:
            self._opened.task.close()
        self._opened = None
        self._start_pass()

    @property
    def task(self) -> Task | None:
        """The open task, or None."""
        return None if self._opened is None else self._opened.task

    def need_task(self) -> Task:
        """Return the open task.

        Raises:
            NoOpenTaskError: there is none.
        """
        return self.need_opened().task

    def need_opened(self) -> OpenTask:
        """Return the open task with what belongs to it; raise as `need_task` does."""
        if self._opened is None:
            raise NoOpenTaskError
        return self._opened

    def step_names(self, kind: str) -> list[str]:
        """Return the names of the newest rows of a kind, `step`, `sleep` or "" for all."""
        return [] if self._opened is None else self._opened.cells.step_names(kind, _MENU_NAMES)

    def trust(self) -> list[str]:
        """Sign every record with the user's key; return those that were somebody else's."""
        return self.need_opened().sign_foreign()

    def forget(self, names: Iterable[str]) -> list[str]:
        """Remove steps and their records, so that their cells run again; return their names.

        Raises:
            UnknownStepError: one of them is not in the file; nothing is removed.
        """
        names = list(dict.fromkeys(names))
        self.need_task().forget(*names)
        self.need_opened().cells.forget(names)
        for name in names:
            self._owners.pop(name, None)
            self.stale.pop(name, None)
        return names

    # Step cells, in the order in which a transformed cell calls these.

    def begin(self, options: StepOptions, key: str) -> bool:
        """Return whether the cell's body shall run; a stored step is restored here instead.

        Raises:
            NoOpenTaskError: no task is open.
            DuplicateStepError: another cell used the name in this pass.
            StaleStepError: what it depended on has changed, and the policy is `error`.
            MundaneError: what `Task.begin` and `Restorer.restore` raise.
        """
        try:
            return self._begin(options, self.sources.pop(key))
        except MundaneError as error:
            raise shown_short(error)  # noqa: B904 (raised again as it is)

    def attends(self) -> bool:
        """Return whether a plain cell shall call `attend` first: values wait, or are there.

        Not so the code that a magic runs within a cell, which has begun already.
        """
        if self._opened is None:
            return False
        begins = self._plain_cells.are_awaited and not self._running
        return len(self.deferred) > 0 or (begins and self._opened.provenance.has_results)

    def attend(self, key: str) -> None:
        """Bring the values of restored steps that wait, and look at them: a plain cell begins."""
        source = self.sources.pop(key)
        self.deferred.load()
        if self._opened is not None:
            self._plain_cells.begins(self._shell.user_ns, self._opened.provenance, source)

    def running(self) -> RunningStep:
        """Return the step that `begin` said shall run: the context of its body."""
        return self._running.innermost

    def show(self, value: Any) -> None:
        """Display the value of an expression of the running step."""
        self._running.innermost.show(value)

    # Events of the shell.

    def before_cell(self, info: ExecutionInfo) -> None:
        """Note which names are used before a cell; a cell that runs again may use its own again."""
        self._running.settle_from(len(self._used_before) + 1)
        self._plain_cells.starts()
        if self.task is None or info.raw_cell is None:
            self._used_before.append(("", 0))
            return
        cell = self._cell_key(info.raw_cell)
        own = self._used_by_cell.pop(cell, set()) - self._owners.keys()
        self.task.release(own)
        self._used_before.append((cell, self.task.claims))

    def after_cell(self, result: ExecutionResult | None) -> None:
        """Note which names the cell used by `task.step`, and which results a plain one changed."""
        self._running.settle_from(len(self._used_before))
        self._plain_cells.ends()
        if not self._settings.quiet:
            say_faults(self._shell, take_faults())
        cell, before = self._used_before.pop() if self._used_before else ("", 0)
        if self.task is None or not cell:
            return
        new = set(self.task.used(since=before) - self._owners.keys())
        if result is None or result.error_in_exec is not None:  # None: interrupted before it ran
            # It will be mended and run again, and nothing tells that it is the same cell then.
            self.task.release(new)
        elif new:
            self._used_by_cell[cell] = new

    def _begin(self, options: StepOptions, source: CellSource) -> bool:
        opened = self.need_opened()
        name = options.name
        self._running.settle_ended()
        options = replace(options, quiet=options.quiet or self._settings.quiet)
        owner = Owner(source.key, self._cell_id(), self._shell.displayhook.prompt_count)
        self._release_from(name, owner, options)
        self._take_over(opened, name, owner)
        replaces = opened.task.status(name) == "done"
        step = RunningStep(
            self._shell,
            opened,
            options,
            source,
            max_output_bytes=self._settings.output_limit_mib << 20,
            replaces=replaces,
            ended=self._running.remove,
        )
        runs = options.rerun or not replaces
        if runs:
            self.deferred.load()
            # Before the step is claimed: IPython's history is being written to the disk as yet,
            # and two that sync at once take longer.
            step.look()
        if options.rerun and replaces:
            step.earlier = opened.earlier(name)
        step.attempt = self._claim(opened, step, options, source)
        self._owners[name] = owner
        if step.attempt.stored:
            return False
        self.stale.pop(name, None)
        if not runs:
            try:
                step.look()
            except BaseException:  # such as an interrupt: it will not run
                step.attempt.let_go()
                raise
        self._running.add(step, len(self._used_before))
        return True

    def _claim(
        self, opened: OpenTask, step: RunningStep, options: StepOptions, source: CellSource
    ) -> Attempt:
        """Return the step's attempt: stored, and restored by now, or to be run."""
        task, name = opened.task, options.name
        # It is one more attempt at the same value where the last one came to none.
        status = task.status(name)
        count = partial(count_attempt, name=name, again=status in ("pending", "failed"))
        stored_at = opened.cells.finished_at(name) if options.rerun and status == "done" else ""
        attempt = task.begin(name, rerun=options.rerun, also=count)
        if stored_at:
            self._say_rerun(
                options, [f"--rerun; what it stored {local_time(stored_at)} is dropped"]
            )
        try:
            if attempt.stored and not self._restore(opened, attempt, options, source):
                step.earlier = opened.earlier(name)
                task.release([name])
                attempt = task.begin(name, rerun=True, also=count)
        except MundaneError:
            # The cell did nothing, so the name is not its own: it may be mended, or another's.
            task.release([name])
            raise
        return attempt

    def _restore(
        self, opened: OpenTask, attempt: Attempt, options: StepOptions, source: CellSource
    ) -> bool:
        """Restore a stored step; return False where it is stale and shall run again instead."""
        from .restore import Restorer  # here: a first run needs nothing of it

        restorer = Restorer(self._shell, opened, self.deferred)
        found = restorer.find(attempt.name)
        stale = [] if found is None else restorer.stale(found, options, source)
        policy = options.on_change or self.on_change or self._settings.on_change
        if stale and policy == "rerun":
            self.deferred.load()
            self._say_rerun(options, stale)
            return False
        if stale and policy == "error":
            raise StaleStepError(
                opened.task.path,
                attempt.name,
                f"{'; '.join(stale)}: '%%step {attempt.name} --rerun' runs it again, "
                "'--on-change warn' restores it",
            )
        restorer.restore(attempt, found, options, source, stale)
        for name, reason in () if found is None else found.record.left_out.items():
            self.left_out[name] = (attempt.name, reason)
        self.stale[attempt.name] = stale
        return True

    def _say_rerun(self, options: StepOptions, why: list[str]) -> None:
        """Say that a stored step runs all the same."""
        if not options.quiet:
            text = f"step {options.name}: runs again ({'; '.join(why)})"
            publish_note(self._shell, text, step=options.name, event="rerun", why=why)

    def _release_from(self, name: str, owner: Owner, options: StepOptions) -> None:
        """Let the same cell use its name again in this pass; refuse it to another cell."""
        task = self.need_task()
        previous = self._owners.get(name)
        if previous is None:
            return
        if not previous.is_same_cell(owner) and not options.rerun and task.status(name) == "done":
            raise DuplicateStepError(
                task.path,
                name,
                f"by the cell In[{previous.prompt}]: give this one another name; or, where it "
                f"replaces that one, add --rerun or run '%mundane_forget {name}'",
            )
        task.release([name])

    def _take_over(self, opened: OpenTask, name: str, owner: Owner) -> None:
        """Let a step have what its cell changed under another name, when it came to no value."""
        for other, previous in self._owners.items():
            same = other != name and previous.is_same_cell(owner)
            if same and opened.task.status(other) in ("failed", "pending"):
                opened.provenance.take_over(other, name)

    def _add_hints(self, error: MundaneError) -> None:
        """Tell what a notebook's user can do about a file that does not open, and what is open."""
        if isinstance(error, LockedError) and error.pid != os.getpid():
            error.add_note("Where a notebook has it open: run '%mundane_close' there.")
        if self.task is not None and not self.task.closed:
            error.add_note(f"{self.task.path} stays open.")

    def _start_pass(self) -> None:
        # Another task counts its claims anew.
        self._used_before = [(cell, 0) for cell, _ in self._used_before]
        self._owners.clear()
        self._used_by_cell.clear()
        self.deferred.clear()
        self.left_out.clear()
        self.stale.clear()

    def _cell_id(self) -> str | None:
        cell_id = (current_request(self._shell).get("metadata") or {}).get("cellId")
        return cell_id if isinstance(cell_id, str) else None

    def _cell_key(self, raw_cell: str) -> str:
        """Return what tells a cell from others: the front end's id, else its text."""
        return self._cell_id() or hashlib.sha256(raw_cell.encode("utf-8", "replace")).hexdigest()


def bind_as(shell: InteractiveShell, name: str, task: Task) -> None:
    """Bind the open task to a name of the user namespace, where it is no part of any step."""
    shell.user_ns[name] = task
    shell.user_ns_hidden[name] = task
