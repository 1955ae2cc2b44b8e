"""A step's changes of the ambient state as they stand in the file, and taken from there.

Those of other packages' adapters stand there with the package's name, and as bytes of their own: a
kernel that has not the package can load the rest.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from functools import partial
from typing import Any

from mundane.tools import NotJSON, check_json

from ..adapter.compare import is_unreadable, read_or_not
from ..adapter.looks import error_text
from ..adapter.registry import is_installed, outside_adapter, provider_of
from .state import is_of_process

_ADAPTER = "$adapter"
_CHANGE = "change"


def to_store(changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what of some changes is stored in the record, as JSON, and what in the bundle.

    What is unreadable the bundle leaves out by name.
    """
    in_record: dict[str, Any] = {}
    in_bundle: dict[str, Any] = {}
    for key, change in changes.items():
        stored = change
        if not is_unreadable(change):
            stored = read_or_not(partial(_enveloped, key, change))
        place = in_record if is_of_process(key) and not is_unreadable(stored) else in_bundle
        place[key] = stored
    return in_record, in_bundle


def from_store(stored: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return changes for `restore_state`, and the keys of what cannot be taken, and why.

    Names of the notebook's are looked up: they are bound by then.
    """
    changes: dict[str, Any] = {}
    failures: dict[str, str] = {}
    for key, change in stored.items():
        if type(change) is not dict or change.keys() != {_ADAPTER, _CHANGE}:
            changes[key] = change
            continue
        library, distribution = change[_ADAPTER]
        why = _why_not(key, library, distribution)
        if why:
            failures[key] = why
            continue
        try:
            changes[key] = _opened(change[_CHANGE])
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 (a package's own code)
            failures[key] = error_text(error)
    return changes, failures


def _enveloped(key: str, change: Any) -> Any:
    """Return a change as it is stored; of another package's, with the name of that.

    Raises:
        TypeError: it is no JSON, as a state that is set before imports has to be.
        Exception: it has no pickle.
    """
    offer = provider_of(key)
    if offer is None:
        return change
    if is_of_process(key):
        try:
            check_json(change)
        except NotJSON as error:
            raise TypeError(f"no JSON at {error.key_path}: {error.reason}") from None
        inside = change
    else:
        inside = pickle.dumps(change, 5)
    return {_ADAPTER: [offer.library, offer.distribution], _CHANGE: inside}


def _opened(inside: Any) -> Any:
    return pickle.loads(inside) if type(inside) is bytes else inside  # noqa: S301 (of a trusted record)


def _why_not(key: str, library: str, distribution: str) -> str:
    """Return why a state of another package cannot be set here; "" where it can."""
    adapter = outside_adapter(library)
    if adapter is not None and key in {state.key for state in adapter.state}:
        return ""
    stored = f"the package {distribution!r} stored it, for {library!r}"
    if not is_installed(distribution):
        return f"{stored}, and is not installed here"
    return (
        f"{stored}, and its adapter is not used here"
        if adapter is None
        else (f"{stored}; the adapter here has no such state")
    )
