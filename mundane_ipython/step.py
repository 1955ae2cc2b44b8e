"""One running step: it records the cell's body, and at its end commits, fails or lets go.

The context manager around the body that `transform` writes. Everything of the step, its row, its
record and its bundle, becomes part of the task file in one transaction, or nothing does.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from mundane import Attempt, MundaneError, SerializationError, Task
from mundane._clock import iso_now

from .bundle import VALUE_SLOT, Packer
from .capture import make_tap
from .cells import StoredCell, describe_buffers, write_cell
from .errors import NotebookStepError, shown_short
from .interrupt import InterruptGuard
from .namespace import Changes, Snapshot
from .notes import publish_note
from .outputs import CellOutputs
from .record import CellRecord, Place
from .source import CellSource
from .trust import sign
from .values import containers, is_json, module_name, reference
from .widgets import save_widgets

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
    """

    name: str
    only: tuple[str, ...] = ()
    rerun: bool = False
    quiet: bool = False


class RunningStep:
    """A step whose body runs between `__enter__` and `__exit__`.

    Args:
        shell: in which it runs.
        task: the open task.
        attempt: the step, claimed and `pending`.
        options: its first line.
        source: its body.
        key: the signing key.
        ended: called when it has ended, however.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        task: Task,
        attempt: Attempt,
        options: StepOptions,
        source: CellSource,
        key: bytes,
        ended: Callable[[], None],
    ) -> None:
        self._shell = shell
        self._task = task
        self._attempt = attempt
        self._options = options
        self._source = source
        self._key = key
        self._ended = ended
        self._tap = make_tap(shell)
        self._value: Any = _NOTHING

    def __enter__(self) -> None:
        namespace = self._shell.user_ns
        self._exit_code = namespace.pop(_EXIT_CODE, _NOTHING)
        self._before = Snapshot(namespace, self._shell.user_ns_hidden)
        # The frame of the cell itself, whose file name tells its code from everybody else's.
        self._guard = InterruptGuard(self._shell, sys._getframe(1))
        self._started_s = time.monotonic()
        self._tap.start()
        self._guard.start()

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
            self._guard.stop()
            interrupted = self._guard.cancelled(error)
            if error is None:
                _flush_figures()
            shown = self._tap.stop()
            took_ms = round((time.monotonic() - self._started_s) * 1000)
        finally:
            self._ended()
        if interrupted:
            text = "the step was interrupted; nothing of it is stored"
            raise shown_short(KeyboardInterrupt(text)) from None
        if error is None:
            self._finish(shown, took_ms)
        elif isinstance(error, Exception):
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        try:
            self._attempt.failed(error)
        except MundaneError as refusal:
            error.add_note(f"mundane could not note the failure in the task file: {refusal}")

    def _finish(self, shown: CellOutputs, took_ms: int) -> None:
        try:
            left_out = self._commit(shown, took_ms)
        except NotebookStepError as refusal:
            self._fail(refusal)
            raise shown_short(refusal) from None
        except MundaneError as refusal:
            raise shown_short(refusal) from None
        if left_out and not self._options.quiet:
            text = f"step {self._attempt.name}: stored, but for {left_out_text(left_out)}"
            publish_note(
                self._shell, text, step=self._attempt.name, event="stored", left_out=left_out
            )

    def _commit(self, shown: CellOutputs, took_ms: int) -> dict[str, str]:
        """Commit the step; return what could not be stored."""
        namespace = self._shell.user_ns
        changes = self._before.changes(namespace, self._source.bound)
        if self._exit_code is not _NOTHING:
            namespace.setdefault(_EXIT_CODE, self._exit_code)
        value = self._value
        if changes.bound and not any(o["output_type"] == "execute_result" for o in shown.outputs):
            value = _NOTHING  # silenced with `;`: neither `_` nor Out[n] has it
        sorter = _Sorter(self._bound_values(changes), value, self._options.only)
        older = self._before.older(namespace, changes)
        sorter.pack(Packer(namespace, frozenset(changes.bound), older))
        if self._options.only and sorter.left_out:
            name, reason = next(iter(sorter.left_out.items()))
            raise_failed(self._task, self._attempt, name, reason)
        bundle = sorter.packer.bundle()
        buffers: list[bytes | memoryview] = [bundle.stream, *bundle.buffers] if bundle.slots else []
        record = CellRecord(
            task_id=self._task.task_id,
            name=self._attempt.name,
            source_key=self._source.key,
            source=self._source.text,
            imports=[name for name in self._source.imports if name in sys.modules],
            row=sorter.row_shape,
            bindings=sorter.bindings,
            modules=sorter.modules,
            deleted=changes.deleted,
            left_out=sorter.left_out,
            value=sorter.value_place,
            outputs=shown.outputs,
            updates=shown.updates,
            widgets=save_widgets(shown.outputs),
            older=bundle.older if bundle.slots else [],
            slots=bundle.slots,
            buffers=describe_buffers(buffers),
            versions=_versions(bundle.slots),
            ran_at=iso_now(),
            took_ms=took_ms,
        )
        text = record.to_json()
        cell = StoredCell(text, sign(self._key, text))
        name = self._attempt.name
        self._attempt.done(
            sorter.row(bundle.sizes), also=lambda c: write_cell(c, name, cell, buffers)
        )
        return sorter.left_out

    def _bound_values(self, changes: Changes) -> dict[str, Any]:
        namespace = self._shell.user_ns
        names = self._options.only or changes.bound
        for name in names:
            if name not in namespace:
                reason = f"-o names {name!r}, which the cell does not bind"
                raise NotebookStepError(self._task.path, self._attempt.name, reason)
        return {name: namespace[name] for name in names}


class _Sorter:
    """Decides for each value of a step where it is stored: row, bundle or by a module's name."""

    packer: Packer

    def __init__(self, values: dict[str, Any], value: Any, only: tuple[str, ...]) -> None:
        self.bindings: list[tuple[str, Place]] = []
        self.modules: dict[str, str] = {}
        self.left_out: dict[str, str] = {}
        self.value_place: Place | None = None
        self._values = values
        self._value = value
        self._single = only[0] if len(only) == 1 else None
        self._json = {name: v for name, v in values.items() if is_json(v)}
        self.row_shape: Any = "value" if self._single or self._shows_only else "members"

    @property
    def _shows_only(self) -> bool:
        """Whether the cell binds nothing and ends in an expression."""
        return not self._values and self._value is not _NOTHING

    def pack(self, packer: Packer) -> None:
        """Put into the bundle what the row cannot hold, or cannot hold with its identity."""
        self.packer = packer
        for name, value in self._values.items():
            module = module_name(value)
            if module is not None:
                self.modules[name] = module
            elif name not in self._json and not self._is_plain_bytes(name, value):
                self._pack(name, value)
        for name in self._shared():
            self._pack(name, self._values[name])
        self._place_value()
        packed = {slot for slot, _ in packer.bundle().slots}
        for name in self._values:
            if name not in self.left_out:
                place: Place = "row"
                if name in self.modules:
                    place = "module"
                elif name in packed:
                    place = "bundle"
                self.bindings.append((name, place))

    def row(self, sizes: dict[str, int]) -> Any:
        """Return the value of the row: JSON, or bytes."""
        if self._shows_only:
            return self._cell_value(VALUE_SLOT, self._value, sizes)
        members = {
            name: self._cell_value(name, value, sizes) for name, value in self._values.items()
        }
        return members[self._single] if self._single else members

    def _cell_value(self, slot: str, value: Any, sizes: dict[str, int]) -> Any:
        if slot in self._json or self._is_plain_bytes(slot, value):
            return value
        if slot == VALUE_SLOT and is_json(value):
            return value
        return reference(value, sizes.get(slot, 0), self.left_out.get(slot))

    def _is_plain_bytes(self, slot: str, value: Any) -> bool:
        """Whether the value is bytes that are the row's whole value, as `task.step` stores them."""
        return type(value) is bytes and (slot == self._single or self._shows_only)

    def _pack(self, name: str, value: Any) -> None:
        refusal = self.packer.add(name, value)
        if refusal is not None:
            self.left_out[name] = refusal

    def _shared(self) -> list[str]:
        """Return the JSON names that share a list or dict with anything else that lives on."""
        owners: dict[int, set[str]] = {}
        shared: set[str] = set()
        for name, value in (*self._json.items(), (VALUE_SLOT, self._value)):
            seen: set[int] = set()
            for box in containers(value):
                if id(box) in seen:
                    shared.add(name)
                seen.add(id(box))
            for identity in seen:
                owners.setdefault(identity, set()).add(name)
        for names in owners.values():
            if len(names) > 1:
                shared |= names
        for name, value in self._json.items():
            if name not in shared and self.packer.holds(id(box) for box in containers(value)):
                shared.add(name)
        return [name for name in self._json if name in shared]

    def _place_value(self) -> None:
        value = self._value
        if value is _NOTHING or value is None:
            return
        if self._shows_only and (is_json(value) or type(value) is bytes):
            boxes = (id(box) for box in containers(value))
            if not self.packer.holds(boxes):
                self.value_place = "row"
                return
        if self.packer.add(VALUE_SLOT, value) is None:
            self.value_place = "bundle"


def raise_failed(task: Task, attempt: Attempt, name: str, reason: str) -> None:
    """Mark the step failed, for a named value that cannot be stored, and raise the error."""
    error = SerializationError(task.path, attempt.name, f"$.{name}", reason)
    attempt.failed(error)
    raise error


def left_out_text(left_out: dict[str, str]) -> str:
    """Return `conn (TypeError: cannot pickle ...)` for each value that could not be stored."""
    return ", ".join(f"{name} ({reason})" for name, reason in left_out.items())


def _flush_figures() -> None:
    """Show matplotlib's open inline figures, which its own hook would show after the commit."""
    backend = sys.modules.get("matplotlib_inline.backend_inline")
    if backend is not None:
        backend.flush_figures()


def _versions(slots: list[tuple[str, int]]) -> dict[str, str]:
    """Return the versions on which loading the bundle may depend, of what is loaded."""
    versions = {"python": platform.python_version()}
    for package in ("cloudpickle", "numpy", "pandas", "sklearn") if slots else ():
        module = sys.modules.get(package)
        if module is not None:
            versions[package] = str(getattr(module, "__version__", "unknown"))
    return versions
