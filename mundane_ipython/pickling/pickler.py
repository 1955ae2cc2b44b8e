"""How notebook objects are pickled: what the notebook itself defines, by reference where it can.

Plain pickle refers to a notebook's classes by name, which fails in a kernel where their cell has
not run; cloudpickle copies them, so that `isinstance` fails once it has. Here a class or function
goes by name with a copy to fall back on, and a function that the step itself defines comes back
with the live namespace as its globals.
"""

from __future__ import annotations

import contextvars
import ctypes
import functools
import io
import pickle
import sys
import types
import typing
import weakref
from collections.abc import Callable, Mapping, Set
from typing import Any

import cloudpickle

from ..adapter.looks import error_text, home_name, is_a, name_of, qualname_of
from ..adapter.types import PerType, is_own, is_proxy, look_up
from ..classes.enumerations import changed_class, copied_class
from ..classes.instances import reduce_exception
from ..classes.members import is_copied
from ..classes.reductions import WAYS, leave, load_home, reduce_class
from ..libraries.matplotlib.figures import (
    is_registry,
    is_transform,
    reduce_registry,
    reduce_transform,
)
from ..libraries.numpy.masked import is_masked, reduce_masked
from ..libraries.torch.tensors import reduce_array_of_tensor, reduce_torch
from ..libraries.torch.types import is_of_torch
from ..objects.arrays import (
    ArrayRoots,
    flat_iterator,
    is_array,
    is_flat_iterator,
    is_made_of_arrays,
    reduce_array,
    reduce_view,
)
from ..objects.buffers import buffer_of, reduce_on_buffer
from ..objects.context_variables import (
    context_var as context_var,  # older bundles name these two here
)
from ..objects.context_variables import reduce_context_var
from ..objects.context_variables import set_context_var as set_context_var
from ..objects.deep_stack import is_too_deep
from ..objects.iterators import DICT_ITERATORS
from ..objects.iterators import dict_iterator as dict_iterator  # older bundles name it here
from ..objects.iterators import used_up_generator as used_up_generator
from ..objects.locks import LOCKS, locks_of, reduce_lock
from ..objects.path_modules import CYTHON_FUNCTIONS, reduce_by_file
from ..objects.singletons import library_place, only_ones, reduce_only_one
from ..objects.singletons import standard_stream as standard_stream  # older bundles name it here
from ..objects.views import WINDOWS, reduce_window
from ..source.cell_lines import DISPATCH
from .doubts import Calls, is_doubtful, is_made_oddly, rests_on_doubts
from .load_code import way_of

_CachedFunction = type(functools.lru_cache(len))


class NotebookPickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
    """A pickler, protocol 5, for values of the user namespace.

    Args:
        file: receives the pickles; large buffers go to `buffer_callback` instead.
        namespace: the user namespace, which is `__main__`'s.
        own: names that the step stores; what they name is rebuilt rather than looked up.
        changed: those of them that an older cell bound; a class among them is changed in place.
            With the members that were deleted from such a class.
        arrays: the arrays that names hold; a view of one comes back as its view.
        buffer_callback: receives each `pickle.PickleBuffer`; None keeps them in the pickle.
        remade: names that plain cells bind, and will again: what has no copy goes by such a name.
    """

    dispatch_table = DISPATCH

    def __init__(
        self,
        file: io.BytesIO,
        namespace: Mapping[str, Any],
        own: Set[str],
        changed: Mapping[str, Set[str]] = types.MappingProxyType({}),
        arrays: ArrayRoots | None = None,
        buffer_callback: Callable[[pickle.PickleBuffer], Any] | None = None,
        remade: Set[str] = frozenset(),
    ) -> None:
        super().__init__(file, protocol=5, buffer_callback=buffer_callback)
        self._namespace = namespace
        self._own = own
        self._changed = changed
        self._arrays = arrays
        self._remade = remade
        self._only_ones = only_ones()
        self._ways: dict[type, Any] = {}
        self.calls: Calls = {}  # of a load of what was pickled; and types to be tried once
        self._tries = False
        self._locks: dict[int, Any] = {}  # which the notebook's own objects hold

    def reducer_override(self, obj: Any) -> Any:
        """Reduce what the notebook defines; leave the rest to cloudpickle."""
        if id(obj) in self._only_ones:
            reduced = reduce_only_one(self._only_ones[id(obj)], obj, self._can_pickle)
            if reduced is not NotImplemented:
                return reduced
        if _is_ordinary[type(obj)]:
            return NotImplemented
        by_file = reduce_by_file(obj)
        if by_file is not None:
            return by_file
        kind = type(obj)
        if issubclass(kind, (type, types.FunctionType)):  # `isinstance` believes a proxy
            return self._reduce_code(obj)
        if kind in LOCKS:
            return reduce_lock(obj) if id(obj) in self._locks else NotImplemented
        if is_own(kind):
            self._note_locks(obj)
            way = self._ways.get(kind) or self._ways.setdefault(kind, way_of(kind, self._namespace))
            reduced = way(obj, self._namespace, self.calls)
            if reduced is not NotImplemented:
                return reduced
        elif is_doubtful[kind]:
            self.calls[kind, None] = None
        if WAYS[kind] is not leave:
            return WAYS[kind](obj)
        if kind is _CachedFunction:
            return self._reduce_cached(obj)
        if kind is functools.cached_property:
            # Where a Python has a lock in it (3.11), it is made anew.
            state = {name: value for name, value in vars(obj).items() if name != "lock"}
            return functools.cached_property, (obj.func,), state
        if kind is typing.NewType and obj.__module__ == "__main__":
            return typing.NewType, (obj.__name__, obj.__supertype__), vars(obj)
        if issubclass(kind, weakref.ProxyTypes):  # which would be pickled as what it stands for
            raise TypeError("cannot pickle a weak proxy")
        if kind in WINDOWS:
            return reduce_window(obj, self._namespace)
        if kind is types.CellType:
            return _reduce_cell(obj)
        if kind is contextvars.ContextVar:
            return reduce_context_var(obj)
        if is_flat_iterator(obj):
            return flat_iterator, (obj.base, obj.index)
        if kind in DICT_ITERATORS:
            return dict_iterator, (DICT_ITERATORS[kind], *obj.__reduce__()[1])
        if kind is types.GeneratorType and obj.gi_frame is None:
            return used_up_generator, (obj.__name__, obj.__qualname__)
        if kind is object:
            place = library_place(obj)
            return NotImplemented if place is None else (getattr, place)
        if is_transform(kind):
            return reduce_transform(obj)
        if is_registry(kind):
            return reduce_registry(obj)
        if is_of_torch(kind):
            return reduce_torch(obj, self._arrays)
        if issubclass(kind, BaseException):
            return reduce_exception(obj, self._can_pickle)
        if issubclass(kind, io.TextIOWrapper):
            # cloudpickle would make a StringIO of it, which is neither the file nor its place.
            raise TypeError("cannot pickle an open file")
        if self._arrays is not None and is_array(obj):
            root = self._arrays.root_of(obj)
            if root is not None:
                return reduce_view(obj, root)
            owner = buffer_of(obj)
            if owner is not None:
                return reduce_on_buffer(obj, owner)
            of_tensor = reduce_array_of_tensor(obj)
            if of_tensor is not None:
                return of_tensor
        if is_masked(kind):
            return reduce_masked(obj)
        # What is left to cloudpickle is no class or function, though a proxy may pass for one.
        return reduce_array(obj)

    def _note_locks(self, holder: Any) -> None:
        for each in locks_of(holder):
            self._locks[id(each)] = each

    def _reduce_code(self, obj: Any) -> Any:
        live = is_a(obj, types.FunctionType) and obj.__globals__ is self._namespace
        qualname = qualname_of(obj) if is_a(obj, type) else obj.__qualname__
        top, home = qualname.split(".")[0], home_name(obj)
        if live or home == "__main__" or (is_a(obj, type) and is_own(obj)):
            named = look_up(self._namespace, qualname) is obj
            if named and top not in self._own:
                return notebook_reference, (qualname, self._copy(obj, top))
            if named and is_a(obj, type) and top in self._changed:
                reference = (qualname, self._copy(obj, top))
                self._note_locks(obj)
                change, make_change = changed_class(obj, self._changed[top])
                return notebook_reference, reference, change, None, None, make_change
        if live:
            return _reduce_function(obj)
        if type(obj) in _CTYPES:
            raise TypeError(f"cannot pickle the type '{qualname}' of ctypes")
        load_home(home)
        if is_a(obj, type):
            reduced = reduce_class(obj)
            if reduced is None and is_copied(obj):
                self._note_locks(obj)
                reduced = copied_class(obj)
                if is_own(obj) and is_made_oddly(obj):
                    self.calls[obj, None] = None
            return super().reducer_override(obj) if reduced is None else reduced
        reduced = super().reducer_override(obj)
        if is_a(obj, types.FunctionType) and obj.__closure__ and isinstance(reduced, tuple):
            return _with_cells(reduced, obj.__closure__)
        return reduced

    def _reduce_cached(self, cached: Any) -> Any:
        home, qualname = cached.__module__, getattr(cached, "__qualname__", "")
        top = qualname.split(".")[0]
        if home != "__main__":
            module = sys.modules.get(home)
            if module is not None and look_up(vars(module), qualname) is cached:
                return NotImplemented
        elif top not in self._own and look_up(self._namespace, qualname) is cached:
            return notebook_reference, (qualname, self._copy(cached, top))
        function = cached.__wrapped__
        parameters = cached.cache_parameters()
        state = {
            name: value
            for name, value in vars(cached).items()
            if name not in ("__wrapped__", "cache_parameters")
            and getattr(function, name, None) is not value
        }
        arguments = function, parameters["maxsize"], parameters["typed"]
        return cached_function, arguments, state or None

    def refusal_of(self, value: Any, *, as_part: bool = False) -> str | None:
        """Return why a value cannot be pickled, or None where it can; nothing is kept of it.

        Args:
            value: with all that it refers to.
            as_part: whether it is tried while something else is pickled, and tries nothing itself.
        """
        known = self._namespace, self._own, self._changed, self._arrays
        trial = NotebookPickler(io.BytesIO(), *known, remade=self._remade)
        trial._tries = as_part
        trial.memo = self.memo  # what is stored already, or an older name's, is not tried
        try:
            trial.dump(value)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 (an object's own pickling may raise anything)
            return error_text(error)
        return None

    def _can_pickle(self, value: Any) -> bool:
        # Within a trial: if this has no pickle, all that is tried has none.
        return self._tries or self.refusal_of(value, as_part=True) is None

    def _copy(self, obj: Any, own: str) -> bytes:
        file = io.BytesIO()
        copier = NotebookPickler(file, self._namespace, self._own | {own}, remade=self._remade)
        try:
            copier.dump(obj)
        except Exception as error:
            if own not in self._remade or is_too_deep(error):
                raise
            return b""
        return file.getvalue()


@rests_on_doubts
@PerType
def _is_ordinary(kind: type) -> bool:
    """Return whether pickle itself does right by all instances of a type of a library."""
    code = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)
    parts = (types.CellType, types.GeneratorType, contextvars.ContextVar)
    return not (
        is_own(kind)
        or issubclass(kind, (*code, *parts, BaseException, io.TextIOWrapper, *weakref.ProxyTypes))
        or kind in (_CachedFunction, functools.cached_property, typing.NewType, object)
        or kind in (*WINDOWS, *DICT_ITERATORS, *LOCKS)
        or name_of(kind) in (*CYTHON_FUNCTIONS, "flatiter")
        or is_made_of_arrays(kind)
        or is_transform(kind)
        or is_registry(kind)
        or is_proxy(kind)
        or is_of_torch(kind)
        or WAYS[kind] is not leave
        or is_doubtful[kind]
    )


