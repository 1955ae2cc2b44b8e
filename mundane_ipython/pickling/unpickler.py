"""Loading what `pickler` wrote, out of a bundle of the user's own: everything, code included.

But for code that another Python compiled: bytecode is good for one minor version, nothing in it
says for which, and to call it on another ends the kernel (tried: 3.11's on 3.13).
"""

from __future__ import annotations

import io
import pickle
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from ..adapter.refusals import MissingValueError
from ..adapter.types import home_of
from .pickler import find_in_notebook, notebook_reference


class OtherPythonError(Exception):
    """A pickle holds code that this Python cannot run."""


class NotebookUnpickler(pickle.Unpickler):
    """An unpickler that runs whatever a pickle says.

    Args:
        file: holds the pickles.
        buffers: what lies out of band.
        look_up: returns what a persistent id stands for.
        python: version of the Python that wrote it, as `3.11.7`; empty where it is not known.
        instead: what is called instead of a global, by the global's id.
    """

    def __init__(
        self,
        file: io.BytesIO,
        buffers: Iterable[Any],
        look_up: Callable[[str], Any],
        python: str = "",
        instead: Mapping[int, Callable[..., Any]] = MappingProxyType({}),
    ) -> None:
        super().__init__(file, buffers=buffers)
        self._look_up = look_up
        self._python = python
        self._instead = instead
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        self._runs_code = not python or python.startswith(f"{here}.")

    def persistent_load(self, pid: Any) -> Any:
        """Return an older object; the protocol of pickle."""
        return self._look_up(pid)

    def find_class(self, module: str, name: str) -> Any:
        """Return a global; the protocol of pickle."""
        found = super().find_class(home_of(module), name)
        if found is notebook_reference:
            return self._reference
        found = self._instead.get(id(found), found)
        if self._runs_code:
            return found
        # cloudpickle has a function by which it refers to the types of Python's own insides.
        if name == "_builtin_type":
            return lambda type_name: self._checked(found(type_name))
        return self._checked(found)

    def _reference(self, qualname: str, copy: bytes) -> Any:
        found = find_in_notebook(qualname)
        if found is not None:
            return found
        if not copy:
            raise MissingValueError(qualname.partition(".")[0])
        return NotebookUnpickler(
            io.BytesIO(copy), (), self._look_up, self._python, self._instead
        ).load()

    def _checked(self, found: Any) -> Any:
        if found is not types.CodeType:
            return found
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        wrote = ".".join(self._python.split(".")[:2])
        raise OtherPythonError(f"code compiled by Python {wrote}, which Python {here} cannot run")
