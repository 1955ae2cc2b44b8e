"""The functions of `random` and `numpy.random`, which are methods of a generator that is hidden.

The generator's state is ambient (`ambient`); who holds such a function holds the library's, and a
copy of its generator would no longer hear of `seed`.
"""

from __future__ import annotations

import sys
import types
from typing import Any

# By module, a function that is a method of its generator in all versions.
_METHODS = {"random": "random", "numpy.random": "rand"}


def function_home(value: Any) -> str | None:
    """Return `module:name` for a function of a global generator, None for everything else."""
    if not isinstance(value, (types.MethodType, types.BuiltinMethodType)):
        return None
    for module_name, method in _METHODS.items():
        module = sys.modules.get(module_name)
        function = getattr(module, method, None)
        if function is not None and getattr(function, "__self__", None) is value.__self__:
            named = getattr(module, value.__name__, None) == value
            return f"{module_name}:{value.__name__}" if named else None
    return None
