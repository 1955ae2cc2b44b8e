"""PyTorch's global state: its generators and what `torch.set_...` sets. Ambient state."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from ...adapter.compare import changed_members
from ...adapter.contract import State

# By name: how a setting is read, and how it is set; of these a version of torch may lack some.
_SETTINGS = {
    "dtype": ("get_default_dtype", "set_default_dtype"),
    "device": ("get_default_device", "set_default_device"),
    "gradients": ("is_grad_enabled", "set_grad_enabled"),
    "anomalies": ("is_anomaly_enabled", "autograd.set_detect_anomaly"),
    "matmul": ("get_float32_matmul_precision", "set_float32_matmul_precision"),
    "deterministic": ("get_deterministic_debug_mode", "set_deterministic_debug_mode"),
    "threads": ("get_num_threads", "set_num_threads"),
}

# Attributes of `torch.backends.cudnn` that are set by themselves.
_CUDNN = ("enabled", "benchmark", "deterministic", "allow_tf32")


def _read() -> dict[str, Any]:
    """Return torch's global state by name."""
    torch = sys.modules["torch"]
    state: dict[str, Any] = {"random": _bytes_of(torch.get_rng_state())}
    if torch.cuda.is_initialized():
        state["random.cuda"] = [_bytes_of(each) for each in torch.cuda.get_rng_state_all()]
    for name, (getter, _) in _SETTINGS.items():
        read = getattr(torch, getter, None)
        if read is not None:
            state[name] = read()
    cudnn = torch.backends.cudnn
    state |= {f"cudnn.{name}": getattr(cudnn, name) for name in _CUDNN if hasattr(cudnn, name)}
    # Private (torch 2.15): what `set_printoptions` sets can be read nowhere else.
    options = getattr(getattr(torch, "_tensor_str", None), "PRINT_OPTS", None)
    if options is not None:
        state["print"] = dict(vars(options))
    return state


def _changed(before: Any, after: Any, text: str) -> dict[str, Any] | None:
    """Return what a cell changed of torch's state.

    A cell that loads torch has the machine's number of threads, but where its code sets that.
    """
    changes = changed_members(before, after)
    if changes and before is None and "num_threads" not in text:
        changes.pop("threads", None)
    return changes or None


def _restore(changes: dict[str, Any]) -> None:
    """Set what is another value here; what this version of torch lacks is passed over."""
    torch: Any = importlib.import_module("torch")
    present = _read()
    for name, value in changes.items():
        if value is None or (name in present and present[name] == value):
            continue
        if name == "random":
            torch.set_rng_state(_tensor_of(torch, value))
        elif name == "random.cuda":
            torch.cuda.set_rng_state_all([_tensor_of(torch, each) for each in value])
        elif name == "print":
            torch.set_printoptions(**value)
        elif name.startswith("cudnn."):
            setattr(torch.backends.cudnn, name.removeprefix("cudnn."), value)
        elif name in _SETTINGS:
            target = torch
            for part in _SETTINGS[name][1].split("."):
                target = getattr(target, part)
            target(value)


def _bytes_of(state: Any) -> bytes:
    return bytes(state.numpy())


def _tensor_of(torch: Any, state: bytes) -> Any:
    return torch.frombuffer(bytearray(state), dtype=torch.uint8)


STATE = State(
    key="torch",
    read=_read,
    changed=_changed,
    restore=_restore,
    after=("settings",),  # as bundles have them
)
