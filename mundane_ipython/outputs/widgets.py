"""ipywidgets in a stored output: the state that draws them, saved and opened again.

An output only names a widget's model; the model lives in the kernel that died. With ipywidgets
installed, the models are saved with the outputs and opened again as they were, without a widget
behind them that would react. Without it, the output's text is what is shown.
"""

from __future__ import annotations

import base64
import copy
import html
import json
import math
import re
import sys
from collections.abc import Callable
from typing import Any

from .fold import Output

VIEW = "application/vnd.jupyter.widget-view+json"


def save_widgets(outputs: list[Output]) -> dict[str, Any] | None:
    """Return the state of the widgets that the outputs show, None where they show none."""
    model_ids = [output["data"][VIEW]["model_id"] for output in outputs if VIEW in _data(output)]
    if not model_ids or "ipywidgets" not in sys.modules:
        return None
    from ipywidgets.embed import dependency_state
    from ipywidgets.widgets.widget import Widget

    instances = known_widgets()
    known = [instances.get(model_id) for model_id in model_ids]
    shown = [widget for widget in known if isinstance(widget, Widget)]
    state: dict[str, Any] = dependency_state(shown, drop_defaults=False)
    return state or None


def open_widgets(state: dict[str, Any]) -> bool:
    """Open saved models in the front end, children first; return whether ipywidgets is there.

    A model that this kernel still has, of a step that ran in it, is left to its widget.
    """
    try:
        instances = known_widgets()
    except ImportError:
        return False
    for model_id in _children_first(state):
        if model_id not in instances:
            instances[model_id] = DrawnModel(model_id, state[model_id])
    return True


class DrawnModel:
    """A saved model, opened: it keeps its state for a page that is loaded later.

    Such a page asks the kernel for the state of all widgets, by ipywidgets' control channel or, an
    older one, by each widget's own. So this stands in the list that ipywidgets keeps of them, with
    the members that it asks of each (8.1, widget.py: `_handle_control_comm_msg`, `close_all`).

    Args:
        model_id: by which outputs and other models refer to it.
        model: as `save_widgets` has it.
    """

    def __init__(self, model_id: str, model: dict[str, Any]) -> None:
        from ipywidgets._version import __protocol_version__

        self.model_id = model_id
        self._model_name = model["model_name"]
        self._model_module = model["model_module"]
        self._model_module_version = model["model_module_version"]
        self._model = model
        buffers = model.get("buffers", [])
        self._paths = [buffer["path"] for buffer in buffers]
        self._buffers = [base64.b64decode(buffer["data"]) for buffer in buffers]
        opened = {
            **model["state"],
            "_model_name": self._model_name,
            "_model_module": self._model_module,
            "_model_module_version": self._model_module_version,
        }
        self._comm = comm_maker()(
            target_name="jupyter.widget",
            comm_id=model_id,
            data={"state": opened, "buffer_paths": self._paths},
            buffers=self._buffers,
            metadata={"version": __protocol_version__},
        )
        self._comm.on_msg(self._answer)

    def get_state(self, key: object = None, drop_defaults: bool = False) -> dict[str, Any]:
        """Return the whole state, binary values in their places."""
        state: dict[str, Any] = copy.deepcopy(self._model["state"])
        for (*path, last), value in zip(self._paths, self._buffers, strict=True):
            place: Any = state
            for step in path:
                place = place[step]
            place[last] = value
        return state

    def _get_embed_state(self, drop_defaults: bool = False) -> dict[str, Any]:
        return copy.deepcopy(self._model)

    def close(self) -> None:
        """Take it out of the list, and out of every page that shows it."""
        known_widgets().pop(self.model_id, None)
        self._comm.close()

    def _answer(self, message: dict[str, Any]) -> None:
        if message["content"]["data"].get("method") == "request_state":
            data = {
                "method": "update",
                "state": self._model["state"],
                "buffer_paths": self._paths,
            }
            self._comm.send(data, buffers=self._buffers)


def reacts(comm_id: str) -> bool:
    """Return whether an open comm is of something alive: not a saved model that was opened."""
    return "ipywidgets" not in sys.modules or not isinstance(
        known_widgets().get(comm_id), DrawnModel
    )


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


def as_texts(outputs: list[Output], state: Any) -> list[Output]:
    """Return the outputs with what their widgets show as text, as they were last.

    The text that a widget's display brings along is of its first moment: a bar at 0 %. Only texts,
    numbers and bars are known, in boxes; of anything else the text stays as it is. Pure.

    Args:
        outputs: of a cell.
        state: as `save_widgets` has it, or anything, out of a file.
    """
    if not isinstance(state, dict):
        return outputs
    shown = []
    for output in outputs:
        view = _data(output).get(VIEW)
        model_id = view.get("model_id") if isinstance(view, dict) else None
        text = _text_of(state, model_id, frozenset())
        data = {**_data(output), "text/plain": text} if text else None
        shown.append({**output, "data": data} if data else output)
    return shown


_BAR_BLOCKS = 20
_BLOCK = "\N{FULL BLOCK}"


def _text_of(state: dict[Any, Any], model_id: Any, outer: frozenset[str]) -> str:
    """Return the text of a model and those in it, "" where it has none or holds itself."""
    model = state.get(model_id) if isinstance(model_id, str) and model_id not in outer else None
    if not isinstance(model, dict) or not isinstance(own := model.get("state"), dict):
        return ""
    children = own.get("children")
    if isinstance(children, list):
        ids = [str(child).removeprefix("IPY_MODEL_") for child in children]
        texts = [_text_of(state, child, outer | {str(model_id)}) for child in ids]
        return (" " if model.get("model_name") == "HBoxModel" else "\n").join(filter(None, texts))
    value, largest = own.get("value"), own.get("max")
    if str(model.get("model_name")).endswith("ProgressModel"):
        text = _bar(value, largest)
    elif isinstance(value, str):
        text = html.unescape(re.sub("<[^>]*>", "", value))
    else:
        text = str(value) if isinstance(value, (int, float)) else ""
    label = own.get("description")
    return f"{label} {text}" if text and isinstance(label, str) and label else text


def _bar(value: Any, largest: Any) -> str:
    known = isinstance(value, (int, float)) and isinstance(largest, (int, float))
    full = round(value / largest * _BAR_BLOCKS) if known and 0 < value <= largest < math.inf else 0
    return f"|{_BLOCK * full}{' ' * (_BAR_BLOCKS - full)}|"


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
