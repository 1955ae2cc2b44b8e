"""How matplotlib's transforms are pickled: without the addresses that they had.

A transform keeps who is built on it by `id`, to tell them when it changes, and pickles these ids
with it (matplotlib 3.11, transforms.py, `TransformNode.__getstate__`). In another process a new
transform may have such an id: it then takes the place of an old one, which hears of no change any
more, and the figure is drawn with old bounds.
"""

from __future__ import annotations

import sys
from typing import Any


def is_transform(kind: type) -> bool:
    """Return whether a type is that of a transform, or a box, of matplotlib's."""
    module = sys.modules.get("matplotlib.transforms")
    return module is not None and issubclass(kind, module.TransformNode)


def reduce_transform(node: Any) -> Any:
    """Reduce a transform by matplotlib's own state, to be set by `set_transform_state`."""
    reduced = node.__reduce_ex__(5)
    make, arguments, state = (*reduced, None)[:3]
    if not isinstance(state, dict) or "_parents" not in state:
        return reduced
    return make, arguments, state, None, None, set_transform_state


def set_transform_state(node: Any, state: dict[str, Any]) -> None:
    """Set a transform's state, with the ids of this process; a pickle's state setter."""
    parents = [parent for parent in state["_parents"].values() if parent is not None]
    node.__setstate__({**state, "_parents": {id(parent): parent for parent in parents}})
