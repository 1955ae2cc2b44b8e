"""What a foreign record may touch: what the cell in the notebook touches by itself, nothing else.

A record says which names its step binds, deletes and imports. Somebody else's could bind `print` to
`os.system`, and the user's next cell would call it. SPEC.md, Trust.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

from ..namespace.reach import reachable_names
from ..namespace.snapshot import Snapshot, is_users
from ..source.cell import CellSource
from ..taskfile.record import CellRecord


def names_out_of_reach(
    record: CellRecord, source: CellSource, namespace: Mapping[str, Any], hidden: Mapping[str, Any]
) -> list[str]:
    """Return the names that a record touches and that the cell cannot.

    Args:
        record: somebody else's.
        source: the cell as it stands in the notebook.
        namespace: IPython's `user_ns`.
        hidden: IPython's `user_ns_hidden`.
    """
    older = Snapshot(namespace, hidden).values.keys()
    reachable = reachable_names(source.read, namespace, dynamic=source.dynamic) & older
    may = {*source.bound, *reachable, *_star_names(source)}
    return [name for name in record.touched if name not in may or not is_users(name)]


def own_import(name: str, recorded: str, source: CellSource) -> str | None:
    """Return from where the cell itself imports a name: `module` or `module:attribute`.

    Args:
        name: that the cell binds by an import.
        recorded: the same as a record says it; taken where the cell has that very import.
        source: the cell as it stands in the notebook.

    Returns:
        None where no import of the cell binds the name.
    """
    own = [
        f"{module}:{name if attribute == '*' else attribute}" if attribute else module
        for bound, module, attribute in source.imported
        if bound == name or (bound == "*" and name in _star_names(source))
    ]
    return recorded if recorded in own else next(iter(own), None)


def _star_names(source: CellSource) -> Iterator[str]:
    """Yield what the cell's `from module import *` bind; the cell imports these modules anyway."""
    for bound, module, _ in source.imported:
        if bound == "*":
            names = vars(importlib.import_module(module))
            yield from names.get("__all__") or (n for n in names if not n.startswith("_"))
