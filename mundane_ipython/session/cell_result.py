"""What a step's cell has left in the namespace, and its record in the task file.

Nothing here commits: `step` does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, MutableMapping
from typing import Any

from mundane import SerializationError
from mundane.tools import iso_now

from ..errors import NotebookStepError
from ..inputs.staleness import Inputs
from ..namespace.aliasing import apart
from ..namespace.mutation import Mutations, Watch
from ..namespace.snapshot import Snapshot
from ..outputs.fold import NO_VALUE, CellOutputs, has_result, within
from ..outputs.widgets import save_widgets
from ..pickling.placement import Stored, has_lost_state
from ..pickling.row import type_name
from ..source.cell import CellSource
from ..source.cell_lines import cell_file
from ..taskfile.chunks import describe
from ..taskfile.earlier import parts_of
from ..taskfile.record import CellRecord
from ..taskfile.versions import current_versions
from .open_task import OpenTask
from .packing import loose_groups, make_packer, packed


class CellResult:
    """What a step's cell has bound, changed and deleted.

    Args:
        opened: the open task.
        name: the step's name.
        only: the variables that `-o` names; of others nothing is stored.
        source: the cell's body.
        before: the namespace before it ran.
        watch: its view of older values.
        namespace: the user namespace.

    Attributes:
        older: the names that still hold the object that they held before the cell.
        mutations: what the cell did to older values; there once it is packed.
        stored: the packed values; there once it is packed.
    """

    mutations: Mutations
    stored: Stored

    def __init__(  # noqa: PLR0913 (one cell's objects)
        self,
        opened: OpenTask,
        name: str,
        only: tuple[str, ...],
        source: CellSource,
        before: Snapshot,
        watch: Watch,
        namespace: MutableMapping[str, Any],
    ) -> None:
        self._path = opened.task.path
        self._provenance = opened.provenance
        self._name = name
        self._only = only
        self._source = source
        self._before = before
        self._watch = watch
        self._namespace = namespace
        self._changes = before.changes(namespace, source.bound)
        self._deleted = opened.provenance.deleted_by(name, namespace)
        self.older = before.older(namespace, self._changes)

    def pack(self, value: Any, shown: CellOutputs, ambient: dict[str, Any]) -> None:
        """Pickle the values, in memory.

        Args:
            value: of the cell's last expression.
            shown: the cell's outputs.
            ambient: what it has changed beside variables.

        Raises:
            NotebookStepError: `-o` names what the cell does not bind.
            SerializationError: a value that `-o` names cannot be stored.
        """
        namespace, older, name = self._namespace, self.older, self._name
        again = self._provenance.changed_by(name, namespace)
        rebound = self._before.rebound(namespace, self._changes)
        remade = older.keys() - self._provenance.results(namespace).keys()

        def pack(mutations: Mutations) -> Stored:
            bound = self._values(mutations.changed)
            return Stored(
                make_packer(namespace, bound, older, mutations, remade),
                bound,
                # Not one that `;` has silenced, which no Out[n] has.
                value if has_result(shown.outputs) or not bound else NO_VALUE,
                self._only,
                ambient,
                self._source.imported,
            )

        parted = self._before.parted(namespace)
        mutations = self._watch.mutations(older, rebound, again, parted)
        self._provenance.drop_unstored(mutations.inner, namespace)
        self.mutations, self.stored = packed(
            self._watch, older, rebound, mutations, pack, self._only
        )
        self._refuse()
        self._tell()

    def _values(self, changed: list[str]) -> dict[str, Any]:
        """Return what is to be stored: what the cell bound or changed, or what -o names."""
        names = self._only or (*self._changes.bound, *changed)
        for name in names:
            if name not in self._namespace:
                reason = f"-o names {name!r}, which the cell does not bind"
                raise NotebookStepError(self._path, self._name, reason)
        return {name: self._namespace[name] for name in names}

    def _refuse(self) -> None:
        """Raise where a value that `-o` names cannot be stored."""
        for name, reason in self.stored.left_out.items():
            if self._only and name in self.stored.values:  # no ambient state
                raise SerializationError(self._path, self._name, f"$.{name}", reason)

    def _tell(self) -> None:
        """Note in what is stored all that a note says of it."""
        stored = self.stored
        there = {**self.older, **stored.values}
        held = {name: value for name, value in there.items() if name not in stored.left_out}
        stored.apart = [
            *apart(dict(stored.bindings).keys(), held, self._namespace),
            *loose_groups(stored, self._namespace),
        ]
        stored.lost = self._lost(stored.left_out)
        stored.left_out = {n: why for n, why in stored.left_out.items() if n not in stored.lost}
        stored.not_named = [n for n in self.mutations.changed if n not in stored.values]
        stored.unchecked = self.mutations.unchecked

    def _lost(self, left_out: Iterable[str]) -> dict[str, str]:
        """Return older names whose state cannot be stored, and their types.

        Only values that no step made: those come back as their plain cells make them.
        """
        namespace, older = self._namespace, self.older
        opaque = [
            n for n in self._watch.opaque if n in older and has_lost_state(older[n], namespace)
        ]
        names = dict.fromkeys((*opaque, *(name for name in left_out if name in older)))
        return {
            name: type_name(older[name])
            for name in names
            if not self._provenance.is_from_step(name, namespace)
        }

    def record(
        self,
        shown: CellOutputs,
        inputs: Inputs,
        process: dict[str, Any],
        max_output_bytes: int,
        took_ms: int,
    ) -> CellRecord:
        """Return the step's record.

        Args:
            shown: the cell's outputs.
            inputs: what the cell depends on.
            process: the ambient state that is set before modules are imported.
            max_output_bytes: how much of the outputs is stored.
            took_ms: how long the body ran, in milliseconds.
        """
        stored = self.stored
        bundle, buffers = stored.bundle, describe(stored.buffers())
        return CellRecord(
            source_key=self._source.key,
            source=self._source.text,
            imports=[module for module in self._source.imports if module in sys.modules],
            row=stored.row_shape,
            bindings=stored.bindings,
            modules=stored.modules,
            deleted=list(dict.fromkeys([*self._changes.deleted, *self._deleted])),
            left_out=stored.left_out,
            apart=stored.apart,
            value=stored.value_place,
            value_left_out=stored.value_left_out,
            file=cell_file(),
            outputs=within(shown.outputs, max_output_bytes),
            updates=shown.updates,
            widgets=save_widgets(shown.outputs),
            older=bundle.older if buffers else [],
            slots=bundle.slots,
            parts=parts_of(bundle.stream, bundle.slots, bundle.buffer_ends, buffers),
            buffers=buffers,
            versions=current_versions() if buffers else {},
            only=list(self._only),
            process=process,
            inputs=inputs.to_record(),
            ran_at=iso_now(),
            took_ms=took_ms,
        )
