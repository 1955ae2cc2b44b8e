"""ipywidgets in a stored output: the state that draws them, saved and opened again.

An output only names a widget's model; the model lives in the kernel that died. With ipywidgets
installed, the models are saved with the outputs and opened again as they were, without a Python
object behind them. Without it, the output's text is what is shown.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Callable
from typing import Any

from .outputs import Output

VIEW = "application/vnd.jupyter.widget-view+json"


def save_widgets(outputs: list[Output]) -> dict[str, Any] | None:
    """Return the state of the widgets that the outputs show, None where they show none."""
    model_ids = [output["data"][VIEW]["model_id"] for output in outputs if VIEW in _data(output)]
    if not model_ids or "ipywidgets" not in sys.modules:
        return None
    from ipywidgets.embed import dependency_state

    known = known_widgets()
    shown = [known[model_id] for model_id in model_ids if model_id in known]
    state: dict[str, Any] = dependency_state(shown, drop_defaults=False)
    return state or None


def open_widgets(state: dict[str, Any]) -> bool:
    """Open saved models in the front end, children first; return whether ipywidgets is there."""
    try:
        from ipywidgets._version import __protocol_version__
    except ImportError:
        return False
    create_comm = comm_maker()
    for model_id in _children_first(state):
        model = state[model_id]
        buffers = model.get("buffers", [])
        create_comm(
            target_name="jupyter.widget",
            comm_id=model_id,
            data={
                "state": {
                    **model["state"],
                    "_model_name": model["model_name"],
                    "_model_module": model["model_module"],
                    "_model_module_version": model["model_module_version"],
                },
                "buffer_paths": [buffer["path"] for buffer in buffers],
            },
            buffers=[base64.b64decode(buffer["data"]) for buffer in buffers],
            metadata={"version": __protocol_version__},
        )
    return True


def known_widgets() -> dict[str, Any]:
    """Return the living widgets by the ids of their models."""
    from ipywidgets.widgets import widget

    known: dict[str, Any] | None = getattr(widget, "_instances", None)  # since ipywidgets 8.0.3
    return widget.Widget.widgets if known is None else known


def comm_maker() -> Callable[..., Any]:
    """Return the function by which this ipywidgets opens the models of its own widgets."""
    from ipywidgets.widgets import widget

    # Before 8.0.3 it was ipykernel's class; since then ipywidgets.comm knows what this kernel has.
    maker: Callable[..., Any] = getattr(widget, "Comm", None) or widget.comm.create_comm
    return maker


def without_views(outputs: list[Output]) -> list[Output]:
    """Return the outputs with only the text of what a widget would draw."""
    return [
        {**output, "data": {k: v for k, v in output["data"].items() if k != VIEW}}
        if VIEW in _data(output)
        else output
        for output in outputs
    ]


def _data(output: Output) -> dict[str, Any]:
    data: dict[str, Any] = output.get("data", {})
    return data


def _children_first(state: dict[str, Any]) -> list[str]:
    """A front end resolves a reference to another model when it opens the referring one."""
    order: dict[str, None] = {}

    def visit(model_id: str) -> None:
        if model_id in seen or model_id not in state:
            return
        seen.add(model_id)
        for child in re.findall(r"IPY_MODEL_([0-9a-f]+)", json.dumps(state[model_id]["state"])):
            visit(child)
        order[model_id] = None

    seen: set[str] = set()
    for model_id in state:
        visit(model_id)
    return list(order)
