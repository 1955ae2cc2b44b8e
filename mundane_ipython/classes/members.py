"""The notebook's classes: what a cell can change in one, and how one is made again silently."""

from __future__ import annotations

import abc
import enum
import itertools
import operator
import types
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

import cloudpickle.cloudpickle

from ..adapter.looks import attribute_of_type, bases_of, module_of, name_of, qualname_of
from ..adapter.looks import members_of as everything_in
from ..adapter.types import is_own

# What a cell gives a special name to. Under such names libraries also keep what they know of a
# class (pydantic, dataclasses, Python's compiler), which is of other types and not for a setattr.
_SPECIAL = (
    *(types.FunctionType, types.WrapperDescriptorType, classmethod, staticmethod, property),
    *(str, type(None)),
)

# What a class has by its metaclass, such as `__class__` and `__name__`.
_OF_TYPES = tuple(
    name
    for kind in (object, type)
    for name, member in vars(kind).items()
    if isinstance(member, (types.GetSetDescriptorType, types.MemberDescriptorType))
)

# A function that Python makes of a class's annotations, and remakes as it likes (3.14).
_COMPILED = ("__annotate__", "__annotate_func__")


def members_of(kind: type) -> dict[str, Any]:
    """Return what a cell can have set on a class; the rest is made with the class."""
    by_enum = kind._member_map_ if issubclass(kind, enum.Enum) else None
    return {"__name__": name_of(kind), "__qualname__": qualname_of(kind)} | {
        name: member
        for name, member in everything_in(kind).items()
        if _can_be_set(name, member)
        and (by_enum is None or not (name in by_enum or _enum_keeps(name)))
    }


def registered_with(kind: type) -> list[type]:
    """Return the classes that were registered with an abstract class, in the order of their names.

    Only ABCMeta knows them; cloudpickle asks it in the same way.
    """
    if not issubclass(type(kind), abc.ABCMeta):
        return []
    references, *_ = abc._get_dump(kind)  # type: ignore[attr-defined]
    found = [each for reference in references if (each := reference()) is not None]
    return sorted(found, key=lambda each: (module_of(each), qualname_of(each)))


def reduce_change(kind: type, removed: Set[str]) -> Any:
    """Return the state of a class that a cell changed in place, for `change_class`.

    Args:
        kind: the class.
        removed: members that the cell deleted.
    """
    members = members_of(kind)
    for name in _fixed_names(kind, members):
        del members[name]
    return bases_of(kind), members, sorted(removed - members.keys()), registered_with(kind)


def change_class(
    kind: Any, state: tuple[tuple[type, ...], dict[str, Any], list[str], list[type]]
) -> None:
    """Do to an older cell's class what a cell did to it; a pickle's state setter."""
    bases, members, removed, registered = state
    if bases_of(kind) != bases:
        kind.__bases__ = bases
    put, delete = _setters_of(kind)
    here = everything_in(kind)
    for name, member in members.items():
        if name not in here or here[name] is not member:
            set_member(kind, name, member, put)
    for name in removed:
        if name in here:
            delete(kind, name)
    for other in registered:
        kind.register(other)


def is_copied(kind: type) -> bool:
    """Return whether a class goes with its code: nobody could import it under its name.

    A private way (cloudpickle 3.1, as are those of `tracker_of`, `tracked`, `trackers`,
    `forget_classes` and `reduce_class`).
    """
    by_name = cloudpickle.cloudpickle._should_pickle_by_reference
    return module_of(kind) != "builtins" and not by_name(kind)


def tracker_of(kind: type) -> str:
    """Return the name by which a class that is loaded twice in a process is found to be one."""
    name: str = cloudpickle.cloudpickle._get_or_create_tracker_id(kind)
    return name


def tracked(tracker: str, kind: type) -> type:
    """Return the class with this tracker that the process has, which may be this one."""
    found: type = cloudpickle.cloudpickle._lookup_class_or_track(tracker, kind)
    return found


def trackers() -> frozenset[str]:
    """Return the names (`tracker_of`) of the classes that were pickled or loaded so far."""
    return frozenset(cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID)


def forget_classes(but: Set[str]) -> None:
    """Let classes be made anew when their pickles are loaded here, as in a new process.

    Args:
        but: names of classes (`tracker_of`) that a new process would have by then.
    """
    known = cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID
    for tracker in trackers() - but:
        known.pop(tracker, None)


def reduce_class(kind: type) -> Any:
    """Reduce a class, but for an enumeration, to an empty one and all that its `__dict__` holds.

    cloudpickle's own reduction drops slots, and what is the same as in a base.
    """
    generic = everything_in(kind).get("__pydantic_generic_metadata__")
    if generic and generic["origin"] is not None:  # `Box[int]`, which pydantic makes once
        of = generic["args"]
        return operator.getitem, (generic["origin"], of if len(of) > 1 else of[0])
    members = dict(everything_in(kind))
    early = {"__module__": members.pop("__module__")} if "__module__" in members else {}
    if "__slots__" in members:
        early["__slots__"] = tuple(name for name, each in members.items() if _is_slot(name, each))
    early.update((name, members.pop(name)) for name in _fixed_names(kind, members))
    for name, each in list(members.items()):
        if _is_slot(name, each) or name in _MADE_BY_PYTHON:
            del members[name]
    # Where the class is there already, under the names that it had.
    members |= {"__name__": name_of(kind), "__qualname__": qualname_of(kind)}
    bases = members.get("__orig_bases__", bases_of(kind))
    if issubclass(kind, tuple):  # typing.NamedTuple would make another one
        bases = bases_of(kind)
        early.update({n: members.pop(n) for n in ("__orig_bases__",) if n in members})
    made = (type(kind), name_of(kind), bases, early, tracker_of(kind), None)
    make = cloudpickle.cloudpickle._make_skeleton_class
    return make, made, (members, registered_with(kind)), None, None, fill_class


