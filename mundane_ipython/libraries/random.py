"""The functions of `random` and `numpy.random`, which are methods of a generator that is hidden.

The generator's state is ambient. Whoever holds such a function holds the library's; a copy of its
generator would no longer hear of `seed`.
"""

from __future__ import annotations

import random
import sys
import types
from collections.abc import Mapping
from typing import Any

from ..adapter.compare import changed_whole
from ..adapter.contract import Adapter, State
from ..adapter.looks import is_a

# By module, a function that is a method of its generator in all versions.
_METHODS = {"random": "random", "numpy.random": "rand"}


def function_home(value: Any) -> str | None:
    """Return `module:name` for a function of a global generator, None for everything else."""
    if not is_a(value, (types.MethodType, types.BuiltinMethodType)):
        return None
    for module_name, method in _METHODS.items():
        module = sys.modules.get(module_name)
        function = getattr(module, method, None)
        if function is not None and getattr(function, "__self__", None) is value.__self__:
            named = getattr(module, value.__name__, None) == value
            return f"{module_name}:{value.__name__}" if named else None
    return None


def names_of_global_generator(values: Mapping[str, Any]) -> frozenset[str]:
    """Return the names that NumPy's global bit generator has (NumPy 1.24, `set_bit_generator`).

    Whoever draws by a function of `numpy.random` changes it without such a name.

    Args:
        values: of names.
    """
    get = getattr(sys.modules.get("numpy.random"), "get_bit_generator", None)
    if get is None:
        return frozenset()
    generator = get()
    return frozenset(name for name, value in values.items() if value is generator)


ADAPTER = Adapter(
    module="random",
    state=(
        State(key="random", read=random.getstate, changed=changed_whole, restore=random.setstate),
    ),
)
