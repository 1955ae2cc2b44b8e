"""What is inside a live value: digests that tell whether it changed, and its inner objects.

Structure and raw buffers are hashed as pickle sees them, without a copy and without keeping the
pickle. What cannot be pickled counts by its identity. A digest says nothing in another kernel: it
may contain addresses.
"""

from __future__ import annotations

import contextvars
import copyreg
import io
import pickle
import time
import types
import weakref
from collections.abc import Mapping
from typing import Any

import xxhash

from .classes import members_of, registered_with
from .generators import function_home
from .homes import class_name
from .pickler import value_in
from .views import (
    is_array,
    is_flat_iterator,
    is_labelled_array,
    memory_chain,
    reduce_labelled,
)
from .windows import WINDOWS, owner_of

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
    zoneinfo.ZoneInfo numpy.dtype builtins.tuple builtins.frozenset
    builtins.builtin_function_or_method""".split()  # noqa: SIM905 (a list of strings reads worse)
)


class OutOfTimeError(Exception):
    """The time allowed for a digest is over."""


class Fingerprinter:
    """Digests values until its time is over.

    Args:
        namespace: the user namespace: functions with these globals are looked into.
        budget_s: how long all digests together may take, in seconds.

    Attributes:
        opaque: ids of the values whose own kind refuses to be pickled, such as a connection's:
            their digests are those of their identity.
    """

    def __init__(self, namespace: Mapping[str, Any], budget_s: float) -> None:
        self.opaque: set[int] = set()
        self._namespace = namespace
        self._deadline_s = time.monotonic() + budget_s

    def digest(self, value: Any) -> bytes | None:
        """Return a digest of a value's present state; None where it cannot be known in time."""
        if is_atom(value):
            return b""
        sink = _Sink(self._deadline_s)
        walker = _Walker(sink, self._namespace)
        try:
            walker.dump(value)
        except (OutOfTimeError, RecursionError):
            return None
        except Exception as error:  # noqa: BLE001 (a state that cannot be read cannot be compared)
            del error
            return None
        if walker.refused is value:
            self.opaque.add(id(value))
        return sink.state.digest()


def is_atom(value: Any) -> bool:
    """Return whether a value never changes in place, nor anything that it refers to.

    A function in C is one, but for the method of an object: `rows.append` holds `rows`.
    """
    if isinstance(value, _ATOMS):
        return True
    if isinstance(value, types.BuiltinFunctionType):
        owner = value.__self__
        if owner is None or isinstance(owner, (types.ModuleType, type)):
            return True
    return function_home(value) is not None


def shared_objects(value: Any, namespace: Mapping[str, Any]) -> list[Any]:
    """Return everything in a value through which a change is seen elsewhere as well.

    The notebook's functions are among them, for their closures, and the memory of arrays.
    """
    found = []
    for each in _walk(value, namespace):
        if is_array(each):
            found += memory_chain(each)
        elif isinstance(each, types.FunctionType):
            # Others are how objects are reduced, the same for all of a kind.
            found += [each] if each.__globals__ is namespace else []
        elif has_identity(each) and not _is_text_stream(each):
            found.append(each)
    return found


def inner_objects(value: Any, namespace: Mapping[str, Any]) -> list[Any]:
    """Return the objects in a value whose identity matters, the value itself first.

    The order is that of pickling, and so the same for an equal value in another kernel.
    """
    return [each for each in _walk(value, namespace) if has_identity(each)]


def _walk(value: Any, namespace: Mapping[str, Any]) -> list[Any]:
    """Return every object that pickling a value meets, in that order."""
    walker = _Walker(_Nowhere(), namespace)
    try:
        walker.dump(value)
    except Exception as error:  # noqa: BLE001 (what cannot be walked shares nothing that we know)
        del error
        return []
    entries = sorted(walker.memo.copy().values(), key=lambda entry: entry[0])
    return [found for _, found in entries]


def has_identity(value: Any) -> bool:
    """Return whether being the same object, and not only an equal one, can matter for a value."""
    kind = type(value)
    known = _identity_matters.get(kind)
    if known is None:
        known = _identity_matters[kind] = _type_has_identity(kind)
    return known


_identity_matters: weakref.WeakKeyDictionary[type, bool] = weakref.WeakKeyDictionary()


def _type_has_identity(kind: type) -> bool:
    if issubclass(kind, _ATOMS) or class_name(kind) in _VALUE_TYPES:
        return False
    if issubclass(kind, (type, types.FunctionType, types.MethodType)):
        return False
    # pandas hands the labels of a frame on to every frame that is made of it.
    return not any(
        base.__qualname__ in ("Index", "ExtensionDtype", "dtype") for base in kind.__mro__
    )


