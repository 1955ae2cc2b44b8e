"""What plain cells change in place of steps' results: later steps depend on it, and no step tells.

`df["c"] = df.a * 2` in a plain cell leaves the name and its object what they were. SPEC.md,
Staleness.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..namespace.mutation import Watch
from ..source.cell import CellSource
from .provenance import Provenance

# How much work looking at the results may take before a plain cell, and again after it, as
# `fingerprint.Fingerprinter` counts it: about half a second.
_BUDGET = 50_000_000


class PlainCells:
    """The cells that run, one within another: which of them are plain ones that said so."""

    def __init__(self) -> None:
        # The innermost last; None for a step's, and until a plain one has said that it begins.
        self._running: list[PlainCell | None] = []

    def starts(self) -> None:
        """Note that the shell starts a cell."""
        self._running.append(None)

    @property
    def are_awaited(self) -> bool:
        """Whether a cell has started and has not said yet what it is."""
        return bool(self._running) and self._running[-1] is None

    def begins(
        self, namespace: Mapping[str, Any], provenance: Provenance, source: CellSource
    ) -> None:
        """Look at the results of steps, for the plain cell that begins now; see `PlainCell`."""
        if self.are_awaited:
            self._running[-1] = PlainCell(namespace, provenance, source)

    def ends(self) -> None:
        """Note what the innermost cell has changed, if it is a plain one."""
        cell = self._running.pop() if self._running else None
        if cell is not None:
            cell.ended()


class PlainCell:
    """Looks at the results of steps before a plain cell runs and after it.

    Args:
        namespace: the user namespace.
        provenance: tells which values are results of steps, and is told what changed.
        source: the cell.
    """

    def __init__(
        self, namespace: Mapping[str, Any], provenance: Provenance, source: CellSource
    ) -> None:
        self._namespace = namespace
        self._provenance = provenance
        self._results = provenance.results(namespace)
        values = {id(namespace[name]) for name in self._results}
        # Other names of a result too: what changes through one of these changes the result.
        older = {name: value for name, value in namespace.items() if id(value) in values}
        self._watch = Watch(namespace, older, source, _BUDGET, keeps=False)
        # No value is kept alive: what the cell deletes shall be free while it runs on.
        self._older = {name: id(value) for name, value in older.items()}

    def ended(self) -> None:
        """Note which results the cell has changed; what a step within it did is that step's."""
        namespace = self._namespace
        kept = {
            name: namespace[name]
            for name, identity in self._older.items()
            if name in namespace and id(namespace[name]) == identity
        }
        changed = self._watch.mutations(kept).changed
        same = self._results.items() & self._provenance.results(namespace).items()
        self._provenance.note_touched({name for name, _ in same} & set(changed), namespace)
