"""The standard library's settings and the process's own, but for those with a file of their own.

Folder, environment and path decide what can be imported, so they are set before a step's modules.
"""

from __future__ import annotations

import csv
import gc
import locale
import os
import socket
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from ..adapter.compare import changed_items, changed_members, changed_whole
from ..adapter.contract import Adapter, State


def _read_environ() -> Any:
    """Return the environment as `os.environ` keeps it.

    A private way (CPython 3.11 to 3.14, os.py: `_Environ._data`): the public one decodes every
    variable anew, which takes longer than to read most of the rest.
    """
    environ: Any = os.environ
    return dict(environ._data)


def _environ_changes(before: Any, after: Any, _: str) -> Any:
    """Return the variables that are new, other ones or gone, as text."""
    changes = changed_members(before, after)
    return None if changes is None else _decoded(changes)


def _decoded(variables: Mapping[Any, Any]) -> dict[str, str | None]:
    """Return variables of the environment as text, by name."""
    own = os.environ
    return {
        own.decodekey(name): None if value is None else own.decodevalue(value)
        for name, value in variables.items()
    }


def _set_environ(changes: Any) -> None:
    """Set variables of the environment; None removes one."""
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _read_folder() -> Any:
    """Return the working folder, None where it is gone."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return None


def _read_sys_path() -> Any:
    """Return the path as Python reads it: it passes over what is no text."""
    return [item for item in sys.path if isinstance(item, str)]


def _set_sys_path(change: Any) -> None:
    """Put into the path what came into it, and take away what went."""
    came, went = change
    sys.path[:] = [item for item in sys.path if item not in went]
    for index, item in came:
        if item not in sys.path:
            sys.path.insert(index, item)


def _set_time_zone(_: Any) -> None:
    time.tzset()  # by the environment, which was set before


def _set_warnings(filters: list[Any]) -> None:
    warnings.resetwarnings()  # tells the modules that remember what they have shown
    warnings.filters[:] = filters  # type: ignore[index]  # a list, which typeshed calls a Sequence


def _whole(key: str, read: Callable[[], Any], restore: Callable[[Any], Any], **more: Any) -> State:
    return State(key=key, read=read, changed=changed_whole, restore=restore, **more)


def _setting(key: str, read: Callable[[], Any], write: Callable[[Any], Any]) -> State:
    """Return the state of a setting of one value, which may be None."""
    return _whole(key, lambda: (read(),), lambda state: write(*state))


ADAPTERS = (
    Adapter(
        module="sys",
        state=(
            _whole("cwd", _read_folder, os.chdir, process=True),
            State(
                key="environ",
                read=_read_environ,
                changed=_environ_changes,
                restore=_set_environ,
                members=_decoded,
                process=True,
            ),
            State(
                key="sys.path",
                read=_read_sys_path,
                changed=changed_items,
                restore=_set_sys_path,
                process=True,
            ),
            _whole(
                "timezone",
                lambda: (time.tzname, time.timezone, time.daylight),
                _set_time_zone,
                after=("environ",),
            ),
            _whole("recursionlimit", sys.getrecursionlimit, sys.setrecursionlimit),
            _setting("switchinterval", sys.getswitchinterval, sys.setswitchinterval),
            _setting("gc", gc.isenabled, lambda on: gc.enable() if on else gc.disable()),
            _setting("gc.threshold", gc.get_threshold, lambda counts: gc.set_threshold(*counts)),
            _setting("int_digits", sys.get_int_max_str_digits, sys.set_int_max_str_digits),
            _setting("csv", csv.field_size_limit, csv.field_size_limit),
            _setting("socket", socket.getdefaulttimeout, socket.setdefaulttimeout),
            _whole("warnings", lambda: list(warnings.filters), _set_warnings),
        ),
    ),
    Adapter(
        module="locale",
        state=(
            _whole(
                "locale",
                lambda: locale.setlocale(locale.LC_ALL),
                lambda state: locale.setlocale(locale.LC_ALL, state),
            ),
        ),
    ),
)
