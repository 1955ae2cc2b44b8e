"""Which libraries there are adapters for, and which of those libraries are loaded.

No engine names a library's module: each asks here. An adapter's own module is imported when its
library has been, or when something stored asks for it. Our own are in the tree; other packages
bring theirs (`outside`), which are looked for at the first step.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Iterable, Iterator

from .contract import Adapter
from .looks import attribute_of
from .outside import Offer, Outside

# Of these their own file would say one thing alone.
MINOR = (
    *("dateutil", "ipykernel", "ipywidgets", "jaxlib", "joblib", "keras", "mpi4py", "networkx"),
    *("patsy", "plotly", "pyspark", "pytz", "ray", "seaborn", "statsmodels", "tensorflow"),
    *("tqdm", "traitlets", "tzdata", "xarray"),
)

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
    "polars": "polars",
    "pint": "pint",
    "pyarrow": "pyarrow",
    "msgspec": "msgspec",
    "scipy": "scipy",
    **dict.fromkeys(MINOR, "minor"),
}

# Its modules are as good as loaded: to import one changes nothing, and their adapters do.
_STANDARD = IN_TREE.keys() & sys.stdlib_module_names

# Keys of states that are of no library (`ambient/counters.py`, `ambient/option_dicts.py`).
ENGINES = ("counters", "settings")

# Modules whose import was over when they were looked at: it stays so.
_complete: dict[str, object] = {}


def loaded() -> tuple[Adapter, ...]:
    """Return the adapters whose library is imported, wholly, in the order of `IN_TREE`.

    Other packages' follow. This is asked twice for a step. The answer itself is not kept: a library
    may go, or its import be over, while the number of modules stays.
    """
    own = [_made(name) for name in IN_TREE if name in _STANDARD or _is_loaded(name, _made)]
    return (*own, *_others(n for n in _outside.offers if _is_loaded(n, _outside.adapter)))


def begun() -> tuple[Adapter, ...]:
    """Return the adapters of libraries whose import has begun, whether it is over or not."""
    return (*own_begun(), *_others(name for name in _outside.offers if name in sys.modules))


def own_begun() -> list[Adapter]:
    """Return our own of these adapters, without a look at other packages'."""
    return [_made(name) for name in IN_TREE if name in sys.modules]


def every() -> tuple[Adapter, ...]:
    """Return all adapters, in the order of `IN_TREE`; no library is imported for that.

    Of other packages' those that are known by now: to import one may import its library.
    """
    return (*_own(), *_outside.made())


def adapter_of(module: str) -> Adapter | None:
    """Return the adapter of the library that a module is of; None where there is none.

    Our own also where the library is not loaded.
    """
    for name in _packages_of(module):
        if name in IN_TREE:
            return _made(name)
        if name in _outside.offers and name in sys.modules:
            return _outside.adapter(name)
    return None


def own_adapter_of(module: str) -> Adapter | None:
    """Return our own adapter of the library that a module is of; None where there is none."""
    own = (name for name in _packages_of(module) if name in IN_TREE)
    return next(map(_made, own), None)


def _packages_of(module: str) -> Iterator[str]:
    """Yield a module's name, and those of the packages that it is in, the innermost first."""
    while module:
        yield module
        module = module.rpartition(".")[0]


def outside_adapter(library: str) -> Adapter | None:
    """Return another package's adapter for a library that something stored asks for."""
    return _outside.adapter(library)


def is_installed(distribution: str) -> bool:
    """Return whether a package is here that brings an adapter."""
    return any(o.distribution == distribution for each in _outside.offers.values() for o in each)


def provider_of(key: str) -> Offer | None:
    """Return which package brings the state with a key; None for our own states."""
    return _outside.provider(key)


def take_faults() -> list[str]:
    """Return what is wrong with other packages' adapters, each once in a kernel."""
    return _outside.take_faults()


def _others(libraries: Iterable[str]) -> list[Adapter]:
    found = [_outside.adapter(library) for library in libraries]
    return [adapter for adapter in found if adapter is not None]


def _own() -> tuple[Adapter, ...]:
    return tuple(map(_made, IN_TREE))


def _is_loaded(name: str, adapter_for: Callable[[str], Adapter | None]) -> bool:
    module = sys.modules.get(name)
    if module is None:
        return False
    if _complete.get(name) is not module:
        adapter = adapter_for(name)
        if adapter is None or any(attribute_of(module, n) is None for n in adapter.complete_with):
            return False
        _complete[name] = module
    return True


@functools.cache
def _made(name: str) -> Adapter:
    """Return an adapter: `ADAPTER` in its module, or one of its `ADAPTERS`."""
    home = importlib.import_module(f"..libraries.{IN_TREE[name]}", __package__)
    adapters: tuple[Adapter, ...] = getattr(home, "ADAPTERS", None) or (home.ADAPTER,)
    return next(adapter for adapter in adapters if adapter.module == name)


_outside = Outside(_own, IN_TREE, ENGINES)
