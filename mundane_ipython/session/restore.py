"""Restoring a stored step in its cell: names, deletions, outputs, the last value, and the note.

Everything is read and checked before anything is touched: a restore happens whole or not at all.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import partial

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from mundane import Attempt

from ..adapter.registry import own_begun
from ..ambient.held import replace_held
from ..ambient.state import restore_state
from ..ambient.stored import from_store
from ..display.notes import apart_text, left_out_text, publish_note, restored_text
from ..errors import BundleError
from ..inputs.own_modules import changed_modules
from ..inputs.staleness import Inputs, differences
from ..outputs.capture import muted
from ..outputs.fold import NO_VALUE, CellOutputs, has_result
from ..outputs.replay import NOT_STORED, keep_result, replay
from ..outputs.widgets import open_widgets, without_views
from ..source.cell import CellSource
from ..source.cell_lines import know_again
from ..source.code_key import text_key
from ..taskfile.record import CellRecord
from .deferred import Deferred
from .loading import Content, FoundCell, Loader, Made, will_load
from .open_task import OpenTask
from .step import StepOptions

# What a cell may register that is called before a later cell's code runs, or even is compiled.
_HASTY = re.compile(r"_transformers|\.events\b")


class Restorer:
    """Restores steps of one open task into one shell.

    Args:
        shell: whose namespace and outputs are restored.
        opened: the open task.
        deferred: values of restored steps that wait.
    """

    def __init__(self, shell: InteractiveShell, opened: OpenTask, deferred: Deferred) -> None:
        self._shell = shell
        self._opened = opened
        self._deferred = deferred
        self._loader = Loader(shell, opened)

    def find(self, name: str) -> FoundCell | None:
        """Return the cell that was stored with the step's row, None where a script stored it.

        Raises:
            BundleError: its record is damaged.
        """
        return self._loader.find(name)

    def stale(self, found: FoundCell, options: StepOptions, source: CellSource) -> list[str]:
        """Return what a stored step depended on and what has changed, a line each."""
        record, lines = found.record, []
        # Older keys were of the text as one Python writes it; the text itself tells as much.
        if record.source_key != source.key and text_key(record.source) != source.key:
            lines.append("source changed")
        if record.only != list(options.only):
            lines.append(f"option changed: {_only(record.only)} -> {_only(options.only)}")
        before, step = Inputs.from_record(record.inputs), options.name
        # What waits need not be brought to know that it is of the same step as ever.
        waits = self._deferred.steps.items() & before.origins.items()
        names = {*before.values, *before.helpers, *before.origins} - {
            name for name, _ in waits if not before.changed.get(name)
        }
        if names & self._deferred.steps.keys():
            self._deferred.load()
        namespace, provenance = self._shell.user_ns, self._opened.provenance
        names -= {name for name in names if provenance.is_made_of(step, name, namespace)}
        now = provenance.inputs(names, namespace, exact=before.is_exact)
        lines += differences(
            before, now, names, namespace, provenance.finished, self._opened.equal_since
        )
        return lines + changed_modules(before.modules) + provenance.of_stale(before, now)

    def restore(
        self,
        attempt: Attempt,
        found: FoundCell | None,
        options: StepOptions,
        source: CellSource,
        stale: Sequence[str],
    ) -> None:
        """Show what a stored step showed, say so, and bring its values, now or before any code.

        Raises:
            UntrustedError: the record is somebody else's, and holds more than data.
            BundleError: the bundle is damaged, or cannot be loaded here.
            RowMismatchError: the row is a script's and does not fit the cell.
        """
        waits = found is not None and not stale and self._may_wait(found, source)
        if not waits:
            self._deferred.load()
        name = attempt.name
        if found is not None and found.trusted:
            know_again(found.record.file)
        content = self._loader.read(attempt, found, options.only, quiet=options.quiet)
        if found is None:
            made = self._loader.make_from_row(name, content.row, options.only, source)
            self._bind(name, made, found, source, stale=False)
            if made.value is not NO_VALUE:
                sys.displayhook(made.value)  # it was never shown
            self._note(options, found, made, stale)
        elif waits:
            self._show(found, NO_VALUE)
            self._note(options, found, None, stale)
            prompt = self._shell.execution_count
            bring = partial(self._bring, name, found, content, source, prompt)
            self._deferred.add(name, found.record.touched, found.record.bundle_bytes, bring)
        else:
            # What an import prints is among the stored outputs already; not so a new warning.
            try:
                with muted("stdout"):
                    made = self._loader.make(name, found, content, source)
            except BundleError as error:
                self._deferred.note_failed(name, found.record.touched, error)
                raise
            self._bind(name, made, found, source, stale=bool(stale))
            self._show(found, _result(found.record, made.value))
            self._note(options, found, made, stale)

    def _may_wait(self, found: FoundCell, source: CellSource) -> bool:
        record, namespace, names = found.record, self._shell.user_ns, self._deferred.steps
        return (
            found.trusted
            and self._deferred.can_defer()
            and self._deferred.has_room(record.bundle_bytes)
            and not record.process
            and _HASTY.search(source.text) is None
            and not any(adapter.calls_first() for adapter in own_begun())
            and source.settings_are_patient
            and will_load(record, lambda name: name in namespace or name in names)
        )

    def _bring(
        self, name: str, found: FoundCell, content: Content, source: CellSource, prompt: int
    ) -> None:
        """Bring the values of a step that was shown before, and show nothing more."""
        with muted("stdout", "stderr"):
            made = self._loader.make(name, found, content, source)
            self._bind(name, made, found, source, stale=False)
        value = _result(found.record, made.value)
        if value is not NO_VALUE and has_result(found.record.outputs):
            keep_result(self._shell, value, prompt)
        if made.not_set:
            text = f"step {name}: could not be set again: {left_out_text(made.not_set)}"
            publish_note(self._shell, text, step=name, event="restored")

    def _bind(
        self,
        name: str,
        made: Made,
        found: FoundCell | None,
        source: CellSource,
        *,
        stale: bool,
    ) -> None:
        """Bring a step's values into the namespace."""
        # The cell's own shell settings run again; what they print is in the stored outputs.
        for magic, line in source.settings:
            with capture_output():
                self._shell.run_line_magic(magic, line)
        namespace, provenance = self._shell.user_ns, self._opened.provenance
        gone = [] if found is None else found.record.gone
        names = {*made.names, *gone}
        before = {each: namespace[each] for each in names if each in namespace}
        namespace.update(made.names)
        changed = made.names.keys() - source.bound
        if found is not None and found.trusted:
            replace_held((before[each], made.names[each]) for each in changed & before.keys())
        changes, not_there = from_store(made.ambient)
        made.not_set |= not_there | restore_state(changes)
        for each in gone:
            namespace.pop(each, None)
        ambient = made.process | changes
        provenance.note(name, made.names, changed, ambient, namespace, before)
        provenance.note_restored(name, names, before, namespace, stale=stale)

    def _show(self, found: FoundCell, value: object) -> None:
        record, shown = found.record, CellOutputs(found.record.outputs, found.record.updates)
        widgets = record.widgets if found.trusted else None
        if widgets is None or not open_widgets(widgets):
            shown = CellOutputs(without_views(shown.outputs), shown.updates)
        replay(self._shell, shown, value=value, trusted=found.trusted)

    def _note(
        self,
        options: StepOptions,
        found: FoundCell | None,
        made: Made | None,
        stale: Sequence[str],
    ) -> None:
        if options.quiet and not stale:
            return
        name = options.name
        record, trusted = (None, True) if found is None else (found.record, found.trusted)
        took_ms, ran_at = (None, "") if record is None else (record.took_ms, record.ran_at)
        left_out = {} if record is None else record.all_left_out
        lines = [restored_text(name, took_ms, ran_at)]
        if left_out:
            lines.append(f"not stored, and so not defined: {left_out_text(left_out)}")
        if record is not None and record.apart:
            lines.append(apart_text(record.apart))
        if made is not None and made.not_set:
            lines.append(f"could not be set again: {left_out_text(made.not_set)}")
        if not trusted:
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
            took_ms=took_ms,
            ran_at=ran_at,
            trusted=trusted,
            left_out={} if record is None else record.left_out,
            stale=list(stale),
        )


def _result(record: CellRecord, value: object) -> object:
    """Return what becomes of a step's last expression's value: it, or that it was not stored."""
    return NOT_STORED if record.value_left_out else value


def rerun_line(options: StepOptions) -> str:
    """Return the first line of a cell that runs its step again."""
    only = f" {_only(options.only)}" if options.only else ""
    return f"%%step {options.name}{only} --rerun"


def _only(names: Sequence[str]) -> str:
    return f"-o {','.join(names)}" if names else "no -o"
