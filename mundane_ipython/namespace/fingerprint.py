"""What is inside a live value: digests that tell whether it changed, and its inner objects.

Structure and raw buffers are hashed as pickle sees them, and nothing is copied or kept. What has no
pickle counts by its identity. A digest may contain addresses: it says nothing in another kernel.
"""

from __future__ import annotations

import contextvars
import copyreg
import enum
import functools
import io
import pickle
import types
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

from ..adapter.contract import by_identity
from ..adapter.looks import (
    bases_of,
    error_text,
    has_dict,
    has_slots,
    is_a,
    mro_of,
    name_of,
    qualname_of,
)
from ..adapter.rules import WALKS, function_home
from ..adapter.types import PerType, class_name, is_own, look_up
from ..classes.descriptors import HELD
from ..classes.enumerations import seen_in
from ..classes.instances import walk_of
from ..classes.members import members_of, registered_with
from ..classes.reductions import is_dispatcher
from ..objects.arrays import (
    is_array,
    is_flat_iterator,
    is_labelled_array,
    is_made_of_arrays,
    memory_chain,
    reduce_labelled,
)
from ..objects.context_variables import value_in
from ..objects.deep_stack import on_deep_stack
from ..objects.path_modules import CYTHON_FUNCTIONS
from ..objects.views import WINDOWS, owner_of
from .sinks import Nowhere, OverBudgetError, Sink

# Values of these types never change in place.
_ATOMS = (
    *(int, float, complex, str, bytes, bool, type(None), type(Ellipsis), range, slice),
    types.ModuleType,
)

# Objects of these types are shared freely by libraries and never change: their identity is nobody's
# business. By name, so that no library is imported for it.
_VALUE_TYPES = frozenset(
    """datetime.date datetime.datetime datetime.time datetime.timedelta datetime.timezone
    decimal.Decimal fractions.Fraction pathlib.PosixPath pathlib.PurePosixPath uuid.UUID re.Pattern
    zoneinfo.ZoneInfo builtins.tuple builtins.frozenset
    builtins.builtin_function_or_method""".split()  # noqa: SIM905 (a list of strings reads worse)
)


# How much work a value may take though all is used up, see `sinks`.
_SMALL = 1_000_000


class Fingerprinter:
    """Digests values until its budget is used up.

    Args:
        namespace: the user namespace: functions with these globals are looked into.
        budget: how much work all digests together may take, in bytes of pickle (`sinks`); small
            values that come after a large one that took it all may take as much again.

    Attributes:
        opaque: ids of the values whose own kind refuses to be pickled, such as a connection's:
            their digests are those of their identity.
    """

    def __init__(self, namespace: Mapping[str, Any], budget: int) -> None:
        self.opaque: set[int] = set()
        self._namespace = namespace
        self._left = self._more = budget

    def walk(self, value: Any) -> Walk:
        """Return a walk through a value, with its digest where the budget allows that."""
        sink = Sink(max(self._left, min(_SMALL, self._more)))
        walk = Walk(value, self._namespace, sink)
        if walk.is_opaque:
            self.opaque.add(id(value))
        self._more -= min(max(sink.spent - self._left, 0), self._more)
        self._left -= min(sink.spent, self._left)
        return walk


class Walk:
    """A way through everything that pickling a value meets.

    Args:
        value: the value.
        namespace: the user namespace: functions with these globals are looked into.
        sink: takes the pickle; None: there is no digest, and the memory of arrays is not even read.

    Attributes:
        digest: of the value's present state, None where it is not known.
        is_opaque: whether the value's own kind refuses to be pickled.
        why_not: why there is no digest, though the budget allows it: the value is too deep.
        size: of its pickle without the memory of arrays, in bytes, where there is a digest.
    """

    def __init__(self, value: Any, namespace: Mapping[str, Any], sink: Sink | None = None) -> None:
        self.digest: bytes | None = None
        self.is_opaque = False
        self.why_not = ""
        self.size = 0
        self._namespace = namespace
        self._memo: Any = None
        self._odd: set[int] = set()
        if is_atom(value):
            self.digest = b""
            return
        try:
            walker = _walked(value, sink or Nowhere(), namespace)
        except KeyboardInterrupt:
            raise
        except OverBudgetError:
            return
        except (RecursionError, MemoryError) as error:
            self.why_not = error_text(error)
            return
        except BaseException:  # noqa: BLE001 (an object in it has an odd pickle)
            self.is_opaque = True
            self.digest = b"opaque"
            return
        self._memo, self._odd = walker.memo, walker.odd
        self.is_opaque = walker.refused is value
        if sink is not None:
            self.digest, self.size = sink.state.digest(), sink.size

    @functools.cached_property
    def objects(self) -> list[Any]:
        """Every object that was met, in that order."""
        entries = sorted(self.by_identity.values(), key=itemgetter(0))
        return [found for _, found in entries if not self._odd or id(found) not in self._odd]

    @functools.cached_property
    def by_identity(self) -> dict[int, tuple[int, Any]]:
        """Every object that was met, with its place, by id."""
        found: dict[int, tuple[int, Any]] = {} if self._memo is None else self._memo.copy()
        return found

    def inner_objects(self) -> list[Any]:
        """Return the objects whose identity matters, the value itself among them.

        The order is that of pickling; of containers in Python's own order alone it is the same for
        an equal value in another kernel.
        """
        return [each for each in self.objects if _identity_matters[type(each)]]

    def shared_objects(self) -> list[Any]:
        """Return everything through which a change is seen elsewhere as well.

        The notebook's functions are among them, for their closures, and the memory of arrays.
        """
        found = []
        for each in self.objects:
            if not _rules_of[type(each)]:  # neither an array nor a function
                if _identity_matters[type(each)]:
                    found.append(each)
            elif is_array(each):
                found += memory_chain(each)
            elif is_a(each, types.FunctionType):
                # Others are how objects are reduced, the same for all of a kind.
                looked_into = each.__globals__ is self._namespace or is_dispatcher(each)
                found += [each] if looked_into else []
            elif _identity_matters[type(each)] and not _is_text_stream[type(each)]:
                found.append(each)
        return found