def inner_reference(name: str, index: int, value: Any) -> str:
    """Return the reference to the index-th object inside a name's value."""
    return f"{name}#{index}#{class_name(type(value))}"


def find_inner(reference: str, namespace: Mapping[str, Any]) -> Any:
    """Return the object that `inner_reference` described.

    Raises:
        LookupError: the name is not there, or its value is built differently.
    """
    name, _, rest = reference.partition("#")
    index, _, kind_name = rest.partition("#")
    found = inner_objects(namespace[name], namespace)[int(index)]
    if inner_reference(name, int(index), found) != reference:
        raise LookupError(f"{name} holds a {type(found).__qualname__} where a {kind_name} was")
    return found


class _Sink:
    """The file that a walker writes to: hashes, and looks at the clock."""

    def __init__(self, deadline_s: float) -> None:
        self.state = xxhash.xxh3_128()
        self._deadline_s = deadline_s

    def write(self, data: bytes | memoryview) -> None:
        self.state.update(data)
        if time.monotonic() > self._deadline_s:
            raise OutOfTimeError

    def take(self, buffer: pickle.PickleBuffer) -> None:
        self.write(buffer.raw())


class _Nowhere:
    """The file of a walker that only looks for objects: the memory of arrays is not even read."""

    def write(self, data: bytes | memoryview) -> None:
        pass

    def take(self, buffer: pickle.PickleBuffer) -> None:
        pass


class _Walker(pickle.Pickler):
    """Pickles into a sink, without ever failing on an object that has no pickle.

    Attributes:
        refused: the first object whose kind refuses to be pickled, None for none.
    """

    def __init__(self, sink: _Sink | _Nowhere, namespace: Mapping[str, Any]) -> None:
        super().__init__(sink, protocol=5, buffer_callback=sink.take)
        self.refused: Any = None
        self._namespace = namespace

    def reducer_override(self, obj: Any) -> Any:
        """Reduce an object as pickle would, or to its identity."""
        if obj is _identity:
            return NotImplemented
        if isinstance(obj, types.FunctionType):
            return self._function(obj)
        if isinstance(obj, type):
            return self._class(obj)
        if isinstance(obj, types.CellType):
            return _identity, _cell_contents(obj)
        if isinstance(obj, types.ModuleType):
            return _identity, (id(obj),)
        if _is_text_stream(obj):
            if self.refused is None:
                self.refused = obj
            return _identity, (id(obj),)
        if isinstance(obj, contextvars.ContextVar):
            return _identity, (id(obj), *value_in(contextvars.copy_context(), obj))
        if is_flat_iterator(obj):
            return _identity, (obj.base, obj.index)
        if isinstance(obj, types.GeneratorType) and obj.gi_frame is None:
            return _identity, (id(obj),)
        if is_labelled_array(obj):
            return reduce_labelled(obj)
        try:
            if type(obj) in WINDOWS and owner_of(obj) is not self._namespace:
                return _identity, (id(obj), owner_of(obj))
            reducer = copyreg.dispatch_table.get(type(obj))
            reduced = reducer(obj) if reducer is not None else obj.__reduce_ex__(5)
        except Exception as error:  # noqa: BLE001 (an object without a pickle: its identity is known)
            if self.refused is None and "cannot pickle" in str(error):
                self.refused = obj
            return _identity, (type(obj).__qualname__, id(obj))
        return reduced if isinstance(reduced, tuple) else (_identity, (reduced, id(obj)))

    def _function(self, function: types.FunctionType) -> Any:
        if function.__globals__ is not self._namespace:
            return _identity, (id(function),)
        state = (function.__defaults__, function.__kwdefaults__, function.__dict__)
        return _identity, (id(function.__code__), function.__closure__, *state)

    def _class(self, kind: type) -> Any:
        if kind.__module__ != "__main__":
            return _identity, (id(kind),)
        # As the state, so that a class which refers to itself is in the memo before its members.
        above = (*kind.__bases__, *registered_with(kind))
        return _identity, (id(kind), *map(id, above)), members_of(kind)


def _is_text_stream(value: Any) -> bool:
    """Return whether a value is a file or a standard stream: all handlers and bars share one.

    Its state is not the notebook's: a kernel's changes with every cell.
    """
    return isinstance(value, io.TextIOBase) and not isinstance(value, io.StringIO)


def _identity(*parts: Any) -> None:
    """Stand for the objects that a walker does not look into; a walk is never loaded."""


def _cell_contents(cell: types.CellType) -> tuple[Any, ...]:
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()
