"""The namespace while a step's bundle is loaded: code of the notebook finds the step's own names.

They are bound one by one as they come, so that a `__setstate__` or what a `__reduce__` names can
use them, and taken away again in the end, together with all else that such code has changed: the
step stored how things were after it. What the step binds is bound elsewhere, whole or not at all.
"""

from __future__ import annotations

import collections
import copy
import itertools
import logging
import types
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import Any

from ..adapter.looks import instance_dict, is_a, members_of, mro_of
from ..adapter.rules import ways_back
from ..adapter.types import is_own
from ..classes.enumerations import change_enumeration, fill_enumeration
from ..classes.instances import new_natively
from ..classes.members import change_class, fill_class, make_silently
from ..objects.functions import notebook_function
from .load_code import (
    class_arguments,
    class_to_make,
    entries_of,
    names_reached,
    run_code,
    set_by_class,
    state_setter,
)

_ABSENT = object()

# What sets a class's state, in a pickle.
_FILLS = (fill_class, change_class, fill_enumeration, change_enumeration)

# What code may change in place is looked at as far as this, in objects.
_MAX_ITEMS = 100_000


class Stage:
    """The namespace in which a bundle is loaded; a context in which `find` takes its names.

    Args:
        namespace: the user namespace.
        names: that the step binds.
        muted: a context in which nothing is shown of what is written.

    Attributes:
        slot: that is being loaded.
        instead: what is called instead of a global that a pickle names, by the global's id.
    """

    def __init__(
        self,
        namespace: MutableMapping[str, Any],
        names: Iterable[str],
        muted: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._namespace = namespace
        self._muted = muted
        self._pending = set(names)
        self._stack = ExitStack()
        self._runs = False
        self._reached: set[str] = set()
        self._reach: dict[Any, frozenset[str]] = {}
        self._kept: dict[int, Any] = {}
        # Of classes whose code runs, what they are to have in the end, by their ids.
        self._members: dict[int, dict[str, Any]] = {}
        # What waits for names: the slot in which it was met, an instance and its state.
        self._waiting: list[tuple[str, Any, Any]] = []
        self.slot = ""
        self.instead: dict[int, Callable[..., Any]] = {
            id(run_code): self._run,
            id(set_by_class): self._set_state,
            id(make_silently): self._make_class,
            id(notebook_function): self._make_function,
            **{id(fill): self._filling(fill) for fill in _FILLS},
        }

    def __enter__(self) -> Stage:
        self._stack.callback(self._put_back, dict(self._namespace))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def begin(self, slot: str) -> None:
        """Note that a slot is being loaded."""
        self.slot = slot

    def bind(self, name: str, value: Any) -> None:
        """Let the code find a name from here on."""
        if name in self._pending:
            self._pending.remove(name)
            self._namespace[name] = value
            if name in self._reached:
                self._keep(name)

    def finish(self) -> None:
        """Set the states that wait until all names are there."""
        for slot, instance, state in self._waiting:
            self.slot = slot
            kind: Any = type(instance)
            self._before(kind.__setstate__, kind)
            instance.__setstate__(state)

    def _make_class(self, make: Callable[..., type], arguments: tuple[Any, ...]) -> type:
        kind = make_silently(make, arguments)
        self._offer(arguments[1], kind)
        return kind

    def _make_function(self, code: types.CodeType, name: str, cells: Any) -> types.FunctionType:
        function = notebook_function(code, name, cells)
        if code.co_qualname == name:
            self._offer(name, function)
        return function

    def _offer(self, name: str, value: Any) -> None:
        """Bind a name before its own slot has been loaded, or while it is: better than nothing."""
        if name in self._pending:
            self._namespace[name] = value

    def _run(self, make: Callable[..., Any], arguments: Sequence[Any]) -> Any:
        kind = class_to_make(make, arguments)
        if kind is not None and not entries_of(make, arguments, self._namespace):
            # The class is being loaded as yet.
            return new_natively(kind, *class_arguments(make, arguments))
        self._before(make, kind, arguments)
        return make(*arguments)

    def _set_state(self, instance: Any, state: Any) -> None:
        kind = type(instance)
        setter = state_setter(kind, self._namespace)
        if setter is None:
            waits = True  # the class is being loaded as yet
        else:
            # A hash may be asked for at once, and then needs the state.
            lacks = self._before(setter, kind) & self._pending
            waits = bool(lacks) and not isinstance(kind.__hash__, types.FunctionType)
        if waits:
            self._waiting.append((self.slot, instance, state))
            # What it holds by then is not what is to be put back.
            attributes = instance_dict(instance)
            if attributes is not None:
                self._kept[id(attributes)] = attributes
        else:
            instance.__setstate__(state)

    def _before(
        self, function: Any, kind: type | None, arguments: Sequence[Any] | None = None
    ) -> frozenset[str]:
        """Get ready for code of the notebook; return the names that it may look up.

        Args:
            function: that is about to be called.
            kind: the class whose method it is, or of which it makes an instance.
            arguments: of a call that makes an instance; None for a state setter.
        """
        makers = (kind, function, getattr(function, "__self__", None), *(arguments or ()))
        classes = [each for each in makers if is_a(each, type)]
        code = getattr(function, "__func__", function), kind
        known = code, *map(id, classes)  # a metaclass may have a hash of its own
        reach = self._reach.get(known)
        if reach is not None:
            return reach
        if not self._runs:
            self._runs = True
            self._stack.enter_context(self._muted())
            self._keep_state()
        entries = [code] if arguments is None else entries_of(function, arguments, self._namespace)
        reach = self._reach[known] = frozenset(names_reached(entries, self._namespace))
        for name in reach - self._reached - self._pending:
            if name in self._namespace:
                self._keep(name)
        self._reached |= reach
        for each in classes:
            for above in mro_of(each):
                if is_own(above):  # such as one that counts its instances
                    self._keep_class(above)
        return reach

    def _keep_class(self, kind: type) -> None:
        if id(kind) not in self._kept:
            self._kept[id(kind)] = kind
            self._members[id(kind)] = {}
            self._stack.callback(_put_back_members, kind, self._members[id(kind)])
            self._look_at(kind)

    def _look_at(self, kind: type) -> None:
        """Note what a class has, which is what it is to have in the end."""
        members = self._members[id(kind)]
        members.clear()
        for name, member in members_of(kind).items():
            # A count that code goes on with has no way back.
            members[name] = copy.copy(member) if type(member) is itertools.count else member
            if type(member) in _CONTAINERS:
                self._keep_contents(member)

    def _filling(self, fill: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        """Return a setter of a class's state, after which that is what the class is to have."""

        def filled(kind: Any, state: Any) -> None:
            fill(kind, state)
            if id(kind) in self._members:
                self._look_at(kind)

        return filled

    def _keep_state(self) -> None:
        """Put back, in the end, what code may change beside variables."""
        for back in ways_back():
            self._stack.callback(back)
        root = logging.getLogger()  # the first message gives it a handler
        self._stack.callback(root.handlers.__setitem__, slice(None), root.handlers[:])
        self._stack.callback(logging.disable, root.manager.disable)
        logging.disable(logging.CRITICAL)

    def _keep(self, name: str) -> None:
        value = self._namespace[name]
        if is_a(value, type) and is_own(value):
            self._keep_class(value)
        else:
            self._keep_contents(value)

    def _keep_contents(self, value: Any) -> None:
        for back in _contents(value, self._kept):
            self._stack.callback(back)

    def _put_back(self, before: dict[str, Any]) -> None:
        namespace = self._namespace
        for name in namespace.keys() - before.keys():
            del namespace[name]
        for name, value in before.items():
            if namespace.get(name, _ABSENT) is not value:
                namespace[name] = value


def _contents(value: Any, known: dict[int, Any]) -> Iterator[Callable[[], None]]:
    """Yield what puts back the contents of a value and of containers within it.

    Args:
        value: looked at where it is a container, or an instance of the notebook's class.
        known: values that were looked at before, by id; added to.
    """
    todo, left = [value], _MAX_ITEMS
    while todo:
        each = todo.pop()
        parts: list[Any] = []
        back: Callable[[], None] | None = None
        if id(each) in known:
            continue
        if type(each) in _SEQUENCES:
            parts = list(each)
            back = partial(_put_back_items, each, parts)
        elif type(each) in _MAPPINGS:
            pairs = list(each.items())
            parts = list(each.values())
            back = partial(_put_back_items, each, pairs)
        elif each is value and is_own(type(each)):
            attributes = instance_dict(each)
            if attributes is not None:
                todo.append(attributes)
        left -= len(parts)
        if back is not None and left > 0:
            known[id(each)] = each
            yield back
            todo += [part for part in parts if type(part) in _CONTAINERS]


_SEQUENCES: frozenset[type] = frozenset((list, set, collections.deque, bytearray))
_MAPPINGS: frozenset[type] = frozenset(
    (dict, collections.OrderedDict, collections.defaultdict, collections.Counter)
)
_CONTAINERS = _SEQUENCES | _MAPPINGS


def _put_back_items(container: Any, items: list[Any]) -> None:
    now = list(container.items() if type(container) in _MAPPINGS else container)
    if len(now) == len(items) and all(map(_is_same, now, items)):
        return
    container.clear()
    add = container.extend if hasattr(container, "extend") else container.update
    add(dict(items) if type(container) is collections.Counter else items)


def _is_same(one: Any, other: Any) -> bool:
    if type(one) is tuple and type(other) is tuple and len(one) == len(other) == 2:  # of a mapping
        return one[0] is other[0] and one[1] is other[1]
    return one is other


def _put_back_members(kind: type, members: dict[str, Any]) -> None:
    now = dict(members_of(kind))
    for name in now.keys() - members.keys():
        type.__delattr__(kind, name)
    for name, member in members.items():
        here = now.get(name, _ABSENT)
        counts = type(member) is itertools.count and type(here) is itertools.count
        if here is not member and not (counts and repr(here) == repr(member)):
            type.__setattr__(kind, name, member)
