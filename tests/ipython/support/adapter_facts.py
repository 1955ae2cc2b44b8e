"""What one adapter does where its library is loaded: JSON facts, found in a process of their own.

`python -m tests.ipython.support.adapter_facts LIBRARY`
"""

from __future__ import annotations

import importlib
import json
import pickle
import sys
from typing import Any

from mundane_ipython.adapter.contract import Adapter, State
from mundane_ipython.adapter.registry import IN_TREE, adapter_of, outside_adapter

# Of a library that the cell itself imports some states count only where its text looks like it.
TEXT = "set_option config enable matplotlib_formats num_threads"

# Where a library has types that it does not import by itself.
MORE = {
    "ipykernel": "ipykernel.kernelbase",
    "matplotlib": "matplotlib.pyplot",
    "numpy": "numpy.ma numpy.random",
    "scipy": "scipy.sparse scipy.stats",
}


def facts(library: str) -> dict[str, Any]:
    """Return what is so of a library's adapter."""
    before = {*sys.modules}
    adapter = adapter_of(library) if library in IN_TREE else outside_adapter(library)
    assert adapter is not None
    imported = library in sys.modules and library not in before
    module = importlib.import_module(library)
    for more in MORE.get(library, "").split():
        importlib.import_module(more)
    older = {}
    if library == "IPython":  # of which only what a cell registers pickles
        older = _register(adapter)
    return {
        "imported": imported,
        "missing": [name for name in adapter.complete_with if not hasattr(module, name)],
        "not_there": [place for place in _named(adapter) if not _is_there(place)],
        "unused_rules": _unused_rules(adapter),
        "outlives_fork": adapter.outlives_fork(),
        "held": [type(each).__name__ for each in adapter.held()],
        "states": {s.key: _facts_of(adapter, s, older) for s in adapter.state},
    }


def _named(adapter: Adapter) -> list[str]:
    """Return what an adapter names in its library, as `module.name`."""
    ones = [".".join(each) for each in (*adapter.only_ones, *adapter.methods_of_hidden)]
    return [*ones, *adapter.keeps_attributes, *adapter.keeps_items]


def _is_there(place: str) -> bool:
    module, _, name = place.rpartition(".")
    return hasattr(importlib.import_module(module), name)


def _unused_rules(adapter: Adapter) -> list[int]:
    """Return which rules, by number, are for no type that the library has."""
    modules = [each for name, each in sys.modules.items() if name.startswith(adapter.module)]
    values = [value for module in modules for value in vars(module).values()]
    kinds = {each for value in values for each in (value, type(value)) if isinstance(each, type)}
    kinds |= {type(kind) for kind in kinds}
    applied = [any(rule.applies(kind) for kind in kinds) for rule in adapter.rules]
    return [number for number, applies in enumerate(applied) if not applies]


def text_of(value: Any, printer: Any, _: Any) -> None:
    """Print a value as nobody does."""
    printer.text(f"<{value}>")


def _register(adapter: Adapter) -> dict[str, Any]:
    """Register a formatter; return the states before."""
    from IPython.core.interactiveshell import InteractiveShell

    from . import adapter_facts  # by the name that it has for a pickle

    shell = InteractiveShell.instance()
    before = {state.key: state.read() for state in adapter.state}
    shell.display_formatter.formatters["text/plain"].for_type(complex, adapter_facts.text_of)
    return before


def _facts_of(adapter: Adapter, state: State, older: dict[str, Any]) -> dict[str, Any]:
    now = state.read()
    if now is None:
        return {"is_none": True}
    # Nothing is known of a library before it is loaded; the standard library always is.
    before = None if adapter.module not in sys.stdlib_module_names else type(now)()
    before = older.get(state.key, before)
    change = state.changed(before, now, TEXT)
    if state.process:
        json.dumps(change)
    if change is not None:
        state.restore(pickle.loads(pickle.dumps(change)))
    after = state.read()
    return {
        "is_none": False,
        "same": repr(state.changed(now, now, TEXT)),
        "again": repr(state.changed(now, state.read(), TEXT)),
        "restored": repr(state.changed(now, after, TEXT)),
        "is_live": after is now and isinstance(now, (dict, list, set)),
        "has_members": not isinstance(change, dict) or change.keys() <= state.members(now).keys(),
    }


if __name__ == "__main__":
    print(json.dumps(facts(sys.argv[1])))
