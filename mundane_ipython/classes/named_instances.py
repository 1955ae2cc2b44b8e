"""Objects of a class that the class's own module has under a name: a library's `missing`, `Shift`.

Such an object means something by its identity: the library asks whether a value is it. So it comes
back as the module's own, where a copy would be one value more.
"""

from __future__ import annotations

import copyreg
import sys
import types
from typing import Any

from ..adapter.looks import says_otherwise
from ..adapter.types import PerType, is_heap

_REDUCTIONS = ("__reduce__", "__reduce_ex__", "__getstate__")


def _held(kind: type) -> dict[int, str]:
    home = sys.modules.get(kind.__module__) if isinstance(kind.__module__, str) else None
    if type(home) is not types.ModuleType or home.__name__ == "__main__":
        return {}
    says_itself = kind in copyreg.dispatch_table or says_otherwise(kind, _REDUCTIONS)
    if says_itself or issubclass(kind, (type, types.ModuleType)) or not is_heap(kind):
        return {}
    return {id(value): name for name, value in list(vars(home).items()) if type(value) is kind}


HELD: PerType[dict[int, str]] = PerType(_held)
"""Of each type, the names of its instances in its own module, by id."""


def reduce_held(value: Any) -> Any:
    """Reduce an instance to its name in its class's module; NotImplemented for any other."""
    kind = type(value)
    name = HELD[kind].get(id(value), "")
    home = sys.modules[kind.__module__]
    return (getattr, (home, name)) if vars(home).get(name) is value else NotImplemented