def _walked(value: Any, sink: Sink | Nowhere, namespace: Mapping[str, Any]) -> _Walker:
    walker = _Walker(sink, namespace)
    try:
        walker.dump(value)
    except RecursionError:
        sink.forget()
        walker = _Walker(sink, namespace)
        on_deep_stack(walker.dump, value)
    return walker


def is_atom(value: Any) -> bool:
    """Return whether a value never changes in place, nor anything that it refers to.

    A function in C is one, but for the method of an object: `rows.append` holds `rows`.
    """
    if _is_atom.of(value, otherwise=False):
        return True
    if type(value) is types.BuiltinFunctionType:
        owner = value.__self__
        if owner is None or is_a(owner, (types.ModuleType, type)):
            return True
    return function_home(value) is not None


@PerType
def _is_atom(kind: type) -> bool:
    return issubclass(kind, _ATOMS) and not _has_own_attributes(kind)


def _has_own_attributes(kind: type) -> bool:
    """Return whether instances of a notebook's class have attributes, whatever it is made of."""
    return is_own(kind) and (has_dict(kind) or has_slots(kind))


def has_identity(value: Any) -> bool:
    """Return whether being the same object, and not only an equal one, can matter for a value."""
    return _identity_matters.of(value, otherwise=True)


@PerType
def _identity_matters(kind: type) -> bool:
    if _is_atom[kind] or class_name(kind) in _VALUE_TYPES:
        return False
    if issubclass(kind, (type, types.FunctionType, types.MethodType)):
        return False
    if name_of(kind) in CYTHON_FUNCTIONS or by_identity in WALKS[kind]:
        return False
    # pandas hands the labels of a frame on to every frame that is made of it.
    return not any(
        qualname_of(base) in ("Index", "ExtensionDtype", "dtype", "BaseOffset")
        for base in mro_of(kind)
    )


