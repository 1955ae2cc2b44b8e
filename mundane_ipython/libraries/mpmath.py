"""mpmath's contexts: their precision, as ambient state, and the classes that each of them makes.

A context makes its own `mpf`, `mpc` and `matrix` when mpmath is loaded, under names that their
modules do not have; a copy of such a class would have a copy of the context, with a precision of
its own.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from ..adapter.contract import Adapter, Rule, State
from ..adapter.looks import module_of, qualname_of

_VARIED = ("mp", "iv")  # fp's settings are fixed
_CONTEXTS = (*_VARIED, "fp")

_SETTINGS = ("dps", "prec", "pretty", "trap_complex")


def _read() -> dict[tuple[str, str], Any]:
    """Return the settings of mpmath's contexts."""
    contexts = {name: getattr(sys.modules["mpmath"], name) for name in _VARIED}
    return {
        (name, setting): getattr(context, setting)
        for name, context in contexts.items()
        for setting in _SETTINGS
        if hasattr(context, setting)
    }


def _changed(
    before: dict[tuple[str, str], Any] | None, after: dict[tuple[str, str], Any] | None, _: str
) -> dict[tuple[str, str], Any] | None:
    """Return the settings that are not what they were, or not mpmath's own where it is new."""
    if after is None:
        return None
    old = _DEFAULTS if before is None else before
    return {place: value for place, value in after.items() if old.get(place) != value} or None


def _restore(changes: dict[tuple[str, str], Any]) -> None:
    """Set what was stored; digits before bits, as each sets the other, and bits are exact."""
    mpmath = importlib.import_module("mpmath")
    for (name, setting), value in changes.items():
        context = getattr(mpmath, name)
        if getattr(context, setting) != value:
            setattr(context, setting, value)


def _reduce_class(kind: type) -> Any:
    """Return the reduction of a class that a context makes; None for any other."""
    mpmath = sys.modules["mpmath"]
    for name in _CONTEXTS:
        for member in (kind.__name__, kind.__name__.removeprefix(name)):
            if getattr(getattr(mpmath, name, None), member, None) is kind:
                return member_of_context, (name, member)
    return None


def _is_constant(kind: type) -> bool:
    """Return whether a type is that of mpmath's constants, such as `mp.pi`."""
    return qualname_of(kind) == "constant" and module_of(kind).startswith("mpmath.")


def _reduce_constant(constant: Any, _: Any) -> Any:
    """Reduce a constant of a context to its name there; of another one there is no pickle."""
    mpmath = sys.modules["mpmath"]
    for name in _CONTEXTS:
        for member, value in vars(getattr(mpmath, name)).items():
            if value is constant:
                return member_of_context, (name, member)
    return NotImplemented


def member_of_context(name: str, member: str) -> Any:
    """Return what one of mpmath's contexts has under a name."""
    return getattr(getattr(importlib.import_module("mpmath"), name), member)


# What mpmath has when it is loaded, of both contexts.
_DEFAULTS = {
    (name, setting): value
    for name in _VARIED
    for setting, value in (("dps", 15), ("prec", 53), ("pretty", False), ("trap_complex", False))
}

ADAPTER = Adapter(
    module="mpmath",
    complete_with=_VARIED,
    only_ones=(("mpmath", "fp"), ("mpmath", "iv"), ("mpmath", "mp")),
    rules=(Rule(applies=_is_constant, reduce=_reduce_constant),),
    reduce_class=_reduce_class,
    state=(State(key="mpmath", read=_read, changed=_changed, restore=_restore),),
)
