"""How instances of a notebook's subclass of a Python type are pickled: past the class's own code.

pickle makes such an object by calling its class, and fills it by `append` and `__setitem__`, which
the class may have made its own: then a load counts, logs and converts once more, or fails. Here the
type itself makes the object, its own methods fill it, and attributes are put where they lie. Whose
class says itself how it is pickled is left to that.
"""

from __future__ import annotations

import collections
import copyreg
import datetime
import decimal
import fractions
import functools
import itertools
import operator
import pathlib
import random
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..adapter.looks import attribute_of_type
from ..adapter.types import is_own

_OWN_WAYS = frozenset(
    """__reduce__ __reduce_ex__ __getstate__ __setstate__ __getnewargs__ __getnewargs_ex__
    __getinitargs__""".split()  # noqa: SIM905 (a list of strings reads worse)
)

# What a module has beside what the notebook put into it.
_OF_MODULES = frozenset(("__builtins__", "__loader__", "__spec__"))

Attributes = tuple[dict[str, Any] | None, dict[Any, Any] | None]
"""An instance's `__dict__` and slots, None for what it does not have.

A slot that another one hides has the place of its class in `__mro__` and its name for a key.
"""

Held = Attributes | tuple[dict[str, Any] | None, dict[Any, Any] | None, bool]
"""The same; with a third item where others hold that `__dict__`, and the same has to come back."""


def _nothing(_: Any) -> Any:
    return None


@dataclass(frozen=True, slots=True)
class _Way:
    """How instances of a type are taken apart and made; each function gets past their class.

    Attributes:
        make: makes one of its class and `arguments`.
        arguments: returns what is there before the object, and so does not refer to it.
        contents: returns what `fill` puts in afterwards; None for nothing.
        fill: puts contents in.
        left_out: names of attributes that are not taken along.
    """

    make: Callable[..., Any]
    arguments: Callable[[Any], tuple[Any, ...]] = lambda _: ()
    contents: Callable[[Any], Any] = _nothing
    fill: Callable[[Any, Any], Any] = operator.is_
    left_out: frozenset[str] = frozenset()


def _member(owner: type, name: str) -> Callable[[Any], Any]:
    """Return what reads an attribute as a type in C has it, whatever a subclass makes of it."""
    return vars(owner)[name].__get__  # type: ignore[no-any-return]


_factory = vars(collections.defaultdict)["default_factory"]
_accessors = [_member(property, name) for name in ("fget", "fset", "fdel", "__doc__")]
_partial_parts = [_member(functools.partial, name) for name in ("func", "args", "keywords")]
_generator: Any = random.Random.__base__
_decimal: Any = decimal.Decimal
_partial: Any = functools.partial
_path: Any = pathlib.PurePath


def _fill_ordered(mapping: Any, items: dict[Any, Any]) -> None:
    for key, value in items.items():
        collections.OrderedDict.__setitem__(mapping, key, value)


def _fill_default(mapping: Any, contents: tuple[Any, dict[Any, Any]]) -> None:
    _factory.__set__(mapping, contents[0])
    dict.update(mapping, contents[1])


def _make_deque(kind: Any, maxlen: int | None) -> Any:
    made = collections.deque.__new__(kind)
    collections.deque.__init__(made, (), maxlen)
    return made


def _make_path(kind: Any, *parts: str) -> Any:
    # By its slots, which differ by version: pathlib sets them through the class's `__setattr__`.
    plain = next(each for each in kind.__mro__ if not is_own(each))
    path, made = plain(*parts), object.__new__(kind)
    for above in plain.__mro__:
        for member in vars(above).values():
            if isinstance(member, types.MemberDescriptorType):
                try:
                    member.__set__(made, member.__get__(path))
                except AttributeError:  # not set
                    continue
    return made


def _make_module(kind: Any, name: str) -> Any:
    made = types.ModuleType.__new__(kind)
    types.ModuleType.__init__(made, name)
    return made


def _make_cached_property(kind: Any) -> Any:
    made: Any = object.__new__(kind)
    functools.cached_property.__init__(made, len)  # for its lock, where a Python has one (3.11)
    return made


def _by_arguments(kind: Any) -> _Way:
    """Return the way of a type whose `__getnewargs__` says all."""
    return _Way(kind.__new__, kind.__getnewargs__)


def _by_date(kind: Any) -> _Way:
    """Return the way of a type of datetime's, whose reduction says all."""
    if kind in (datetime.datetime, datetime.time):  # with `fold`, since protocol 4
        return _Way(kind.__new__, lambda obj: kind.__reduce_ex__(obj, 4)[1])
    return _Way(kind.__new__, lambda obj: kind.__reduce__(obj)[1])


