"""What is done with NumPy's arrays, numbers and types, beside what their memory needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from ...adapter.contract import Cells, Rule
from ...adapter.digest import NoDigestError, Parts, as_text
from ...adapter.looks import module_of, mro_of, name_of
from ...objects.buffers import array_parts
from .masked import fill_value_of, is_masked, reduce_masked

_Inner = Callable[[Any], Parts]


def _is_masked_array(kind: type) -> bool:
    return name_of(kind) == "MaskedArray" and module_of(kind).partition(".")[0] == "numpy"


def _is_number(kind: type) -> bool:
    return any(name_of(base) == "generic" and module_of(base) == "numpy" for base in mro_of(kind))


def _is_numpys_own(kind: type) -> bool:
    """Return whether a type is that of NumPy's own arrays or numbers, and not one above them."""
    return module_of(kind) == "numpy" and hasattr(kind, "dtype")


def _is_dtype(kind: type) -> bool:
    return any(name_of(base) == "dtype" and module_of(base) == "numpy" for base in mro_of(kind))


def _is_vectorize(kind: type) -> bool:
    return kind is sys.modules["numpy"].vectorize


def _masked(value: Any, inner: _Inner) -> Parts:
    import numpy as np

    yield b"masked"
    fill = fill_value_of(value)
    yield from inner(fill)
    yield from array_parts(np.ma.getmaskarray(value))
    yield from array_parts(value.filled(fill))  # what is behind the mask is anything


def _unasked_masked(value: Any, _: _Inner) -> Parts:
    """Yield the parts of a masked array, whether it has a fill value or not."""
    import numpy as np

    if value.dtype.kind not in "biufc":
        raise NoDigestError
    yield from array_parts(np.ma.getmaskarray(value))
    yield from array_parts(value.filled(0))


def _vectorized(value: Any, inner: _Inner) -> Parts:
    yield b"vectorize"
    yield from inner((value.pyfunc, value.otypes, value.signature, value.excluded))


def _walked_dtype(dtype: Any, stand_in: Any) -> Any:
    # All of one kind may share the table of their fields.
    return (stand_in, (repr(dtype),)) if dtype.names else None


def _key(number: Any, inner: Callable[[Any], Any]) -> Any:
    return {"numpy": [number.dtype.str, inner(number.item())]}


def _is_plain_array(kind: type) -> bool:
    return name_of(kind) == "ndarray" and module_of(kind) == "numpy"


def _objects(array: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    if array.dtype.kind == "O":
        for position in range(array.size):
            yield (position,), array.item(position)


def _object_at(array: Any, position: int) -> Any:
    if array.dtype.kind != "O":
        raise LookupError("no array of objects")
    return array.item(position)


RULES = (
    Rule(applies=_is_masked_array, digest=_masked, inner_digest=_unasked_masked),
    Rule(
        applies=is_masked,
        reduce=lambda array, _: reduce_masked(array),
        walk=lambda array, _: reduce_masked(array),
    ),
    Rule(applies=_is_number, scalar=True, key=_key),
    Rule(applies=_is_numpys_own, plain_digest=array_parts),
    Rule(
        applies=_is_plain_array,
        inner_digest=lambda array, _: array_parts(array),
        cells=Cells(step="e", every=_objects, at=_object_at),
    ),
    Rule(applies=_is_dtype, digest=as_text, walk=_walked_dtype),
    Rule(applies=_is_vectorize, digest=_vectorized),
)
