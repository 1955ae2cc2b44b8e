"""Which attributes of modules and of libraries' classes a cell has set: `statistics.mean = mine`.

They are the library's, not the notebook's: a restore does not set them again, so they are named.
"""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Mapping
from typing import Any

from ..adapter.looks import home_name, is_a, members_of, module_name
from ..adapter.registry import adapter_of
from ..adapter.types import is_own
from ..source.cell import CellSource

_MISSING = object()

_CALLS = re.compile(r"(?<![\w.])((?:\w+\.)*)(set_\w+)\(")


class LibraryWatch:
    """Looks at what a cell's `a.b = value` and `del a.b` name, before it runs and after it.

    Args:
        namespace: the user namespace.
        source: the cell's body.
    """

    def __init__(self, namespace: Mapping[str, Any], source: CellSource) -> None:
        self._namespace = namespace
        self._source = source
        self._older = {path[0]: namespace.get(path[0]) for path in source.set_attributes}
        self._before = self._values()

    def changed(self) -> list[str]:
        """Return the attributes that are not what they were, as the cell names them."""
        return [
            name
            for name, value in self._values().items()
            if self._before.get(name, _MISSING) is not value
        ]

    def unreadable_calls(self) -> list[str]:
        """Return the functions that it calls, as it names them, and that set what nobody reads.

        Such as the seeds of generators, and settings, whose state no library tells.
        """
        found = []
        for path, name in dict.fromkeys(_CALLS.findall(self._source.text)):
            function = self._owner([*path.split(".")[:-1], name])
            home = home_name(function) if is_a(function, types.FunctionType) else ""
            adapter = adapter_of(home)
            names = None if adapter is None else adapter.unreadable
            if names is not None and names.match(name):
                found.append(path + name)
        return found

    def _values(self) -> dict[str, Any]:
        found = {}
        for *path, attribute in self._source.set_attributes:
            owner = self._owner(path)
            ambient = owner is sys and attribute == "path"  # which is set again
            if _is_library(owner) and not ambient and not self._is_made_here(path[0]):
                found[".".join((*path, attribute))] = _members(owner).get(attribute, _MISSING)
        return found

    def _owner(self, path: list[str]) -> Any:
        root, *attributes = path
        owner = self._namespace.get(root, _MISSING)
        if owner is _MISSING:  # the cell has its imports before it yet
            owner = self._imported(root)
        for attribute in attributes:  # looked up without running a property's code
            owner = _members(owner).get(attribute) if _is_library(owner) else None
        return owner

    def _is_made_here(self, name: str) -> bool:
        """Return whether the cell has made the module of this name, which is then stored whole."""
        value = self._namespace.get(name)
        if not is_a(value, types.ModuleType) or value is self._older[name]:
            return False
        return sys.modules.get(module_name(value)) is not value

    def _imported(self, name: str) -> Any:
        for bound, module, attribute in self._source.imported:
            if bound == name:
                found = sys.modules.get(module)
                return vars(found).get(attribute) if found and attribute else found
        return None


def _is_library(owner: Any) -> bool:
    if is_a(owner, types.ModuleType):
        return module_name(owner) != "__main__"
    return is_a(owner, type) and not is_own(owner)


def _members(owner: Any) -> Mapping[str, Any]:
    return members_of(owner) if is_a(owner, type) else vars(owner)
