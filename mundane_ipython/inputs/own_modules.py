"""What a step uses of modules of the user's: of those that lie outside of the installation.

Only their text is read, as it stands in their files, so what is said does not depend on whether a
module is loaded here. Of one that is, the text is that of the moment in which it was first looked
at after it was loaded: an edited file is another module only when it is loaded again.
"""

from __future__ import annotations

import ast
import dis
import importlib.machinery
import inspect
import os
import shlex
import stat
import sys
import sysconfig
import textwrap
import types
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from ..adapter.looks import (
    attribute_of,
    guarded,
    home_name,
    is_a,
    members_of,
    module_of,
    qualname_of,
)
from ..source.cell import CellSource
from ..source.magics import scripts_in
from ..source.module_text import Imported, ModuleText, references_in

_MAIN = "__main__"
_OURS = frozenset(("mundane", "mundane_ipython"))
_SUFFIX = ".py"
_INSTALLED_FOLDERS = frozenset(("site-packages", "dist-packages"))
_STDLIB = tuple(
    os.path.join(os.path.realpath(sysconfig.get_path(name)), "")
    for name in ("stdlib", "platstdlib")
)

_LRU_CACHE = type(lru_cache(len))

# A larger file is no module that somebody writes.
_MAX_BYTES = 4 << 20

# Modules that are known to be of the installation. What is not found may be so later.
_installed: set[str] = set(_OURS)

# By file: what the module was loaded by, the file's state, and its text.
_texts: dict[str, tuple[Any, tuple[int, int], ModuleText]] = {}


def used_modules(
    source: CellSource, names: Iterable[str], namespace: Mapping[str, Any]
) -> dict[str, str]:
    """Return a digest of each part of the user's modules that a cell can get at.

    Args:
        source: the cell, which has run: what it imports is loaded.
        names: of the namespace that it can get at.
        namespace: the user namespace.

    Returns:
        By `module:name`; `module:` for a whole module. A script that `%run` runs goes by its path.
    """
    values = [namespace[name] for name in names if name in namespace]
    functions = [function for value in values for function in _functions(value)]
    found = [each for value in values if (each := _imported_as(value)) is not None]
    modules = {each.module for each in found} | {module for _, module, _ in source.imported}
    modules.update(name for each in functions for name in _imported_by(each.__code__))
    if not any(map(_text_of, modules)) and "'run'" not in source.text:
        return {}  # as of most cells, which are not parsed for this
    return _used(source, functions, values, namespace)


def _used(
    source: CellSource,
    functions: Iterable[types.FunctionType],
    values: Iterable[Any],
    namespace: Mapping[str, Any],
) -> dict[str, str]:
    walk = _Walk()
    for line in scripts_in(ast.walk(ast.parse(source.text))):
        walk.follow(_script(line), ())
    for text in (source.text, *map(_source_of, functions)):
        paths, own = references_in(text)
        for path in paths:
            imported = own.get(path[0])
            value = namespace.get(path[0])
            if imported is None and is_a(value, types.ModuleType):
                imported = _imported_as(value)
            if imported is not None:
                walk.follow_import(imported, path[1:])
    for value in values:
        imported = None if is_a(value, types.ModuleType) else _imported_as(value)
        if imported is not None:
            walk.follow_import(imported, ())
    return walk.finish()


def changed_modules(before: Mapping[str, str]) -> list[str]:
    """Return which parts of the user's modules are others now, a line each.

    Args:
        before: what `used_modules` had returned.
    """
    changed: dict[str, list[str]] = {}
    for place, digest in before.items():
        module, _, name = place.rpartition(":")
        text = _text_of(module)
        # One that is not found may lie in a folder that the step itself puts on the path. Where a
        # restore needs it and it is gone, that says so.
        if text is not None and text.key(name) != digest:
            changed.setdefault(module, []).append(name)
    return [
        f"module {module} changed" + (f": {', '.join(sorted(names))}" if all(names) else "")
        for module, names in changed.items()
    ]


class _Walk:
    """A walk from what code refers to, through the user's modules."""

    def __init__(self) -> None:
        self._todo: list[tuple[str, str]] = []
        self._met: dict[tuple[str, str], ModuleText] = {}

    def follow_import(self, imported: Imported, rest: tuple[str, ...]) -> None:
        """Note what an imported name, with attributes behind it, stands for."""
        name = (imported.name,) if imported.name else ()
        self.follow(imported.module, (*name, *rest))

    def follow(self, module: str, path: tuple[str, ...]) -> None:
        """Note a module's member, or the whole module where there is none."""
        text = _text_of(module)
        if text is None:
            return
        name = path[0] if path else ""
        if name == "*":
            name = ""
        elif name and name not in text.names and _text_of(f"{module}.{name}") is not None:
            self.follow(f"{module}.{name}", path[1:])
            return
        if (module, name) not in self._met:
            self._met[module, name] = text
            self._todo.append((module, name))

    def finish(self) -> dict[str, str]:
        """Return the digests of all that was noted, and of what that refers to."""
        while self._todo:
            module, name = self._todo.pop()
            text = self._met[module, name]
            if name and name not in text.names:
                self._met.pop((module, name))
                for star in text.stars:
                    self.follow(star, (name,))
            for path in text.refers_to(name):
                imported = text.imports.get(path[0])
                if imported is not None:
                    self.follow_import(imported, path[1:])
                elif name and (path[0] in text.names or text.stars):
                    self.follow(module, path[:1])
        return {f"{module}:{name}": text.key(name) for (module, name), text in self._met.items()}


