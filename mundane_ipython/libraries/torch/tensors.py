"""PyTorch's tensors: what torch's own pickle would copy, drop or bring back as something else.

A storage goes out of band and is stored once, whichever tensors and arrays lie in it; torch writes
it into the pickle once for each. A gradient comes back; torch drops it. A tensor with a graph has
no pickle; torch's would be a leaf, whose `backward()` goes no further.

Nothing here imports torch: where it is not loaded, there are no tensors.
"""

from __future__ import annotations

import ctypes
import importlib
import pickle
from typing import Any

from ...objects.arrays import ArrayRoots, memory_chain, reduce_view
from ...taskfile.chunks import MAPPED_BYTES
from .types import is_of_torch, is_tensor, is_typed_storage, is_untyped_storage


def reduce_torch(value: Any, arrays: ArrayRoots | None) -> Any:
    """Return the reduction of a tensor or storage.

    Args:
        value: the tensor or storage.
        arrays: those in whose memory a storage may be; None for none.

    Raises:
        TypeError: it is a tensor with a graph, or with hooks.
    """
    kind = type(value)
    if is_tensor(kind):
        if value.grad_fn is not None:
            raise TypeError(
                "cannot pickle a tensor with the graph of its computation: "
                "store what its .detach() or .item() returns"
            )
        if value._backward_hooks:
            raise TypeError("cannot pickle a tensor with hooks")
        return _reduce_tensor(value)
    if arrays is not None and is_untyped_storage(kind) and is_borrowed(value):
        root = arrays.root_at(value.data_ptr(), value.nbytes())
        if root is not None:
            return array_storage, (root, value.data_ptr() - root.ctypes.data, value.nbytes())
    return _reduce_storage(value)


def is_borrowed(storage: Any) -> bool:
    """Return whether a storage may lie in the memory of something else, such as an array's."""
    return storage.device.type == "cpu" and not storage.resizable() and storage.nbytes() > 0


def walk_torch(value: Any, stand_in: Any) -> Any:
    """Return a reduction for a walk that is never loaded, of every tensor and storage.

    Args:
        value: the tensor or storage.
        stand_in: the callable in the reduction.
    """
    if is_tensor(type(value)):
        graph = value.grad_fn
        if graph is None:
            return _reduce_tensor(value)
        hooks = value._backward_hooks
        return stand_in, (id(graph), value.detach(), hooks and list(hooks.values()))
    return _reduce_storage(value)


def _reduce_tensor(tensor: Any) -> Any:
    reduced = tensor.__reduce_ex__(5)
    gradient = tensor.grad if tensor.is_leaf else None
    if gradient is None or len(reduced) != 2:
        return reduced
    return *reduced, gradient, None, None, set_gradient


def set_gradient(tensor: Any, gradient: Any) -> None:
    """Set a tensor's gradient; a pickle's state setter."""
    tensor.grad = gradient


def _reduce_storage(storage: Any) -> Any:
    """Reduce a storage; one on another device as torch does, which copies it.

    Private ways (torch 2.0 to 2.15): tensors are reduced to a typed storage around the only
    object of their untyped one, and there is no other way in from a pickle.
    """
    if is_typed_storage(type(storage)):
        return typed_storage, (storage._untyped_storage, storage.dtype)
    if storage.device.type != "cpu":
        return storage.__reduce_ex__(5)
    return untyped_storage, (pickle.PickleBuffer(memory_of(storage, storage.nbytes())),)


def memory_of(owner: Any, size: int) -> Any:
    """Return the memory of a storage or contiguous tensor, which keeps it alive.

    Not by `numpy()`, which forbids that the storage be resized from then on.

    Args:
        owner: has `data_ptr`.
        size: in bytes.
    """
    if not size:  # there is no address
        return bytearray()
    memory: Any = (ctypes.c_ubyte * size).from_address(owner.data_ptr())
    memory.owner = owner
    return memory


def typed_storage(storage: Any, dtype: Any) -> Any:
    """Return a typed storage around an untyped one."""
    torch: Any = importlib.import_module("torch")
    return torch.storage.TypedStorage(wrap_storage=storage, dtype=dtype, _internal=True)


def untyped_storage(memory: Any) -> Any:
    """Return a storage with the contents of some memory, in that memory where it is large."""
    torch: Any = importlib.import_module("torch")
    size = memoryview(memory).nbytes
    if not size:
        return torch.UntypedStorage(0)
    stored = torch.frombuffer(memory, dtype=torch.uint8)
    # Memory from a page on is as good as torch's own, and is used as it is. Smaller storages are
    # torch's, which are aligned for its arithmetic and can be resized.
    return (stored if size >= MAPPED_BYTES else stored.clone()).untyped_storage()


def array_storage(array: Any, offset: int, size: int) -> Any:
    """Return the storage that lies in an array's memory, `size` bytes from `offset` on."""
    numpy: Any = importlib.import_module("numpy")
    torch: Any = importlib.import_module("torch")
    memory = array.ravel(order="K").view(numpy.uint8)[offset : offset + size]
    return torch.from_numpy(memory).untyped_storage()


def reduce_array_of_tensor(array: Any) -> Any:
    """Return the reduction of an array in a tensor's memory; None for any other array."""
    chain = memory_chain(array)
    if len(chain) < 3 or not is_of_torch(type(chain[-1])):
        return None
    whole, tensor = chain[-3:-1]
    if array is whole:
        return tensor_array, (tensor,)
    return reduce_view(array, whole)


def tensor_array(tensor: Any) -> Any:
    """Return the array in a tensor's memory."""
    return tensor.numpy()
