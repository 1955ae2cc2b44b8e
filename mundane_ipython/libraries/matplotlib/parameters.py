"""matplotlib's `rcParams`, but for the backend, which is the kernel's."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ...adapter.compare import changed_members
from ...adapter.contract import State

_BACKEND = ("backend", "backend_fallback")


def _read() -> dict[str, Any]:
    return _values(sys.modules["matplotlib"].rcParams)


def _values(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters but the backend: reading it would choose one."""
    # As a plain dictionary's: matplotlib's own way to read one takes longer than a small cell.
    values = dict(dict.items(params) if isinstance(params, dict) else params)
    for key in _BACKEND:
        values.pop(key, None)
    return values


def _changed(before: Any, after: Any, _: str) -> dict[str, Any] | None:
    if before is None and after is not None:
        before = _values(sys.modules["matplotlib"].rcParamsOrig)
    return changed_members(before, after)


def _restore(changes: Any) -> None:
    import matplotlib as mpl

    mpl.rcParams.update(changes)


STATE = State(
    key="matplotlib",
    read=_read,
    changed=_changed,
    restore=_restore,
    after=("matplotlib.backend",),  # a backend may set some
)
