"""The notebook's enumerations: how one is made again with the members that it had, as they were.

cloudpickle runs the class statement once more with the members' values: their `__init__` and
`__new__` then get other arguments than at first, and what these and later code set on a member is
lost. Here each member is made past its class's code. What Python's `enum` finds out for itself, it
finds out again, as its versions keep that in different ways.
"""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Callable, Iterator, Set
from typing import Any

import cloudpickle.cloudpickle_fast

from ..adapter.looks import qualname_of
from ..adapter.rules import REMAKERS
from ..adapter.types import is_own
from .members import (
    change_class,
    make_silently,
    members_of,
    reduce_change,
    reduce_class,
    set_member,
    tracked,
    tracker_of,
)
from .subclasses import Attributes, base_of, fill_of_base, new_of_base, parts_of
from .typed_dicts import reduce_typed_dict

# A private way, in this module of cloudpickle 2.2 as of 3.1.
_reduce_dynamic_class = cloudpickle.cloudpickle_fast._dynamic_class_reduce

# What `enum` makes for each class by its members (Python 3.11 to 3.14).
_MADE_BY_ENUM = frozenset(
    """_member_names_ _member_map_ _value2member_map_ _hashable_values_ _unhashable_values_
    _unhashable_values_map_ _member_type_ _value_repr_ _flag_mask_ _singles_mask_ _all_bits_
    _inverted_ _boundary_ __dict__ __weakref__ __annotate_func__ _abc_impl
    __abstractmethods__""".split()  # noqa: SIM905 (a list of strings reads worse)
)

# A name, the first name of that member, what the member is made of, and its value.
_Made = tuple[str, str, type, tuple[Any, ...], Any]
_State = dict[str, tuple[type, Any, Attributes]]


def copied_class(kind: type) -> Any:
    """Reduce a class that goes with its code, whether an enumeration or not."""
    if typing.is_typeddict(kind):
        return reduce_typed_dict(kind)
    remakers = REMAKERS.of(kind, ())
    if remakers:
        reduced = remakers[0](kind, _reduce_dynamic_class(kind))
        reduced[2][0]["__qualname__"] = qualname_of(kind)
    elif not issubclass(kind, enum.Enum):
        reduced = reduce_class(kind)
    elif can_remake(kind):
        reduced = reduce_enumeration(kind)
    else:
        reduced = _reduce_dynamic_class(kind)
    if is_own(kind) and len(reduced) == 6:
        return make_silently, reduced[:2], *reduced[2:]
    return reduced


def changed_class(kind: type, removed: Set[str]) -> tuple[Any, Callable[[Any, Any], None]]:
    """Return the state of a class that a cell changed in place, and its setter.

    Args:
        kind: the class, whether an enumeration or not.
        removed: members that the cell deleted.
    """
    change = reduce_change(kind, removed)
    if issubclass(kind, enum.Enum) and can_remake(kind):
        return (change, states_of(kind)), change_enumeration
    return change, change_class


def change_enumeration(kind: Any, state: tuple[Any, _State]) -> None:
    """Do to an older cell's enumeration what a cell did to it; a pickle's state setter."""
    change_class(kind, state[0])
    members = list(_members(kind).values())
    values = [member._value_ for member in members]
    set_states(kind, state[1])
    # Where values are equal only if they are the same, a member is found by its new one.
    renewed = {id(was): each._value_ for was, each in zip(values, members, strict=True)}
    known = kind._value2member_map_
    pairs = [(renewed.get(id(value), value), member) for value, member in known.items()]
    known.clear()
    known.update(pairs)
    for name in ("_hashable_values_", "_unhashable_values_"):  # Python 3.13
        if name in vars(kind):
            vars(kind)[name][:] = [renewed.get(id(value), value) for value in vars(kind)[name]]


def can_remake(kind: type[enum.Enum]) -> bool:
    """Return whether the members of an enumeration are objects as `subclasses` makes them."""
    return _base(kind) is not None


def reduce_enumeration(kind: type[enum.Enum]) -> Any:
    """Reduce an enumeration to its members and its class's own attributes."""
    base: Any = _base(kind)
    members: list[_Made] = []
    names: dict[int, str] = {}
    for name, member in kind._member_map_.items():
        first = names.setdefault(id(member), name)
        members.append((name, first, base, parts_of(member, base)[0], member._value_))
    options = {"boundary": vars(kind)["_boundary_"]} if issubclass(kind, enum.Flag) else {}
    arguments = (type(kind), kind.__name__, kind.__bases__, members, options, tracker_of(kind))
    attributes = {
        name: value
        for name, value in vars(kind).items()
        if name not in _MADE_BY_ENUM
        and name not in kind._member_map_
        and not isinstance(value, (types.MemberDescriptorType, types.GetSetDescriptorType))
    }
    attributes |= {"__name__": kind.__name__, "__qualname__": kind.__qualname__}
    values = kind._value2member_map_.items()
    further = [(value, each) for value, each in values if _is_further(value, each)]
    state = attributes, states_of(kind), further
    return make_enumeration, arguments, state, None, None, fill_enumeration


