"""SciPy: what of it depends on versions, sparse matrices, and distributions made by arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..adapter.contract import Adapter, Rule
from ..adapter.digest import NoDigestError, Parts
from ..adapter.looks import module_of, qualname_of
from ..classes.instances import new_natively
from ..objects.buffers import array_parts


def _is_sparse(kind: type) -> bool:
    return module_of(kind).split(".")[:2] == ["scipy", "sparse"] and hasattr(kind, "tocsr")


def _sparse(value: Any, _: Callable[[Any], Parts]) -> Parts:
    if len(value.shape) != 2:
        raise NoDigestError
    yield f"{type(value).__name__} {value.shape}".encode()
    rows = value if value.format in ("csr", "csc", "bsr") else value.tocsr()
    for part in (rows.indptr, rows.indices, rows.data):
        yield from array_parts(part)


def _is_picked_by_arguments(kind: type) -> bool:
    """Return whether a `__new__` picks, by arguments that no pickle gives, which class it makes."""
    return (module_of(kind), qualname_of(kind)) == ("scipy.stats._new_distributions", "Normal")


def _reduce_past_new(value: Any, _: Any) -> Any:
    make, arguments, *state = value.__reduce_ex__(5)
    return (new_natively if make.__name__ == "__newobj__" else make), arguments, *state


ADAPTER = Adapter(
    module="scipy",
    proven=True,
    versioned=True,
    rules=(
        Rule(applies=_is_sparse, digest=_sparse),
        Rule(applies=_is_picked_by_arguments, reduce=_reduce_past_new),
    ),
)
