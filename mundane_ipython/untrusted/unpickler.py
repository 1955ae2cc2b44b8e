"""Unpickling without trust: data loads, code does not run, and forged data do not end the process.

The same idea as `torch.load(weights_only=True)`. A pickle is a program; here each callable that it
may call is on a list of constructors of plain data (`allowlist`), it may call nothing else, and it
may set the state of values only. SPEC.md, Trust.
"""

from __future__ import annotations

import array
import collections
import decimal
import enum
import fractions
import io
import itertools
import pickle
import struct
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from ..adapter.placeholder import SHALLOW, Depths, Placeholder
from ..adapter.refusals import HostileStateError, Missing, MissingValueError, NotAllowedError, need
from ..adapter.types import home_of
from ..libraries import pyarrow as safearrow
from ..libraries.numpy import data as safearrays
from ..libraries.pandas import frames as safepandas
from .allowlist import ALLOWED, CHECKED, ZONE_CONSTRUCTOR, is_called, library_of
from .budget import DEPTH_BYTES, MEMO_BYTES, Budget, Collisions, span_of

# The interpreter's own unpickler in Python. The one in C lets no subclass see what is called.
_PythonUnpickler: Any = pickle._Unpickler


def _then(load: Callable[[Any], None], check: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return an opcode's function with a check of what it has put on the stack."""

    def load_and_check(unpickler: Any) -> None:
        load(unpickler)
        check(unpickler)

    return load_and_check


class DataUnpickler(_PythonUnpickler):  # type: ignore[misc]  # typeshed has another signature
    """An unpickler that builds data: its opcodes that call, set state or fill are guarded.

    What a library made is made once and whole (`placeholder`), and nothing of the pickle changes it
    then: so what was true when it was checked stays true.

    Args:
        file: the pickles.
        buffers: the out-of-band buffers, in order.
        look_up: what a reference to an older name's value resolves to.
        size: of the pickles and the buffers, in bytes: by it is judged what they may take.

    Its `load` raises NotAllowedError for more than data, HostileStateError for data that no library
    pickles, MissingValueError for data that hold an older value that is `Missing`.
    """

    dispatch: ClassVar[dict[int, Any]] = dict(_PythonUnpickler.dispatch)

    def __init__(
        self, file: io.BytesIO, buffers: Iterable[Any], look_up: Callable[[str], Any], size: int = 0
    ) -> None:
        super().__init__(file, buffers=buffers)
        self._look_up = look_up
        self._budget = Budget(size)
        self._collisions = Collisions()
        # What a call of something calls, by its id: itself, or a check in front of it.
        self._calls: dict[int, Any] = {
            id(ZONE_CONSTRUCTOR): ZONE_CONSTRUCTOR,
            id(types.SimpleNamespace): CHECKED["types", "SimpleNamespace"],  # cloudpickle's
        }
        # Kept alive, so that no other object takes an id of theirs.
        self._older: dict[int, Any] = {}
        self._depths = Depths(size)
        self._placeholders = 0
        # Where in the memo stands what is not made yet, by its id.
        self._places: dict[int, int] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Return what is on the list; name what is not."""
        module = home_of(module)
        checked = CHECKED.get((module, name))
        if (module, name) in ALLOWED:
            found = super().find_class(module, name)
        elif checked is not None:
            found = checked
        else:
            raise NotAllowedError(f"{module}.{name}")
        if checked is not None or is_called(found):
            self._calls[id(found)] = checked or found
        return found

    def persistent_load(self, pid: Any) -> Any:
        """Return an older name's value where it is plain data."""
        value = self._look_up(pid)
        kind = type(value)
        named = (home_of(kind.__module__), kind.__qualname__)
        if named not in ALLOWED and not isinstance(value, Missing):
            raise NotAllowedError(".".join(named))
        self._older[id(value)] = value
        return value

    def get_extension(self, code: int) -> None:
        """Refuse copyreg's extension codes: what they mean is not in the pickle."""
        raise NotAllowedError(f"copyreg extension {code}")

    def _load_reduce(self) -> None:
        self.stack[-2] = self._call_of(self.stack[-2])
        arguments = self.stack[-1]
        self._check_call(self.stack[-2], arguments)
        super().load_reduce()
        self._note_made(arguments)

    def _load_newobj(self) -> None:
        """Make an object without calling its class; one of a library's has to wait for its state.

        Such an object that was only half made ends the process when code in C looks at it.
        """
        kind = self.stack[-2]
        root = library_of(kind)
        if not isinstance(kind, type):
            raise NotAllowedError(f"a new {_name_of(kind)}")
        if root is None:
            if self._call_of(kind) is not kind:
                raise HostileStateError(f"a new {_name_of(kind)}")
            arguments = self.stack[-1]
            self._check_call(kind, arguments)
            super().load_newobj()
            self._note_made(arguments)
        elif root != "pandas" or self.stack[-1] != ():
            raise HostileStateError(f"a new {_name_of(kind)}")
        else:
            self.stack[-2:] = [safepandas.placeholder_object(kind)]
            self._note_made(())

    def _check_call(self, target: Any, arguments: Any) -> None:
        """Refuse a call with arguments of which gigabytes, or a container that hangs, are made."""
        _check_arguments(target, arguments)
        of_arrow = getattr(target, "__module__", "") == safearrow.__name__
        self._budget.charge_call("pyarrow" if of_arrow else library_of(target), arguments)
        if target in _HASHED:
            for each in arguments:
                if type(each) in (list, tuple, collections.deque):
                    pairs = target not in (set, frozenset, collections.Counter)
                    self._collisions.check_items([pair[0] for pair in each] if pairs else each)

    def _note_made(self, arguments: Any) -> None:
        """Note what a call has made of its arguments."""
        made = self.stack[-1]
        self._placeholders += type(made) is Placeholder
        self._budget.charge(span_of(made, library_of(type(made))))
        # It may have taken over what they hold.
        inner = (each for each in arguments if type(each) in _UNPACKED)
        self._depths.note(made, itertools.chain(arguments, *map(_items_of, inner)))

    def _load_build(self) -> None:
        target, state = self.stack[-2:]
        self._check_older(target)
        self._budget.charge_state(state)
        if type(target) is Placeholder:
            self._placeholders -= 1
            self.stack.pop()
            self._replace_last(target.make(state))
            self._note_made(state if type(state) is tuple else ())
        elif safearrays.is_dtype(target):
            self.stack.pop()
            self._replace_last(safearrays.rebuilt_dtype(target, state))
            self._budget.charge(span_of(self.stack[-1], "numpy"))
        elif library_of(type(target)) == "pandas" and safepandas.is_without_state(type(target)):
            self.stack.pop()
        else:
            # What can be called is a library's own class or function, which all share.
            if callable(target) or isinstance(target, enum.Enum):
                raise NotAllowedError(f"a change of {_name_of(target)}")
            if library_of(type(target)) is not None:
                raise HostileStateError(f"a change of {_name_of(target)}")
            _check_names(target, state)
            super().load_build()

    def _check_repeated(self) -> None:
        value = self.stack[-1]
        if type(value) is Placeholder:
            raise NotAllowedError("an object that holds itself")
        if type(value) is Missing:
            raise MissingValueError(value.name)

    def _note_hashable(self) -> None:
        value = self.stack[-1]
        self._budget.charge(sys.getsizeof(value))
        if self._depths.note(value, value):
            self._budget.charge(DEPTH_BYTES)

    def _charge_last(self) -> None:
        self._budget.charge(sys.getsizeof(self.stack[-1]))

    def _charge_memo(self) -> None:
        self._budget.charge(MEMO_BYTES)
        made = self.stack[-1]
        kind = type(made)
        if kind is Placeholder or (kind.__module__ in _OF_DTYPES and safearrays.is_dtype(made)):
            self._places[id(made)] = next(reversed(self.memo))

    def _check_marks(self) -> None:
        need(len(self.metastack) <= _MOST_MARKS, "containers in each other")

    def _load_frozenset(self) -> None:
        """Make a frozenset of what a set has taken in, which looks at its hashes."""
        items = self.pop_mark()
        self._collisions.check_items(items)
        self.append(frozenset(items))

    def _load_append(self) -> None:
        self._check_filled(self.stack[-2], (list, collections.deque), self.stack[-1:])
        self._budget.charge(_LIST_ITEM_BYTES)
        super().load_append()

    def _load_appends(self) -> None:
        self._check_filled(self.metastack[-1][-1], (list, collections.deque), self.stack)
        self._budget.charge(_LIST_ITEM_BYTES * len(self.stack))
        super().load_appends()

    def _load_setitem(self) -> None:
        self._check_filled(self.stack[-3], dict, self.stack[-2:])
        value, key = self.stack.pop(), self.stack.pop()
        self._set_items(self.stack[-1], [key, value])

    def _load_setitems(self) -> None:
        self._check_filled(self.metastack[-1][-1], dict, self.stack)
        items = self.pop_mark()
        self._set_items(self.stack[-1], items)

    def _set_items(self, target: Any, items: list[Any]) -> None:
        before = sys.getsizeof(target)

        def add(start: int, end: int) -> None:
            for key, value in zip(keys[start:end], values[start:end], strict=False):
                target[key] = value

        keys, values = items[::2], items[1::2]
        self._collisions.fill(target, keys, add)
        self._budget.charge(sys.getsizeof(target) - before)

    def _load_additems(self) -> None:
        self._check_filled(self.metastack[-1][-1], set, self.stack)
        items = self.pop_mark()
        target = self.stack[-1]
        before = sys.getsizeof(target)
        self._collisions.fill(target, items, lambda start, end: target.update(items[start:end]))
        self._budget.charge(sys.getsizeof(target) - before)

    def _load_bytearray8(self) -> None:
        """Read as many bytes as there are; pickle's own makes room for all that are announced."""
        (length,) = struct.unpack("<Q", self.read(8))
        data = self.read(min(length, sys.maxsize))
        if len(data) < length:
            raise pickle.UnpicklingError(f"{len(data)} bytes are there of {length}")
        self.append(bytearray(data))

    def _load_stop(self) -> None:
        if self._placeholders:
            raise HostileStateError("an object without its state")
        super().load_stop()

    def _refuse_call(self) -> None:
        raise NotAllowedError("a call as pickles of this protocol have none")

    def _call_of(self, target: Any) -> Any:
        try:
            return self._calls[id(target)]
        except KeyError:
            raise NotAllowedError(f"a call of {_name_of(target)}") from None

    def _check_filled(self, target: Any, kinds: Any, items: Sequence[Any]) -> None:
        self._check_older(target)
        if not isinstance(target, kinds):
            raise HostileStateError(f"a change of {_name_of(target)}")
        if type(target) not in SHALLOW:
            self._depths.grow(target, items)

    def _check_older(self, target: Any) -> None:
        if id(target) in self._older:
            raise NotAllowedError("a change of another step's value")

    def _replace_last(self, value: Any) -> None:
        """Put a value in the place of the one on top of the stack, and in the memo."""
        replaced = self.stack[-1]
        self.stack[-1] = value
        place = self._places.get(id(replaced))
        if place is not None and self.memo.get(place) is replaced:
            self.memo[place] = value

    dispatch[pickle.REDUCE[0]] = _load_reduce
    dispatch[pickle.NEWOBJ[0]] = _load_newobj
    dispatch[pickle.OBJ[0]] = dispatch[pickle.INST[0]] = _refuse_call
    dispatch[pickle.NEWOBJ_EX[0]] = _refuse_call  # nothing on the list is pickled so
    dispatch[pickle.BUILD[0]] = _load_build
    dispatch[pickle.APPEND[0]] = _load_append
    dispatch[pickle.APPENDS[0]] = _load_appends
    dispatch[pickle.SETITEM[0]] = _load_setitem
    dispatch[pickle.SETITEMS[0]] = _load_setitems
    dispatch[pickle.ADDITEMS[0]] = _load_additems
    dispatch[pickle.BYTEARRAY8[0]] = _load_bytearray8
    dispatch[pickle.STOP[0]] = _load_stop
    dispatch[pickle.FROZENSET[0]] = _load_frozenset
    dispatch[pickle.MARK[0]] = _then(dispatch[pickle.MARK[0]], _check_marks)
    for _code in (pickle.MEMOIZE, pickle.PUT, pickle.BINPUT, pickle.LONG_BINPUT):
        dispatch[_code[0]] = _then(dispatch[_code[0]], _charge_memo)
    for _code in (
        *(pickle.EMPTY_DICT, pickle.EMPTY_LIST, pickle.EMPTY_SET, pickle.LIST, pickle.DICT),
        pickle.READONLY_BUFFER,
    ):
        dispatch[_code[0]] = _then(dispatch[_code[0]], _charge_last)
    for _code in (pickle.GET, pickle.BINGET, pickle.LONG_BINGET, pickle.DUP):
        dispatch[_code[0]] = _then(dispatch[_code[0]], _check_repeated)
    for _code in (pickle.TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3, pickle.FROZENSET):
        dispatch[_code[0]] = _then(dispatch[_code[0]], _note_hashable)


# Where the classes of NumPy's dtypes are.
_OF_DTYPES = ("numpy", "numpy.dtypes")
# A list's growth leaves room for a quarter more.
_LIST_ITEM_BYTES = 10
# Deeper than any value that can be stored nests.
_MOST_MARKS = 200_000

# What makes its value of plain parts alone: of anything else it would make what it takes as text,
# or as a number, of whatever size that is.
_SCALARS: frozenset[Any] = frozenset(
    (bool, bytes, complex, decimal.Decimal, float, fractions.Fraction, int, str)
)
_SCALAR_PARTS: frozenset[Any] = frozenset((bool, bytes, float, int, str))
# What takes over, one by one, the items of what it is given.
_UNPACKED: frozenset[Any] = frozenset((collections.deque, dict, frozenset, list, set, tuple))
_CONTAINERS = _UNPACKED | {
    *(array.array, bytearray, collections.Counter, collections.OrderedDict),
    collections.defaultdict,
}
# Those that hash the items of what they are given.
_HASHED: frozenset[Any] = frozenset(
    (collections.Counter, collections.OrderedDict, collections.defaultdict, dict, frozenset, set)
)
_CONTAINER_PARTS = _UNPACKED | _SCALAR_PARTS | {bytearray, type, type(None)}


def _check_arguments(target: Any, arguments: Any) -> None:
    """Refuse what makes gigabytes out of a few bytes, as no pickle of data does."""
    if type(arguments) is not tuple:
        raise HostileStateError("arguments that are no tuple")
    if target in _SCALARS:
        kinds = _SCALAR_PARTS
    elif target in _CONTAINERS or _name_of(target) == "FrozenList":
        kinds = _CONTAINER_PARTS
    else:
        return
    for each in arguments:
        number = target in (bytes, bytearray) and type(each) is int
        exponent = target is fractions.Fraction and type(each) is str and "e" in each.lower()
        if number or exponent or type(each) not in kinds:
            raise HostileStateError(f"a {_name_of(target)} of any size")


def _items_of(value: Any) -> Iterable[Any]:
    return itertools.chain(value, value.values()) if type(value) is dict else value


def _check_names(target: Any, state: Any) -> None:
    """Refuse to set attributes by which Python and NumPy find what to call, and where memory is.

    NumPy takes the `__array_interface__` of any object, with an address in it, and pickle calls a
    `__setstate__` that the state before has set.
    """
    for names in state if type(state) is tuple else (state,):
        if type(names) is dict and any(str(name).startswith("__") for name in names):
            raise HostileStateError(f"names in a {_name_of(target)}")


def _name_of(target: Any) -> str:
    return str(getattr(target, "__qualname__", type(target).__qualname__))
