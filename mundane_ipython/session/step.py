"""One running step: it records the cell's body, and at its end commits, fails or lets go.

The context manager around the body that `transform` writes. Everything of the step, its row, its
record and its bundle, becomes part of the task file in one transaction, or nothing does.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from mundane import Attempt, MundaneError, SerializationError
from mundane.tools import iso_now

from ..adapter.rules import before_commit
from ..ambient.state import changed_state, read_state
from ..ambient.stored import to_store
from ..display.bars import bytes_bar
from ..display.stored_note import say_stored
from ..errors import NotebookStepError, shown_short
from ..inputs.own_modules import used_modules
from ..inputs.staleness import Inputs
from ..namespace.monkeypatches import LibraryWatch
from ..namespace.mutation import Watch
from ..namespace.reach import reachable_names
from ..namespace.snapshot import Snapshot
from ..outputs.capture import make_tap
from ..outputs.fold import NO_VALUE, CellOutputs
from ..pickling.placement import Outcome
from ..source.cell import CellSource
from ..taskfile.earlier import EarlierRun
from ..taskfile.tables import write_cell
from .cell_result import CellResult
from .interrupt import InterruptGuard
from .open_task import OpenTask

# Set by `!command`; a step must see whether it was set anew, even to what it was.
_EXIT_CODE = "_exit_code"
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class StepOptions:
    """The first line of a `%%step` cell.

    Attributes:
        name: the step's name.
        only: names to store, from `-o`; empty for all that the cell binds.
        rerun: run the cell although it is stored.
        quiet: show no note.
        on_change: what to do with a stale step: warn, rerun or error; None for the default.
    """

    name: str
    only: tuple[str, ...] = ()
    rerun: bool = False
    quiet: bool = False
    on_change: str | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """The cell that used a step's name in this pass.

    Attributes:
        source_key: of its body.
        cell_id: as the front end names it, or None.
        prompt: its execution count, the n of In[n].
    """

    source_key: str
    cell_id: str | None
    prompt: int

    def is_same_cell(self, other: Owner) -> bool:
        """Return whether two runs were of one cell: the same code, or the front end's same id."""
        return self.source_key == other.source_key or (
            other.cell_id is not None and self.cell_id == other.cell_id
        )


