"""pint's registries of units: what of one is a cell's doing, and not a trace of its use.

A registry defines `kilometer` when somebody first asks for it, and remembers what it has parsed; a
step that only converts a length has changed neither the user's units nor how they are written.
"""

from __future__ import annotations

from typing import Any

from ..adapter.contract import Adapter, Rule
from ..adapter.looks import attribute_of, mro_of, name_of


def _is_registry(kind: type) -> bool:
    return any(name_of(base) == "GenericPlainRegistry" for base in mro_of(kind))


def definitions(registry: Any) -> tuple[Any, ...]:
    """Return what tells a registry's state: its options, and the names that it was given.

    A private way (pint 0.25, facets/plain/registry.py: `_units`, `_prefixes`; names that are a
    prefix and a unit are made by asking for them).
    """
    units, prefixes = registry._units, registry._prefixes
    given = [name for name in units if not _is_made(name, units, prefixes)]
    written = attribute_of(attribute_of(registry, "formatter"), "default_format")
    options = ("default_system", "autoconvert_offset_to_baseunit")
    options_now = [str(attribute_of(registry, option)) for option in options]
    return hash(frozenset(given)), str(written), *options_now


def _is_made(name: str, units: Any, prefixes: Any) -> bool:
    return any(name[:n] in prefixes and name[n:] in units for n in range(1, min(len(name), 7)))


def _walked(registry: Any, stand_in: Any) -> Any:
    return stand_in, (id(registry), definitions(registry))


ADAPTER = Adapter(
    module="pint",
    only_ones=(("pint", "application_registry"),),
    rules=(Rule(applies=_is_registry, walk=_walked),),
)
