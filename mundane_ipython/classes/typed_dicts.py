"""How typed dictionaries of the notebook are pickled.

Such a class is `dict` to Python, whatever it inherits from, so that nothing can be made of its
bases. An empty one is made, and gets all that the class statement had worked out.
"""

from __future__ import annotations

import types
import typing
from typing import Any

_MADE_BY_PYTHON = frozenset(("__dict__", "__weakref__", "__annotate__", "__annotate_func__"))


def reduce_typed_dict(kind: type) -> Any:
    """Reduce a class for which `typing.is_typeddict` is true."""
    members = {n: member for n, member in vars(kind).items() if n not in _MADE_BY_PYTHON}
    members["__annotations__"] = dict(kind.__annotations__)
    members["__qualname__"] = kind.__qualname__
    bases = members.get("__orig_bases__", ())
    generic = tuple(each for each in bases if typing.get_origin(each) is typing.Generic)
    return new_typed_dict, (kind.__name__, generic), members, None, None, fill_typed_dict


def new_typed_dict(name: str, generic: tuple[Any, ...]) -> type:
    """Return an empty typed dictionary.

    Args:
        name: of the class.
        generic: `Generic[T]`, where it is one.
    """
    return types.new_class(name, (typing.TypedDict, *generic))


def fill_typed_dict(kind: Any, members: dict[str, Any]) -> None:
    """Set what a typed dictionary has; a pickle's state setter."""
    if "__orig_bases__" not in members and "__orig_bases__" in vars(kind):
        del kind.__orig_bases__
    for name, member in members.items():
        setattr(kind, name, member)
