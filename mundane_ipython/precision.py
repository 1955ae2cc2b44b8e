"""With how many digits decimal and mpmath calculate: set in the objects that hold it.

A cell may have such an object under a name of its own (`ctx = decimal.getcontext()`), and so none
is put in its place.
"""

from __future__ import annotations

import decimal
import importlib
import sys

_BITS = 53
"""What mpmath begins with: a float's."""


def set_decimal(stored: decimal.Context) -> None:
    """Make the present context of decimal what another one is."""
    context = decimal.getcontext()
    for name in ("prec", "rounding", "Emin", "Emax", "capitals", "clamp"):
        setattr(context, name, getattr(stored, name))
    context.flags.update(stored.flags)
    context.traps.update(stored.traps)


def read_precision() -> dict[str, int]:
    """Return the precision of mpmath's contexts in bits."""
    mpmath = sys.modules.get("mpmath")
    found = ((name, getattr(mpmath, name, None)) for name in ("mp", "iv"))
    return {name: getattr(context, "prec", _BITS) for name, context in found}


def set_precision(changes: dict[str, int]) -> None:
    """Set what was stored."""
    mpmath = importlib.import_module("mpmath")
    for name, bits in changes.items():
        getattr(mpmath, name).prec = bits
