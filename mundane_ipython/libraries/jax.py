"""JAX's configuration, as `jax.config.update` sets it: ambient state."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

from ..adapter.compare import changed_members, may_set
from ..adapter.contract import Adapter, State

_PLAIN = (str, int, float, bool, type(None))


def _read() -> dict[str, Any] | None:
    """Return the configuration's plain values; None where this version does not tell."""
    values = getattr(sys.modules["jax"].config, "values", None)
    if not isinstance(values, Mapping):
        return None
    return {name: value for name, value in values.items() if isinstance(value, _PLAIN)}


def _changed(before: Any, after: Any, text: str) -> dict[str, Any] | None:
    """Return what a cell has set; of a JAX that it has loaded itself, only its code can tell."""
    deliberate = before is not None or may_set(text) or "enable" in text
    return changed_members(before, after) if deliberate else None


def _restore(changes: dict[str, Any]) -> None:
    """Set what is another value here; what this version of JAX lacks is passed over."""
    jax: Any = importlib.import_module("jax")
    present = _read() or {}
    for name, value in changes.items():
        if name in present and present[name] != value:
            jax.config.update(name, value)


ADAPTER = Adapter(
    module="jax",
    complete_with=("config",),
    outlives_fork=lambda: False,
    state=(
        State(
            key="jax",
            read=_read,
            changed=_changed,
            restore=_restore,
            after=("settings",),  # as bundles have them
        ),
    ),
)
