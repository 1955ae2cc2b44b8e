"""What the engines ask for of NumPy."""

from __future__ import annotations

from ...adapter.contract import Adapter
from .state import OPTIONS, RANDOM

ADAPTER = Adapter(
    module="numpy",
    complete_with=("get_printoptions",),
    covers_settings=True,
    state=(RANDOM, OPTIONS),
)
