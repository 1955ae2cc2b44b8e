"""How notebook objects are pickled: what the notebook itself defines, by reference where it can.

Plain pickle refers to a notebook's classes by name, which fails in a kernel where their cell has
not run; cloudpickle copies them, so that `isinstance` fails once it has. Here a class or function
goes by name with a copy to fall back on, and a function that the step itself defines comes back
with the live namespace as its globals.
"""

from __future__ import annotations

import io
import pickle
import types
from collections.abc import Callable, Mapping, Set
from typing import Any, cast

import cloudpickle


class NotebookPickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
    """A pickler, protocol 5, for values of the user namespace.

    Args:
        file: receives the pickles; large buffers go to `buffer_callback` instead.
        namespace: the user namespace, which is `__main__`'s.
        own: names that the step binds; what they name is rebuilt rather than looked up.
        buffer_callback: receives each `pickle.PickleBuffer`; None keeps them in the pickle.
    """

    def __init__(
        self,
        file: io.BytesIO,
        namespace: Mapping[str, Any],
        own: Set[str],
        buffer_callback: Callable[[pickle.PickleBuffer], Any] | None = None,
    ) -> None:
        super().__init__(file, protocol=5, buffer_callback=buffer_callback)
        self._namespace = namespace
        self._own = own

    def reducer_override(self, obj: Any) -> Any:
        """Reduce what the notebook defines; leave the rest to cloudpickle."""
        if isinstance(obj, types.CellType):
            return _reduce_cell(obj)
        if isinstance(obj, (type, types.FunctionType)):
            live = isinstance(obj, types.FunctionType) and obj.__globals__ is self._namespace
            top = obj.__qualname__.split(".")[0]
            named = (live or obj.__module__ == "__main__") and top not in self._own
            if named and _look_up(self._namespace, obj.__qualname__) is obj:
                return notebook_reference, (obj.__qualname__, self._copy(obj, top))
            if live:
                return _reduce_function(cast("types.FunctionType", obj))
        reduced = super().reducer_override(obj)
        if isinstance(obj, type) and isinstance(reduced, tuple) and len(reduced) == 6:
            # cloudpickle rebuilds a nested class without the name of the class around it.
            reduced[2][0]["__qualname__"] = obj.__qualname__
        return reduced

    def _copy(self, obj: Any, own: str) -> bytes:
        file = io.BytesIO()
        NotebookPickler(file, self._namespace, self._own | {own}).dump(obj)
        return file.getvalue()


def notebook_reference(qualname: str, copy: bytes) -> Any:
    """Return what the notebook has under this name, or else the copy that was stored with it."""
    found = _look_up(_main_namespace(), qualname)
    return pickle.loads(copy) if found is None else found  # noqa: S301 (only in a trusted bundle)


def notebook_function(
    code: types.CodeType, name: str, cells: tuple[types.CellType, ...] | None
) -> types.FunctionType:
    """Return a function whose globals are the live namespace; its state follows in the pickle."""
    function = types.FunctionType(code, _main_namespace(), name, None, cells)
    function.__module__ = "__main__"
    return function


def set_function_state(function: types.FunctionType, state: dict[str, Any]) -> None:
    """Set what a function has beyond its code and cells; a pickle's state setter."""
    function.__dict__.update(state.pop("__dict__"))
    for attribute, value in state.items():
        setattr(function, attribute, value)


def empty_cell() -> types.CellType:
    """Return a closure's cell without contents; they follow in the pickle, and may be cyclic."""
    return types.CellType()


def set_cell(cell: types.CellType, contents: tuple[Any]) -> None:
    """Fill a closure's cell; a pickle's state setter."""
    (cell.cell_contents,) = contents


def _reduce_cell(cell: types.CellType) -> Any:
    """Reduce a cell so that closures which share it share it again; cloudpickle copies it."""
    try:
        contents = (cell.cell_contents,)
    except ValueError:  # still empty
        return empty_cell, ()
    return empty_cell, (), contents, None, None, set_cell


def _reduce_function(function: types.FunctionType) -> Any:
    kept = ("__qualname__", "__defaults__", "__kwdefaults__", "__annotations__", "__doc__")
    state = {attribute: getattr(function, attribute) for attribute in kept}
    state["__dict__"] = function.__dict__
    arguments = (function.__code__, function.__name__, function.__closure__)
    return notebook_function, arguments, state, None, None, set_function_state


def _look_up(namespace: Mapping[str, Any], qualname: str) -> Any:
    top, *attributes = qualname.split(".")
    found = namespace.get(top)
    for attribute in attributes:
        found = getattr(found, attribute, None)
    return found


def _main_namespace() -> dict[str, Any]:
    import __main__  # here, as a kernel puts another module in its place

    return vars(__main__)