def make_enumeration(
    metaclass: Any,
    name: str,
    bases: tuple[Any, ...],
    members: list[_Made],
    options: dict[str, Any],
    tracker: str,
) -> type:
    """Return an enumeration whose members have their values, and nothing else yet.

    Args:
        metaclass: its type.
        name: its name.
        bases: its bases.
        members: the names of each, and what makes it.
        options: of the class statement.
        tracker: cloudpickle's name of the class.

    Raises:
        ValueError: two members have become one, or an alias a member.
    """
    left = iter(members)
    values: dict[str, Any] = {}

    def new(kind: Any, *_given: Any) -> Any:
        _, first, base, arguments, value = next(left)
        made = new_of_base(kind, base, arguments, (None, None))
        # An alias is known by the very value of its member: NaN is equal to no other.
        object.__setattr__(made, "_value_", values.setdefault(first, value))
        return made

    namespace = metaclass.__prepare__(name, bases)
    namespace["__new__"] = new
    namespace["__init__"] = lambda *_: None
    for member in members:
        namespace[member[0]] = None
    kind = metaclass(name, bases, namespace, **options)
    type.__delattr__(kind, "__init__")
    found = kind._member_map_
    for each, first, *_ in members:
        if found[each] is not found[first]:
            raise ValueError(f"member {each} of {name} is no more an alias of {first}")
    if len(set(map(id, found.values()))) < len({first for _, first, *_ in members}):
        raise ValueError(f"two members of {name} have become one")
    return tracked(tracker, kind)


def fill_enumeration(
    kind: Any, state: tuple[dict[str, Any], _State, list[tuple[Any, enum.Enum]]]
) -> None:
    """Set what an enumeration has beyond its members; a pickle's state setter."""
    attributes, states, further = state
    for name in ("__new_member__", "__doc__"):
        if name in vars(kind) and name not in attributes:
            type.__delattr__(kind, name)
    for name, value in attributes.items():
        set_member(kind, name, value)
    for name, (_, _, (own, _)) in states.items():
        if own and "_value_" in own:  # A pickle makes two of a number.
            own["_value_"] = kind._member_map_[name]._value_
    set_states(kind, states)
    kind._value2member_map_.update(further)


def _members(kind: type[enum.Enum]) -> dict[str, enum.Enum]:
    """Return the members of an enumeration by their first names, named flags of several too."""
    firsts: dict[int, str] = {}
    for name, member in kind._member_map_.items():
        firsts.setdefault(id(member), name)
    return {name: kind._member_map_[name] for name in firsts.values()}


def states_of(kind: type[enum.Enum]) -> _State:
    """Return what each member of an enumeration holds, by its name; what can be found, without."""
    base: Any = _base(kind)
    found: _State = {}
    for name, member in _members(kind).items():
        _, contents, (attributes, slots) = parts_of(member, base)
        kept = {n: value for n, value in (attributes or {}).items() if n != "_inverted_"}
        found[name] = base, contents, (kept, slots)
    return found


def set_states(kind: Any, states: _State) -> None:
    """Set what each member of an enumeration holds."""
    for name, state in states.items():
        fill_of_base(kind._member_map_[name], state)


def seen_in(kind: type[enum.Enum]) -> Any:
    """Return everything that code can have changed in an enumeration, for a walk through it."""
    if not can_remake(kind):
        return members_of(kind)
    members = list(_members(kind).values())
    further = [each for value, each in kind._value2member_map_.items() if _is_further(value, each)]
    base: Any = _base(kind)
    held = []
    for member in (*members, *further):
        _, contents, (attributes, slots) = parts_of(member, base)
        added = [pair for pair in (attributes or {}).items() if not _is_of_enum(pair[0])]
        held.append((member._value_, contents, *added, *(slots or {}).items()))
    return members_of(kind), *held


def reduce_member(member: enum.Enum) -> Any:
    """Reduce a member to its name; one that has none of its own, to its value."""
    kind = type(member)
    name, value = member._name_, member._value_
    if kind._member_map_.get(name) is member:
        return enum_member, (kind, name)
    base = _base(kind)
    if base is None:
        return NotImplemented
    arguments, contents, attributes = parts_of(member, base)
    kept = kind._value2member_map_.get(value) is member
    state = base, contents, attributes
    made = kind, base, arguments, value, kept
    return unnamed_member, made, state, None, None, fill_of_base


def enum_member(kind: Any, name: str) -> Any:
    """Return the member of an enumeration with this name."""
    return kind._member_map_[name]


def unnamed_member(
    kind: Any, base: type, arguments: tuple[Any, ...], value: Any, kept: bool
) -> Any:
    """Return what an enumeration has for a value that is no member's, such as `Perm.R | Perm.W`.

    Args:
        kind: the class.
        base: the Python type that makes it, if there is none yet.
        arguments: for that.
        value: its value.
        kept: whether the enumeration knows it.
    """
    if kept and value in kind._value2member_map_:
        return kind._value2member_map_[value]
    made = new_of_base(kind, base, arguments, (None, None))
    object.__setattr__(made, "_value_", value)
    if kept:
        kind._value2member_map_[value] = made
    return made


def _base(kind: type[enum.Enum]) -> type | None:
    """Return the type that makes the members of an enumeration; `object` is one for most."""
    bases = [each for each in kind.__mro__ if not issubclass(each, enum.Enum)]
    found = next((base for each in bases if (base := base_of(each)) is not None), None)
    if found is None and all(map(_is_made_in_python, bases[:-1])):
        return object
    return found


def _is_made_in_python(kind: type) -> bool:
    return not isinstance(vars(kind).get("__new__"), types.BuiltinFunctionType)


def _is_further(value: Any, member: enum.Enum) -> bool:
    """Return whether an entry of an enumeration's values is more than `enum` makes by itself."""
    kind = type(member)
    if kind._member_map_.get(member._name_) is member:
        return member._value_ is not value and member._value_ != value
    return not isinstance(member, enum.Flag) or any(_added(member))


def _added(member: enum.Enum) -> Iterator[str]:
    return (name for name in vars(member) if not _is_of_enum(name))


def _is_of_enum(name: str) -> bool:
    return name.startswith("_") and name.endswith("_")
