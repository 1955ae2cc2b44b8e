"""How instances are pickled whose class's own code would run too early at a load, or wrongly.

pickle makes an object, lets others refer to it, and only then sets its state. Until then a
notebook's `__hash__` and `__getattr__` find no attributes, and its `__new__` gets no arguments;
an exception's `__init__` gets those of another function.
"""

from __future__ import annotations

import copyreg
import functools
import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any

# Values of these types refer to nothing, and so to no object that is not there yet.
_PLAIN = frozenset({int, float, complex, str, bytes, bool, type(None)})

_OWN_WAYS = ("__getnewargs__", "__getnewargs_ex__", "__setstate__")


def needs_care(kind: Any) -> bool:
    """Return whether `reduce_instance` is for instances of a notebook's class.

    A class that says itself how it is pickled is left to that, and so is one of a list or another
    type of Python's.
    """
    return not _has_own_way(kind) and (
        _is_python(kind.__hash__) or _is_python(kind.__getattribute__) or _cannot_load(kind)
    )


def fails_to_load(kind: Any) -> bool:
    """Return whether instances of a library's class have a pickle that may not load by itself.

    Their `__new__` is then called without its arguments, or `__getattr__` before any attribute is
    there, and mostly calls itself.
    """
    return not _has_own_way(kind) and _cannot_load(kind)


def _cannot_load(kind: Any) -> bool:
    return _is_python(getattr(kind, "__getattr__", None)) or not _made_without_arguments(kind)


def _has_own_way(kind: Any) -> bool:
    return (
        kind.__reduce_ex__ is not object.__reduce_ex__
        or kind.__reduce__ is not object.__reduce__
        or kind.__getstate__ is not object.__getstate__
        or any(hasattr(kind, name) for name in _OWN_WAYS)
        or kind in copyreg.dispatch_table
        or _native(kind, "__new__") is not object.__new__
    )


def reduce_instance(instance: Any) -> Any:
    """Reduce an instance so that no code of its class runs, and plain attributes are there first.

    A hash is mostly of these: so an object may be in a set that it refers to itself.
    """
    kind = type(instance)
    state = object.__getstate__(instance)
    attributes, slots = state if isinstance(state, tuple) else (state, None)
    early = (_plain(attributes), _plain(slots)) if _is_python(kind.__hash__) else (None, None)
    arguments = (kind, _made_without_arguments(kind), early)
    if early == (attributes, slots):  # of plain attributes that is all
        return new_instance, arguments
    return new_instance, arguments, (attributes, slots), None, None, set_attributes


def new_instance(
    kind: Any,
    by_class: bool,
    early: tuple[dict[str, Any] | None, dict[str, Any] | None],
) -> Any:
    """Return an instance with the first of its attributes.

    Args:
        kind: its class.
        by_class: whether the class's own `__new__` makes it, which may return the only one.
        early: attributes and slots, as for `set_attributes`.
    """
    instance: Any = kind.__new__(kind) if by_class else object.__new__(kind)
    set_attributes(instance, early)
    return instance


def new_natively(kind: type, *arguments: Any) -> Any:
    """Return an instance that is made without code of its class; its state follows."""
    new = _native(kind, "__new__")
    return new(kind) if new is object.__new__ else new(kind, *arguments)


def set_attributes(
    instance: Any, state: tuple[dict[str, Any] | None, dict[str, Any] | None]
) -> None:
    """Set an instance's attributes and slots past its class's code; a pickle's state setter."""
    attributes, slots = state
    if attributes is not None:
        own = object.__getattribute__(instance, "__dict__")
        own.clear()  # for their order
        own.update(attributes)
    for name, value in (slots or {}).items():
        object.__setattr__(instance, name, value)


def reduce_exception(error: BaseException, can_pickle: Callable[[Any], bool]) -> Any:
    """Reduce an exception with its cause and context, past an `__init__` in Python.

    Args:
        error: the exception. Its traceback has frames, and cannot be kept.
        can_pickle: says of a cause or context whether it can be pickled; else it is left out.
    """
    kind = type(error)
    reduced = error.__reduce_ex__(5)
    if kind in copyreg.dispatch_table or not isinstance(reduced, tuple) or len(reduced) > 3:
        return NotImplemented
    make, arguments, state = (*reduced, None)[:3]
    if make is kind and any(map(_is_python, (kind.__init__, kind.__new__))):
        ways = (kind.__reduce__, kind.__reduce_ex__)
        if not any(map(_is_python, ways)):
            make, arguments = new_exception, (kind, arguments)
    links: dict[str, Any] = {
        name: link
        for name in ("__cause__", "__context__")
        if (link := getattr(error, name)) is not None and can_pickle(link)
    }
    if not links and not error.__suppress_context__:
        return make, arguments, state
    links["__suppress_context__"] = error.__suppress_context__  # last: a cause sets it as well
    return make, arguments, (state, links), None, None, set_exception_state


def new_exception(kind: type[BaseException], arguments: tuple[Any, ...]) -> BaseException:
    """Return an exception with these `args`, made without code of its class."""
    error: BaseException = _native(kind, "__new__")(kind, *arguments)
    _native(kind, "__init__")(error, *arguments)
    return error


def set_exception_state(error: BaseException, state: tuple[Any, dict[str, Any]]) -> None:
    """Set an exception's attributes, cause and context; a pickle's state setter."""
    attributes, links = state
    if attributes is not None:
        error.__setstate__(attributes)
    for name, link in links.items():
        setattr(error, name, link)


def _plain(attributes: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if attributes is None:
        return None
    return {name: value for name, value in attributes.items() if type(value) in _PLAIN}


def _made_without_arguments(kind: type) -> bool:
    return not _is_python(kind.__new__) or _takes_only_the_class(kind.__new__)


@functools.lru_cache(maxsize=64)  # asked for each instance
def _takes_only_the_class(new: Callable[..., Any]) -> bool:
    try:
        inspect.signature(new).bind(object)
    except TypeError:
        return False
    return True


def _native(kind: type, name: str) -> Any:
    """Return the method that a class inherits under this name from a type in C."""
    return next(
        method
        for base in kind.__mro__
        if (method := vars(base).get(name)) is not None
        and not isinstance(method, (staticmethod, types.FunctionType))
    )


def _is_python(method: Any) -> bool:
    return isinstance(method, types.FunctionType)
