"""How values are reduced, by type, that pickle alone refuses, or writes so that they do not load.

Types of Python and of libraries have their ways here; what an instance of a notebook's class needs
is in `instances`. Nothing here looks into a value before it is pickled.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import sys
import types
import typing
import weakref
from collections.abc import Callable
from typing import Any

from ..adapter.looks import attribute_of_type, module_of, qualname_of
from ..adapter.registry import own_adapter_of
from ..adapter.rules import REDUCTIONS
from ..adapter.types import PerType, is_own
from .instances import fails_to_load, reduce_instance
from .named_instances import HELD, reduce_held

# All functions of `functools.singledispatch` have one code: that of its inner function.
_DISPATCHER = typing.cast("types.FunctionType", functools.singledispatch(len)).__code__

_PARAMETERS = (typing.ParamSpec, typing.TypeVarTuple)

_OF_PARAMETERS = (typing.ParamSpecArgs, typing.ParamSpecKwargs)

_CURRIES = ("toolz.functoolz", "cytoolz.functoolz")

# What is worse than not to be stored: rtree's index comes back without its entries, and one that is
# kept in a file empties that file when it is loaded.
_REFUSED = {("rtree.index", "Index"): "its library pickles none of its entries"}

# What a parameter's constructor takes beside its name, by attribute; later versions take more.
_OPTIONS = {
    "__bound__": "bound",
    "__covariant__": "covariant",
    "__contravariant__": "contravariant",
    "__infer_variance__": "infer_variance",
    "__default__": "default",
}


def leave(value: Any) -> Any:
    """Leave a value to pickle: the way of a type that has none here."""
    return NotImplemented


def _way_of(kind: type) -> Callable[[Any], Any]:
    way = _own_way_of(kind)
    if not HELD[kind]:
        return way

    def held_or_not(value: Any) -> Any:
        reduced = reduce_held(value)
        return way(value) if reduced is NotImplemented else reduced

    return held_or_not


def _own_way_of(kind: type) -> Callable[[Any], Any]:
    place = module_of(kind), qualname_of(kind)
    if place in _REFUSED:
        return refuse
    if issubclass(kind, _PARAMETERS):
        return reduce_parameter
    if issubclass(kind, _OF_PARAMETERS):
        return reduce_part
    if kind is weakref.WeakKeyDictionary:
        return reduce_weak_keys
    if qualname_of(kind) == "curry" and module_of(kind) in _CURRIES:
        return reduce_curried
    if REDUCTIONS[kind] and not is_own(kind):
        return leave
    if not is_own(kind) and fails_to_load(kind):
        return reduce_instance
    is_called = attribute_of_type(kind, "__call__") is not None
    if is_called and type(attribute_of_type(kind, "__reduce__")) is types.FunctionType:
        return reduce_named
    return leave


WAYS: PerType[Callable[[Any], Any]] = PerType(_way_of)
"""The way of each type; `leave` where pickle's own is right."""


def refuse(value: Any) -> Any:
    """Refuse what a library pickles, but not as what it is."""
    kind = type(value)
    place = module_of(kind), qualname_of(kind)
    raise TypeError(f"cannot pickle {'.'.join(place)}: {_REFUSED[place]}")


def reduce_class(kind: type) -> Any:
    """Return the reduction of a library's class, None where cloudpickle's is right."""
    adapter = own_adapter_of(module_of(kind))
    return adapter.reduce_class(kind) if adapter is not None and adapter.reduce_class else None


def reduce_parameter(parameter: Any) -> Any:
    """Reduce a `ParamSpec` or `TypeVarTuple` of the notebook; pickle knows it by name alone."""
    if parameter.__module__ != "__main__":
        return NotImplemented
    plain = type(parameter)(parameter.__name__)
    options = {
        option: value
        for attribute, option in _OPTIONS.items()
        if (value := getattr(parameter, attribute, None)) is not getattr(plain, attribute, None)
    }
    return type_parameter, (type(parameter), parameter.__name__, options)


def type_parameter(kind: Any, name: str, options: dict[str, Any]) -> Any:
    """Return a `ParamSpec` or `TypeVarTuple` of the notebook."""
    parameter = kind(name, **options)
    parameter.__module__ = "__main__"
    return parameter


def reduce_part(part: Any) -> Any:
    """Reduce a `ParamSpec`'s `args` or `kwargs`, which refuse pickle's way to set their state."""
    return type(part), (part.__origin__,)


def reduce_weak_keys(found: weakref.WeakKeyDictionary[Any, Any]) -> Any:
    """Reduce a dictionary of what is known of classes, such as the cache of a `singledispatch`.

    Other keys may have nobody else who holds them after a restore: those are left to pickle, which
    refuses them.
    """
    items = dict(found)
    if not all(isinstance(key, type) for key in items):
        return NotImplemented
    return weakref.WeakKeyDictionary, (items,)


def is_dispatcher(function: types.FunctionType) -> bool:
    """Return whether a function is a `functools.singledispatch` one; its `registry` can change."""
    return function.__code__ == _DISPATCHER  # a restored one has a copy


def load_home(name: Any) -> None:
    """Import the module that a library's class or function says it is in, if nobody has yet.

    Otherwise cloudpickle takes it for the user's own: `numpy.recarray` says `numpy.rec`.
    """
    if isinstance(name, str) and name not in sys.modules and name.partition(".")[0] in sys.modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def reduce_curried(curried: Any) -> Any:
    """Reduce a function that toolz curries, with the function itself where it is the notebook's.

    A private way (toolz 1.0, functoolz.py: `curry.__reduce__`, and cytoolz's): of what it decorates
    it keeps `__main__:NAME`, and looks that up at a load, when the step's names are not there yet.
    """
    make, arguments = curried.__reduce__()
    kind, function, *rest = arguments
    if not (isinstance(function, str) and function.startswith("__main__:")):
        return make, arguments
    return make, (kind, curried.func, *rest[:-1], None)


def reduce_named(function: Any) -> Any:
    """Reduce what a library makes of a function, as its decorator does, and pickles by its name.

    Of the notebook's functions the name leads nowhere when the step's names are not there yet.
    """
    reduced = function.__reduce_ex__(5)
    by_name = isinstance(reduced, str) and getattr(function, "__module__", None) == "__main__"
    return reduce_instance(function) if by_name else reduced
