"""Modules that were loaded from a file by its path, and that no `import` finds again.

`%%cython` and its like compile such a module, and `importlib.util.spec_from_file_location` loads
one by hand. What a pickle names in it comes back by loading the same file once more.
"""

from __future__ import annotations

import functools
import importlib.util
import operator
import os
import sys
import types
from importlib.machinery import ModuleSpec
from typing import Any

from ..adapter.looks import home_name, is_a, module_name, name_of, qualname_of
from ..adapter.types import look_up

_CODE = (type, types.FunctionType, types.BuiltinFunctionType)

# By name: each module that Cython compiles has these types of its own.
CYTHON_FUNCTIONS = ("cython_function_or_method", "fused_cython_function")


def reduce_by_file(obj: Any) -> Any:
    """Return the reduction of such a module, or of code with a name in one; None for all else."""
    if is_a(obj, types.ModuleType):
        name = module_name(obj)
        path = _path_of(name) if sys.modules.get(name) is obj else None
        return None if path is None else (from_file, (name, path, ""))
    if not is_a(obj, _CODE) and name_of(type(obj)) not in CYTHON_FUNCTIONS:
        return None
    home = home_name(obj)
    qualname = qualname_of(obj) if is_a(obj, type) else obj.__qualname__
    path = _path_of(home) if home else None
    if path is None or look_up(vars(sys.modules[home]), qualname) is not obj:
        return None
    return from_file, (home, path, qualname)


def from_file(name: str, path: str, qualname: str) -> Any:
    """Return what a module has under a name, or for none itself; loaded where it is not yet.

    Where the file has moved, a module of that name is taken, if `import` finds one by now.

    Raises:
        ImportError: neither is there.
        AttributeError: the file is another one by now.
    """
    module = sys.modules.get(name) or _load(name, path)
    return operator.attrgetter(qualname)(module) if qualname else module


def _load(name: str, path: str) -> types.ModuleType:
    is_there = os.path.exists(path)
    spec = importlib.util.spec_from_file_location(name, path) if is_there else _find_spec(name)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path}, from which module {name!r} was loaded, is not there any more")
    try:
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _path_of(name: str) -> str | None:
    """Return the file of a loaded module that no import would find; else None."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    # A script that runs as `__main__` has the spec of its module.
    if not isinstance(spec, ModuleSpec) or not spec.has_location or spec.name != name:
        return None
    path = spec.origin
    return path if path is not None and _is_by_path(name, path) else None


@functools.cache
def _is_by_path(name: str, path: str) -> bool:
    """Return whether the finders of `import` know nothing by a name, or another file."""
    if "." in name:  # of a package, which is found first
        return False
    spec = _find_spec(name)
    return spec is None or spec.origin != path


def _find_spec(name: str) -> ModuleSpec | None:
    """Return what `import` would load; importlib's own function tells of what is loaded."""
    finders = (getattr(finder, "find_spec", None) for finder in sys.meta_path)
    specs = (find(name, None) for find in finders if find is not None)
    return next((spec for spec in specs if spec is not None), None)
