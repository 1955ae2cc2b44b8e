"""NumPy arrays that share memory: which array a view is a view of.

Nothing here imports numpy: where it is not loaded, there are no arrays.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..adapter.looks import is_a, members_of, module_of, mro_of
from ..adapter.rules import OWNERS, SPANS

# An array with gaps keeps them where they take no more memory than this, and this many times its
# own.
_GAPS_BYTES = 64 << 20
_GAPS_FACTOR = 16

# Where pandas' extension arrays keep their items.
_ARRAYS_OF_EXTENSIONS = ("_ndarray", "_data", "_mask")


class ArrayRoots:
    """The arrays that others are stored as views of, by the memory that they lie in.

    Args:
        values: values of names, the oldest first; those that are no arrays are passed over.
        inner: everything inside of older values, likewise.
    """

    def __init__(self, values: Iterable[Any], inner: Sequence[Any] = ()) -> None:
        self._roots = _largest_roots(values)
        self._inner = inner
        # By id: arrays in the memory of something else, for which no root was found.
        self._rootless: dict[int, Any] = {}
        # By id: arrays with memory of their own that were pickled.
        self._met: dict[int, Any] = {}
        # Owners of memory for which a root was found before all was known: in what was expected,
        # and among what had been met.
        self._expected: set[int] = set()
        self._served: set[int] = set()
        # Owners of memory that is pandas', as far as it was seen.
        self._of_pandas: set[int] = set()

    def start(self) -> None:
        """Begin to pickle, or begin anew: nothing has been met yet."""
        self._rootless.clear()
        self._met.clear()
        self._served.clear()

    def root_of(self, array: Any) -> Any:
        """Return the largest known array that an array is a view of, None for none.

        An array that was pickled before it is one, so that all need not be pickled again for what
        `add_shared` would find.
        """
        root = self._known_root(array)
        if root is not None:
            return root
        if array.base is None:
            self._met[id(array)] = array
            return None
        owner_id = _owner_id(array)
        met = self._met.get(owner_id)
        if met is not None and self._can_serve(met, array):
            self._served.add(owner_id)
            return met
        self._rootless[id(array)] = array
        return None

    def _known_root(self, array: Any) -> Any:
        root = self._roots.get(_owner_id(array))
        found = root is not None and root is not array and _can_be_view(array, root)
        return root if found else None

    def _can_serve(self, met: Any, array: Any) -> bool:
        """Return whether an array is stored as a view of one that was met; not of a large one.

        That may have been met in a value that was refused then, and would be stored for its sake.
        """
        cheap = met.nbytes <= most_with_gaps(array.nbytes)
        allowed = id(met) not in self._of_pandas
        return cheap and allowed and _can_be_root(met) and _can_be_view(array, met)

    def root_at(self, address: int, size: int) -> Any:
        """Return a known array in whose memory these bytes lie, None for none.

        A tensor's storage may be an array's memory (`torch.from_numpy`), and does not say whose.
        """
        for root in self._roots.values():
            start = root.ctypes.data
            within = start <= address and address + size <= start + root.nbytes
            # A root in the memory of a tensor is stored by that tensor, not the other way round.
            if within and not (root.dtype.hasobject or SPANS[type(memory_chain(root)[-1])]):
                return root
        return None

    def expect(self, objects: Mapping[int, Any]) -> None:
        """Find the roots of arrays that are yet to be pickled.

        Args:
            objects: what will be pickled, by id, as far as that is known.
        """
        known = self._roots.keys()
        before = set(known)
        for each in objects.values():
            if is_array(each) and each.base is not None and self._known_root(each) is None:
                self._rootless[id(each)] = each
        self.add_shared(lambda: objects)
        self._expected = known - before

    def add_shared(self, pickled: Callable[[], Mapping[int, Any]]) -> bool:
        """Add roots for arrays that had none; return whether all must be pickled again for that.

        That is what they lie in inside of an older value, or where they overlap.

        Args:
            pickled: returns everything that was pickled, by id.
        """
        if not self._rootless and not self._expected and not self._served:
            return False
        objects = pickled()
        older = _largest_roots(self._inner)
        by_owner: dict[int, list[Any]] = {}
        for array in self._rootless.values():
            owner = memory_chain(array)[-1]
            known = [owner] if is_array(owner) and id(owner) in objects else []
            by_owner.setdefault(id(owner), known).append(array)
        self._rootless.clear()
        found = {owner_id: older[owner_id] for owner_id in self._served & older.keys()}
        for owner_id, arrays in by_owner.items():
            root = older.get(owner_id)
            if root is None and _overlap(arrays):
                root = _common_root(arrays)
            if root is not None:
                found[owner_id] = root
        wrong: set[int] = set()
        if found or self._expected or self._served:
            self._of_pandas |= _memory_of_pandas((*objects.values(), *self._inner))
            found = {
                owner_id: root
                for owner_id, root in found.items()
                if owner_id not in self._of_pandas
            }
            wrong = (self._expected | self._served) & self._of_pandas
            self._expected.clear()
        for owner_id in wrong:
            self._roots.pop(owner_id, None)
        self._roots.update(found)
        return bool(found or wrong)


def is_array(value: Any) -> bool:
    """Return whether a value is a plain NumPy array."""
    return type(value) is getattr(sys.modules.get("numpy"), "ndarray", None)


def is_flat_iterator(value: Any) -> bool:
    """Return whether a value is an array's `flat`, which has no pickle of its own."""
    return type(value) is getattr(sys.modules.get("numpy"), "flatiter", None)


