"""NumPy's and PyArrow's arrays out of an untrusted pickle, made without trusting their state.

NumPy sets a pickled state as it is: offsets behind the item, flags that lie about objects, lists
shorter than the array. Each lets a hostile file read or call through forged pointers, and a damaged
one kill the kernel. Here a dtype is built anew by its constructor, which checks, and an array's
state is checked before it is set. PyArrow's arrays are checked before and after they are made, and
pandas' have memory before they have their state.
"""

from __future__ import annotations

import importlib
import math
from typing import Any

_MAX_ITEMS = 1 << 48


class HostileStateError(Exception):
    """A state that the library itself would never have pickled."""


def is_dtype(value: Any) -> bool:
    """Return whether a value is a NumPy dtype."""
    return any(base.__module__ == "numpy" and base.__qualname__ == "dtype" for base in _mro(value))


def is_array(value: Any) -> bool:
    """Return whether a value is a NumPy array, of a subclass too."""
    return any(
        base.__module__ == "numpy" and base.__qualname__ == "ndarray" for base in _mro(value)
    )


def rebuilt_dtype(dtype: Any, state: Any) -> Any:
    """Return the dtype that a pickled state stands for, built by NumPy's own constructor.

    Args:
        dtype: as the pickle made it, without its state.
        state: (version, byte order, subarray, names, fields, size, alignment, flags, metadata).

    Raises:
        HostileStateError: no dtype has this state.
    """
    import numpy as np

    if type(state) is not tuple or len(state) not in (8, 9):
        raise HostileStateError("a dtype's state")
    _, order, subarray, names, fields, size, *_ = state
    try:
        if dtype.kind in "mM":
            unit, count, *_ = state[8][1]
            text = unit.decode() if type(unit) is bytes else unit
            built = np.dtype(
                f"{dtype.kind}8" if text == "generic" else f"{dtype.kind}8[{count}{text}]"
            )
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
    if order in ("<", ">") and names is None and subarray is None:
        return np.dtype(built.newbyteorder(order).str)  # by its text: the native order is `=`
    return built


def check_array_state(state: Any) -> None:
    """Refuse an array's state whose data do not fit its shape and dtype.

    Raises:
        HostileStateError: they do not fit.
    """
    import numpy as np

    if type(state) is not tuple or len(state) not in (5, 7):
        raise HostileStateError("an array's state")
    shape, dtype, data = state[1], state[2], state[4]
    if type(shape) is not tuple or not isinstance(dtype, np.dtype):
        raise HostileStateError("an array's state")
    if any(type(side) is not int or not 0 <= side < _MAX_ITEMS for side in shape):
        raise HostileStateError("an array's shape")
    count = math.prod(shape)
    fits = len(data) == (count if dtype.hasobject else count * dtype.itemsize)
    if type(data) is not (list if dtype.hasobject else bytes) or not fits:
        raise HostileStateError("an array's data")


def is_backed(value: Any) -> bool:
    """Return whether a value is a pandas array on a NumPy array, of pandas' own C code."""
    return any(base.__qualname__ == "NDArrayBacked" for base in _mro(value))


def backed_array(kind: Any, checksum: Any, state: Any) -> Any:
    """Return a pandas array that waits for its state; an empty one until then.

    As pandas makes it, it has no array at all, and whatever looks at it ends the process.
    """
    import numpy as np

    arrays: Any = importlib.import_module("pandas._libs.arrays")
    if not (isinstance(kind, type) and issubclass(kind, arrays.NDArrayBacked)) or state is not None:
        raise HostileStateError("a pandas array")
    array = arrays.__pyx_unpickle_NDArrayBacked(kind, checksum, None)
    empty = np.empty(0, "i8")
    arrays.NDArrayBacked.__setstate__(array, (empty, empty.dtype, {}))
    return array


def check_backed_state(state: Any) -> None:
    """Check the state of a pandas array: pandas would take None for its NumPy array.

    Raises:
        HostileStateError: it brings no array.
    """
    parts = state.values() if type(state) is dict else state
    if type(state) not in (dict, tuple) or not any(is_array(part) for part in parts):
        raise HostileStateError("a pandas array without its data")


def restored_arrow(data: Any) -> Any:
    """Return the PyArrow array of a pickled state, in place of `pyarrow.lib._restore_array`.

    Raises:
        HostileStateError: PyArrow never pickles this.
    """
    pa: Any = importlib.import_module("pyarrow")

    _check_arrow(data)
    array = pa.lib._restore_array(data)
    try:
        array.validate(full=True)
    except pa.ArrowInvalid as error:
        raise HostileStateError(f"an array's buffers ({error})") from error
    return array


def _check_arrow(data: Any) -> None:
    """Check what PyArrow takes for granted while it makes the array, before it can be validated."""
    pa: Any = importlib.import_module("pyarrow")

    if type(data) is not tuple or len(data) != 7:
        raise HostileStateError("an array's state")
    kind, length, nulls, offset, buffers, children, dictionary = data
    if not isinstance(kind, pa.DataType):
        raise HostileStateError("an array's type")
    if any(type(n) is not int or not -1 <= n < _MAX_ITEMS for n in (length, nulls, offset)):
        raise HostileStateError("an array's length")
    variadic = getattr(kind, "has_variadic_buffers", False)
    if length < 0 or offset < 0 or nulls > length:
        raise HostileStateError("an array's length")
    if len(buffers) < kind.num_buffers or (len(buffers) > kind.num_buffers and not variadic):
        raise HostileStateError("an array's number of buffers")
    if not all(buffer is None or isinstance(buffer, pa.Buffer) for buffer in buffers):
        raise HostileStateError("an array's buffers")
    if len(children) != kind.num_fields or pa.types.is_dictionary(kind) != bool(dictionary):
        raise HostileStateError("an array's children")
    for child in children:
        _check_arrow(child)
    expected = [kind.field(i).type for i in range(kind.num_fields)]
    if dictionary:
        _check_arrow(dictionary)
        expected, children = [*expected, kind.value_type], [*children, dictionary]
    if any(child[0] != wanted for child, wanted in zip(children, expected, strict=True)):
        raise HostileStateError("an array's children")


def _structured(names: Any, fields: Any, size: Any) -> Any:
    import numpy as np

    chosen = [fields[_only(name, str)] for name in _only(names, tuple)]
    formats = [_only(field[0], np.dtype) for field in chosen]
    offsets = [_only(field[1], int) for field in chosen]
    if any(offset < 0 for offset in offsets):
        raise HostileStateError("a dtype's offsets")
    spec: dict[str, Any] = {"names": list(names), "formats": formats, "offsets": offsets}
    spec["itemsize"] = _only(size, int)
    make: Any = np.dtype
    return make(spec)


def _only(value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise HostileStateError(f"a dtype's state: {type(value).__qualname__}")
    return value


def _mro(value: Any) -> tuple[type, ...]:
    return type(value).__mro__
