"""How instances are pickled whose class's own code would run too early at a load, or wrongly.

pickle makes an object, lets others refer to it, and only then sets its state. Until then a
notebook's `__hash__` and `__getattr__` find no attributes, and its `__new__` gets no arguments;
an exception's `__init__` gets those of another function.
"""

from __future__ import annotations

import copyreg
import enum
import functools
import inspect
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from ..adapter.looks import attribute_of_type
from ..adapter.types import PerType, is_own
from .error_fields import WITH_FIELDS, fields_of, fields_set_later
from .subclasses import (
    Attributes,
    attributes_of,
    base_of,
    fill_of_base,
    know_slots,
    new_of_base,
    parts_of,
    reduce_with_items,
    says_how,
    set_attributes_of,
    slots_of,
    walk_on_base,
)

# Values of these types refer to nothing, and so to no object that is not there yet.
PLAIN = frozenset({int, float, complex, str, bytes, bool, type(None)})

_CLASS = vars(object)["__class__"]

_OWN_WAYS = ("__getnewargs__", "__getnewargs_ex__", "__getstate__", "__setstate__")

# These give a class with slots methods that get and set the slots which are fields; there may be
# others, such as that of a cached property.
_WRITERS_OF_METHODS = ("attr._make", "dataclasses")

_WAYS_OF_EXCEPTIONS = ("__reduce__", "__reduce_ex__", "__setstate__", "__getstate__")


def way_past_code(kind: type) -> Callable[[Any], Any] | None:
    """Return how instances of a notebook's class are reduced; None where pickle does that right.

    Exceptions are for `reduce_exception`, members of an enumeration for `enumerations`.
    """
    if issubclass(kind, BaseException) or kind in copyreg.dispatch_table:
        return None
    base = base_of(kind)
    if base is not None:
        return functools.partial(_reduce_on, base)
    if needs_care(kind):
        return reduce_instance
    if kind.__dictoffset__ and base_of(kind) is None and _has_plain_pickle(kind):
        return _reduce_if_shared
    return reduce_as_library if _has_way_of_library(kind) else None


@PerType
def walk_of(kind: type) -> tuple[Callable[[Any, Callable[..., None]], Any], ...]:
    """Return what reduces an instance of a notebook's class for a walk; nothing: pickle does.

    What that returns is not to be loaded, and calls the function that is its second argument; None
    where all is well with pickle's own.
    """
    if issubclass(kind, WITH_FIELDS):
        return (_walk_error,)
    if not is_own(kind) or issubclass(kind, (enum.Enum, type)):
        return ()
    know_slots(kind)
    base = base_of(kind)
    if base is not None:
        return (functools.partial(walk_on_base, base),)
    if issubclass(kind, BaseException):
        return (_walk_with_attributes,)
    if issubclass(kind, (list, dict)):
        return (_walk_items,)
    if needs_care(kind):
        return (_walk_attributes,)
    plain = bool(kind.__dictoffset__) and _has_plain_pickle(kind)
    return (_walk_with_attributes,) if not plain and _has_way_of_library(kind) else ()


def _walk_items(instance: Any, stand_in: Callable[..., None]) -> Any:
    reduced = reduce_with_items(instance)
    return (stand_in, *reduced[1:]) if reduced is not None else None


def _walk_attributes(instance: Any, stand_in: Callable[..., None]) -> Any:
    attributes, slots = attributes_of(instance, object)
    return stand_in, (type(instance),), (attributes, *(slots or {}).items())


def _walk_error(error: BaseException, stand_in: Callable[..., None]) -> Any:
    """Reduce an error with what it keeps beside its `args`."""
    reduced = _walk_with_attributes(error, stand_in)
    return (
        stand_in,
        (type(error),),
        (*fields_of(error).values(), *(reduced or (error.args, vars(error)))[1:]),
    )


def _walk_with_attributes(instance: Any, stand_in: Callable[..., None]) -> Any:
    """Reduce an instance to what pickle does and the attributes that this leaves out."""
    kind = type(instance)
    reduced = instance.__reduce_ex__(5)
    if not isinstance(reduced, tuple) or reduced[0] is not kind:
        return None
    base = next(each for each in kind.__mro__ if not is_own(each))
    attributes, slots = attributes_of(instance, base)
    state = (*reduced[2:3], attributes, *(slots or {}).items())
    return stand_in, (kind, *reduced[1]), state, *reduced[3:5]


