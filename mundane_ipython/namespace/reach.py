"""Which names of the namespace a cell can get at: through what it reads, transitively. Pure.

A function of the notebook reads names of its own, a method too, and either may hide in a list, an
attribute, a closure or a partial. Too many names cost time, a name too few would be a wrong result;
so where this cannot tell, it says "all".
"""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import Any

from ..adapter.looks import attribute_of, bases_of, contents_of, members_of, qualname_of
from ..adapter.types import PerType, is_own, is_proxy
from ..source.strings import names_in_constants, sql_names

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

# What can be called is looked at wherever it lies.
_CALLED = (types.FunctionType, types.MethodType, functools.partial, *_METHODS_IN_C, type)

# How many objects behind one name are looked into. Of the others what can be called is looked at,
# and one object of each kind: data of any size has no more kinds than that.
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
    look = _Look(namespace)
    while todo and not dynamic:
        name = todo.pop()
        if name in _DYNAMIC and name not in namespace:
            dynamic = True
        elif name in namespace and name not in found and name != _SHELL:
            found.add(name)
            value = namespace[name]
            todo.extend(sql_names(value) if type(value) is str else look.names_read(value))
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


class _Look:
    """A look through values, each object in them once.

    Args:
        namespace: the globals of the notebook's functions.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._seen: set[int] = set()
        # By id, of kinds that were met past the limit: whether their objects can be called.
        self._called: dict[int, bool] = {}
        self._room = 0

    def names_read(self, value: Any) -> Iterator[str]:
        """Yield what the notebook's functions that can be called through a value may look up.

        And the notebook's classes that they get at without a name: by `type(self)`, or as a
        metaclass.
        """
        self._room = _MAX_OBJECTS
        todo = [value]
        while todo:
            item = todo.pop()
            kind = type(item)  # `isinstance` would believe a proxy, and run its code
            if id(kind) in _PLAIN or id(item) in self._seen:
                continue
            self._seen.add(id(item))
            if kind is types.FunctionType:
                if item.__globals__ is self._namespace:
                    yield from _global_names(item.__code__)
            elif issubclass(kind, type):
                if not is_own(item):
                    continue
                yield qualname_of(item).partition(".")[0]
            todo.extend(self._behind(item, kind))

    def _behind(self, item: Any, kind: type) -> Iterable[Any]:
        """Return what can be got at through an object, as far as it may lead to code."""
        if id(kind) in _CONTAINER_IDS:
            return self._some(item)
        if kind is dict:
            return self._some(item.values())
        rules = _behind.of(item, otherwise=())
        if rules:
            return rules[0](item)
        if is_own(kind) or is_proxy(kind):
            inside = contents_of(item)  # slots too, and what `__dict__` does not tell
        else:
            members = attribute_of(item, "__dict__")
            inside = members.values() if type(members) is dict else ()
        return [kind, *self._some(inside), *self._some(_contents(item))]

    def _some(self, items: Iterable[Any]) -> list[Any]:
        """Return those of some items that are looked into: all, as long as there is room."""
        found = [item for item in items if id(type(item)) not in _PLAIN]
        room, self._room = self._room, max(self._room - len(found), 0)
        if len(found) <= room:
            return found
        past = found[room:]
        del found[room:]
        for item in past:
            kind = type(item)
            called = self._called.get(id(kind))
            if called is None:
                self._called[id(kind)] = issubclass(kind, _CALLED)
            if called is not False:
                found.append(item)
        return found


def _behind_function(function: types.FunctionType) -> list[Any]:
    return [*_closure(function), function.__dict__.get("__wrapped__")]


def _behind_class(kind: type) -> list[Any]:
    return [*members_of(kind).values(), *bases_of(kind), type(kind)]


def _behind_partial(partial: functools.partial[Any]) -> list[Any]:
    return [partial.func, partial.args, partial.keywords]


def _behind_property(item: property) -> list[Any]:
    return [item.fget, item.fset, item.fdel]


# What is behind objects that are neither data nor instances. The first that fits counts.
_BEHIND: tuple[tuple[Any, Callable[[Any], Iterable[Any]]], ...] = (
    (types.FunctionType, _behind_function),
    (types.MethodType, lambda method: (method.__func__, method.__self__)),
    (_METHODS_IN_C, lambda method: (method.__self__,)),
    (type, _behind_class),
    (property, _behind_property),
    ((classmethod, staticmethod), lambda item: (item.__func__,)),
    (types.ModuleType, lambda _: ()),
)


@PerType
def _behind(kind: type) -> tuple[Callable[[Any], Iterable[Any]], ...]:
    if kind is functools.partial:  # one of a subclass may hold more
        return (_behind_partial,)
    return tuple(behind for kinds, behind in _BEHIND if issubclass(kind, kinds))[:1]


def _contents(item: Any) -> Iterable[Any]:
    """Return what is in a container of a subclass, whose own methods are not asked."""
    if issubclass(type(item), dict):
        return dict.values(item)
    base: Any = next((each for each in _CONTAINERS if issubclass(type(item), each)), None)
    return () if base is None else base.__iter__(item)


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
