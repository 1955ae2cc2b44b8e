"""Keys of dictionaries as JSON, so that a path can say which item it means. Pure.

Only keys that are told by type and value: numbers, texts, times, tuples of them. An object that is
a key has no name here, whatever its class says of its equality.
"""

from __future__ import annotations

import datetime
import json
from typing import Any

from ..adapter.rules import KEYS

# A path is for short names; what is longer is no name.
_MAX_TEXT = 500
_MAX_BITS = 256

_TIMES = (datetime.date, datetime.time, datetime.timedelta)
_ZONES = (type(None), datetime.timezone)


class NoKeyError(Exception):
    """A key has no written form."""


def written(key: Any) -> Any:
    """Return a key as a value of JSON, another one for each type and value.

    Raises:
        NoKeyError: it has none.
    """
    kind = type(key)
    if key is None or kind is bool:
        return key
    if kind is str and len(key) <= _MAX_TEXT:
        return key
    if kind is int and key.bit_length() <= _MAX_BITS:
        return key
    if kind is float and key == key:
        return {"float": key.hex()}
    if kind is bytes and len(key) <= _MAX_TEXT:
        return {"bytes": key.hex()}
    if kind is tuple and len(key) <= _MAX_TEXT:
        return [written(each) for each in key]
    if kind in _TIMES:
        return {kind.__name__: str(key)}
    if kind is datetime.datetime and type(key.tzinfo) in _ZONES:
        return {"datetime": key.isoformat()}
    for write in KEYS.of(key, ()):
        return write(key, written)
    raise NoKeyError


def written_text(key: Any) -> str:
    """Return a written key as text, the same for the same one."""
    return json.dumps(key, sort_keys=True)
