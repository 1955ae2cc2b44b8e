"""What `sympy.init_printing` sets in SymPy's own classes, beside IPython's formatters.

Private ways (SymPy 1.14): `Printable` in `core/_print_helpers.py` gets its `_repr_*_` methods, and
`Printer._global_settings` the settings. No function tells either.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from ..adapter.compare import changed_members
from ..adapter.contract import Adapter, State

_METHODS = ("_repr_png_", "_repr_svg_", "_repr_latex_")


def read_printing() -> dict[tuple[str, str], Any] | None:
    """Return the methods and settings by which SymPy displays; None where they are not loaded."""
    printable, printer = _classes()
    if printable is None:
        return None
    found = {("method", name): vars(printable).get(name) for name in _METHODS}
    settings = getattr(printer, "_global_settings", {})
    return found | {("setting", name): value for name, value in settings.items()}


def set_printing(changes: dict[tuple[str, str], Any]) -> None:
    """Set what was stored."""
    importlib.import_module("sympy")  # which loads the classes
    printable, printer = _classes()
    for (kind, name), value in changes.items():
        if kind == "method" and value is not None:
            setattr(printable, name, value)
        elif kind == "setting" and value is not None:
            printer.set_global_settings(**{name: value})
        elif kind == "setting":
            printer._global_settings.pop(name, None)


def _classes() -> tuple[Any, Any]:
    homes = sys.modules.get("sympy.core._print_helpers"), sys.modules.get("sympy.printing.printer")
    return getattr(homes[0], "Printable", None), getattr(homes[1], "Printer", None)


ADAPTER = Adapter(
    module="sympy",
    versioned=True,
    proven=True,
    only_ones=(("sympy", "S"),),
    state=(State(key="sympy", read=read_printing, changed=changed_members, restore=set_printing),),
)