class _Walker(pickle.Pickler):
    """Pickles into a sink, without ever failing on an object that has no pickle.

    Attributes:
        refused: the first object whose kind refuses to be pickled, None for none.
        odd: ids of objects of whose types nothing can be known, see `PerType.of_type`.
    """

    def __init__(self, sink: Sink | Nowhere, namespace: Mapping[str, Any]) -> None:
        super().__init__(sink, protocol=5, buffer_callback=sink.take)
        self._sink = sink
        self.refused: Any = None
        self.odd: set[int] = set()
        self._namespace = namespace

    def reducer_override(self, obj: Any) -> Any:
        """Reduce an object as pickle would, or to its identity."""
        self._sink.objects += 1
        try:
            rules = _rules_of[type(obj)]
        except Exception:  # noqa: BLE001 (its metaclass's own code)
            self.odd.add(id(obj))
            return _identity, (id(obj),)
        try:
            for rule in rules:
                reduced = rule(self, obj)
                if reduced is not None:
                    return reduced
            reducer = copyreg.dispatch_table.get(type(obj))
            reduced = reducer(obj) if reducer is not None else obj.__reduce_ex__(5)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 (an object without a pickle: its identity is known)
            if self.refused is None and "cannot pickle" in error_text(error):
                self.refused = obj
            return _identity, (qualname_of(type(obj)), id(obj))
        return reduced if is_a(reduced, tuple) else (_identity, (id(obj),))

    def _cell(self, cell: types.CellType) -> Any:
        try:
            contents: tuple[Any, ...] = (cell.cell_contents,)
        except ValueError:  # empty
            contents = ()
        return _identity, (), contents

    def _by_walks(self, obj: Any) -> Any:
        return next(filter(None, (walk(obj, _identity) for walk in walk_of[type(obj)])), None)

    def _held(self, obj: Any) -> Any:
        return _identity, (id(type(obj)),), HELD[type(obj)](obj)

    def _known(self, obj: Any) -> Any:
        return _identity, (id(obj),)

    def _text_stream(self, stream: Any) -> Any:
        if self.refused is None:
            self.refused = stream
        return _identity, (id(stream),)

    def _context_variable(self, variable: contextvars.ContextVar[Any]) -> Any:
        return _identity, (id(variable), *value_in(contextvars.copy_context(), variable))

    def _flat_iterator(self, flat: Any) -> Any:
        return (_identity, (flat.base, flat.index)) if is_flat_iterator(flat) else None

    def _generator(self, generator: types.GeneratorType[Any, Any, Any]) -> Any:
        return (_identity, (id(generator),)) if generator.gi_frame is None else None

    def _by_library(self, obj: Any) -> Any:
        return next(filter(None, (walk(obj, _identity) for walk in WALKS[type(obj)])), None)

    def _window(self, window: Any) -> Any:
        try:
            owner = owner_of(window)
        except ValueError:  # a memoryview that was released
            return _identity, (qualname_of(type(window)), id(window))
        return None if owner is self._namespace else (_identity, (id(window), owner))

    def _function(self, function: types.FunctionType) -> Any:
        if function is _identity:
            return NotImplemented
        if is_dispatcher(function):
            return _identity, (id(function), dict(function.registry))  # type: ignore[attr-defined]
        if function.__globals__ is not self._namespace:
            return _identity, (id(function),)
        # As the state, so that one which refers to itself is in the memo before its closure.
        return _identity, (id(function.__code__),), function_state(function)

    def _class(self, kind: type) -> Any:
        if not is_own(kind):
            return _identity, (id(kind),)
        # As the state, so that a class which refers to itself is in the memo before its members.
        above = (*bases_of(kind), *registered_with(kind))
        held = seen_in(kind) if issubclass(kind, enum.Enum) else members_of(kind)
        # Such as the one that `class A(namedtuple(...))` is made of: nobody else looks at it.
        nameless = [
            base
            for base in bases_of(kind)
            if is_own(base) and look_up(self._namespace, qualname_of(base)) is not base
        ]
        return _identity, (id(kind), *map(id, above)), (held, *nameless) if nameless else held


@PerType
def _is_text_stream(kind: type) -> bool:
    """Return whether a type is a file's or a standard stream's: all handlers and bars share one.

    Its state is not the notebook's: a kernel's changes with every cell.
    """
    return issubclass(kind, io.TextIOBase) and not issubclass(kind, io.StringIO)


def _identity(*parts: Any) -> None:
    """Stand for the objects that a walker does not look into; a walk is never loaded."""


def function_state(function: types.FunctionType) -> tuple[Any, ...]:
    """Return what a function refers to, beside its code and the names of its module."""
    defaults = (function.__defaults__, function.__kwdefaults__)
    return function.__closure__, *defaults, function.__dict__


# What is not walked as pickle reduces it: for which types, and how. The first rule that has an
# answer counts. `issubclass` and not `isinstance`, which believes a proxy.
_RULES: tuple[tuple[Callable[[type], bool], Callable[[_Walker, Any], Any]], ...] = (
    (lambda kind: kind is types.FunctionType, _Walker._function),
    (lambda kind: issubclass(kind, type), _Walker._class),
    (lambda kind: kind is types.CellType, _Walker._cell),
    (lambda kind: bool(walk_of[kind]), _Walker._by_walks),
    (lambda kind: kind in HELD, _Walker._held),
    (lambda kind: issubclass(kind, types.ModuleType), _Walker._known),
    (_is_text_stream.__getitem__, _Walker._text_stream),
    (lambda kind: kind is contextvars.ContextVar, _Walker._context_variable),
    (lambda kind: qualname_of(kind) == "flatiter", _Walker._flat_iterator),
    (lambda kind: kind is types.GeneratorType, _Walker._generator),
    (lambda kind: kind in WINDOWS, _Walker._window),
    (lambda kind: bool(WALKS[kind]), _Walker._by_library),
    (is_made_of_arrays, lambda _, obj: reduce_labelled(obj) if is_labelled_array(obj) else None),
)


@PerType
def _rules_of(kind: type) -> tuple[Callable[[_Walker, Any], Any], ...]:
    return tuple(rule for applies, rule in _RULES if applies(kind))
