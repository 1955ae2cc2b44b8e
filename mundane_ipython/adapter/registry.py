"""Which libraries there are adapters for, and which of those libraries are loaded.

No engine names a library's module: each asks here. An adapter's own module is imported when its
library has been, or when something stored asks for it.
"""

from __future__ import annotations

import functools
import importlib
import sys

from .contract import Adapter
from .looks import attribute_of

# The name by which a library is imported -> the module of its adapter. States that name no others
# (`State.after`) are set again in this order.
IN_TREE = {
    "random": "random",
    "numpy": "numpy.adapter",
    "sys": "stdlib",
    "decimal": "decimal",
    "locale": "stdlib",
    "logging": "logging",
    "matplotlib": "matplotlib.adapter",
    "pandas": "pandas.adapter",
    "sympy": "sympy",
    "mpmath": "mpmath",
    "sklearn": "sklearn",
    "jax": "jax",
    "torch": "torch.adapter",
    "IPython": "ipython",
    "keras": "minor",
    "polars": "polars",
    "tensorflow": "minor",
}

# Its modules are as good as loaded: to import one changes nothing, and their adapters do.
_STANDARD = IN_TREE.keys() & sys.stdlib_module_names


# Modules whose import was over when they were looked at: it stays so.
_complete: dict[str, object] = {}


def loaded() -> tuple[Adapter, ...]:
    """Return the adapters whose library is imported, wholly, in the order of `IN_TREE`.

    This is asked twice for a step. The answer itself is not kept: a library may go, or its import
    be over, while the number of modules stays.
    """
    return tuple([_made(name) for name in IN_TREE if name in _STANDARD or _is_loaded(name)])


def every() -> tuple[Adapter, ...]:
    """Return all adapters, in the order of `IN_TREE`; no library is imported for that."""
    return tuple(map(_made, IN_TREE))


def adapter_of(name: str) -> Adapter | None:
    """Return the adapter of a library, loaded or not; None where there is none."""
    return _made(name) if name in IN_TREE else None


def _is_loaded(name: str) -> bool:
    module = sys.modules.get(name)
    if module is None:
        return False
    if _complete.get(name) is not module:
        if any(attribute_of(module, each) is None for each in _made(name).complete_with):
            return False
        _complete[name] = module
    return True


@functools.cache
def _made(name: str) -> Adapter:
    """Return an adapter: `ADAPTER` in its module, or one of its `ADAPTERS`."""
    home = importlib.import_module(f"..libraries.{IN_TREE[name]}", __package__)
    adapters: tuple[Adapter, ...] = getattr(home, "ADAPTERS", None) or (home.ADAPTER,)
    return next(adapter for adapter in adapters if adapter.module == name)
