"""Objects that a process has one of: a copy would be another thing, so they go by their places."""

from __future__ import annotations

import decimal
import enum
import functools
import sys
import types
from collections.abc import Callable
from typing import Any

from IPython import get_ipython

from ..adapter.looks import is_a, module_name
from ..adapter.registry import adapter_of, begun
from ..adapter.types import PerType

# Objects that each process has one of, by module and name. What a copy of one is set to, or reads,
# is not the process's. Adapters name those of libraries.
_ONLY_ONES = (
    ("os", "environ"),
    ("sys", "flags"),
    ("sys", "implementation"),
    ("sys", "version_info"),
    ("dataclasses", "MISSING"),
    ("dataclasses", "KW_ONLY"),
)


def only_ones() -> dict[int, Any]:
    """Return how each object that a process has one of is reduced, by its id.

    Or else its module and name: see `reduce_only_one`.
    """
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return _only_ones(len(sys.modules), *map(id, (*streams, decimal.getcontext(), get_ipython())))


@functools.lru_cache(maxsize=1)
def _only_ones(modules: int, *others: int) -> dict[int, Any]:
    """Return what `only_ones` does.

    Args:
        modules: how many are loaded; with more of them the answer is another one.
        others: the ids of objects that may be replaced by others.
    """
    reduced: dict[int, Any] = dict(_held_by_libraries())
    of_libraries = (place for adapter in begun() for place in adapter.only_ones)
    for home, name in (*_ONLY_ONES, *of_libraries):
        module = sys.modules.get(home)
        if module is not None:
            reduced[id(vars(module).get(name))] = getattr, (module, name)
    makers = (
        *((standard_stream, (name,)) for name in ("stdin", "stdout", "stderr")),
        (decimal.getcontext, ()),
        (get_ipython, ()),
    )
    return reduced | dict(zip(others, makers, strict=True))


def reduce_only_one(found: tuple[Any, Any], obj: Any, can_pickle: Callable[[Any], bool]) -> Any:
    """Reduce an object that a process has one of.

    Args:
        found: what `only_ones` says of it.
        obj: the object.
        can_pickle: says of a state whether it can be pickled; else the object goes without.
    """
    home, name = found
    if not isinstance(home, str):
        return found
    module = sys.modules.get(home)
    if module is None or vars(module).get(name) is not obj:
        return NotImplemented  # another one that lies where an older one was
    kind: Any = type(obj)
    by_python = kind.__reduce_ex__ is object.__reduce_ex__ and kind.__reduce__ is object.__reduce__
    state = obj.__getstate__() if by_python else None
    if not state or not can_pickle(state):
        return getattr, (module, name)
    return getattr, (module, name), state


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


_places: dict[int, tuple[str, str]] = {}
_looked_through: set[str] = set()


def _held_by_libraries() -> dict[int, tuple[str, str]]:
    """Return module and name of each object that a library names and has the class of, by its id.

    Modules are looked through once, when they are there; what has moved since, `reduce_only_one`
    finds out.
    """
    if len(sys.modules) != len(_looked_through):
        for home in list(sys.modules.keys() - _looked_through):
            _looked_through.add(home)
            module = sys.modules.get(home)
            if isinstance(module, types.ModuleType) and _is_of_library(home, module):
                top = home.partition(".")[0]
                for name, value in list(vars(module).items()):
                    if type(value) not in _CODE and _can_be_one[type(value)] == top:
                        _places.setdefault(id(value), (home, name))
    return _places


_CODE = frozenset(
    (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType, str, int, dict, list)
)


def _is_of_library(home: str, module: types.ModuleType) -> bool:
    if home.partition(".")[0] in sys.stdlib_module_names:
        return True
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and "-packages" in file  # site-, and dist- of some systems


@PerType
def _can_be_one(kind: type) -> str:
    """Return the library of a type of objects of which their module's is the only one; else ""."""
    known = (type, types.FunctionType, types.ModuleType, BaseException, enum.Enum)
    home = kind.__module__
    if not isinstance(home, str) or not kind.__dictoffset__ or issubclass(kind, known):
        return ""
    top = home.partition(".")[0]
    adapter = adapter_of(top)
    # A copy of what it names is as good, and loads without trust.
    return "" if adapter is not None and adapter.of_data else top
