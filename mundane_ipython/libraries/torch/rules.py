"""What is done with PyTorch's tensors and storages."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ...adapter.contract import Rule
from ...adapter.digest import NoDigestError, Parts, as_text
from ...adapter.looks import module_of, name_of
from ...adapter.types import class_name
from .tensors import (
    is_borrowed,
    memory_of,
    reduce_array_of_tensor,
    reduce_torch,
    walk_torch,
)
from .types import is_of_torch, is_tensor, is_untyped_storage

_Inner = Callable[[Any], Parts]


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


def _is_said_by_text(kind: type) -> bool:
    named = name_of(kind) in ("dtype", "device", "Size")
    return named and module_of(kind).partition(".")[0] == "torch"


def _span(storage: Any) -> tuple[int, int] | None:
    if not is_borrowed(storage):
        return None
    return storage.data_ptr(), storage.data_ptr() + storage.nbytes()


RULES = (
    Rule(applies=is_of_torch, reduce=reduce_torch, walk=walk_torch),
    # The memory of a tensor is its storage's, which is one object for all that lies in it.
    Rule(applies=is_tensor, digest=_tensor, owner=lambda tensor: tensor.untyped_storage()),
    Rule(applies=is_untyped_storage, span=_span, reduce_array=reduce_array_of_tensor),
    Rule(applies=_is_said_by_text, digest=as_text),
)
