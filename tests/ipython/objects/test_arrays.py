"""Arrays that share memory are stored as what they are: one memory, and views of it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mundane_ipython.objects.arrays import memory_chain, reduce_view
from mundane_ipython.objects.buffers import array_parts, buffer_of, reduce_on_buffer

VIEWS: dict[str, Callable[[Any], Any]] = {
    "a slice": lambda root: root[3:9],
    "backwards": lambda root: root[::-1],
    "every third": lambda root: root[1::3],
    "turned": lambda root: root.reshape(4, 6).T,
    "one number": lambda root: root[5:6].reshape(()),
    "of another type": lambda root: root.view("uint8")[8:40],
    "repeated": lambda root: np.broadcast_to(root[:6], (3, 6)),
    "read-only": lambda root: _locked(root[2:5]),
}


def _locked(array: Any) -> Any:
    array.flags.writeable = False
    return array


def again(reduced: Any) -> Any:
    """Return what a reduction makes."""
    make, arguments = reduced[:2]
    return make(*arguments)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_comes_back_as_a_view(name: str) -> None:
    """Of the root that it is given: equal, with the same strides, in the root's memory."""
    root = np.arange(24)
    view = VIEWS[name](root)
    assert memory_chain(view)[-1] is root
    make, (first, *rest) = reduce_view(view, root)
    assert first is root
    other_root = root.copy()
    made = make(other_root, *pickle.loads(pickle.dumps(rest)))
    assert made.strides == view.strides
    assert made.dtype == view.dtype
    assert made.flags.writeable == view.flags.writeable
    np.testing.assert_array_equal(made, view)
    other_root[:] = -1
    assert (made.view() if made.ndim else made).tobytes() == VIEWS[name](other_root).tobytes()


def test_an_array_in_a_buffer_of_python_s_is_in_it_again() -> None:
    """Of two that share a buffer; one that holds its buffer alone is an array as any."""
    buffer = bytearray(range(16))
    array = np.frombuffer(buffer, "uint8")[4:8]
    assert buffer_of(array) is buffer
    made = again(reduce_on_buffer(array, buffer))
    buffer[4] = 200
    assert made[0] == array[0] == 200
    assert buffer_of(np.ones(3)) is None


def test_the_bytes_of_an_array_tell_type_shape_and_items() -> None:
    """And not how it lies in memory."""
    parts = [b"".join(map(bytes, array_parts(a))) for a in (np.ones((2, 3)), np.ones((3, 2)).T)]
    assert parts[0] == parts[1]
    assert b"".join(map(bytes, array_parts(np.ones((3, 2))))) != parts[0]
    assert b"".join(map(bytes, array_parts(np.ones((2, 3), "f4")))) != parts[0]
