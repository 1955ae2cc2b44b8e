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
from typing import Any, TypeAlias

import cloudpickle

from ..adapter.looks import error_text, home_name, is_a, name_of, qualname_of
from ..adapter.rules import ARRAYS_IN, REDUCTIONS
from ..adapter.types import PerType, is_own, look_up
from ..classes.enumerations import changed_class, copied_class
from ..classes.instances import reduce_exception
from ..classes.members import is_copied
from ..classes.reductions import WAYS, leave, load_home, reduce_class
from ..objects.arrays import (
    ArrayRoots,
    flat_iterator,
    is_array,
    is_flat_iterator,
    is_made_of_arrays,
    memory_chain,
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
from ..objects.functions import (
    cached_function,
    main_namespace,
    reduce_cell,
    reduce_function,
    with_cells,
)
from ..objects.functions import empty_cell as empty_cell  # older bundles name these four here
from ..objects.functions import notebook_function as notebook_function
from ..objects.functions import set_cell as set_cell
from ..objects.functions import set_function_state as set_function_state
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

# Returns a reduction, NotImplemented where an object is left to cloudpickle, or `_NEXT`.
_Reduce: TypeAlias = Callable[["NotebookPickler", Any], Any]


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

    def __init__(  # noqa: PLR0913 (what is known of one step)
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
        for reduce in _rules_of[type(obj)]:
            reduced = reduce(self, obj)
            if reduced is not _NEXT:
                return reduced
        return NotImplemented

    def _reduce_lock(self, lock: Any) -> Any:
        return reduce_lock(lock) if id(lock) in self._locks else NotImplemented

    def _reduce_own(self, obj: Any) -> Any:
        """Reduce an object of the notebook's class, where that says nothing of it itself."""
        kind = type(obj)
        self._note_locks(obj)
        way = self._ways.get(kind) or self._ways.setdefault(kind, way_of(kind, self._namespace))
        reduced = way(obj, self._namespace, self.calls)
        return _NEXT if reduced is NotImplemented else reduced

    def _note_doubt(self, obj: Any) -> Any:
        self.calls[type(obj), None] = None
        return _NEXT

    def _reduce_window(self, obj: Any) -> Any:
        return reduce_window(obj, self._namespace)

    def _reduce_by_library(self, obj: Any) -> Any:
        """Reduce an object by the rules of its library; the first that has an answer counts."""
        answers = (reduce(obj, self._arrays) for reduce in REDUCTIONS[type(obj)])
        return next((each for each in answers if each is not NotImplemented), _NEXT)

    def _reduce_exception(self, error: Any) -> Any:
        return reduce_exception(error, self._can_pickle)

    def _reduce_shared_array(self, array: Any) -> Any:
        """Reduce an array whose memory is another array's, a buffer's or a tensor's."""
        if self._arrays is None or not is_array(array):
            return _NEXT
        root = self._arrays.root_of(array)
        if root is not None:
            return reduce_view(array, root)
        owner = buffer_of(array)
        if owner is not None:
            return reduce_on_buffer(array, owner)
        reducers = ARRAYS_IN.of(memory_chain(array)[-1], ())
        return next(filter(None, (reduce(array) for reduce in reducers)), _NEXT)

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
            return reduce_function(obj)
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
            return with_cells(reduced, obj.__closure__)
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


# A rule's answer for an object about which the next rule is asked.
_NEXT: Any = object()


def _reduce_by_file(_: NotebookPickler, obj: Any) -> Any:
    reduced = reduce_by_file(obj)
    return _NEXT if reduced is None else reduced


def _reduce_property(_: NotebookPickler, obj: functools.cached_property[Any]) -> Any:
    # Where a Python has a lock in it (3.11), it is made anew.
    state = {name: value for name, value in vars(obj).items() if name != "lock"}
    return functools.cached_property, (obj.func,), state


def _reduce_new_type(_: NotebookPickler, obj: Any) -> Any:
    if obj.__module__ != "__main__":
        return _NEXT
    return typing.NewType, (obj.__name__, obj.__supertype__), vars(obj)


def _reduce_flat_iterator(_: NotebookPickler, obj: Any) -> Any:
    return (flat_iterator, (obj.base, obj.index)) if is_flat_iterator(obj) else _NEXT


def _reduce_dict_iterator(_: NotebookPickler, obj: Any) -> Any:
    return dict_iterator, (DICT_ITERATORS[type(obj)], *obj.__reduce__()[1])


def _reduce_generator(_: NotebookPickler, obj: types.GeneratorType[Any, Any, Any]) -> Any:
    if obj.gi_frame is not None:
        return _NEXT
    return used_up_generator, (obj.__name__, obj.__qualname__)


def _reduce_plain_object(_: NotebookPickler, obj: Any) -> Any:
    place = library_place(obj)
    return NotImplemented if place is None else (getattr, place)


def _refuse(what: str) -> _Reduce:
    def refuse(_: NotebookPickler, __: Any) -> Any:
        raise TypeError(f"cannot pickle {what}")

    return refuse


def _plainly(reduce: Callable[[Any], Any]) -> _Reduce:
    return lambda _, obj: reduce(obj)


def _is(*kinds: type) -> Callable[[type], bool]:
    return lambda kind: kind in kinds


def _is_below(*kinds: type) -> Callable[[type], bool]:
    return lambda kind: issubclass(kind, kinds)  # `isinstance` would believe a proxy


def _lies_in_a_module(kind: type) -> bool:
    code = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)
    return issubclass(kind, code) or name_of(kind) in CYTHON_FUNCTIONS


# What pickle and cloudpickle would get wrong: for which types, and how that is reduced. The first
# rule that has an answer counts. A type for which there is no rule is pickle's own.
_RULES: tuple[tuple[Callable[[type], bool], _Reduce], ...] = (
    # Before the notebook's code: a file's own functions may have been bound in the notebook.
    (_lies_in_a_module, _reduce_by_file),
    (_is_below(type, types.FunctionType), NotebookPickler._reduce_code),
    (_is(*LOCKS), NotebookPickler._reduce_lock),
    # Before all by which a library reduces a type: the notebook's class may be below that.
    (is_own, NotebookPickler._reduce_own),
    (lambda kind: not is_own(kind) and is_doubtful[kind], NotebookPickler._note_doubt),
    (lambda kind: WAYS[kind] is not leave, lambda _, obj: WAYS[type(obj)](obj)),
    (_is(_CachedFunction), NotebookPickler._reduce_cached),
    (_is(functools.cached_property), _reduce_property),
    (_is(typing.NewType), _reduce_new_type),
    # Which would be pickled as what it stands for.
    (_is_below(*weakref.ProxyTypes), _refuse("a weak proxy")),
    (_is(*WINDOWS), NotebookPickler._reduce_window),
    (_is(types.CellType), _plainly(reduce_cell)),
    (_is(contextvars.ContextVar), _plainly(reduce_context_var)),
    (lambda kind: name_of(kind) == "flatiter", _reduce_flat_iterator),
    (_is(*DICT_ITERATORS), _reduce_dict_iterator),
    (_is(types.GeneratorType), _reduce_generator),
    (_is(object), _reduce_plain_object),
    (_is_below(BaseException), NotebookPickler._reduce_exception),
    # cloudpickle would make a StringIO of it, which is neither the file nor its place.
    (_is_below(io.TextIOWrapper), _refuse("an open file")),
    # Memory that is another's first: a masked or a read-only array may be a view too.
    (is_made_of_arrays, NotebookPickler._reduce_shared_array),
    (lambda kind: bool(REDUCTIONS[kind]), NotebookPickler._reduce_by_library),
    (is_made_of_arrays, _plainly(reduce_array)),
)


@rests_on_doubts
@PerType
def _rules_of(kind: type) -> tuple[_Reduce, ...]:
    return tuple(reduce for applies, reduce in _RULES if applies(kind))


def notebook_reference(qualname: str, copy: bytes) -> Any:
    """Stand in a pickle for what the notebook has under this name, or else its copy, if it has one.

    `unpickler` loads the one or the other.
    """
    raise NotImplementedError(f"{qualname}: only NotebookUnpickler loads a copy ({len(copy)} B)")


def find_in_notebook(qualname: str) -> Any:
    """Return what the notebook has under this name, None where it has nothing."""
    return look_up(main_namespace(), qualname)


def set_members(kind: type, members: dict[str, Any]) -> None:
    """Set what a cell changed in an older cell's class: the state setter of older files."""
    for name, member in members.items():
        setattr(kind, name, member)


# Types of these are made when they are asked for, and their pickles cannot be loaded.
_CTYPES = (type(ctypes.c_int * 1), type(ctypes.CFUNCTYPE(None)))
