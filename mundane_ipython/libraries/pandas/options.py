"""pandas' options, as `pandas.set_option` sets them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from ...adapter.compare import changed_members
from ...adapter.contract import State

_ABSENT = object()


def _read() -> dict[str, Any]:
    return dict(_flat(vars(sys.modules["pandas"].options)["d"]))


def _flat(options: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in options.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _restore(changes: dict[str, Any]) -> None:
    import pandas as pd

    present = _read()
    for key, value in changes.items():
        if repr(present.get(key, _ABSENT)) != repr(value):
            pd.set_option(key, value)


STATE = State(key="pandas", read=_read, changed=changed_members, restore=_restore)
