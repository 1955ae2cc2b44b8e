"""The user namespace before and after a cell: what was bound, what was deleted. Pure.

Compared by identity, the old values being kept alive meanwhile; so a name bound to the very object
that it had is only seen by static analysis (`source/cell.py`), and the two are united here.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# IPython's history and the names that Python itself puts into a module's namespace. `_`, `__` and
# `___` are IPython's too until the user binds them: `user_ns_hidden` tells (`Snapshot`).
_NEVER = frozenset(
    """In Out _i _ii _iii _ih _oh _dh exit quit get_ipython
    __builtins__ __builtin__ __annotations__ __name__ __doc__ __package__ __loader__ __spec__
    __debugger_skip__ __warningregistry__
    __annotate__ __conditional_annotations__""".split()  # noqa: SIM905 (a list of 21 strings reads worse)
)
_NUMBERED = re.compile(r"_i?\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a cell did to the namespace.

    Attributes:
        bound: names that it bound, in the order in which they stand in the namespace.
        deleted: names that were there before and are gone.
    """

    bound: list[str]
    deleted: list[str]


class Snapshot:
    """The user's names as they are now.

    Args:
        namespace: IPython's `user_ns`.
        hidden: IPython's `user_ns_hidden`: names that the user did not bind, by their value.
    """

    def __init__(self, namespace: Mapping[str, Any], hidden: Mapping[str, Any]) -> None:
        self._hidden = hidden
        self.values = self._user_names(namespace)

    def changes(self, namespace: Mapping[str, Any], may_bind: Iterable[str]) -> Changes:
        """Return what changed since, `may_bind` being what static analysis says."""
        after = self._user_names(namespace)
        static = frozenset(may_bind)
        missing = object()
        bound = [
            name
            for name, value in after.items()
            if name in static or self.values.get(name, missing) is not value
        ]
        return Changes(bound, [name for name in self.values if name not in after])

    def older(self, namespace: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
        """Return the names that still hold the value they had, for identity across steps."""
        bound = frozenset(changes.bound)
        return {
            name: value
            for name, value in self.values.items()
            if name not in bound and namespace.get(name) is value
        }

    def parted(self, namespace: Mapping[str, Any]) -> dict[str, Any]:
        """Return what names held that hold another object, or none."""
        missing = object()
        return {
            name: value
            for name, value in self.values.items()
            if namespace.get(name, missing) is not value
        }

    def rebound(self, namespace: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
        """Return the bound names that hold the very object they held: such as `x += [1]` leaves."""
        return {
            name: namespace[name]
            for name in changes.bound
            if name in self.values and namespace[name] is self.values[name]
        }

    def _user_names(self, namespace: Mapping[str, Any]) -> dict[str, Any]:
        hidden, missing = self._hidden, object()
        return {
            name: value
            for name, value in namespace.items()
            if is_users(name) and hidden.get(name, missing) is not value
        }


@functools.cache  # the names of one kernel, each asked for twice a step
def is_users(name: str) -> bool:
    """Return whether a name is the user's to bind: not IPython's history, not Python's own."""
    if type(name) is not str:  # which only `globals()[...] = ` can do
        return False
    return name not in _NEVER and not (name[:1] == "_" and _NUMBERED.fullmatch(name))