_WAYS: dict[type, _Way] = {
    **{kind: _by_arguments(kind) for kind in (int, float, complex, str, bytes, tuple)},
    **{
        kind: _by_date(kind)
        for kind in (datetime.datetime, datetime.date, datetime.time, datetime.timedelta)
    },
    datetime.tzinfo: _Way(datetime.tzinfo.__new__),
    list: _Way(list.__new__, contents=list.copy, fill=list.extend),
    dict: _Way(dict.__new__, contents=dict.copy, fill=dict.update),
    collections.Counter: _Way(dict.__new__, contents=dict.copy, fill=dict.update),
    collections.OrderedDict: _Way(
        collections.OrderedDict.__new__,
        contents=lambda obj: dict(collections.OrderedDict.items(obj)),
        fill=_fill_ordered,
    ),
    collections.defaultdict: _Way(
        collections.defaultdict.__new__,
        contents=lambda obj: (_factory.__get__(obj), dict.copy(obj)),
        fill=_fill_default,
    ),
    collections.deque: _Way(
        _make_deque,
        lambda obj: (_member(collections.deque, "maxlen")(obj),),
        lambda obj: list(collections.deque.__iter__(obj)),
        collections.deque.extend,
    ),
    set: _Way(set.__new__, contents=lambda obj: list(set.__iter__(obj)), fill=set.update),
    frozenset: _Way(frozenset.__new__, lambda obj: (tuple(frozenset.__iter__(obj)),)),
    bytearray: _Way(bytearray.__new__, contents=bytearray.copy, fill=bytearray.extend),
    decimal.Decimal: _Way(_decimal.__new__, lambda obj: _decimal.__reduce__(obj)[1]),
    fractions.Fraction: _Way(object.__new__),
    random.SystemRandom: _Way(_generator.__new__),
    random.Random: _Way(
        _generator.__new__, contents=_generator.getstate, fill=_generator.setstate
    ),
    pathlib.PurePath: _Way(_make_path, lambda obj: _path.__reduce__(obj)[1]),
    types.SimpleNamespace: _Way(types.SimpleNamespace.__new__),
    types.ModuleType: _Way(
        _make_module, lambda obj: (types.ModuleType.__getattribute__(obj, "__name__"),),
        left_out=_OF_MODULES,
    ),
    functools.partial: _Way(
        functools.partial.__new__,
        lambda obj: (_partial_parts[0](obj),),
        lambda obj: tuple(part(obj) for part in _partial_parts),
        lambda obj, parts: _partial.__setstate__(obj, (*parts, None)),
    ),
    functools.cached_property: _Way(_make_cached_property, left_out=frozenset({"lock"})),
    property: _Way(
        property.__new__,
        contents=lambda obj: tuple(part(obj) for part in _accessors),
        fill=lambda obj, parts: property.__init__(obj, *parts),
    ),
    **{
        kind: _Way(
            kind.__new__, contents=_member(kind, "__func__"), fill=kind.__init__
        )
        for kind in (classmethod, staticmethod)
    },
}  # fmt: skip

# Their `__reduce__` asks an object for no state (Python 3.11 to 3.14).
_WITHOUT_STATE: frozenset[type] = frozenset(
    (
        *(decimal.Decimal, fractions.Fraction, pathlib.PurePath),
        *(collections.defaultdict, collections.Counter),
        *(datetime.datetime, datetime.date, datetime.time, datetime.timedelta),
    )
)

# Slots of these hold what an object is; those of other types, what a process found out of it.
_WITH_SLOTS = frozenset({fractions.Fraction})


def base_of(kind: type) -> type | None:
    """Return the Python type that an object of a notebook's class is made by, None for none.

    So it is where a class says itself how it is pickled, or a library that it is derived from.
    """
    base = next((each for each in kind.__mro__ if each in _WAYS), None)
    below = itertools.takewhile(lambda each: each is not base, kind.__mro__)
    return None if base is None or any(says_how(each, base) for each in below) else base


def parts_of(instance: Any, base: type) -> tuple[tuple[Any, ...], Any, Attributes]:
    """Return what `new_of_base` makes an instance of, and what `fill_of_base` puts in.

    Args:
        instance: the object.
        base: `base_of` its class; `object` for one that is no Python type's.
    """
    if base is object:
        return (), None, attributes_of(instance, base)
    way = _WAYS[base]
    attributes, slots = attributes_of(instance, base)
    if way.left_out and attributes is not None:
        attributes = {n: value for n, value in attributes.items() if n not in way.left_out}
    return way.arguments(instance), way.contents(instance), (attributes, slots)


def new_of_base(kind: Any, base: type, arguments: tuple[Any, ...], early: Attributes) -> Any:
    """Return an instance of a class as a Python type makes it, with the first of its attributes."""
    made = object.__new__(kind) if base is object else _WAYS[base].make(kind, *arguments)
    set_attributes_of(made, early)
    return made


def fill_of_base(instance: Any, state: tuple[type, Any, Held]) -> None:
    """Put contents and attributes into an instance; a pickle's state setter."""
    base, contents, attributes = state
    if contents is not None:
        _WAYS[base].fill(instance, contents)
    set_attributes_of(instance, attributes)


