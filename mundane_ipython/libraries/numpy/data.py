"""NumPy's arrays out of an untrusted pickle, made without trusting their state.

NumPy sets a pickled state as it is: offsets behind the item, flags that lie about objects, lists
shorter than the array. Each lets a hostile file read or call through forged pointers, and a damaged
one kill the kernel. Here a dtype is built anew by its constructor, which checks, and an array is
made when its state is there and has been checked; nothing sets it again.
"""

from __future__ import annotations

import math
import mmap
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from ...adapter.placeholder import Placeholder
from ...adapter.refusals import HostileStateError, need
from ...objects.arrays import array_view, array_with_gaps, is_array, most_with_gaps, read_only
from .masked import masked_array

_MAX_ITEMS = 1 << 48
_MAX_OF_NOTHING = 1 << 20
_DTYPE = re.compile(r"[a-zA-Z?]\d*")
# NumPy walks through dtypes in dtypes without looking at the stack's end.
_DEEPEST_DTYPE = 32

BUFFERS = (bytes, bytearray, memoryview, mmap.mmap)
"""Types of what a pickle holds the memory of arrays in."""


def is_dtype(value: Any) -> bool:
    """Return whether a value is a NumPy dtype."""
    return any(base.__module__ == "numpy" and base.__qualname__ == "dtype" for base in _mro(value))


def is_array_class(kind: type) -> bool:
    """Return whether a class is NumPy's array, or a subclass of it."""
    named = [(base.__module__, base.__qualname__) for base in kind.__mro__]
    return ("numpy", "ndarray") in named


def dtype_of(text: Any, *_: Any) -> Any:
    """Return a dtype that its state may yet be set of, in place of `numpy.dtype`.

    Raises:
        HostileStateError: NumPy pickles no dtype by this text.
    """
    import numpy as np

    need(type(text) is str and bool(_DTYPE.fullmatch(text)), "a dtype")
    return np.dtype(text)


def rebuilt_dtype(dtype: Any, state: Any) -> Any:
    """Return the dtype that a pickled state stands for, built by NumPy's own constructor.

    Args:
        dtype: as the pickle made it, without its state.
        state: (version, byte order, subarray, names, fields, size, alignment, flags, metadata).

    Raises:
        HostileStateError: no dtype has this state.
    """
    import numpy as np

    need(type(state) is tuple and len(state) in (8, 9), "a dtype's state")
    _, order, subarray, names, fields, size, *_ = state
    try:
        if dtype.kind in "mM":
            built = _times(dtype.kind, *state[8][1])
        elif subarray is not None:
            base, shape = subarray
            built = np.dtype((_only(base, np.dtype), tuple(_only(n, int) for n in shape)))
        elif names is not None:
            built = _structured(names, fields, size)
        else:
            built = np.dtype(dtype.str)
    except HostileStateError:
        raise
    except Exception as error:
        raise HostileStateError(f"a dtype's state ({error})") from error
    deep = f"a dtype of more than {_DEEPEST_DTYPE} dtypes in each other"
    need(_depth(built) <= _DEEPEST_DTYPE, deep)
    if order in ("<", ">") and names is None and subarray is None:
        return np.dtype(built.newbyteorder(order).str)  # by its text: the native order is `=`
    return built


def placeholder_array(kind: Any, shape: Any, dtype: Any) -> Placeholder:
    """Stand for an array, in place of `numpy._core.multiarray._reconstruct`.

    Raises:
        HostileStateError: NumPy pickles no array so.
    """
    import numpy as np

    need(kind is np.ndarray and shape == (0,) and dtype in (b"b", "b"), "an array")
    return Placeholder(_array)


def placeholder_masked(kind: Any, base: Any, shape: Any, dtype: Any) -> Placeholder:
    """Stand for a masked array, in place of `numpy.ma.core._mareconstruct`.

    Raises:
        HostileStateError: NumPy pickles no masked array so.
    """
    import numpy as np

    known = kind is np.ma.MaskedArray and base is np.ndarray
    need(known and shape == (0,), "a masked array")
    return Placeholder(_masked)


def masked_of_arrays(kind: Any, data: Any, mask: Any, hard: Any, shared: Any, fill: Any) -> Any:
    """Return a masked array, in place of `masked.masked_array`.

    Raises:
        HostileStateError: no masked array has such parts.
    """
    import numpy as np

    known = kind is np.ma.MaskedArray and type(data) is np.ndarray
    need(known and type(hard) is bool and type(shared) is bool, "a masked array")
    if type(mask) is np.ndarray:
        right = mask.shape == data.shape and mask.dtype == np.ma.make_mask_descr(data.dtype)
        need(right, "a masked array's mask")
    else:
        need(type(mask) is np.bool_ and not mask, "a masked array's mask")
        mask = np.ma.nomask
    if fill is not None:
        right = type(fill) is np.ndarray and fill.shape == () and fill.dtype == data.dtype
        need(right, "a masked array's fill value")
    return masked_array(kind, data, mask, hard, shared, fill)


def array_of_buffer(buffer: Any, dtype: Any, shape: Any, *order: Any) -> Any:
    """Return an array on a buffer, in place of `numpy._core.numeric._frombuffer`: not a copy.

    Raises:
        HostileStateError: NumPy pickles no array so.
    """
    import numpy as np

    make: Any = np.empty(0).__reduce_ex__(5)[0]  # its module is another in each NumPy
    fits = type(buffer) in BUFFERS and is_dtype(dtype) and not dtype.hasobject
    need(fits, "an array's buffer")
    need(_is_shape(shape), "an array's shape")
    return _placed("an array", partial(make, buffer, dtype, shape, *order))


