"""How any object is looked at without code of its own: its type's names, members and contents.

A class may have no `__module__`, or one that is a number; `__class__`, `__dict__`, `==` and `hash`
may lie or raise, and a metaclass may answer for all of these. What is asked here is Python's own
slots, which always answer; where an object's own code has to be run, its errors are no answer.
"""

from __future__ import annotations

import gc
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

_MODULE = type.__dict__["__module__"].__get__
_QUALNAME = type.__dict__["__qualname__"].__get__
_NAME = type.__dict__["__name__"].__get__
_MEMBERS = type.__dict__["__dict__"].__get__
_BASES = type.__dict__["__bases__"].__get__
_DICT_OFFSET = type.__dict__["__dictoffset__"].__get__
# In C, a `__dict__` is one or the other (`types.SimpleNamespace`).
_GETTERS = (types.GetSetDescriptorType, types.MemberDescriptorType)
_MRO = type.__dict__["__mro__"].__get__


def module_of(kind: type) -> str:
    """Return the name of the module that a type says it is of; "" where it names none."""
    try:
        found = _MODULE(kind)
    except AttributeError:
        return ""
    return found if type(found) is str else ""


def qualname_of(kind: type) -> str:
    """Return a type's qualified name."""
    found: str = _QUALNAME(kind)
    return found


def name_of(kind: type) -> str:
    """Return a type's name."""
    found: str = _NAME(kind)
    return found


def members_of(kind: type) -> Mapping[str, Any]:
    """Return what stands in a type itself, by name; read-only."""
    found: Mapping[str, Any] = _MEMBERS(kind)
    return found


def bases_of(kind: type) -> tuple[type, ...]:
    """Return a type's bases."""
    found: tuple[type, ...] = _BASES(kind)
    return found


def mro_of(kind: type) -> tuple[type, ...]:
    """Return a type and those above it, in the order in which attributes are looked up."""
    found: tuple[type, ...] = _MRO(kind)
    return found


def has_dict(kind: type) -> bool:
    """Return whether a type's instances have a `__dict__`."""
    return bool(_DICT_OFFSET(kind))


def has_slots(kind: type) -> bool:
    """Return whether a type's instances have slots that a class in Python has declared."""
    return any(
        "__slots__" in members
        and any(isinstance(member, types.MemberDescriptorType) for member in members.values())
        for members in map(members_of, mro_of(kind))
    )


def home_name(code: Any) -> str:
    """Return the name of the module that a class or function says it is of; "" for none."""
    if issubclass(type(code), type):
        return module_of(code)
    try:
        found = code.__module__
    except Exception:  # noqa: BLE001 (the object's own code)
        return ""
    return found if type(found) is str else ""


def is_a(value: Any, kinds: type | tuple[type, ...]) -> bool:
    """Return whether a value is of one of some types; `isinstance` believes its `__class__`."""
    return issubclass(type(value), kinds)


def contents_of(value: Any) -> Iterable[Any]:
    """Return everything that an object refers to by itself, its type among it."""
    return gc.get_referents(value)


def guarded(look: Callable[[], T], otherwise: T) -> T:
    """Return what a look at a value finds, or `otherwise` where it meets an error of the value's.

    A fault in looking must not fail a cell that has done nothing wrong.
    """
    try:
        return look()
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 (the value's own code)
        return otherwise


def error_text(error: BaseException) -> str:
    """Return `TypeError: cannot pickle ...`; the type alone where an error cannot be told."""
    kind = name_of(type(error))
    try:
        return f"{kind}: {error}"
    except Exception:  # noqa: BLE001 (the error's own code)
        return kind


def module_name(module: Any) -> str:
    """Return the name that a module has; "" where it has none."""
    found = types.ModuleType.__getattribute__(module, "__dict__").get("__name__")
    return found if type(found) is str else ""


def instance_dict(value: Any) -> dict[str, Any] | None:
    """Return an object's `__dict__`, past its class's code; None where it has none."""
    for base in mro_of(type(value)):
        getter = members_of(base).get("__dict__")
        if getter is not None:
            if isinstance(getter, _GETTERS):
                found = getter.__get__(value)
                return found if type(found) is dict else None
            return None
    return None


def attribute_of(value: Any, name: str) -> Any:
    """Return an attribute as the object gives it, None where it has none, or raises."""
    try:
        return getattr(value, name, None)
    except Exception:  # noqa: BLE001 (the object's own code)
        return None


def says_otherwise(kind: type, names: Iterable[str]) -> bool:
    """Return whether a type has something else under one of some names than `object` has."""
    return any(attribute_of_type(kind, n) is not attribute_of_type(object, n) for n in names)


def attribute_of_type(kind: type, name: str) -> Any:
    """Return what stands in a type, or in those above it, under a name; None for nothing."""
    return next((m[name] for base in mro_of(kind) if name in (m := members_of(base))), None)
