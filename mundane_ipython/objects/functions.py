"""The notebook's functions, and the cells of closures: taken apart and made again."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any


def notebook_function(
    code: types.CodeType, name: str, cells: tuple[types.CellType, ...] | None
) -> types.FunctionType:
    """Return a function whose globals are the live namespace; its state follows in the pickle."""
    function = types.FunctionType(code, main_namespace(), name, None, cells)
    function.__module__ = "__main__"
    return function


def set_function_state(function: types.FunctionType, state: dict[str, Any]) -> None:
    """Set what a function has beyond its code and cells; a pickle's state setter."""
    function.__dict__.update(state.pop("__dict__"))
    for attribute, value in state.items():
        setattr(function, attribute, value)


def cached_function(function: Callable[..., Any], maxsize: int | None, typed: bool) -> Any:
    """Return a function with a cache, which is empty: `functools.lru_cache`'s."""
    return functools.lru_cache(maxsize, typed)(function)


def empty_cell() -> types.CellType:
    """Return a closure's cell without contents; they follow in the pickle, and may be cyclic."""
    return types.CellType()


def set_cell(cell: types.CellType, contents: tuple[Any]) -> None:
    """Fill a closure's cell; a pickle's state setter."""
    (cell.cell_contents,) = contents


def reduce_cell(cell: types.CellType) -> Any:
    """Reduce a cell so that closures which share it share it again; cloudpickle copies it."""
    try:
        contents = (cell.cell_contents,)
    except ValueError:  # still empty
        return empty_cell, ()
    return empty_cell, (), contents, None, None, set_cell


def with_cells(reduced: Any, cells: tuple[types.CellType, ...]) -> Any:
    """Return what cloudpickle reduces a library's inner function to, with its own cells.

    A private way (cloudpickle 3.1, `_dynamic_function_reduce`): it makes new cells, filled with
    what is in the old ones by then, and so with nothing where two functions need each other.
    """
    make, arguments, (attributes, slots), *rest = reduced
    state = attributes, {**slots, "__closure__": None}
    return make, (*arguments[:-1], cells), state, *rest


def reduce_function(function: types.FunctionType) -> Any:
    """Reduce a function of the notebook to its code, its cells and what else it has."""
    kept = ("__qualname__", "__defaults__", "__kwdefaults__", "__annotations__", "__doc__")
    state = {attribute: getattr(function, attribute) for attribute in kept}
    state["__dict__"] = function.__dict__
    if function.__module__ != "__main__":
        state["__module__"] = function.__module__
    arguments = (function.__code__, function.__name__, function.__closure__)
    return notebook_function, arguments, state, None, None, set_function_state


def main_namespace() -> dict[str, Any]:
    """Return the user namespace, which a function of the notebook has as its globals."""
    import __main__  # here, as a kernel puts another module in its place

    return vars(__main__)
