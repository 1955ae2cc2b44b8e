"""How what shows another object's contents is pickled: as what it is, onto that object.

cloudpickle makes copies of a dictionary's views, of a mapping's proxy and of a memoryview, which do
not follow their owner any more.
"""

from __future__ import annotations

import gc
import types
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

_VIEWS: dict[type, tuple[type[dict[Any, Any]], str]] = {
    type(getattr(kind(), of)()): (kind, of)
    for kind in (dict, OrderedDict)
    for of in ("keys", "values", "items")
}

WINDOWS = frozenset({*_VIEWS, types.MappingProxyType, memoryview})
"""The types that `reduce_window` reduces."""


def reduce_window(window: Any, namespace: Mapping[str, Any]) -> Any:
    """Reduce a dictionary's view, a mapping's proxy or a memoryview to its owner.

    Args:
        window: the view.
        namespace: no value holds all of it: a view of that is left to cloudpickle.

    Raises:
        TypeError: a memoryview of a part: where in its owner that begins cannot be known.
    """
    if isinstance(window, memoryview):
        return _reduce_memoryview(window)
    owner = owner_of(window)
    if owner is namespace:
        return NotImplemented
    if isinstance(window, types.MappingProxyType):
        return types.MappingProxyType, (owner,)
    kind, of = _VIEWS[type(window)]
    return dictionary_view, (kind, of, owner)


def owner_of(window: Any) -> Any:
    """Return the object whose contents a window shows.

    Raises:
        ValueError: a memoryview that was released.
    """
    if isinstance(window, memoryview):
        return window.obj
    # Neither says who its owner is (a view's `mapping` is a proxy again), but the collector knows.
    (owner,) = gc.get_referents(window)
    return owner


def dictionary_view(kind: type[dict[Any, Any]], of: str, owner: dict[Any, Any]) -> Any:
    """Return a dictionary's `keys`, `values` or `items`, whatever its class makes of these."""
    return getattr(kind, of)(owner)


def memory_of(owner: Any, readonly: bool) -> memoryview:
    """Return a view of the whole of an owner's memory."""
    view = memoryview(owner)
    return view.toreadonly() if readonly else view


def _reduce_memoryview(view: memoryview) -> Any:
    whole = memoryview(view.obj)
    # A part as large as the whole is the whole, unless it is read in another way.
    if any(
        getattr(whole, each) != getattr(view, each)
        for each in ("nbytes", "format", "shape", "strides")
    ):
        raise TypeError("cannot pickle a memoryview of a part of an object")
    return memory_of, (view.obj, view.readonly)
