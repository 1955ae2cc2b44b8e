"""NumPy arrays that share memory: which array of the namespace a view is a view of.

Nothing here imports numpy: where it is not loaded, there are no arrays.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# An array with gaps keeps them where they take no more memory than this, and this many times its
# own.
_GAPS_BYTES = 64 << 20
_GAPS_FACTOR = 16


class ArrayRoots:
    """The arrays that names hold, by the memory that they lie in.

    Args:
        values: values of names, the oldest first; those that are no arrays are passed over.
    """

    def __init__(self, values: Iterable[Any]) -> None:
        self._roots: dict[int, Any] = {}
        for value in values:
            if is_array(value) and _is_flat(value) and not value.dtype.hasobject:
                owner = id(memory_chain(value)[-1])
                known = self._roots.get(owner)
                if known is None or value.nbytes > known.nbytes:
                    self._roots[owner] = value

    def root_of(self, array: Any) -> Any:
        """Return the largest array of the namespace that an array is a view of, None for none."""
        root = self._roots.get(id(memory_chain(array)[-1]))
        if root is None or root is array or array.dtype.hasobject:
            return None
        low, high = _bounds(array)
        start = root.ctypes.data
        return root if start <= low and high <= start + root.nbytes else None


def is_array(value: Any) -> bool:
    """Return whether a value is a plain NumPy array."""
    return type(value).__qualname__ == "ndarray" and type(value).__module__ == "numpy"


def is_flat_iterator(value: Any) -> bool:
    """Return whether a value is an array's `flat`, which has no pickle of its own."""
    return type(value).__qualname__ == "flatiter" and type(value).__module__ == "numpy"


def flat_iterator(array: Any, index: int) -> Any:
    """Return an array's `flat`, `index` items on."""
    iterator = array.flat
    for _ in range(index):
        next(iterator)
    return iterator


def is_labelled_array(value: Any) -> bool:
    """Return whether a value is an array with attributes, which NumPy's own pickle drops."""
    for base in type(value).__mro__[:-1]:
        if "__reduce__" in vars(base):
            named = base.__module__ == "numpy" and base.__qualname__ == "ndarray"
            return named and bool(getattr(value, "__dict__", None))
    return False


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

    memory = root.ravel(order="K").view(np.uint8)
    view: Any = np.ndarray(shape, dtype, buffer=memory, offset=offset, strides=strides)
    view.flags.writeable = writeable and view.flags.writeable
    return view


def has_gaps(array: Any) -> bool:
    """Return whether an array's items lie apart, as a transposed slice's, and should come back so.

    NumPy's pickle closes the gaps. The values are the same, but products of matrices then take
    another way through BLAS, and differ in the last bit.
    """
    if _is_flat(array) or array.dtype.hasobject or 0 in array.strides:
        return False
    low, high = _bounds(array)
    most = min(_GAPS_BYTES, max(4096, _GAPS_FACTOR * array.nbytes))
    return bool(array.nbytes <= high - low <= most)


def reduce_with_gaps(array: Any) -> Any:
    """Return a reduction of an array to its items and their places."""
    return array_with_gaps, (array.copy(order="C"), array.strides)


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


def _bounds(array: Any) -> tuple[int, int]:
    """Return the first address of an array's items and the one behind the last."""
    steps = [(n - 1) * stride for n, stride in zip(array.shape, array.strides, strict=True) if n]
    low = array.ctypes.data + sum(step for step in steps if step < 0)
    high = array.ctypes.data + sum(step for step in steps if step > 0) + array.itemsize
    return low, high
