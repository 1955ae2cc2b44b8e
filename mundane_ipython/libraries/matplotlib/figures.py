"""matplotlib's figures: how parts of them are pickled, and how they come back unseen.

A transform keeps who is built on it by `id`, to tell them when it changes, and pickles these ids
with it (matplotlib 3.11, transforms.py, `TransformNode.__getstate__`). In another process a new
transform may have such an id: it then takes the place of an old one, which hears of no change any
more, and the figure is drawn with old bounds. So transforms are pickled without those addresses.
"""

from __future__ import annotations

import sys
from types import MethodType
from typing import Any

from ...adapter.contract import Rule
from ...adapter.looks import module_of


def to_show() -> Any:
    """Return whether figures are to be shown after the cell, and which.

    A private way (matplotlib-inline 0.2, backend_inline.py: `show._draw_called`, `_to_draw`):
    whatever makes a figure's manager, as unpickling one that was open does, tells the backend to
    show all open figures after the cell, and only what a cell shows resets that.
    """
    backend = sys.modules.get("matplotlib_inline.backend_inline")
    return backend and (backend.show._draw_called, list(backend.show._to_draw))


def set_to_show(state: Any) -> None:
    """Set what `to_show` returned; None for nothing."""
    backend = sys.modules.get("matplotlib_inline.backend_inline")
    if backend is not None:
        backend.show._draw_called, backend.show._to_draw = state or (False, [])


def flush_figures() -> None:
    """Show matplotlib's open inline figures, which its own hooks would show after the commit.

    pyplot's hook draws them before that. It makes a difference where a layout engine
    (`constrained_layout`) comes nearer to its layout with every drawing.
    """
    backend = sys.modules.get("matplotlib_inline.backend_inline")
    if backend is None:
        return
    if sys.modules["matplotlib"].is_interactive():
        for manager in backend.Gcf.get_all_fig_managers():
            figure = manager.canvas.figure
            if figure.stale and figure.get_layout_engine() is not None:
                manager.canvas.draw_idle()
    backend.flush_figures()


def _is_transform(kind: type) -> bool:
    """Return whether a type is that of a transform, or a box, of matplotlib's."""
    module = sys.modules.get("matplotlib.transforms")
    return module is not None and issubclass(kind, module.TransformNode)


def _reduce_transform(node: Any, _: Any) -> Any:
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


def _is_registry(kind: type) -> bool:
    """Return whether a type is that of the callbacks which matplotlib's objects have."""
    module = sys.modules.get("matplotlib.cbook")
    return module is not None and issubclass(kind, module.CallbackRegistry)


def _reduce_registry(registry: Any, _: Any) -> Any:
    """Reduce a registry of callbacks with those by which matplotlib's objects follow each other.

    Otherwise a colour bar, and an image itself, no longer hears of new limits or colours. A private
    way (matplotlib 3.11, cbook.py: `CallbackRegistry.callbacks`, weak references by signal and
    number, and `_pickled_cids`, the numbers of those that are pickled).
    """
    pickled = registry._pickled_cids
    following = {
        number
        for signal, callbacks in registry.callbacks.items()
        for number, reference in callbacks.items()
        if _follows(signal, reference())
    }
    registry._pickled_cids = pickled | following
    try:
        make, arguments, state, *rest = registry.__reduce_ex__(5)
    finally:
        registry._pickled_cids = pickled
    return make, arguments, {**state, "_pickled_cids": pickled}, *rest


def _follows(signal: str, callback: Any) -> bool:
    """Return whether a callback is a colour bar's, or tells of a change of colours."""
    if not isinstance(callback, MethodType):
        return False
    module, _, name = module_of(type(callback.__self__)).partition(".")
    return module == "matplotlib" and (signal == "changed" or name == "colorbar")


RULES = (
    Rule(applies=_is_transform, reduce=_reduce_transform),
    Rule(applies=_is_registry, reduce=_reduce_registry),
)