def scalar(dtype: Any, data: Any = b"") -> Any:
    """Return a NumPy scalar, in place of `numpy._core.multiarray.scalar`.

    Raises:
        HostileStateError: its data are not one item of this dtype.
    """
    import numpy as np

    make: Any = np.float64().__reduce__()[0]  # its module is another in each NumPy
    need(is_dtype(dtype), "a scalar's dtype")
    if dtype.hasobject:
        # NumPy keeps these in an array, whose own dtype and size it takes for granted.
        fits = is_array(data) and data.dtype == dtype and data.shape == ()
    else:
        fits = type(data) is bytes and len(data) == dtype.itemsize
    need(fits, "a scalar's data")
    return make(dtype, data)


def view_of_array(root: Any, dtype: Any, *place: Any) -> Any:
    """Return an array on another one's memory; NumPy's constructor keeps it inside of that.

    Raises:
        HostileStateError: it would lie elsewhere, or be a view of objects.
    """
    if not is_array(root) or not is_dtype(dtype) or root.dtype.hasobject or dtype.hasobject:
        raise HostileStateError("a view of no array")
    return _placed("a view", partial(array_view, root, dtype, *place))


def spread_array(items: Any, strides: Any) -> Any:
    """Return an array with gaps; NumPy's constructor keeps it inside of the memory made for it.

    Raises:
        HostileStateError: the gaps are too wide, or it is an array of objects.
    """
    if not is_array(items) or items.dtype.hasobject or type(strides) is not tuple:
        raise HostileStateError("gaps in no array")
    need(len(strides) == items.ndim and all(type(each) is int for each in strides), "gaps")
    sides = zip(items.shape, strides, strict=True)
    span = sum((n - 1) * abs(stride) for n, stride in sides if n) + items.itemsize
    need(span <= most_with_gaps(items.nbytes), f"gaps of {span:,} bytes")
    return _placed("gaps", partial(array_with_gaps, items, strides))


def locked_array(array: Any) -> Any:
    """Return `arrays.read_only`'s array."""
    if not is_array(array):
        raise HostileStateError("no array to be read-only")
    return read_only(array)


def _placed(what: str, make: Callable[[], Any]) -> Any:
    """Return an array that NumPy's constructor may refuse, for where its items would lie."""
    try:
        return make()
    except (TypeError, ValueError, OverflowError, MemoryError) as error:
        raise HostileStateError(f"{what} ({error})") from error


def _array(state: Any) -> Any:
    import numpy as np

    _check_array_state(state, 5)
    array = np.empty(0, "b")
    array.__setstate__(state)
    return array


def _masked(state: Any) -> Any:
    import numpy as np

    _check_array_state(state, 7)
    need(type(state[5]) is bytes, "an array's mask")  # NumPy holds bytes against its size
    array: Any = np.ma.MaskedArray(np.empty(0, "b"))
    array._mask = np.zeros(0, "b")
    array.__setstate__(state)
    return array


def _check_array_state(state: Any, length: int) -> None:
    """Refuse an array's state whose data do not fit its shape and dtype."""
    import numpy as np

    need(type(state) is tuple and len(state) == length, "an array's state")
    shape, dtype, data = state[1], state[2], state[4]
    need(isinstance(dtype, np.dtype), "an array's state")
    need(_is_shape(shape), "an array's shape")
    count = math.prod(shape)
    need(type(data) is (list if dtype.hasobject else bytes), "an array's data")
    need(len(data) == (count if dtype.hasobject else count * dtype.itemsize), "an array's data")
    # Items of no bytes, or an item that stands for all: each would be made of nothing.
    need(dtype.itemsize > 0 or count < _MAX_OF_NOTHING, "an array's data")
    need(count > 0 or dtype.itemsize < _MAX_OF_NOTHING, "an array's data")


def _is_shape(shape: Any) -> bool:
    if type(shape) is not tuple or any(type(side) is not int or side < 0 for side in shape):
        return False
    return bool(math.prod(side for side in shape if side) < _MAX_ITEMS)


def _depth(dtype: Any) -> int:
    if dtype.subdtype is not None:
        return 1 + _depth(dtype.base)
    if dtype.names is None:
        return 0
    return 1 + max((_depth(dtype[name]) for name in dtype.names), default=0)


def _times(kind: str, unit: Any, count: Any, *_: Any) -> Any:
    import numpy as np

    text = unit.decode() if type(unit) is bytes else _only(unit, str)
    if text == "generic":
        return np.dtype(f"{kind}8")
    # NumPy divides by the count without a look at it.
    if not text.isalpha() or not 0 < _only(count, int) < 1 << 31:
        raise HostileStateError("a dtype's unit")
    return np.dtype(f"{kind}8[{count}{text}]")


def _structured(names: Any, fields: Any, size: Any) -> Any:
    import numpy as np

    chosen = [fields[_only(name, str)] for name in _only(names, tuple)]
    formats = [_only(field[0], np.dtype) for field in chosen]
    offsets = [_only(field[1], int) for field in chosen]
    # NumPy adds them up in 32 bits.
    ends = [offset + form.itemsize for offset, form in zip(offsets, formats, strict=True)]
    if any(offset < 0 for offset in offsets) or max(ends, default=0) > _only(size, int):
        raise HostileStateError("a dtype's offsets")
    spec: dict[str, Any] = {"names": list(names), "formats": formats, "offsets": offsets}
    spec["itemsize"] = size
    make: Any = np.dtype
    return make(spec)


def _only(value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise HostileStateError(f"a dtype's state: {type(value).__qualname__}")
    return value


def _mro(value: Any) -> tuple[type, ...]:
    return type(value).__mro__
