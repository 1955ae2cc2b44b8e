"""Restoring a stored step in its cell: names, deletions, outputs, the last value, and the note.

Everything is loaded and checked before anything is touched: a restore happens whole or not at all.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from mundane import Attempt

from .ambient import process_state, restore_state
from .bars import bytes_bar
from .bundle import AMBIENT_SLOT, VALUE_SLOT, Bundle, other_versions, unpack
from .errors import BundleError, RowMismatchError
from .notes import publish_note, restored_text
from .opened import OpenTask
from .outputs import CellOutputs
from .record import CellRecord
from .replay import replay
from .source import CellSource
from .staleness import Inputs, differences
from .step import StepOptions, left_out_text
from .syntax import text_key
from .values import is_reference
from .widgets import open_widgets, without_views

_NOTHING = object()


@dataclass(frozen=True, slots=True)
class FoundCell:
    """A stored cell's record, and whether it is the user's own."""

    record: CellRecord
    trusted: bool


@dataclass(slots=True)
class Restored:
    """What a stored step gives back, loaded and not yet bound."""

    names: dict[str, Any]
    deleted: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    value: Any = _NOTHING
    shown: CellOutputs = field(default_factory=CellOutputs)
    widgets: dict[str, Any] | None = None
    trusted: bool = True
    took_ms: int | None = None
    ran_at: str = ""
    process: dict[str, Any] = field(default_factory=dict)
    ambient: dict[str, Any] = field(default_factory=dict)
    not_set: dict[str, str] = field(default_factory=dict)


class Restorer:
    """Restores steps of one open task into one shell.

    Args:
        shell: whose namespace and outputs are restored.
        opened: the open task.
    """

    def __init__(self, shell: InteractiveShell, opened: OpenTask) -> None:
        self._shell = shell
        self._opened = opened
        self._task = opened.task
        self._cells = opened.cells

    def find(self, name: str) -> FoundCell | None:
        """Return the cell that was stored with the step's row, None where a script stored it.

        Raises:
            BundleError: its record is damaged.
        """
        stored = self._cells.read(name)
        if stored is None:
            return None
        return FoundCell(self._opened.parse(name, stored), self._opened.is_own(name, stored))

    def load(
        self,
        attempt: Attempt,
        found: FoundCell | None,
        options: StepOptions,
        source: CellSource,
    ) -> Restored:
        """Load a stored step; bind nothing.

        Raises:
            UntrustedError: the record is somebody else's, and holds more than data.
            BundleError: the bundle is damaged, or cannot be loaded here.
            RowMismatchError: the row is a script's and does not fit the cell.
        """
        if found is None:
            return self._from_row(attempt.name, attempt.value(), options, source)
        return self._from_record(attempt, found, options, source)

    def stale(self, found: FoundCell, options: StepOptions, source: CellSource) -> list[str]:
        """Return what a stored step depended on and what is another now, a line each."""
        record, lines = found.record, []
        # Older keys were of the text as one Python writes it; the text itself tells as much.
        if record.source_key != source.key and text_key(record.source) != source.key:
            lines.append("source changed")
        if record.only != list(options.only):
            lines.append(f"option changed: {_only(record.only)} -> {_only(options.only)}")
        before = Inputs(**record.inputs)
        namespace = self._shell.user_ns
        now = self._opened.provenance.inputs({*before.values, *before.helpers}, namespace)
        return lines + differences(before, now, namespace, self._opened.provenance.finished)

    def apply(
        self,
        name: str,
        restored: Restored,
        options: StepOptions,
        source: CellSource,
        stale: Sequence[str],
    ) -> None:
        """Bring a loaded step into the namespace, show what it showed, and say so."""
        self._set_up(source)
        namespace, provenance = self._shell.user_ns, self._opened.provenance
        touched = {*restored.names, *restored.deleted, *restored.left_out}
        before = {each: namespace[each] for each in touched if each in namespace}
        self._apply(restored)
        changed = restored.names.keys() - source.bound
        ambient = restored.process | restored.ambient
        provenance.note(name, restored.names, changed, ambient, namespace, before)
        provenance.note_restored(name, touched, before, namespace, stale=bool(stale))
        if stale or not options.quiet:
            self._note(options, restored, stale)

    def _from_record(
        self, attempt: Attempt, found: FoundCell, options: StepOptions, source: CellSource
    ) -> Restored:
        name, record, trusted = attempt.name, found.record, found.trusted
        bound = {binding for binding, _ in record.bindings}
        absent = [asked for asked in options.only if asked not in bound]
        if absent:
            raise RowMismatchError(
                self._task.path,
                name,
                f"-o names {absent[0]!r}, but {', '.join(sorted(bound)) or 'no name'} is stored: "
                f"'%%step {name} ... --rerun' runs it again",
            )
        # Whose file it is decides which modules may be imported: those that the record names, or
        # only those that the user's own cell imports as well.
        allowed = None if trusted else frozenset(source.imports)
        row = attempt.value()
        names: dict[str, Any] = {}
        with process_state(record.process if trusted else {}) as not_set:
            self._import(name, record.imports, allowed)
            slots = self._load_bundle(name, record, trusted, options.quiet)
            for binding, place in record.bindings:
                if place == "bundle":
                    names[binding] = slots[binding]
                elif place == "module":
                    names[binding] = self._module(name, record.modules[binding], allowed)
                else:
                    names[binding] = row if record.row == "value" else row[binding]
        value = _NOTHING
        if record.value is not None:
            value = slots.get(VALUE_SLOT, _NOTHING) if record.value == "bundle" else row
        return Restored(
            names=names,
            deleted=record.deleted,
            left_out=record.left_out,
            value=value,
            shown=CellOutputs(record.outputs, record.updates),
            widgets=record.widgets if trusted else None,
            trusted=trusted,
            took_ms=record.took_ms,
            ran_at=record.ran_at,
            process=record.process if trusted else {},
            ambient=slots.get(AMBIENT_SLOT, {}) if trusted else {},
            not_set=not_set,
        )

    def _load_bundle(
        self, name: str, record: CellRecord, trusted: bool, quiet: bool
    ) -> dict[str, Any]:
        if not record.slots:
            return {}
        total = sum(size for size, _ in record.buffers)
        with bytes_bar(self._shell, name, "restoring", 0 if quiet else total) as tick:
            stream, *buffers = (
                self._cells.read_buffer(name, number, size, digests, tick)
                for number, (size, digests) in enumerate(record.buffers)
            )
        bundle = Bundle(older=record.older, slots=record.slots, stream=bytes(stream))
        try:
            return unpack(
                bundle,
                path=self._task.path,
                step=name,
                namespace=self._shell.user_ns,
                trusted=trusted,
                buffers=buffers,
                python=record.versions.get("python", ""),
            )
        except BundleError as error:
            others = other_versions(record.versions)
            if others:
                error.add_note(f"it was written by {others}")
            raise

    def _module(self, name: str, reference: str, allowed: frozenset[str] | None) -> Any:
        """Return a module, or what `module:attribute` names."""
        module, _, attribute = reference.partition(":")
        if allowed is not None and not any(
            imported == module or imported.startswith(f"{module}.") for imported in allowed
        ):
            raise BundleError(
                self._task.path,
                name,
                f"it imports {module!r}, which this cell does not, and the file is not yours: "
                "'%mundane_open FILE --trust' trusts it",
            )
        self._import(name, [module], None)
        found = sys.modules[module]
        try:
            return getattr(found, attribute) if attribute else found
        except AttributeError as error:
            raise BundleError(
                self._task.path,
                name,
                f"{module!r} has no {attribute!r} here; it had where the step ran: "
                f"'%%step {name} --rerun' runs it again",
            ) from error

    def _import(self, name: str, modules: Iterable[str], allowed: frozenset[str] | None) -> None:
        for module in modules:
            if allowed is not None and module not in allowed:
                continue
            try:
                importlib.import_module(module)
            except ImportError as error:
                raise BundleError(
                    self._task.path,
                    name,
                    f"it imported {module!r}, which cannot be imported here ({error}): install it, "
                    f"or run the step again with '%%step {name} --rerun'",
                ) from error

    def _from_row(self, name: str, row: Any, options: StepOptions, source: CellSource) -> Restored:
        """Fit a row that a script stored to the names that the cell binds."""
        if is_reference(row) or (type(row) is dict and any(map(is_reference, row.values()))):
            raise BundleError(
                self._task.path,
                name,
                "the objects that its row refers to are not in the file: "
                f"'%%step {name} --rerun' runs it again",
            )
        imported: dict[str, Any] = {}
        exec(compile(source.import_text, "<imports>", "exec"), imported)  # noqa: S102 (the cell's own)
        imported.pop("__builtins__", None)
        wanted = options.only or tuple(sorted(source.assigned))
        if not wanted and source.ends_in_expression:
            return Restored(imported, value=row)
        if (
            type(row) is dict
            and wanted
            and all(each in row for each in wanted)
            and not (len(wanted) == 1 and options.only)
        ):
            return Restored(imported | {each: row[each] for each in wanted})
        if len(wanted) == 1:
            return Restored(imported | {wanted[0]: row})
        if not wanted:
            return Restored(imported)
        members = f"an object with {', '.join(sorted(row))}" if type(row) is dict else "one value"
        raise RowMismatchError(
            self._task.path,
            name,
            f"its row was stored by a script and holds {members}, but the cell binds "
            f"{', '.join(wanted)}: name one with -o, or run it here with '%%step {name} --rerun'",
        )

    def _set_up(self, source: CellSource) -> None:
        """Run the cell's own shell settings again; what they print is in the stored outputs."""
        for magic, line in source.settings:
            with capture_output():
                self._shell.run_line_magic(magic, line)

    def _apply(self, restored: Restored) -> None:
        namespace = self._shell.user_ns
        namespace.update(restored.names)
        restored.not_set |= restore_state(restored.ambient)
        for name in (*restored.deleted, *restored.left_out):
            namespace.pop(name, None)
        shown = restored.shown
        if restored.widgets is None or not open_widgets(restored.widgets):
            shown = CellOutputs(without_views(shown.outputs), shown.updates)
        if restored.value is _NOTHING:
            replay(self._shell, shown, trusted=restored.trusted)
        elif restored.took_ms is not None:
            replay(self._shell, shown, value=restored.value, trusted=restored.trusted)
        else:
            sys.displayhook(restored.value)  # a script's: it was never shown

    def _note(self, options: StepOptions, restored: Restored, stale: Sequence[str]) -> None:
        name = options.name
        lines = [restored_text(name, restored.took_ms, restored.ran_at)]
        if restored.left_out:
            lines.append(f"not stored, and so not defined: {left_out_text(restored.left_out)}")
        if restored.not_set:
            lines.append(f"could not be set again: {left_out_text(restored.not_set)}")
        if not restored.trusted:
            lines.append(
                "the record is somebody else's: data was loaded, no code was run, and displays "
                "are text and images only ('%mundane_open FILE --trust' trusts it)"
            )
        if stale:
            lines.append(f"STALE: {'; '.join(stale)}. To run it again: {rerun_line(options)}")
        publish_note(
            self._shell,
            "\n".join(lines),
            alarm=bool(stale),
            step=name,
            event="restored",
            took_ms=restored.took_ms,
            ran_at=restored.ran_at,
            trusted=restored.trusted,
            left_out=restored.left_out,
            stale=list(stale),
        )


def rerun_line(options: StepOptions) -> str:
    """Return the first line of a cell that runs its step again."""
    only = f" {_only(options.only)}" if options.only else ""
    return f"%%step {options.name}{only} --rerun"


def _only(names: Sequence[str]) -> str:
    return f"-o {','.join(names)}" if names else "no -o"
