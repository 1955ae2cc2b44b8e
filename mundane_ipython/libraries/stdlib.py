"""The state of the process that decides what can be imported: folder, environment, path.

Parts of `state`: as JSON, and set before a step's modules are imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from ..adapter.compare import changed_members


def read_environ() -> Any:
    """Return the environment as `os.environ` keeps it.

    A private way (CPython 3.11 to 3.14, os.py: `_Environ._data`): the public one decodes every
    variable anew, which takes longer than to read most of the rest.
    """
    environ: Any = os.environ
    return dict(environ._data)


def environ_changes(before: Any, after: Any) -> Any:
    """Return the variables that are new, other ones or gone, as text."""
    changes = changed_members(before, after)
    return None if changes is None else decoded(changes)


def decoded(variables: Mapping[Any, Any]) -> dict[str, str | None]:
    """Return variables of the environment as text, by name."""
    own = os.environ
    return {
        own.decodekey(name): None if value is None else own.decodevalue(value)
        for name, value in variables.items()
    }


def set_environ(changes: Any) -> None:
    """Set variables of the environment; None removes one."""
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def read_folder() -> Any:
    """Return the working folder, None where it is gone."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return None


def read_sys_path() -> Any:
    """Return the path as Python reads it: it passes over what is no text."""
    return [item for item in sys.path if isinstance(item, str)]


def set_sys_path(change: Any) -> None:
    """Put into the path what came into it, and take away what went."""
    came, went = change
    sys.path[:] = [item for item in sys.path if item not in went]
    for index, item in came:
        if item not in sys.path:
            sys.path.insert(index, item)
