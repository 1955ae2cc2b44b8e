"""polars: what `pl.Config` sets, and the seeds that nobody can read.

Most of `pl.Config` stands in variables of the environment, which is ambient state of its own. The
rest is told by `Config.state`, under the names of the functions that set it.
"""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any

from ..adapter.compare import changed_members
from ..adapter.contract import Adapter, State


def _read() -> dict[str, Any]:
    state = sys.modules["polars"].Config.state()
    return {name: value for name, value in state.items() if name.startswith("set_")}


def _restore(changes: dict[str, Any]) -> None:
    config = importlib.import_module("polars").Config
    for name, value in changes.items():
        getattr(config, name)(value)


ADAPTER = Adapter(
    module="polars",
    complete_with=("Config",),
    covers_settings=True,
    versioned=True,
    proven=True,
    of_data=True,
    state=(State(key="polars", read=_read, changed=changed_members, restore=_restore),),
    unreadable=re.compile(r"set_(random_)?seed$"),
)