def _reduce_on(base: type, instance: Any) -> Any:
    """Reduce an instance of a subclass of a Python type."""
    kind = type(instance)
    shared = _holders_of_dict(instance) > _ALONE
    arguments, contents, attributes = parts_of(instance, base)
    hashed = _is_python(kind.__hash__)
    early = (_plain(attributes[0]), _plain(attributes[1])) if hashed else (None, None)
    made = (kind, base, arguments, early)
    if shared:
        state = (base, contents, (*attributes, True))
        return new_of_base, made, state, None, None, fill_of_base
    if contents is None and attributes == early:
        return new_of_base, made
    return new_of_base, made, (base, contents, attributes), None, None, fill_of_base


def _has_way_of_library(kind: type) -> bool:
    """Return whether a library's class says how an object is pickled, and the notebook's makes it.

    `(type(self), arguments)` is then meant for the library's own `__init__`.
    """
    own = [each for each in kind.__mro__ if is_own(each)]
    makes = any(name in vars(each) for each in own for name in ("__init__", "__new__"))
    return makes and not any(map(says_how, own))


def reduce_as_library(instance: Any) -> Any:
    """Reduce an instance as a library does, but past what the notebook's class does at its making.

    Attributes that the library does not take along are those of the notebook.
    """
    kind: Any = type(instance)
    reduced = instance.__reduce_ex__(5)
    if not isinstance(reduced, tuple) or reduced[0] is not kind:
        return NotImplemented
    base = next(each for each in kind.__mro__ if not is_own(each))
    state = reduced[2] if len(reduced) > 2 else None
    made = new_by_library, (kind, base, reduced[1])
    if len(reduced) > 3 or state is not None:
        return *made, *reduced[2:]
    return *made, attributes_of(instance, base), None, None, set_attributes_of


def new_by_library(kind: Any, base: Any, arguments: tuple[Any, ...]) -> Any:
    """Return an instance as a library's class makes it, without the notebook's code."""
    made = (
        object.__new__(kind) if base.__new__ is object.__new__ else base.__new__(kind, *arguments)
    )
    base.__init__(made, *arguments)
    return made


def _reduce_if_shared(instance: Any) -> Any:
    """Reduce an instance only where something else may hold its `__dict__`."""
    return reduce_instance(instance) if _holders_of_dict(instance) > _ALONE else NotImplemented


def needs_care(kind: Any) -> bool:
    """Return whether `reduce_instance` is for instances of a notebook's class.

    A class that says itself how it is pickled is left to that, and so is one of a list or another
    type of Python's.
    """
    return _has_plain_pickle(kind) and (
        _is_python(kind.__hash__)
        or _is_python(kind.__getattribute__)
        or _is_python(attribute_of_type(kind, "__getattr__"))
        or _is_python(kind.__new__)
        or attribute_of_type(kind, "__class__") is not _CLASS  # or else pickle believes it
        or _is_python(type(kind).__setattr__)  # or else copyreg sets `__slotnames__` by it
        or any(slots_of(kind, object))
    )


def fails_to_load(kind: Any) -> bool:
    """Return whether instances of a library's class have a pickle that may not load by itself.

    Their `__new__` is then called without its arguments, or `__getattr__` before any attribute is
    there, and mostly calls itself.
    """
    new = kind.__new__
    made = not _is_python(new) or _takes_only_the_class(new)
    looks_up = _is_python(attribute_of_type(kind, "__getattr__"))
    return _has_plain_pickle(kind) and (looks_up or not made)


def _has_plain_pickle(kind: Any) -> bool:
    """Return whether nothing is known of a class's pickle but what `object` says."""
    return not (
        kind.__reduce_ex__ is not object.__reduce_ex__
        or kind.__reduce__ is not object.__reduce__
        or any(_is_own(attribute_of_type(kind, name)) for name in _OWN_WAYS)
        or kind in copyreg.dispatch_table
        or _native(kind, "__new__") is not object.__new__
    )


def reduce_instance(instance: Any) -> Any:
    """Reduce an instance so that no code of its class runs, and plain attributes are there first.

    A hash is mostly of these: so an object may be in a set that it refers to itself.
    """
    kind = type(instance)
    shared = _holders_of_dict(instance) > _ALONE
    attributes, slots = attributes_of(instance, object)
    early = (_plain(attributes), _plain(slots)) if _is_python(kind.__hash__) else (None, None)
    arguments = (kind, _is_made_by_library(kind), early)
    if shared:
        return new_instance, arguments, (attributes, slots, True), None, None, set_attributes_of
    if early == (attributes, slots):  # of plain attributes that is all
        return new_instance, arguments
    return new_instance, arguments, (attributes, slots), None, None, set_attributes_of


