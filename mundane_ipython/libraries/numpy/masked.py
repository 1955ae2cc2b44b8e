"""How NumPy's masked arrays are pickled: with all that they know of their mask.

NumPy's own pickle makes a copy of data and mask, which no other array shares then, fills in a mask
where there is none, and forgets that a mask is hard.
"""

from __future__ import annotations

import sys
from typing import Any


def is_masked(kind: type) -> bool:
    """Return whether a type is that of masked arrays; not of `np.ma.masked` or of one record."""
    core = sys.modules.get("numpy.ma.core")
    if core is None or not issubclass(kind, core.MaskedArray):
        return False
    return kind.__reduce__ is core.MaskedArray.__reduce__ and not issubclass(kind, core.mvoid)


def reduce_masked(array: Any) -> Any:
    """Return a reduction of a masked array to plain arrays of its data and mask."""
    import numpy as np

    known = {**_USUAL, "_baseclass": np.ndarray, **array.__dict__}
    mask, hard, shared, fill = (known.pop(name) for name in _KNOWN)
    more = {name: value for name, value in known.items() if _is_more(name, value, np.ndarray)}
    data = np.ndarray.view(array, np.ndarray)
    made = masked_array, (type(array), data, mask, hard, shared, fill)
    return (*made, more, None, None, set_masked_state) if more else made


def fill_value_of(array: Any) -> Any:
    """Return the value that a masked array has behind its mask when it is filled.

    To ask the array for it would give it one, as its repr does, and what is computed of the array
    inherits that: `(m + 0.5).filled()` is another one then.
    """
    import numpy as np

    fill = array.__dict__.get("_fill_value")
    if fill is None:
        fill = np.array(np.ma.default_fill_value(array.dtype), array.dtype)
    return fill[()]


def masked_array(kind: type, data: Any, mask: Any, hard: bool, shared: bool, fill: Any) -> Any:
    """Return a masked array in the memory of a plain one, and of the array that is its mask."""
    array = data.view(kind)
    array.__dict__.update(zip(_KNOWN, (mask, hard, shared, fill), strict=True))
    return array


def set_masked_state(array: Any, state: dict[str, Any]) -> None:
    """Set what a masked array has beside its data and mask; a pickle's state setter."""
    array.__dict__.update(state)


# A private way (NumPy 1.26 to 2.4): `MaskedArray.__setstate__` sets the mask, but no flag.
_KNOWN = ("_mask", "_hardmask", "_sharedmask", "_fill_value")

_USUAL: dict[str, Any] = {"_isfield": False, "_optinfo": {}, "_basedict": {}}


def _is_more(name: str, value: Any, base: type) -> bool:
    return value is not base if name == "_baseclass" else _USUAL.get(name, ...) != value
