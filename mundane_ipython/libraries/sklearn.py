"""scikit-learn: its configuration, as `sklearn.set_config` sets it."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from ..adapter.compare import changed_members
from ..adapter.contract import Adapter, State


def _read() -> Any:
    return sys.modules["sklearn"].get_config()


def _restore(changes: dict[str, Any]) -> None:
    importlib.import_module("sklearn").set_config(**changes)


ADAPTER = Adapter(
    module="sklearn",
    complete_with=("get_config",),
    covers_settings=True,
    versioned=True,
    proven=True,
    # As tests/ipython/whole/test_private_apis.py looks after.
    keeps_attributes=("sklearn.base.BaseEstimator",),
    keeps_items=("sklearn.utils._bunch.Bunch",),
    distribution="scikit-learn",
    state=(State(key="sklearn", read=_read, changed=changed_members, restore=_restore),),
)
