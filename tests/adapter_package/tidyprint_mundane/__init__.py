"""What mundane-ipython has to know of tidyprint. Nothing here imports it before somebody has."""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any

from mundane_ipython.adapter.compare import changed_members, changed_whole
from mundane_ipython.adapter.contract import Adapter, State


def _loaded() -> Any:
    return sys.modules["tidyprint"]


def _library() -> Any:
    return importlib.import_module("tidyprint")


def _total_changed(before: Any, after: Any, _: str) -> Any:
    """Return the total where it is another one; it is 0 before anybody adds."""
    return after if after != (before or 0) else None


ADAPTER = Adapter(
    module="tidyprint",
    complete_with=("text",),
    covers_settings=True,
    state=(
        State(
            key="tidyprint.total",
            label="tidyprint's total",
            read=lambda: _loaded().add(0),
            changed=_total_changed,
            restore=lambda total: _library().set_total(total),
            after=("tidyprint",),
        ),
        State(
            key="tidyprint",
            read=lambda: _loaded().get_format(),
            changed=changed_members,
            restore=lambda changes: _library().set_format(**changes),
        ),
        State(
            key="tidyprint.engine",
            read=lambda: _loaded().engine_in_use(),
            changed=changed_whole,
            restore=lambda engine: _library().use(engine),
            process=True,
        ),
    ),
    held=lambda: [_loaded().HOOKS],
    unreadable=re.compile("set_seed$"),
)
