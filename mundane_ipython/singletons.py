"""Objects that a process has one of: a copy would be another thing, so they go by their places."""

from __future__ import annotations

import functools
import sys
import types
from typing import Any

from .looks import is_a, module_name

# Objects that each process has one of, by module and name. What a copy of one is set to, or reads,
# is not the process's.
_ONLY_ONES = (
    ("os", "environ"),
    ("dataclasses", "MISSING"),
    ("dataclasses", "KW_ONLY"),
    ("matplotlib", "rcParams"),
    ("numpy.random.mtrand", "_rand"),
    ("torch", "default_generator"),
)


def only_ones() -> dict[int, Any]:
    """Return how each object that a process has one of is reduced, by its id."""
    reduced: dict[int, Any] = {
        id(getattr(sys, name)): (standard_stream, (name,)) for name in ("stdin", "stdout", "stderr")
    }
    for home, name in _ONLY_ONES:
        module = sys.modules.get(home)
        if module is not None:
            reduced[id(vars(module).get(name))] = getattr, (module, name)
    return reduced


def library_place(sentinel: object) -> tuple[types.ModuleType, str] | None:
    """Return the module and name under which a library compares with a sentinel; None for none.

    Such an object means something by its identity alone: matplotlib's parameters hold one until a
    backend is chosen, and refuse a copy of it.
    """
    module, name = _sentinels(len(sys.modules)).get(id(sentinel), (None, ""))
    found = module is not None and vars(module).get(name) is sentinel
    return (module, name) if module is not None and found else None


def standard_stream(name: str) -> Any:
    """Return stdin, stdout or stderr as it is in this process."""
    return getattr(sys, name)


@functools.lru_cache(maxsize=1)
def _sentinels(modules: int) -> dict[int, tuple[types.ModuleType, str]]:
    """Return where each bare object that a module names is, by its id.

    Args:
        modules: how many are loaded; with more of them the answer is another one.
    """
    return {
        id(value): (module, name)
        for module in reversed(list(sys.modules.values()))
        if is_a(module, types.ModuleType) and module_name(module) != "__main__"
        for name, value in list(vars(module).items())
        if type(value) is object
    }