def _imported_as(value: Any) -> Imported | None:
    """Return of which module a value is, or its class, and what there; None for any other."""
    if is_a(value, types.ModuleType):
        name = attribute_of(value, "__name__")
        return Imported(name, "") if is_a(name, str) else None
    if type(value) is _LRU_CACHE:
        value = value.__wrapped__
    if is_a(value, types.FunctionType):
        return Imported(_home(value), value.__qualname__.partition(".")[0])
    kind = value if is_a(value, type) else type(value)
    module = module_of(kind)
    if module in _installed or module not in sys.modules or module == _MAIN:
        return None
    return Imported(module, qualname_of(kind).partition(".")[0])


def _home(function: types.FunctionType) -> str:
    """Return a function's module, or the path of the script that `%run` has run."""
    module = home_name(function)
    file = function.__code__.co_filename
    return _short(file) if module == _MAIN and file.endswith(_SUFFIX) else module


def _functions(value: Any) -> Iterator[types.FunctionType]:
    """Yield a function of the notebook, or those of a class of the notebook."""
    for each in (value, *(members_of(value).values() if is_a(value, type) else ())):
        if is_a(each, types.FunctionType) and home_name(each) == _MAIN:
            yield each


@lru_cache(maxsize=1024)
def _imported_by(code: types.CodeType) -> tuple[str, ...]:
    """Return the modules that a function imports when it is called."""
    inner = (each for each in code.co_consts if isinstance(each, types.CodeType))
    own = (i.argval for i in dis.get_instructions(code) if i.opname == "IMPORT_NAME")
    return (*own, *(name for each in inner for name in _imported_by(each)))


def _source_of(function: types.FunctionType) -> str:
    try:
        return textwrap.dedent(inspect.getsource(function.__code__))
    except (OSError, TypeError, SyntaxError):
        return ""


def _script(line: str) -> str:
    """Return the path of the file that a `%run` runs, "" where that is not known."""
    try:
        words = [word for word in shlex.split(line) if not word.startswith("-")]
    except ValueError:
        return ""
    if not words:
        return ""
    path = os.path.expanduser(words[0])
    return _short(path if path.endswith(_SUFFIX) else path + _SUFFIX)


def _short(path: str) -> str:
    """Return a path relative to the working folder where it lies there."""
    full, here = os.path.abspath(path), os.path.join(os.getcwd(), "")
    return full.removeprefix(here)


def _text_of(module: str) -> ModuleText | None:
    """Return the text of a module of the user's, None for any other."""
    if not module or module in _installed or module.partition(".")[0] in sys.stdlib_module_names:
        return None
    found: ModuleText | None = guarded(lambda: _read(module), None)
    return found


def _read(module: str) -> ModuleText | None:
    loaded = sys.modules.get(module)
    file = module if module.endswith(_SUFFIX) else _file_of(module, loaded)
    if file is None or not file.endswith(_SUFFIX) or _is_installed(file):
        if loaded is not None or file is not None:
            _installed.add(module)
        return None
    by = attribute_of(loaded, "__spec__")
    state = os.stat(file)
    if not stat.S_ISREG(state.st_mode) or state.st_size > _MAX_BYTES:
        return None
    known = _texts.get(file)
    now = state.st_mtime_ns, state.st_size
    if known is not None and (known[1] == now or (by is not None and known[0] is by)):
        _texts[file] = by or known[0], known[1], known[2]
        return known[2]
    with open(file, encoding="utf-8") as stream:
        package = attribute_of(loaded, "__package__") or module.rpartition(".")[0]
        if os.path.basename(file) == "__init__.py":
            package = module
        text = ModuleText(stream.read(), "" if module.endswith(_SUFFIX) else package)
    _texts[file] = by, now, text
    return text


def _file_of(module: str, loaded: Any) -> str | None:
    if loaded is not None:
        file = attribute_of(loaded, "__file__")
        return file if type(file) is str else None
    path: Any = None
    spec = None
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        # It runs no code, as `importlib.util.find_spec` would for a package's member.
        spec = importlib.machinery.PathFinder.find_spec(".".join(parts[:count]), path)
        if spec is None:
            return None
        path = spec.submodule_search_locations
    return None if spec is None else spec.origin


def _is_installed(file: str) -> bool:
    parts = os.path.abspath(file).split(os.sep)
    return not _INSTALLED_FOLDERS.isdisjoint(parts) or os.path.realpath(file).startswith(_STDLIB)
