"""NumPy arrays in the memory of Python's own buffers: they lie in it again. Arrays as bytes."""

from __future__ import annotations

import array as python_arrays
import sys
from typing import Any

from ..adapter.digest import NoDigestError, Parts
from .arrays import memory_chain, most_with_gaps

# What holds memory, can change it, and has a pickle.
_BUFFERS = (bytearray, python_arrays.array)


def buffer_of(array: Any) -> Any:
    """Return the buffer of Python's that an array shares with something else, None for none.

    None as well where that is much larger than the array: it would be stored for its sake. What
    a restored array lies in is such a buffer, too, but then nothing else holds it.
    """
    if array.base is None or array.dtype.hasobject:
        return None
    owner = memory_chain(array)[-1]
    if type(owner) not in _BUFFERS or sys.getrefcount(owner) <= _HELD_BY_ONE:
        return None
    return owner if memoryview(owner).nbytes <= most_with_gaps(array.nbytes) else None


# The variable and the argument in `buffer_of`, and the array.
_HELD_BY_ONE = 3


def reduce_on_buffer(array: Any, owner: Any) -> Any:
    """Return a reduction of an array to its place in a buffer of Python's."""
    import numpy as np

    offset = array.ctypes.data - np.frombuffer(owner, np.uint8).ctypes.data
    place = array.dtype, array.shape, offset, array.strides
    return array_on_buffer, (owner, *place, array.flags.writeable)


def array_on_buffer(
    owner: Any, dtype: Any, shape: Any, offset: int, strides: Any, writeable: bool
) -> Any:
    """Return an array in the memory of a buffer of Python's."""
    import numpy as np

    memory = np.frombuffer(owner, np.uint8)
    array: Any = np.ndarray(shape, dtype, memory, offset, strides)
    array.flags.writeable = writeable
    return array


def array_parts(array: Any) -> Parts:
    """Yield the parts of an array's digest, or of one of NumPy's numbers.

    Raises:
        NoDigestError: it holds objects.
    """
    import numpy as np

    if array.dtype.hasobject:
        raise NoDigestError
    yield f"{array.dtype} {array.shape}".encode()
    yield np.ascontiguousarray(array).view(np.uint8).data if array.size else b""