def new_instance(
    kind: Any,
    by_class: bool,
    early: tuple[dict[str, Any] | None, dict[str, Any] | None],
) -> Any:
    """Return an instance with the first of its attributes.

    Args:
        kind: its class.
        by_class: whether a `__new__` in Python makes it; a notebook's own ones are left out.
        early: attributes and slots, as for `set_attributes_of`.
    """
    instance: Any = _library_new(kind)(kind) if by_class else object.__new__(kind)
    set_attributes_of(instance, early)
    return instance


def new_natively(kind: type, *arguments: Any) -> Any:
    """Return an instance that is made without code of its class; its state follows."""
    new = _native(kind, "__new__")
    return new(kind) if new is object.__new__ else new(kind, *arguments)


def set_attributes(
    instance: Any, state: tuple[dict[str, Any] | None, dict[str, Any] | None]
) -> None:
    """Set attributes and slots past an instance's class; older bundles name it here."""
    set_attributes_of(instance, state)


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
    ways = [attribute_of_type(kind, name) for name in _WAYS_OF_EXCEPTIONS]
    own_ways = any(_is_python(way) and _is_own(way) for way in ways)
    makers = (kind.__init__, kind.__new__, type(kind).__call__)
    if make is kind and not own_ways and any(map(_is_python, makers)):
        if isinstance(error, BaseExceptionGroup):  # its `args` may be those of another function
            arguments = error.message, list(error.exceptions)
        make, arguments = new_exception, (kind, arguments)
    links: dict[str, Any] = {
        name: link
        for name in ("__cause__", "__context__")
        if (link := getattr(error, name)) is not None and can_pickle(link)
    }
    links |= fields_set_later(error)
    if links or error.__suppress_context__:
        links["__suppress_context__"] = error.__suppress_context__  # last: a cause sets it as well
    if is_own(kind) and not own_ways:
        attributes, slots = attributes_of(error, BaseException)
        native = {n: value for n, value in (state or {}).items() if n not in (attributes or {})}
        if isinstance(error, BaseExceptionGroup):
            links["args"] = error.args
        return make, arguments, (native, (attributes, slots), links), None, None, fill_exception
    if not links:
        return make, arguments, state
    return make, arguments, (state, links), None, None, set_exception_state


def new_exception(kind: type[BaseException], arguments: tuple[Any, ...]) -> BaseException:
    """Return an exception with these `args`, made without code of its class."""
    error: BaseException = _native(kind, "__new__")(kind, *arguments)
    _native(kind, "__init__")(error, *arguments)
    return error


def fill_exception(
    error: BaseException, state: tuple[dict[str, Any], Attributes, dict[str, Any]]
) -> None:
    """Set what an exception of the notebook has past its class's code; a pickle's state setter."""
    native, attributes, links = state
    BaseException.__setstate__(error, native)
    set_attributes_of(error, attributes)
    for name, link in links.items():
        attribute_of_type(type(error), name).__set__(error, link)


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
    return {name: value for name, value in attributes.items() if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if type(value) is tuple or type(value) is frozenset:
        return all(map(_is_plain, value))
    return type(value) in PLAIN


def _holders_of_dict(instance: Any) -> int:
    """Return how many references there are to an instance's `__dict__`; 0 where it has none."""
    if not type(instance).__dictoffset__:
        return 0
    found = object.__getattribute__(instance, "__dict__")
    return sys.getrefcount(found) if issubclass(type(found), dict) else 0


class _Probe:
    """A class whose instances hold their `__dict__` alone."""


_ALONE = _holders_of_dict(_Probe())


def _is_made_by_library(kind: type) -> bool:
    new = _library_new(kind)
    return _is_python(new) and _takes_only_the_class(new)


def _library_new(kind: type) -> Callable[..., Any]:
    """Return the `__new__` that a class has from a library; what its own did is stored."""
    bases = (base for base in kind.__mro__ if not is_own(base))
    return next(base.__new__ for base in bases)


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


def _is_own(way: Any) -> bool:
    """Return whether a method for pickles says something that is not known without it."""
    if way is None or way is object.__getstate__:
        return False
    return getattr(way, "__module__", None) not in _WRITERS_OF_METHODS


def _is_python(method: Any) -> bool:
    return isinstance(method, types.FunctionType)
