"""Code of the notebook's classes that runs when their instances are loaded, marked in a pickle.

A `__setstate__`, and what a `__reduce__` names, may use whatever their cell has bound. Where they
are called by way of the functions here, `stage` can let them find it. Nothing here runs any.
"""

from __future__ import annotations

import copyreg
import enum
import functools
import types
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from ..adapter.looks import attribute_of_type, is_a, members_of, mro_of
from ..adapter.types import is_own
from ..classes.enumerations import reduce_member
from ..classes.instances import set_attributes, way_past_code
from ..classes.subclasses import know_slots, reduce_with_items
from ..namespace.reach import reachable_names, read_by
from .doubts import Calls, Entry, is_odd

# What `self.n` calls without naming it.
_UNNAMED = ("__setattr__", "__delattr__", "__getattribute__", "__getattr__")

_REDUCTIONS = ("__reduce_ex__", "__reduce__", "__setstate__", "__getnewargs__", "__getnewargs_ex__")


Way = Callable[[Any, Mapping[str, Any], Calls], Any]
"""Reduces an instance, given the user namespace; adds to the calls. Or says NotImplemented."""


def way_of(kind: Any, namespace: Mapping[str, Any]) -> Way:
    """Return how instances of a class of the notebook are reduced."""
    know_slots(kind)
    past_code = reduce_member if issubclass(kind, enum.Enum) else way_past_code(kind)
    if past_code is not None:
        return functools.partial(_past_code, past_code, is_odd(kind))
    has_code = kind in copyreg.dispatch_table or any(
        _is_notebooks(attribute_of_type(kind, name), namespace) for name in _REDUCTIONS
    )
    if has_code and not issubclass(kind, (enum.Enum, BaseException, type)):
        return reduce_with_code
    return _by_others_once if has_code or is_odd(kind) else _by_others


def _past_code(
    reduce: Callable[[Any], Any],
    is_tried: bool,
    instance: Any,
    _: Mapping[str, Any],
    calls: Calls,
) -> Any:
    if is_tried:
        calls[type(instance), None] = None
    return reduce(instance)


def _by_others(_: Any, __: Mapping[str, Any], ___: Calls) -> Any:
    return NotImplemented


def _by_others_once(instance: Any, _: Mapping[str, Any], calls: Calls) -> Any:
    calls[type(instance), None] = None
    return NotImplemented


def reduce_with_code(instance: Any, namespace: Mapping[str, Any], calls: Calls) -> Any:
    """Reduce an instance as it says itself; the notebook's code that a load calls is marked."""
    kind = type(instance)
    reduce = copyreg.dispatch_table.get(kind)
    if reduce is not None:
        reduced = reduce(instance)
    else:
        reduced = reduce_with_items(instance) or instance.__reduce_ex__(5)
    if not isinstance(reduced, tuple) or not 2 <= len(reduced) <= 6:
        return reduced  # pickle says what is wrong with it, or it is a global's name
    parts: tuple[Any, ...] = (*reduced, *[None] * (6 - len(reduced)))
    make, arguments, state, items, pairs, setter = parts
    entries = entries_of(make, arguments, namespace)
    if entries:
        make, arguments = run_code, (make, arguments)
    set_state = state_setter(kind, namespace)
    if state is not None and setter is None and set_state is not None:
        entries.append((set_state, kind))
        setter = set_by_class
    elif state is not None and setter is None and _answers_for_any(kind):
        state, setter = _by_attributes(state)
    calls.update(dict.fromkeys(entries))
    return make, arguments, state, items, pairs, setter


def _answers_for_any(kind: type) -> bool:
    """Return whether pickle would take what a class's `__getattr__` says for a `__setstate__`."""
    setter = attribute_of_type(kind, "__setstate__")
    return setter is None and attribute_of_type(kind, "__getattr__") is not None


def _by_attributes(state: Any) -> tuple[Any, Callable[[Any, Any], None] | None]:
    """Return a state as `set_attributes` takes it, and that; what is neither, as it is."""
    attributes, slots = state if is_a(state, tuple) and len(state) == 2 else (state, None)
    if all(each is None or type(each) is dict for each in (attributes, slots)):
        return (attributes, slots), set_attributes
    return state, None