def walk_on_base(base: type, instance: Any, stand_in: Callable[..., None]) -> Any:
    """Return a reduction that is never loaded: what is met is the instance's own, and no copies.

    Args:
        base: `base_of` its class.
        instance: the object.
        stand_in: takes any arguments.
    """
    arguments, contents, (attributes, slots) = parts_of(instance, base)
    items = pairs = None
    if type(contents) is tuple and type(contents[-1]) is dict and base is not functools.partial:
        *head, contents = contents
        arguments = (*arguments, *head)
    if type(contents) is list:
        items = iter(contents)
    elif type(contents) is dict:
        pairs = iter(contents.items())
    elif contents is not None:
        arguments = (*arguments, bytes(contents) if base is bytearray else contents)
    state = (attributes, *(slots or {}).items())
    return stand_in, (type(instance), *arguments), state, items, pairs


def set_attributes_of(instance: Any, state: Held) -> None:
    """Set attributes and slots past an instance's class; a pickle's state setter."""
    attributes, slots, *shared = state
    if shared:  # what else holds it is filled in its own time
        object.__setattr__(instance, "__dict__", attributes)
    elif attributes is not None:
        own = object.__getattribute__(instance, "__dict__")
        made = {name: value for name, value in own.items() if name not in attributes}
        own.clear()  # for their order
        own.update(attributes)
        own.update(made)
    for name, value in (slots or {}).items():
        if isinstance(name, str):
            object.__setattr__(instance, name, value)
        else:
            vars(type(instance).__mro__[name[0]])[name[1]].__set__(instance, value)


def attributes_of(instance: Any, base: type) -> Attributes:
    """Return the attributes of an instance, and its slots but for those that a base has."""
    kind = type(instance)
    attributes = None
    if kind.__dictoffset__:
        found = object.__getattribute__(instance, "__dict__")
        attributes = found if issubclass(type(found), dict) else None  # a class may name another
    slots: dict[Any, Any] = {}
    for place, name, slot in slots_of(kind, base):
        try:
            slots[(place, name) if name in slots else name] = slot.__get__(instance)
        except AttributeError:  # empty
            continue
    return attributes, slots or None


def slots_of(kind: type, base: type) -> Iterator[tuple[int, str, types.MemberDescriptorType]]:
    """Yield the slots of the classes in front of a base: a place in `__mro__`, name and slot."""
    for place, each in enumerate(kind.__mro__):
        if each is base and base not in _WITH_SLOTS:
            return
        for name, member in vars(each).items() if "__slots__" in vars(each) else ():
            if isinstance(member, types.MemberDescriptorType):
                yield place, name, member
        if each is base:
            return


def know_slots(kind: type) -> None:
    """Tell copyreg which slots a class has, where it would set them by a metaclass's own code.

    `copyreg._slotnames` (Python 3.11 to 3.14) looks for a list in the class, and else sets it.
    """
    by_code = isinstance(type(kind).__setattr__, types.FunctionType)
    if by_code and "__slotnames__" not in vars(kind):
        names = [name for _, name, _ in slots_of(kind, object)]
        type.__setattr__(kind, "__slotnames__", names)


def reduce_with_items(instance: Any) -> Any:
    """Reduce a list or dictionary of a class that says its state alone; None for any other.

    As `object.__reduce_ex__` does, but that iterates by the class's own `__iter__` and `items`.
    """
    kind: Any = type(instance)
    # That of an ordered one calls the class, whose `__init__` may have put in items by then.
    ways = (object.__reduce__, collections.OrderedDict.__reduce__)
    plain = kind.__reduce_ex__ is object.__reduce_ex__ and any(kind.__reduce__ is w for w in ways)
    new_args = any(
        attribute_of_type(kind, name) for name in ("__getnewargs__", "__getnewargs_ex__")
    )
    if not plain or new_args or kind in copyreg.dispatch_table:
        return None
    made = copyreg.__newobj__, (kind,), instance.__getstate__()  # type: ignore[attr-defined]
    if issubclass(kind, list):
        return *made, list.__iter__(instance), None
    if issubclass(kind, dict):
        base = collections.OrderedDict if issubclass(kind, collections.OrderedDict) else dict
        return *made, None, iter(base.items(instance))
    return None


def says_how(kind: type, base: type = object) -> bool:
    """Return whether a class has code for its pickles; what a named tuple has says nothing new.

    Args:
        kind: the class.
        base: the Python type below it, which may say all of it and never ask for a state.
    """
    own = _OWN_WAYS.intersection(vars(kind))
    if base in _WITHOUT_STATE:
        own -= {"__getstate__", "__setstate__"}
    if own == {"__getnewargs__"} and issubclass(kind, tuple):
        return bool(_getnewargs_of(kind) != _getnewargs_of(_Plain))
    return bool(own) and kind is not object


def _getnewargs_of(kind: type) -> Any:
    return getattr(vars(kind)["__getnewargs__"], "__code__", None)


_Plain = collections.namedtuple("_Plain", "")
