"""What a generated notebook's probe prints: everything of a value that two processes can compare.

Values are looked at past the code of their classes: the contents by the builtin's own methods, the
attributes in the instance's dictionary and slots, a class member by member. An object that is met
again is its number, so that the text tells which objects are one. What user code says of a value
is asked for by `see`, which catches what it raises.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import functools
import gc
import hashlib
import pathlib
import random
import re
import types
import weakref
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["see", "walk"]

_ATOMS = {
    id(kind)
    for kind in (int, float, complex, str, bytes, bool, type(None), type(...), type(NotImplemented))
}
_ADDRESS = re.compile(r"0x[0-9a-f]+")

# What Python makes of a class, or keeps for itself.
_OF_PYTHON = frozenset(
    (
        *("__dict__", "__weakref__", "__firstlineno__", "__static_attributes__", "__annotate__"),
        *("__annotate_func__", "__annotations_cache__", "_abc_impl", "__dataclass_params__"),
        *("__match_args__", "__hash__", "__slotnames__"),
    )
)
# Tables that a class statement makes: which object they are is nobody's business.
_TABLES = frozenset(("__annotations__", "__dataclass_fields__"))

# What Python's own objects find out when they are asked, and keep for the next time.
_CACHES = frozenset(
    (
        *("_abc_impl", "_dirty_len", "_inverted_", "_iterating", "_pending_removals"),
        *("_unhashable_values_", "cache_parameters"),
    )
)
_DEEP = 40


def walk(**names: Any) -> None:
    """Print the values that names have, and what can be reached from them."""
    gc.collect()
    look = _Look()
    for name, value in names.items():
        print(f"{name} =", look.at(value))


def see(**asked: Callable[[], Any]) -> None:
    """Print what functions without arguments return or raise, each under its name."""
    for name, ask in asked.items():
        try:
            text = _Look(deep=3).at(ask())
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
        print(f"{name}:", _ADDRESS.sub("0x", text))


class _Look:
    """One look at some values: which objects it has met, each with its number."""

    def __init__(self, deep: int = _DEEP) -> None:
        self._met: dict[int, tuple[int, Any]] = {}
        self._deep = deep

    def at(self, value: Any, depth: int = 0) -> str:
        kind = type(value)
        if id(kind) in _ATOMS:
            return repr(value)
        if depth > self._deep:
            return f"<{_name(kind)}>"
        if kind is tuple or kind is types.CellType:  # the identity of tuples is not promised
            return f"{kind.__name__}({self._all(_items(value), depth)})"
        if kind.__module__ == "dataclasses":  # what the module keeps of a class is no value
            return f"{kind.__name__}({getattr(value, 'name', '')})"
        if kind is types.FunctionType and (value.__module__ != "__main__" or _is_stateless(value)):
            # Nor is theirs.
            return f"{_name(kind)}({value.__qualname__} {value.__code__.co_varnames})"
        if kind.__module__ == "typing":  # Python keeps some of these, and makes others anew
            return f"{_name(kind)}({_ADDRESS.sub('0x', repr(value))})"
        if id(value) in self._met:
            return f"#{self._met[id(value)][0]}"
        self._met[id(value)] = len(self._met), value
        return f"#{len(self._met) - 1}={_name(kind)}{self._inside(value, depth)}"

    def _all(self, items: Iterable[Any], depth: int) -> str:
        return ", ".join(self.at(item, depth + 1) for item in items)

    def _inside(self, value: Any, depth: int) -> str:
        if issubclass(type(value), type):
            return self._of_class(value, depth) if _is_users(value) else f"({_name(value)})"
        found = self._of_code(value, depth)
        if found is None:
            found = self._contents(value, depth) + self._attributes(value, depth)
        return found

    def _of_class(self, kind: type, depth: int) -> str:
        members = [
            f"{name}: {self._apart(member) if name in _TABLES else self.at(member, depth + 1)}"
            for name, member in sorted(vars(kind).items())
            if name not in _OF_PYTHON and name not in _CACHES and not _is_slot(member)
            # `~A.X` and `A.X | A.Y` are made when they are asked for first.
            if name != "_value2member_map_" or not issubclass(kind, enum.Flag)
        ]
        abstract = sorted(getattr(kind, "__abstractmethods__", ()))
        below = sorted({each.__qualname__ for each in type.__subclasses__(kind)})
        return (
            f"({type.__getattribute__(kind, '__qualname__')} mro={[_name(each) for each in type.mro(kind)]} "
            f"bases={self._all(kind.__bases__, depth)} abstract={abstract} below={below} "
            f"hashable={kind.__hash__ is not None} {{{'; '.join(members)}}})"
        )

    def _of_code(self, value: Any, depth: int) -> str | None:
        kind = type(value)
        if kind is types.FunctionType:
            if value.__module__ != "__main__" and not value.__qualname__.startswith(
                "__create_fn__"
            ):
                return f"({value.__module__}.{value.__qualname__})"
            carried = (value.__defaults__, value.__kwdefaults__, value.__closure__, value.__dict__)
            annotations = getattr(value, "__annotations__", None)
            return (
                f"({value.__qualname__} {value.__code__.co_varnames}"
                f" {self._all(carried, depth)} {self.at(annotations, depth + 1)} {value.__doc__!r})"
            )
        if kind is classmethod or kind is staticmethod or kind is functools.cached_property:
            function = getattr(value, "__func__", None) or value.func
            return f"({self.at(function, depth + 1)})"
        if kind is property:
            return f"({self._all((value.fget, value.fset, value.fdel), depth)} {value.__doc__!r})"
        if kind is types.MethodType:
            return f"({self._all((value.__func__, value.__self__), depth)})"
        if kind is functools.partial:
            return f"({self._all((value.func, value.args, value.keywords), depth)})"
        if kind is types.ModuleType:
            return f"({value.__name__})"
        if kind is types.MappingProxyType:
            return f"({self._all(dict(value).items(), depth)})"
        if vars(kind).get("__module__") in ("typing",) or kind is types.GenericAlias:
            return f"({_ADDRESS.sub('0x', repr(value))})"
        return None

    def _contents(self, value: Any, depth: int) -> str:
        if isinstance_of(value, weakref.WeakSet):
            return f"({sorted(self._apart(each) for each in weakref.WeakSet.__iter__(value))})"
        if isinstance_of(value, (weakref.WeakKeyDictionary, weakref.WeakValueDictionary)):
            return ""  # what functools has looked up so far
        if isinstance_of(value, (set, frozenset)):
            own = set.__iter__ if isinstance_of(value, set) else frozenset.__iter__
            return f"{{{self._all(sorted(own(value), key=self._place), depth)}}}"
        return f"({self._all(_items(value), depth)})"

    def _place(self, value: Any) -> tuple[str, int]:
        """Return what members of a set are put in order by; equal ones as they were met before."""
        met = self._met.get(id(value))
        return self._apart(value), met[0] if met else len(self._met)

    def _apart(self, value: Any) -> str:
        """Return a value as text that does not depend on what was met."""
        return _ADDRESS.sub("0x", _Look(deep=4).at(value))

    def _attributes(self, value: Any, depth: int) -> str:
        kind = type(value)
        if kind in (weakref.WeakKeyDictionary, weakref.WeakValueDictionary):
            return ""
        texts = []
        for above in kind.__mro__:
            for name, member in vars(above).items():
                if isinstance(member, types.MemberDescriptorType) and _has_slots(above):
                    try:
                        texts.append(f"{name}: {self.at(member.__get__(value, kind), depth + 1)}")
                    except AttributeError:
                        texts.append(f"{name}: unset")
        try:
            own = object.__getattribute__(value, "__dict__")
        except Exception:
            own = None
        if type(own) is dict and (_is_users(kind) or own):
            if id(own) in self._met:
                texts.append(f"__dict__ #{self._met[id(own)][0]}")
            else:
                self._met[id(own)] = len(self._met), own
                for name, each in list(own.items()):
                    if name != "lock" and name not in _CACHES:
                        texts.append(f".{name}: {self.at(each, depth + 1)}")
        return f"<{', '.join(texts)}>" if texts else ""


def _is_stateless(function: types.FunctionType) -> bool:
    kept = (function.__closure__, function.__defaults__, function.__kwdefaults__)
    return not any((*kept, function.__dict__, function.__annotations__))


def isinstance_of(value: Any, kinds: Any) -> bool:
    """Return whether a value's type is one of some: `isinstance` believes `__class__`."""
    return issubclass(type(value), kinds)