def fill_class(kind: Any, state: tuple[dict[str, Any], list[type]]) -> None:
    """Set what a class has; a pickle's state setter."""
    members, registered = state
    put, _ = _setters_of(kind)
    # The class may be there already, with what a later cell has deleted.
    for name in _own_names(kind) - members.keys():
        type.__delattr__(kind, name)
    for name, member in members.items():
        set_member(kind, name, member, put)
    if "__firstlineno__" in members:  # Python 3.13 removes it when `__module__` is set
        put(kind, "__firstlineno__", members["__firstlineno__"])
    for other in registered:
        abc.ABCMeta.register(kind, other)


def _setters_of(kind: type) -> tuple[Callable[..., None], Callable[..., None]]:
    """Return what sets and deletes a class's members.

    A notebook's metaclass may do more than that, and did it when its own cell ran.
    """
    found = []
    for name, plain, by_class in (
        ("__setattr__", type.__setattr__, setattr),
        ("__delattr__", type.__delattr__, delattr),
    ):
        own = getattr(attribute_of_type(type(kind), name), "__module__", None) == "__main__"
        found.append(plain if own else by_class)
    return found[0], found[1]


def _own_names(kind: type) -> set[str]:
    """Return the names of members that a cell can have deleted."""
    names = {
        name
        for name, member in everything_in(kind).items()
        if not (name.startswith(("__", "_abc_")) or _is_slot(name, member))
    }
    return names - _hidden_by_metaclass(kind)


def make_silently(make: Callable[..., type], arguments: tuple[Any, ...]) -> type:
    """Make a class while the notebook's hooks for new classes do nothing.

    What a hook did when the class statement ran is restored with what it changed: to run it again
    would count or register the class twice. A library's hooks do run, as what they change is not
    stored.

    Args:
        make: cloudpickle's function that makes an empty class.
        arguments: its arguments: the metaclass, the class's name, its bases, and more.
    """
    metaclass, _, bases = arguments[:3]
    hooks = list(_hooks(metaclass, types.resolve_bases(bases)))
    try:
        for owner, name, _ in hooks:
            type.__setattr__(owner, name, _silent(owner, name))
        return make(*arguments)
    finally:
        for owner, name, hook in hooks:
            type.__setattr__(owner, name, hook)


def set_member(
    kind: type, name: str, member: Any, put: Callable[..., None] = type.__setattr__
) -> None:
    """Set a member of a class, its `__name__` and `__qualname__` past a metaclass's property.

    Args:
        kind: the class.
        name: of the member.
        member: it.
        put: sets any other one.
    """
    if name in ("__name__", "__qualname__"):
        type.__dict__[name].__set__(kind, member)
    else:
        put(kind, name, member)


# What Python makes with each class, and ABCMeta.
_MADE_BY_PYTHON = frozenset(("__dict__", "__weakref__", "__annotate_func__", "_abc_impl"))


def _is_slot(name: str, member: Any) -> bool:
    if isinstance(member, types.MemberDescriptorType):
        return True
    return name in ("__dict__", "__weakref__") and isinstance(member, types.GetSetDescriptorType)


def _hidden_by_metaclass(kind: type) -> set[str]:
    """Return names that a metaclass of the notebook has a property for: setting one runs that."""
    above: list[type] = type.mro(type(kind))
    return {
        name
        for each in above
        if is_own(each)
        for name, member in vars(each).items()
        if hasattr(type(member), "__set__") and not _is_slot(name, member)
    }


def _fixed_names(kind: type, members: Mapping[str, Any]) -> list[str]:
    """Return the names of those members of a class that are there from the start, or never.

    To set a property named `__class__` later would set the class's own class.
    """
    hidden = _hidden_by_metaclass(kind)
    return [
        name
        for name, member in members.items()
        if name in hidden or (name in _OF_TYPES and type(member) is property)
    ]


def _can_be_set(name: str, member: Any) -> bool:
    # Slots, `__dict__` and `__weakref__`; and what ABCMeta keeps.
    if isinstance(member, (types.MemberDescriptorType, types.GetSetDescriptorType)):
        return False
    if name.startswith("__") and name.endswith("__"):
        return isinstance(member, _SPECIAL) and name not in _COMPILED
    return not name.startswith("_abc_")


def _enum_keeps(name: str) -> bool:
    """Return whether enum reserves a name: it keeps members there, those of `R | W` too.

    Under two of these names it keeps one function, the class's own `__new__`.
    """
    one = name.startswith("_") and name.endswith("_") and not name.startswith("__")
    return one or name == "__new_member__"


def _hooks(metaclass: type, bases: tuple[Any, ...]) -> Iterator[tuple[type, str, Any]]:
    """Yield each hook of the notebook's that making a class calls: its class, its name, itself."""
    above = dict.fromkeys(kind for base in bases for kind in base.__mro__)
    for owners, names in (
        (above, ("__init_subclass__",)),
        (metaclass.__mro__, ("__prepare__", "__new__", "__init__")),
    ):
        for owner, name in itertools.product(owners, names):
            if is_own(owner) and name in vars(owner):
                yield owner, name, vars(owner)[name]


def _silent(owner: type, name: str) -> Any:
    """Return a hook that only calls the next one."""

    def pass_on(kind: type, *arguments: Any, **options: Any) -> Any:
        of_whom = (kind,) if name == "__new__" else ()
        return getattr(super(owner, kind), name)(*of_whom, *arguments, **options)

    if name == "__init__":
        return pass_on
    return staticmethod(pass_on) if name == "__new__" else classmethod(pass_on)
