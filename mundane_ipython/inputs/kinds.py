"""Kinds of values that are compared more closely, or at all, since digests are exact.

Records of versions before have none of these, and of theirs nothing here is asked: a name of a
series that they did not note would be a difference in each.
"""

from __future__ import annotations

import collections
import re
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from ..adapter.looks import members_of, module_of, mro_of, name_of, qualname_of
from ..adapter.types import PerType, class_name
from ..libraries.torch.tensors import memory_of
from ..libraries.torch.types import is_of_torch, is_tensor
from .values import NoDigestError, Parts, array_parts, pandas_parts

_Inner = Callable[[Any], Parts]
_Maker = Callable[[Any, _Inner], Parts]


def exact_parts(value: Any, inner: _Inner) -> Parts | None:
    """Return parts as `values.value_parts` does, None where they are what it yields itself.

    Args:
        value: to be compared.
        inner: yields the parts of what is in it.
    """
    maker = _MAKERS[type(value)]
    return None if maker is _left_to_others else maker(value, inner)


def slots_of(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an instance has in `__slots__`, those of all its classes, by class and name."""
    for kind in mro_of(type(value)):
        for name, member in members_of(kind).items():
            if type(member) is types.MemberDescriptorType:
                try:
                    yield f"{qualname_of(kind)}.{name}", member.__get__(value)
                except AttributeError:  # not set
                    continue


def _left_to_others(value: Any, inner: _Inner) -> Parts:
    raise NoDigestError


def _dict(value: dict[Any, Any], inner: _Inner) -> Parts:
    yield f"{class_name(type(value))} {len(value)}(".encode()
    # One part each of those that are counted.
    items = [b"".join((*inner(key), *inner(item))) for key, item in value.items()]
    # A dictionary that was made of a set has another order in each kernel.
    yield from items if type(value) is collections.OrderedDict else sorted(items)


def _defaultdict(value: collections.defaultdict[Any, Any], inner: _Inner) -> Parts:
    yield from inner(value.default_factory)
    yield from _dict(value, inner)


def _deque(value: collections.deque[Any], inner: _Inner) -> Parts:
    yield f"deque {value.maxlen} {len(value)}(".encode()
    for item in value:
        yield from inner(item)


def _named_tuple(value: Any, inner: _Inner) -> Parts:
    yield f"{class_name(type(value))} {value._fields}(".encode("utf-8", "surrogatepass")
    yield from inner(tuple(value))
    yield from inner(vars(value) if type(value).__dictoffset__ else {})


def _pattern(value: re.Pattern[Any], inner: _Inner) -> Parts:
    yield f"pattern {value.flags}".encode()
    yield from inner(value.pattern)


def _dtype(value: Any, inner: _Inner) -> Parts:
    yield repr(value).encode("utf-8", "surrogatepass")


def _masked(value: Any, inner: _Inner) -> Parts:
    import numpy as np

    yield b"masked"
    yield from inner(value.fill_value)
    yield from array_parts(np.ma.getmaskarray(value))
    yield from array_parts(value.filled())  # what is behind the mask is anything


def _vectorize(value: Any, inner: _Inner) -> Parts:
    yield b"vectorize"
    yield from inner((value.pyfunc, value.otypes, value.signature, value.excluded))


def _sparse(value: Any, inner: _Inner) -> Parts:
    if len(value.shape) != 2:
        raise NoDigestError
    yield f"{type(value).__name__} {value.shape}".encode()
    rows = value if value.format in ("csr", "csc", "bsr") else value.tocsr()
    for part in (rows.indptr, rows.indices, rows.data):
        yield from array_parts(part)


def _labelled(value: Any, inner: _Inner) -> Parts:
    """Yield the parts of a frame, series or index with the names that these have."""
    import pandas as pd

    yield f"{class_name(type(value))}(".encode()
    if isinstance(value, pd.Series):
        yield from inner(value.name)
    axes = [value] if isinstance(value, pd.Index) else value.axes
    yield from inner([tuple(axis.names) for axis in axes])
    yield from pandas_parts(value)


def _tensor(value: Any, inner: _Inner) -> Parts:
    if value.grad_fn is not None or value.device.type != "cpu" or value.is_quantized:
        raise NoDigestError
    torch = sys.modules["torch"]
    if value.layout is not torch.strided:
        raise NoDigestError
    yield f"{class_name(type(value))} {value.dtype} {tuple(value.shape)}".encode()
    yield f"{value.requires_grad}".encode()
    items = value.detach().resolve_conj().resolve_neg().contiguous()
    yield memoryview(memory_of(items, items.nbytes))
    yield from inner(value.grad)


_BY_KIND: dict[type, _Maker] = {
    dict: _dict,
    collections.Counter: _dict,
    collections.OrderedDict: _dict,
    collections.defaultdict: _defaultdict,
    collections.deque: _deque,
    re.Pattern: _pattern,
}


def _maker_of(kind: type) -> _Maker:
    if issubclass(kind, tuple) and isinstance(getattr(kind, "_fields", None), tuple):
        return _named_tuple
    library, *inner = module_of(kind).split(".")
    if library == "numpy":
        return _maker_of_numpy(kind)
    if library == "pandas":
        pd = sys.modules["pandas"]
        return (
            _labelled if issubclass(kind, (pd.DataFrame, pd.Series, pd.Index)) else _left_to_others
        )
    if library == "scipy" and inner[:1] == ["sparse"] and hasattr(kind, "tocsr"):
        return _sparse
    if is_of_torch(kind):
        return _tensor if is_tensor(kind) else _left_to_others
    if library == "torch" and name_of(kind) in ("dtype", "device", "Size"):
        return _dtype
    return _BY_KIND.get(kind, _left_to_others)


def _maker_of_numpy(kind: type) -> _Maker:
    np = sys.modules["numpy"]
    if issubclass(kind, np.dtype):
        return _dtype
    if kind is np.vectorize:
        return _vectorize
    return _masked if name_of(kind) == "MaskedArray" else _left_to_others


_MAKERS: PerType[_Maker] = PerType(_maker_of)