def _items(value: Any) -> list[Any]:
    """Return what a builtin's own methods tell of a value."""
    if isinstance_of(value, types.CellType):
        try:
            return [value.cell_contents]
        except ValueError:
            return ["(empty)"]
    found: list[Any] = []
    if isinstance_of(value, dict):
        if isinstance_of(value, collections.defaultdict):
            found.append(collections.defaultdict.__dict__["default_factory"].__get__(value))
        kind = collections.OrderedDict if isinstance_of(value, collections.OrderedDict) else dict
        return [*found, *kind.items(value)]
    if isinstance_of(value, collections.deque):
        return [
            collections.deque.__dict__["maxlen"].__get__(value),
            *collections.deque.__iter__(value),
        ]
    for kind, tell in _TELL:
        if isinstance_of(value, kind):
            return list(tell(value))
    return []


_TELL: tuple[tuple[type, Callable[[Any], Iterable[Any]]], ...] = (
    (list, list.__iter__),
    (tuple, tuple.__iter__),
    (bool, lambda value: [value]),
    (int, lambda value: [int.__repr__(value)]),
    (float, lambda value: [float.__repr__(value)]),
    (str, lambda value: [str.__repr__(value)]),
    (bytes, lambda value: [bytes.__getitem__(value, slice(None))]),
    (bytearray, lambda value: [bytes(memoryview(value))]),
    (decimal.Decimal, lambda value: [repr(decimal.Decimal.as_tuple(value))]),
    (datetime.datetime, lambda value: [datetime.datetime.isoformat(value)]),
    (pathlib.PurePath, lambda value: [pathlib.PurePath.__str__(value)]),
    (
        random.Random,
        lambda value: [hashlib.md5(repr(random.Random.getstate(value)).encode()).hexdigest()],
    ),
    (
        BaseException,
        lambda value: [
            BaseException.__dict__["args"].__get__(value),
            BaseException.__dict__["__cause__"].__get__(value),
        ],
    ),
)


def _name(kind: type) -> str:
    try:
        return f"{type.__dict__['__module__'].__get__(kind)}.{type.__dict__['__qualname__'].__get__(kind)}"
    except AttributeError:
        return f"?.{type.__dict__['__qualname__'].__get__(kind)}"


def _is_users(kind: type) -> bool:
    home = vars(kind).get("__module__", "builtins")
    return home in ("__main__", None, "elsewhere") or type(home) is property


def _has_slots(kind: type) -> bool:
    return _is_users(kind) or kind.__module__ == "fractions"


def _is_slot(member: Any) -> bool:
    return isinstance(member, (types.MemberDescriptorType, types.GetSetDescriptorType))
