"""How objects hold others, and which of that a pickle is sure to keep.

What is sure is what Python's own pickling does: items of its containers, the `__dict__` and slots
of an object whose class leaves both to it. Everything is read past the class's own code.
"""

from __future__ import annotations

import collections
import types
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

import cloudpickle

from ..adapter.contract import Adapter
from ..adapter.looks import guarded, instance_dict, members_of, module_of, mro_of
from ..adapter.registry import adapter_of
from ..adapter.types import PerType, class_name, is_own

_DICTS = (dict, collections.OrderedDict, collections.defaultdict, collections.Counter)
_PLAIN = (*_DICTS, list, tuple, collections.deque)

_REDUCE = ("__reduce_ex__", "__reduce__", "__getnewargs_ex__", "__getnewargs__")
_STATE = ("__getstate__", "__setstate__")

_KEEPS_ATTRIBUTES = attrgetter("keeps_attributes")
_KEEPS_ITEMS = attrgetter("keeps_items")

# What fills a subclass's instance when it is loaded.
_FILLING = ("__setitem__", "append", "extend", "__init__", "__iter__", "items", "__new__")


def keeps_attributes(kind: type) -> bool:
    """Return whether an instance's `__dict__` comes back with the same items, for sure."""
    # A cell may give a class of the notebook what it had not: nothing is kept of these.
    of_notebook = is_own(kind)
    if of_notebook:
        return guarded(lambda: _compute_attributes(kind), otherwise=False)
    return _keeps_attributes.of_type(kind, otherwise=False)


def keeps_items(kind: type) -> bool:
    """Return whether the items of a dict, list, tuple or deque come back in their places."""
    if any(kind is each for each in _PLAIN):
        return True
    if is_own(kind):
        return guarded(lambda: _compute_items(kind), otherwise=False)
    return _keeps_items.of_type(kind, otherwise=False)


def slots_of(value: Any) -> Iterator[tuple[str, Any, bool]]:
    """Yield an object's slots that are set: name, value, and whether that comes back for sure."""
    kind = type(value)
    kept: bool | None = None
    for name, member in _slots(kind).items():
        try:
            found = member.__get__(value)
        except AttributeError:  # not set
            continue
        if kept is None:
            kept = keeps_attributes(kind) and _found(kind, "__setattr__")[0] is object
        yield name, found, kept


def attribute_of(value: Any, name: Any) -> Any:
    """Return what is in an object's `__dict__`, or in a slot; where it is may change.

    cloudpickle (3.1) makes a class with `__slots__` again as one whose objects have a `__dict__`.

    Raises:
        LookupError: there is nothing of that name.
        AttributeError: the slot is not set.
    """
    attributes = instance_dict(value) or {}
    return attributes[name] if name in attributes else _slots(type(value))[name].__get__(value)


def _slots(kind: type) -> dict[str, types.MemberDescriptorType]:
    found: dict[str, types.MemberDescriptorType] = {}
    for base in mro_of(kind):
        if module_of(base) == "builtins":
            break
        for name, member in members_of(base).items():
            if isinstance(member, types.MemberDescriptorType) and name != "__dict__":
                found.setdefault(name, member)
    return found


def _compute_attributes(kind: type) -> bool:
    if kind is types.SimpleNamespace:
        return True
    return _reduces_plainly(kind) and _keeps_state(kind, _KEEPS_ATTRIBUTES)


def _compute_items(kind: type) -> bool:
    base = next((each for each in mro_of(kind) if each in _PLAIN), None)
    if base is tuple:
        return _is_named_tuple(kind)
    if base not in (dict, list) or not _keeps_state(kind, _KEEPS_ITEMS):
        return False
    own = [name for name in _FILLING if _found(kind, name)[0] not in (base, object)]
    known = _is_known(kind, _KEEPS_ITEMS)
    return _reduces_plainly(kind) and (known or not own)


def _is_named_tuple(kind: type) -> bool:
    made_by, _ = _found(kind, "__new__")
    plain = all(_found(kind, name)[0] is object for name in ("__reduce_ex__", "__reduce__"))
    fields = members_of(made_by).get("_fields") if made_by is not None else None
    return plain and fields is not None and made_by.__bases__ == (tuple,)


def _reduces_plainly(kind: type) -> bool:
    if kind in cloudpickle.Pickler.dispatch_table:
        return False
    return all(_found(kind, name)[0] in (None, object) for name in _REDUCE)


def _keeps_state(kind: type, known: Callable[[Adapter], tuple[str, ...]]) -> bool:
    owners = {_found(kind, name)[0] for name in _STATE} - {None, object}
    return all(_is_known(owner, known) for owner in owners)


def _is_known(kind: type, known: Callable[[Adapter], tuple[str, ...]]) -> bool:
    """Return whether a library's adapter names one of its classes."""
    adapter = adapter_of(module_of(kind))
    return adapter is not None and class_name(kind) in known(adapter)


def _found(kind: type, name: str) -> tuple[Any, Any]:
    """Return in which class of a type's a name is, and what; None where it is in none."""
    for base in mro_of(kind):
        if name in members_of(base):
            return base, members_of(base)[name]
    return None, None


_keeps_attributes: PerType[bool] = PerType(_compute_attributes)
_keeps_items: PerType[bool] = PerType(_compute_items)
