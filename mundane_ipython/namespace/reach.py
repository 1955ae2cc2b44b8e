"""Which names of the namespace a cell can get at: through what it reads, transitively. Pure.

A function of the notebook reads names of its own, a method too, and either may hide in a list, an
attribute, a closure or a partial. Too many names cost time, a name too few would be a wrong result;
so where this cannot tell, it says "all".
"""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from ..adapter.looks import attribute_of, bases_of, contents_of, members_of, qualname_of
from ..adapter.types import is_own, is_proxy
from ..source.strings import names_in_constants

# Instructions that look a name up in the globals, or bind it there; those in a class's body too.
_LOOK_UPS = frozenset(
    f"{does}_{where}" for does in ("LOAD", "STORE", "DELETE") for where in ("GLOBAL", "NAME")
) | {"LOAD_FROM_DICT_OR_GLOBALS"}

# Whoever uses these can get at every name.
_DYNAMIC = frozenset(("exec", "eval", "globals", "locals", "vars", "compile", "__import__"))

_SHELL = "get_ipython"

# Such as `rows.append` and `rows.__len__`; the owner of a plain function in C is its module.
_METHODS_IN_C = (types.BuiltinMethodType, types.MethodWrapperType)

_CONTAINERS = (list, tuple, set, frozenset)

# By id: a metaclass may hash and compare oddly.
_PLAIN = frozenset(map(id, (int, bool, float, str, bytes, type(None))))
_CONTAINER_IDS = frozenset(map(id, _CONTAINERS))

# How many objects are looked at before the answer is "all".
_MAX_OBJECTS = 20_000


def reachable_names(
    names: Iterable[str], namespace: Mapping[str, Any], *, dynamic: bool = False
) -> frozenset[str]:
    """Return the names of the namespace that code which reads `names` can get at.

    Args:
        names: what the code itself reads. `get_ipython` counts for nothing here: what magics can
            get at is known to the caller.
        namespace: the user namespace, which is the globals of the notebook's functions.
        dynamic: whether the code has ways to names that cannot be seen in it.
    """
    found: set[str] = set()
    todo = list(names)
    seen: set[int] = set()
    while todo and not dynamic:
        name = todo.pop()
        if name in _DYNAMIC and name not in namespace:
            dynamic = True
        elif name in namespace and name not in found and name != _SHELL:
            found.add(name)
            todo.extend(_names_read(namespace[name], namespace, seen))
            dynamic = len(seen) > _MAX_OBJECTS
    return frozenset(namespace) if dynamic else frozenset(found)


def read_by(function: types.FunctionType) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that a function's code looks up globally, and the attributes it names."""
    code = function.__code__
    return frozenset(_global_names(code)), frozenset(_names_in(code))


def _names_in(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names_in(constant)


def _names_read(value: Any, namespace: Mapping[str, Any], seen: set[int]) -> Iterator[str]:  # noqa: C901 (a case for each kind)
    """Yield what the notebook's functions that can be called through a value may look up.

    And the notebook's classes that they get at without a name: by `type(self)`, or as a metaclass.
    """
    todo = [value]
    while todo and len(seen) <= _MAX_OBJECTS:
        item = todo.pop()
        kind = type(item)  # `isinstance` would believe a proxy, and run its code
        if id(kind) in _PLAIN or id(item) in seen:
            continue
        seen.add(id(item))
        if id(kind) in _CONTAINER_IDS:
            todo.extend(item)
        elif kind is dict:
            todo.extend(item.values())
        elif kind is types.FunctionType:
            if item.__globals__ is namespace:
                yield from _global_names(item.__code__)
            todo.extend(_closure(item))
            todo.append(item.__dict__.get("__wrapped__"))
        elif kind is types.MethodType:
            todo += [item.__func__, item.__self__]
        elif issubclass(kind, _METHODS_IN_C):
            todo.append(item.__self__)
        elif kind is functools.partial:
            todo += [item.func, item.args, item.keywords]
        elif issubclass(kind, type):
            if is_own(item):
                yield qualname_of(item).partition(".")[0]
                todo.extend(members_of(item).values())
                todo += [*bases_of(item), kind]
        elif issubclass(kind, (property, classmethod, staticmethod)):
            todo += _wrapped(item)
        elif not issubclass(kind, types.ModuleType):
            todo.append(kind)
            if is_own(kind) or is_proxy(kind):
                todo.extend(contents_of(item))  # slots too, and what `__dict__` does not tell
            else:
                members = attribute_of(item, "__dict__")
                if type(members) is dict:
                    todo.extend(members.values())
            todo.extend(_contents(item))


def _contents(item: Any) -> Iterable[Any]:
    """Return what is in a container of a subclass, whose own methods are not asked."""
    if issubclass(type(item), dict):
        return dict.values(item)
    base: Any = next((each for each in _CONTAINERS if issubclass(type(item), each)), None)
    return () if base is None else base.__iter__(item)


def _wrapped(item: property | classmethod[Any, Any, Any] | staticmethod[Any, Any]) -> list[Any]:
    if isinstance(item, property):
        return [item.fget, item.fset, item.fdel]
    return [item.__func__]


@functools.lru_cache(maxsize=4096)
def _looked_up(code: types.CodeType) -> frozenset[str]:
    """Return the names that a piece of code looks up; attributes too where it has all builtins."""
    if "builtins" in code.co_names or "__builtins__" in code.co_names:
        return frozenset(code.co_names)
    return frozenset(i.argval for i in dis.get_instructions(code) if i.opname in _LOOK_UPS)


def _closure(function: types.FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # still empty
            continue


def _global_names(code: types.CodeType, local: Set[str] = frozenset()) -> Iterator[str]:
    """Yield names that a function may look up globally.

    Args:
        code: of the function.
        local: variables of the functions around it.
    """
    local = {*local, *code.co_varnames, *code.co_cellvars, *code.co_freevars}
    yield from _looked_up(code)
    yield from names_in_constants(code, local)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _global_names(constant, local)