def flat_iterator(array: Any, index: int) -> Any:
    """Return an array's `flat`, `index` items on."""
    iterator = array.flat
    for _ in range(index):
        next(iterator)
    return iterator


def is_labelled_array(value: Any) -> bool:
    """Return whether a value is an array with attributes, which NumPy's own pickle drops."""
    array: Any = getattr(sys.modules.get("numpy"), "ndarray", None)
    if array is None or not is_a(value, array):
        return False
    by = next(base for base in mro_of(type(value)) if "__reduce__" in members_of(base))
    return by is array and bool(getattr(value, "__dict__", None))


def is_made_of_arrays(kind: type) -> bool:
    """Return whether a type is an array's, or says that it is made as one."""
    return any("__array_finalize__" in members_of(base) for base in mro_of(kind))


def reduce_labelled(array: Any) -> Any:
    """Return a reduction of an array with its attributes."""
    make, arguments, state = array.__reduce__()
    return make, arguments, (state, array.__dict__), None, None, set_labelled_state


def set_labelled_state(array: Any, state: tuple[Any, dict[str, Any]]) -> None:
    """Set an array's data and attributes; a pickle's state setter."""
    array.__setstate__(state[0])
    array.__dict__.update(state[1])


def memory_chain(array: Any) -> list[Any]:
    """Return an array and the objects whose memory it lies in, the owner last."""
    chain = [array]
    while getattr(chain[-1], "base", None) is not None:
        chain.append(chain[-1].base)
    if type(chain[-1]) is memoryview:  # of a buffer: NumPy makes one for each array on it
        chain[-1] = chain[-1].obj
    chain += [owner(chain[-1]) for owner in OWNERS.of(chain[-1], ())]
    return chain


def reduce_view(array: Any, root: Any) -> Any:
    """Return a reduction of an array to its place in another one."""
    place = (array.ctypes.data - root.ctypes.data, array.shape, array.strides)
    return array_view, (root, array.dtype, *place, array.flags.writeable)


