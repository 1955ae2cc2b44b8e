"""Which types are PyTorch's tensors and storages, whoever defined the class.

Nothing here imports torch: where it is not loaded, there are none.
"""

from __future__ import annotations

import sys

from ...adapter.types import PerType

_NOT_OF_TORCH, _TENSOR, _TYPED, _UNTYPED = "", "tensor", "typed storage", "untyped storage"


@PerType
def _torch_kind(kind: type) -> str:
    torch = sys.modules["torch"]
    storage = getattr(torch, "storage", None)
    if storage is None or not hasattr(torch, "Tensor"):
        return _NOT_OF_TORCH
    if issubclass(kind, torch.Tensor):
        return _TENSOR
    if issubclass(kind, torch.UntypedStorage):
        return _UNTYPED
    return _TYPED if kind is storage.TypedStorage else _NOT_OF_TORCH


def is_of_torch(kind: type) -> bool:
    """Return whether a type is that of a tensor or storage."""
    # The first types of all are asked for before torch is loaded, so of others nothing is kept.
    return "torch" in sys.modules and bool(_torch_kind[kind])


def is_tensor(kind: type) -> bool:
    """Return whether a type is a tensor's."""
    return is_of_torch(kind) and _torch_kind[kind] == _TENSOR


def is_typed_storage(kind: type) -> bool:
    """Return whether a type is that of a storage with a data type."""
    return is_of_torch(kind) and _torch_kind[kind] == _TYPED


def is_untyped_storage(kind: type) -> bool:
    """Return whether a type is that of a storage of bytes."""
    return is_of_torch(kind) and _torch_kind[kind] == _UNTYPED