class RunningStep:
    """A step whose body runs between `__enter__` and `__exit__`.

    Args:
        shell: in which it runs.
        opened: the open task.
        options: its first line.
        source: its body.
        max_output_bytes: how much of what it shows is stored.
        replaces: whether it runs although it was stored.
        ended: called with it when it is settled.

    Attributes:
        attempt: the step, claimed and `pending`; to be set before the body runs.
        earlier: what it had stored, where it runs although it was stored.
        has_ended: whether the body has.
    """

    attempt: Attempt

    def __init__(  # noqa: PLR0913 (one kernel's objects)
        self,
        shell: InteractiveShell,
        opened: OpenTask,
        options: StepOptions,
        source: CellSource,
        *,
        max_output_bytes: int,
        replaces: bool,
        ended: Callable[[RunningStep], None],
    ) -> None:
        self._shell = shell
        self._opened = opened
        self._task = opened.task
        self._options = options
        self._source = source
        self._max_output_bytes = max_output_bytes
        self._replaces = replaces
        self._ended = ended
        self._tap = make_tap(shell)
        self._value: Any = NO_VALUE
        self._guard: InterruptGuard | None = None
        self._exit_code: Any = _NOTHING
        self._outcome: Outcome | None = None
        self.earlier: EarlierRun | None = None
        self._is_settled = False
        self.has_ended = False

    def look(self) -> None:
        """Look at what is there before the body runs."""
        namespace = self._shell.user_ns
        self._opened.provenance.put_back(self.name, namespace)
        self._before = Snapshot(namespace, self._shell.user_ns_hidden)
        self._before.values.pop(_EXIT_CODE, None)
        self._watch = Watch(namespace, self._before.values, self._source)
        self._libraries = LibraryWatch(namespace, self._source)
        self._inputs = self._read_inputs()
        self._ambient = read_state(self._before.values.values())

    def __enter__(self) -> None:
        try:
            # The frame of the cell itself, whose file name tells its code from everybody else's.
            self._start(sys._getframe(1))
        except BaseException:  # such as an interrupt: there will be no __exit__
            self.settle()
            raise

    def _start(self, cell: FrameType) -> None:
        self._exit_code = self._shell.user_ns.pop(_EXIT_CODE, _NOTHING)
        self._guard = InterruptGuard(self._shell, cell)
        self._claims, self._started_at = self._task.claims, iso_now()
        self._started_s = time.monotonic()
        self._tap.start()
        self._guard.start()

    def _read_inputs(self) -> Inputs:
        """Return what the cell depends on; not what it binds itself, which an earlier try left."""
        namespace, source, names = self._shell.user_ns, self._source, self._watch.reachable
        if source.dynamic and source.mentioned is not None:
            read = (source.read | source.mentioned) - {"get_ipython"}
            names &= reachable_names(read, namespace)
        bound_first = source.bound_before_read(names)
        if bound_first:
            read = source.read - bound_first
            names &= reachable_names(read, namespace, dynamic=source.dynamic)
            names -= bound_first if source.dynamic else frozenset()
        self._read = names
        return self._opened.provenance.inputs(names, namespace, self.name)

    @property
    def name(self) -> str:
        """The step's name."""
        return self._options.name

    def show(self, value: Any) -> None:
        """Display an expression's value as IPython does, and keep it."""
        self._value = value
        sys.displayhook(value)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.has_ended = True
            assert self._guard is not None  # by __enter__
            self._guard.stop()
            interrupted = self._guard.cancelled(error)
            self._guard.hide_frames(trace)
            if error is None:
                before_commit()
            shown = self._tap.stop()
            took_ms = round((time.monotonic() - self._started_s) * 1000)
            if interrupted:
                text = "the step was interrupted; nothing of it is stored"
                raise shown_short(KeyboardInterrupt(text)) from None
            if error is None:
                self._finish(shown, took_ms)
            elif isinstance(error, Exception):
                self._fail(error)
        finally:
            self.settle()

    def settle(self) -> None:
        """Note what has become of the step and of what it changed, whatever has ended it.

        An interrupt may end this as well, or come before it: it is called again then
        (`running.RunningSteps`). Idempotent.
        """
        if self._is_settled:
            return
        if self._guard is not None:
            self._guard.stop()
        self._tap.abandon()
        self.attempt.let_go()
        namespace = self._shell.user_ns
        if self._exit_code is not _NOTHING:
            namespace.setdefault(_EXIT_CODE, self._exit_code)
        if not self._task.closed:
            is_stored = self._task.status(self.name) == "done"
            if self._outcome is None or not is_stored:
                self._note_changes()
            else:
                self._note_stored(self._outcome)
        self._is_settled = True
        self._ended(self)

    def _fail(self, error: Exception) -> None:
        try:
            self.attempt.failed(error)
        except MundaneError as refusal:
            error.add_note(f"mundane could not note the failure in the task file: {refusal}")

    def _note_changes(self) -> None:
        """Note what the step has changed in place although nothing of it is stored."""
        namespace = self._shell.user_ns
        changes = self._before.changes(namespace, ())
        kept = self._before.older(namespace, changes)
        parted = self._before.parted(namespace)
        changed = self._watch.mutations(kept, parted=parted).changed
        self._opened.provenance.note_failed(
            self.name,
            [*changed, *self._not_bound_again(changes.bound)],
            self._changed_state(),
            namespace,
            changes.deleted,
        )

    def _not_bound_again(self, bound: Iterable[str]) -> list[str]:
        """Return names that the cell bound as `globals()` and `import *` do.

        Its next run may leave them as they are, and nothing then tells that they are its own.
        """
        return [name for name in bound if name not in self._source.bound]

    def _changed_state(self) -> dict[str, Any]:
        again = self._opened.provenance.ambient_of(self.name)
        values = self._shell.user_ns.values()
        return changed_state(self._ambient, values, again, self._source.text)

    def _finish(self, shown: CellOutputs, took_ms: int) -> None:
        try:
            self._commit(shown, took_ms)
        except MundaneError as refusal:
            if isinstance(refusal, (NotebookStepError, SerializationError)):
                self._fail(refusal)
            raise shown_short(refusal) from None

    def _note_stored(self, outcome: Outcome) -> None:
        """Note where the values in the namespace come from; say what was not stored."""
        name, stored, namespace = self.name, outcome.stored, self._shell.user_ns
        provenance = self._opened.provenance
        provenance.set_finished(name, self._opened.cells.finished_at(name))
        provenance.note(
            name,
            stored.values.keys() - stored.lost.keys(),
            [*outcome.changed, *self._not_bound_again(stored.values)],
            outcome.ambient,
            namespace,
            self._before.values,
            stored.left_out,
            outcome.record.deleted,
        )
        if not self._options.quiet:
            say_stored(self._shell, name, outcome, self._max_output_bytes)

    def _commit(self, shown: CellOutputs, took_ms: int) -> None:
        """Commit the step."""
        name, limit = self.name, self._max_output_bytes
        result = self._result()
        ambient = self._changed_state()
        process, elsewhere = to_store(ambient)
        result.pack(self._value, shown, elsewhere)
        stored = result.stored
        inputs = self._inputs
        inputs.modules = used_modules(self._source, self._read, self._shell.user_ns)
        record = result.record(shown, inputs, process, limit, took_ms)
        row, buffers = stored.row(), stored.buffers()
        if self.earlier is not None:
            record.since = self.earlier.since(record, row)
        stored.of_libraries = self._libraries.changed()
        stored.unreadable_calls = self._libraries.unreadable_calls()
        stored.cut_outputs = record.outputs != shown.outputs
        stored.not_run = self._not_run() if self._replaces else []
        cell = self._opened.sign(name, record.to_json())
        size = 0 if self._options.quiet else record.bundle_bytes
        self._outcome = Outcome(stored, record, result.mutations.changed, ambient)
        with bytes_bar(self._shell, name, "storing", size) as tick:
            self.attempt.done(
                row,
                also=lambda c: write_cell(c, name, cell, buffers, tick, self._task.write_out),
            )

    def _result(self) -> CellResult:
        only, namespace = self._options.only, self._shell.user_ns
        parts = self._source, self._before, self._watch
        return CellResult(self._opened, self.name, only, *parts, namespace)

    def _not_run(self) -> list[str]:
        """Return the steps within the cell that it did not run, though it was run again itself."""
        used = self._task.used(since=self._claims)
        return [n for n in self._opened.cells.begun_before(self._started_at) if n in used]