def array_view(
    root: Any, dtype: Any, offset: int, shape: Any, strides: Any, writeable: bool
) -> Any:
    """Return an array on the memory of another one."""
    import numpy as np

    view: Any
    memory = root.ravel(order="K")
    if root.dtype.hasobject:  # NumPy makes no such array on a buffer
        items = memory[offset // root.itemsize :]
        view = np.lib.stride_tricks.as_strided(items, shape, strides)
    else:
        memory = memory.view(np.uint8)
        view = np.ndarray(shape, dtype, buffer=memory, offset=offset, strides=strides)
    if not writeable:
        view.flags.writeable = False
    return view


def reduce_array(value: Any) -> Any:
    """Return a reduction of an array of which NumPy's own loses something, else NotImplemented."""
    if is_array(value):
        if has_gaps(value):
            return reduce_with_gaps(value)
        return reduce_read_only(value) if is_locked(value) else NotImplemented
    return reduce_labelled(value) if is_labelled_array(value) else NotImplemented


def has_gaps(array: Any) -> bool:
    """Return whether an array's items lie apart, as a transposed slice's, and should come back so.

    NumPy's pickle closes the gaps. The values are the same, but products of matrices then take
    another way through BLAS, and differ in the last bit.
    """
    if _is_flat(array) or array.dtype.hasobject or 0 in array.strides:
        return False
    low, high = bounds(array)
    return bool(array.nbytes <= high - low <= most_with_gaps(array.nbytes))


def most_with_gaps(size: int) -> int:
    """Return how many bytes may be stored for the sake of items that take `size` themselves."""
    return min(_GAPS_BYTES, max(4096, _GAPS_FACTOR * size))


def reduce_with_gaps(array: Any) -> Any:
    """Return a reduction of an array to its items and their places."""
    made = array_with_gaps, (array.copy(order="C"), array.strides)
    return made if array.flags.writeable else (read_only, (array_with_gaps(*made[1]),))


def is_locked(array: Any) -> bool:
    """Return whether an array is read-only, and NumPy's own pickle would bring a writable one.

    Of a flat one of plain data it writes the memory as such, which tells.
    """
    kind = array.dtype.kind
    return not array.flags.writeable and (
        kind in "OMm" or array.dtype.hasobject or not _is_flat(array)
    )


def reduce_read_only(array: Any) -> Any:
    """Return a reduction of what `is_locked`."""
    return read_only, (array.copy(order="K"),)


def read_only(array: Any) -> Any:
    """Return an array, read-only from then on."""
    array.flags.writeable = False
    return array


def array_with_gaps(items: Any, strides: tuple[int, ...]) -> Any:
    """Return an array of these items that lie `strides` bytes apart.

    Raises:
        ValueError: it would take more memory than one that was stored with its gaps.
    """
    import numpy as np

    steps = [(n - 1) * stride for n, stride in zip(items.shape, strides, strict=True)]
    before = -sum(step for step in steps if step < 0)
    size = before + sum(step for step in steps if step > 0) + items.itemsize
    if size > _GAPS_BYTES:
        raise ValueError(f"{size} bytes for an array of {items.nbytes}")
    memory = np.zeros(size, np.uint8)
    array: Any = np.ndarray(items.shape, items.dtype, memory, before, strides)
    array[...] = items
    return array


def _is_flat(array: Any) -> bool:
    return bool(array.flags.c_contiguous or array.flags.f_contiguous)


def bounds(array: Any) -> tuple[int, int]:
    """Return the first address of an array's items and the one behind the last."""
    steps = [(n - 1) * stride for n, stride in zip(array.shape, array.strides, strict=True) if n]
    low = array.ctypes.data + sum(step for step in steps if step < 0)
    high = array.ctypes.data + sum(step for step in steps if step > 0) + array.itemsize
    return low, high


def _owner_id(array: Any) -> int:
    return id(memory_chain(array)[-1])


def _can_be_root(array: Any) -> bool:
    return _is_flat(array) and (not array.dtype.hasobject or array.dtype == object)


def _can_be_view(array: Any, root: Any) -> bool:
    """Return whether an array can be made as a view of a root whose memory's owner is its own.

    A read-only root's views are read-only: pandas hands such arrays out of blocks that it writes.
    """
    if array.flags.writeable and not root.flags.writeable:
        return False
    low, high = bounds(array)
    start = root.ctypes.data
    if array.dtype.hasobject and (array.dtype != root.dtype or (low - start) % root.itemsize):
        return False
    return bool(start <= low and high <= start + root.nbytes)


def _overlap(arrays: Sequence[Any]) -> bool:
    """Return whether any two of some arrays may have items in common."""
    spans = sorted(bounds(array) for array in arrays if array.size)
    end = 0
    for low, high in spans:
        if low < end:
            return True
        end = max(end, high)
    return False


def _common_root(arrays: Sequence[Any]) -> Any:
    """Return the array in whose memory others lie, None where most of it would be theirs alone."""
    chains = [each for array in arrays for each in memory_chain(array)]
    root = max(
        (each for each in chains if is_array(each) and _can_be_root(each)),
        key=lambda each: each.nbytes,
        default=None,
    )
    wanted = sum(array.nbytes for array in arrays)
    most = max(wanted, most_with_gaps(wanted))
    return root if root is not None and root.nbytes <= most else None


def _largest_roots(values: Iterable[Any]) -> dict[int, Any]:
    """Return the arrays among some values that can be roots, the largest of each memory's owner."""
    roots: dict[int, Any] = {}
    for value in values:
        if is_array(value) and _can_be_root(value):
            known = roots.setdefault(_owner_id(value), value)
            if _rank(value) > _rank(known):
                roots[_owner_id(value)] = value
    return roots


def _rank(array: Any) -> tuple[int, bool]:
    return array.nbytes, array.flags.writeable


def _memory_of_pandas(objects: Iterable[Any]) -> set[int]:
    """Return the owners of the memory of pandas' blocks and indexes, by id.

    A frame copies a block that others share before it changes it, which a loaded one would not
    know; an index never changes.
    """
    found = set()
    for each in objects:
        module = module_of(type(each))
        if module == "pandas.core.internals.blocks" or module.startswith("pandas.core.indexes."):
            values = getattr(each, "_data", None) if "indexes" in module else each.values
            parts = (values, *(getattr(values, name, None) for name in _ARRAYS_OF_EXTENSIONS))
            found |= {_owner_id(part) for part in parts if is_array(part)}
    return found
