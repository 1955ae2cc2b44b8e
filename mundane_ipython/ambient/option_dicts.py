"""Settings that libraries keep in dictionaries: `control.set_defaults`, `xarray.set_options`.

Nothing tells which of a library's dictionaries are settings. Those are taken for some that have
text keys and a public name, in a module that is called like them. What a restore would set again
must be plain data.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections import UserDict
from collections.abc import Iterator, Mapping
from typing import Any

from ..adapter.compare import may_set
from ..adapter.contract import State
from ..adapter.looks import attribute_of, is_a, mro_of
from ..adapter.registry import adapter_of

Settings = dict[tuple[str, ...], Any]
"""Values by the module, the dictionary's name in it, and the keys that lead there."""

_MODULES = frozenset(("conf", "config", "defaults", "options", "rcparams", "settings"))

# Their settings are the kernel's or our own, and nobody else's.
_NOT_THESE = frozenset(
    """debugpy ipykernel jupyter_client jupyter_core mundane mundane_ipython pip pytest setuptools
    tornado traitlets zmq""".split()  # noqa: SIM905 (a list of strings reads worse)
)

_ATOMS = (str, int, float, complex, bool, type(None))
_MAX_MEMBERS = 1000


def read_settings() -> Settings:
    """Return all settings of the loaded libraries that are plain data."""
    found: Settings = {}
    for module, name in _places():
        members = _members(attribute_of(sys.modules.get(module), name))
        if members is not None:
            for path, value in _plain(members):
                found[module, name, *path] = value
    return found


def settings_changes(before: Settings, after: Settings, *, all_new: bool) -> Settings | None:
    """Return the settings that are not what they were.

    Args:
        before: the settings before.
        after: the settings after.
        all_new: take those of a library that was loaded meanwhile for changed; else none of them.
    """
    older = {place[:2] for place in before}
    changed = {
        place: value
        for place, value in after.items()
        if (place in before and not _is_same(before[place], value))
        or (place not in before and (all_new or place[:2] in older))
    }
    return changed or None


def set_settings(settings: Settings) -> None:
    """Set what was stored; a setting that is so already is left alone.

    Raises:
        ImportError, AttributeError, KeyError, TypeError: the library has no such setting.
    """
    for (module, name, *path), value in settings.items():
        target: Any = getattr(importlib.import_module(module), name)
        for key in path[:-1]:
            target = target[key]
        if path[-1] not in target or not _is_same(target[path[-1]], value):
            target[path[-1]] = value


def _is_same(one: Any, other: Any) -> bool:
    return one is other or repr(one) == repr(other)


def _plain(members: Mapping[Any, Any], *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each value that is plain data, and the keys that lead to it."""
    for key, value in members.items():
        if type(key) is str:
            if type(value) is dict and value:
                yield from _plain(value, *path, key)
            elif isinstance(value, _ATOMS):
                yield (*path, key), value
            elif type(value) in (list, tuple) and all(isinstance(item, _ATOMS) for item in value):
                yield (*path, key), type(value)(value)


def _members(settings: Any) -> Mapping[Any, Any] | None:
    """Return a dictionary as a plain one, without code of its class; None for all else."""
    if _is_user_dict(settings):
        settings = attribute_of(settings, "data")
    if not is_a(settings, dict) or not 0 < dict.__len__(settings) <= _MAX_MEMBERS:
        return None
    return dict(dict.items(settings))


def _is_user_dict(value: Any) -> bool:
    return any(base is UserDict for base in mro_of(type(value)))


_looked_at: set[str] = set()
_known_places: list[tuple[str, str]] = []


def _places() -> list[tuple[str, str]]:
    """Return the module and name of each dictionary of settings, of the modules loaded by now."""
    if len(sys.modules) != len(_looked_at):
        names = sys.modules.keys() - _looked_at
        _looked_at.update(names)
        _known_places.extend(place for name in sorted(names) for place in _places_in(name))
    return _known_places


def _places_in(module_name: str) -> Iterator[tuple[str, str]]:
    if module_name.rpartition(".")[2].lower() not in _MODULES:
        return
    package, _, _ = module_name.partition(".")
    if package in _NOT_THESE or package in sys.stdlib_module_names:
        return
    adapter = adapter_of(module_name)
    if adapter is not None and adapter.covers_settings:
        return
    module = sys.modules.get(module_name)
    if is_a(module, types.ModuleType):
        for name, value in list(vars(module).items()):
            if (is_a(value, dict) or _is_user_dict(value)) and not name.startswith("_"):
                yield module_name, name


def _changed(before: Settings, after: Settings, text: str) -> Settings | None:
    return settings_changes(before, after, all_new=may_set(text))


SETTINGS = State(key="settings", read=read_settings, changed=_changed, restore=set_settings)
