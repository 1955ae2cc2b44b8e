"""JAX's configuration, as `jax.config.update` sets it: ambient state."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

from ..adapter.compare import changed_members

_PLAIN = (str, int, float, bool, type(None))


def read_config() -> dict[str, Any] | None:
    """Return the configuration's plain values; None where JAX is not loaded or does not tell."""
    values = getattr(getattr(sys.modules.get("jax"), "config", None), "values", None)
    if not isinstance(values, Mapping):
        return None
    return {name: value for name, value in values.items() if isinstance(value, _PLAIN)}


def config_changes(before: Any, after: Any, *, all_new: bool) -> dict[str, Any] | None:
    """Return what a cell has set.

    Args:
        before: the configuration before, None where JAX was not loaded.
        after: the configuration after.
        all_new: whether the cell sets something of what it loads itself; else nobody knows.
    """
    return changed_members(before, after) if all_new or before is not None else None


def set_config(changes: dict[str, Any]) -> None:
    """Set what is another value here; what this version of JAX lacks is passed over."""
    jax: Any = importlib.import_module("jax")
    present = read_config() or {}
    for name, value in changes.items():
        if name in present and present[name] != value:
            jax.config.update(name, value)
