"""NumPy's global state: the generator of `numpy.random`, and how arrays print and fail."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from ...adapter.compare import changed_whole
from ...adapter.contract import State


def _read_random() -> dict[str, Any] | None:
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is None:
        return None
    state = dict(_without_arrays(numpy_random.get_state(legacy=False)))
    if state["bit_generator"] != "MT19937":
        # Set by the user (NumPy 1.24, `set_bit_generator`), who may have a name for it.
        state["generator"] = numpy_random.get_bit_generator()
    return state


def _without_arrays(state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the members of a generator's state as values that compare as a whole."""
    for name, member in state.items():
        if isinstance(member, dict):
            yield name, dict(_without_arrays(member))
        else:
            yield name, member.tobytes() if hasattr(member, "tobytes") else member


def _set_random(state: dict[str, Any]) -> None:
    import numpy as np

    numpy_random: Any = np.random  # whose stubs lack some of its functions
    if "generator" in state:
        numpy_random.set_bit_generator(state["generator"])  # which has its words
        words = numpy_random.get_state(legacy=False)
        numpy_random.set_state({**words, "has_gauss": state["has_gauss"], "gauss": state["gauss"]})
        return
    if numpy_random.get_state(legacy=False)["bit_generator"] != "MT19937":
        numpy_random.set_bit_generator(np.random.MT19937())
    key = np.frombuffer(state["state"]["key"], dtype=np.uint32)
    numpy_random.set_state({**state, "state": {**state["state"], "key": key}})


def _read_options() -> dict[str, Any]:
    numpy = sys.modules["numpy"]
    return {"print": numpy.get_printoptions(), "errors": numpy.geterr()}


def _set_options(state: dict[str, Any]) -> None:
    import numpy as np

    np.set_printoptions(**state["print"])
    np.seterr(**state["errors"])


def put_back() -> Callable[[], None]:
    """Return what sets the global generator to where it is now."""
    numpy_random: Any = sys.modules.get("numpy.random")
    if numpy_random is None:
        return lambda: None
    return partial(numpy_random.set_state, numpy_random.get_state(legacy=False))


def global_generators() -> Iterator[Any]:
    """Yield the global bit generator (NumPy 1.24, `set_bit_generator`).

    Whoever draws by a function of `numpy.random` changes it without a name.
    """
    get = getattr(sys.modules.get("numpy.random"), "get_bit_generator", None)
    if get is not None:
        yield get()


RANDOM = State(key="numpy.random", read=_read_random, changed=changed_whole, restore=_set_random)
OPTIONS = State(key="numpy", read=_read_options, changed=changed_whole, restore=_set_options)