def run_code(make: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """Make an instance by code of the notebook."""
    return make(*arguments)


def set_by_class(instance: Any, state: Any) -> None:
    """Set an instance's state by its class's own code; a pickle's state setter."""
    instance.__setstate__(state)


def names_reached(entries: Iterable[Entry], namespace: Mapping[str, Any]) -> Set[str]:
    """Return the global names that code can get at, whether they are bound or not.

    Args:
        entries: where it begins. Of a class those methods count that the code names as attributes.
        namespace: the user namespace.
    """
    names: set[str] = set()
    todo, seen = list(entries), set[types.CodeType]()
    while todo:
        method, kind = todo.pop()
        for function in _functions(method):
            if function.__code__ in seen:
                continue
            seen.add(function.__code__)
            read, attributes = read_by(function)
            if function.__globals__ is namespace:
                names |= read
            for base in mro_of(kind) if kind is not None else ():
                if is_own(base):
                    members = members_of(base)
                    named = (each for each in (*attributes, *_UNNAMED) if each in members)
                    todo += [(members[each], kind) for each in named]
    return names | reachable_names(names, namespace)


def class_to_make(make: Any, arguments: Any) -> Any:
    """Return the class whose `__new__` is called with arguments, None where that is not all."""
    by_class = any(make is each for each in _BY_CLASS)
    return arguments[0] if by_class and isinstance(arguments, tuple) and arguments else None


def class_arguments(make: Any, arguments: Sequence[Any]) -> Sequence[Any]:
    """Return what such a `__new__` gets beside its class, names of arguments left aside."""
    return arguments[1:] if make is _BY_CLASS[0] else arguments[1]


def state_setter(kind: type, namespace: Mapping[str, Any]) -> Any:
    """Return a class's `__setstate__` where the notebook has it, None until the class is whole."""
    found = attribute_of_type(kind, "__setstate__")
    return found if _is_notebooks(found, namespace) else None


def rank(value: Any) -> int:
    """Return where a value comes among others: functions, classes, then what may need them."""
    kind = type(value)  # `isinstance` believes a proxy
    if issubclass(kind, type):
        return 1
    return 0 if kind is types.FunctionType else 2


def in_order_of_needs(
    slots: Sequence[str],
    calls: Mapping[str, Calls],
    own: Set[str],
    changed: Container[str],
    namespace: Mapping[str, Any],
) -> list[str]:
    """Return slots so that each comes after those that it needs, circles in the order given.

    Args:
        slots: in the order of binding.
        calls: what a load of each slot calls.
        own: names of the step.
        changed: those of them that it changed in place.
        namespace: the user namespace.
    """
    needs = {
        slot: names_reached(entries, namespace)
        & own - {slot} - _held_by_class(slot, own, changed, namespace)
        for slot, entries in calls.items()
        if entries
    }
    places = {slot: place for place, slot in enumerate(slots)}
    ordered: dict[str, None] = {}
    entered: set[str] = set()
    for first in slots:
        path = [first]
        while path:
            name = path[-1]
            entered.add(name)
            open_needs = needs.get(name, frozenset()) & places.keys() - entered
            if open_needs:
                path.append(min(open_needs, key=places.__getitem__))
            else:
                ordered[path.pop()] = None
    return list(ordered)


def _held_by_class(
    slot: str, own: Set[str], changed: Container[str], namespace: Mapping[str, Any]
) -> Set[str]:
    """Return the names of what a class does not wait for, because it may hold it.

    An object that its class has registered is made by that class. If the object's slot came first,
    pickle would meet it a second time, in the class, before it is made, and make two.
    """
    kind: Any = namespace.get(slot)
    if not is_a(kind, type):
        return frozenset()
    values = {name: namespace.get(name) for name in own}
    if slot in changed:
        return {name for name, value in values.items() if rank(value) > 1}
    # A metaclass may have an `__instancecheck__` of its own.
    return {
        name for name, value in values.items() if any(each is kind for each in mro_of(type(value)))
    }


def entries_of(make: Any, arguments: Any, namespace: Mapping[str, Any]) -> list[Entry]:
    """Return the notebook's functions that a call begins with."""
    return list(_entries(make, arguments, namespace))


def _entries(make: Any, arguments: Any, namespace: Mapping[str, Any]) -> Iterator[Entry]:
    if is_a(make, functools.partial):
        yield from _entries(make.func, arguments, namespace)
    elif is_a(make, types.MethodType):
        owner = make.__self__ if is_a(make.__self__, type) else type(make.__self__)
        if _is_notebooks(make, namespace):
            yield make.__func__, owner
    elif is_a(make, type):
        for name in ("__new__", "__init__"):
            if _is_notebooks(attribute_of_type(make, name), namespace):
                yield getattr(make, name), make
        call = attribute_of_type(type(make), "__call__")
        if _is_notebooks(call, namespace):
            yield call, type(make)
    elif _is_notebooks(make, namespace):
        yield make, None
        # `rebuild(kind, n)` mostly calls the class that it is given.
        for each in arguments if isinstance(arguments, tuple) else ():
            if is_a(each, type) and is_own(each):
                yield from _entries(each, (), namespace)
    elif (kind := class_to_make(make, arguments)) is not None and _is_notebooks(
        attribute_of_type(kind, "__new__"), namespace
    ):
        yield kind.__new__, kind


_BY_CLASS = (copyreg.__newobj__, copyreg.__newobj_ex__)  # type: ignore[attr-defined]  # typeshed


def _is_notebooks(method: Any, namespace: Mapping[str, Any]) -> bool:
    return any(function.__globals__ is namespace for function in _functions(method))


def _functions(method: Any) -> Iterator[types.FunctionType]:
    """Yield a function under what a class or a decorator makes of it, outermost first."""
    todo = [method]
    while todo:
        each = todo.pop()
        if is_a(each, types.FunctionType):
            yield each
            todo.append(vars(each).get("__wrapped__"))
        elif is_a(each, (types.MethodType, classmethod, staticmethod)):
            todo.append(each.__func__)
        elif is_a(each, property):
            todo += [each.fget, each.fset, each.fdel]
        elif type(each) is _CACHED:
            todo.append(each.__wrapped__)


_CACHED: Any = type(functools.lru_cache(len))