def notebook_reference(qualname: str, copy: bytes) -> Any:
    """Stand in a pickle for what the notebook has under this name, or else its copy, if it has one.

    `unpickler` loads the one or the other.
    """
    raise NotImplementedError(f"{qualname}: only NotebookUnpickler loads a copy ({len(copy)} B)")


def find_in_notebook(qualname: str) -> Any:
    """Return what the notebook has under this name, None where it has nothing."""
    return look_up(_main_namespace(), qualname)


def notebook_function(
    code: types.CodeType, name: str, cells: tuple[types.CellType, ...] | None
) -> types.FunctionType:
    """Return a function whose globals are the live namespace; its state follows in the pickle."""
    function = types.FunctionType(code, _main_namespace(), name, None, cells)
    function.__module__ = "__main__"
    return function


def set_function_state(function: types.FunctionType, state: dict[str, Any]) -> None:
    """Set what a function has beyond its code and cells; a pickle's state setter."""
    function.__dict__.update(state.pop("__dict__"))
    for attribute, value in state.items():
        setattr(function, attribute, value)


def set_members(kind: type, members: dict[str, Any]) -> None:
    """Set what a cell changed in an older cell's class: the state setter of older files."""
    for name, member in members.items():
        setattr(kind, name, member)


def cached_function(function: Callable[..., Any], maxsize: int | None, typed: bool) -> Any:
    """Return a function with a cache, which is empty: `functools.lru_cache`'s."""
    return functools.lru_cache(maxsize, typed)(function)


def empty_cell() -> types.CellType:
    """Return a closure's cell without contents; they follow in the pickle, and may be cyclic."""
    return types.CellType()


def set_cell(cell: types.CellType, contents: tuple[Any]) -> None:
    """Fill a closure's cell; a pickle's state setter."""
    (cell.cell_contents,) = contents


def _reduce_cell(cell: types.CellType) -> Any:
    """Reduce a cell so that closures which share it share it again; cloudpickle copies it."""
    try:
        contents = (cell.cell_contents,)
    except ValueError:  # still empty
        return empty_cell, ()
    return empty_cell, (), contents, None, None, set_cell


def _with_cells(reduced: Any, cells: tuple[types.CellType, ...]) -> Any:
    """Return what cloudpickle reduces a library's inner function to, with its own cells.

    A private way (cloudpickle 3.1, `_dynamic_function_reduce`): it makes new cells, filled with
    what is in the old ones by then, and so with nothing where two functions need each other.
    """
    make, arguments, (attributes, slots), *rest = reduced
    state = attributes, {**slots, "__closure__": None}
    return make, (*arguments[:-1], cells), state, *rest


def _reduce_function(function: types.FunctionType) -> Any:
    kept = ("__qualname__", "__defaults__", "__kwdefaults__", "__annotations__", "__doc__")
    state = {attribute: getattr(function, attribute) for attribute in kept}
    state["__dict__"] = function.__dict__
    if function.__module__ != "__main__":
        state["__module__"] = function.__module__
    arguments = (function.__code__, function.__name__, function.__closure__)
    return notebook_function, arguments, state, None, None, set_function_state


# Types of these are made when they are asked for, and their pickles cannot be loaded.
_CTYPES = (type(ctypes.c_int * 1), type(ctypes.CFUNCTYPE(None)))


def _main_namespace() -> dict[str, Any]:
    import __main__  # here, as a kernel puts another module in its place

    return vars(__main__)
