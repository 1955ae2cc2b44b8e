"""decimal's context: what is set is set in the one that there is.

A cell may have it under a name of its own (`ctx = decimal.getcontext()`).
"""

from __future__ import annotations

import decimal

from ..adapter.compare import changed_whole
from ..adapter.contract import Adapter, State


def _restore(stored: decimal.Context) -> None:
    """Make the present context of decimal what another one is."""
    context = decimal.getcontext()
    for name in ("prec", "rounding", "Emin", "Emax", "capitals", "clamp"):
        setattr(context, name, getattr(stored, name))
    context.flags.update(stored.flags)
    context.traps.update(stored.traps)


ADAPTER = Adapter(
    module="decimal",
    state=(
        State(
            key="decimal",
            read=lambda: decimal.getcontext().copy(),
            changed=changed_whole,
            restore=_restore,
        ),
    ),
)
