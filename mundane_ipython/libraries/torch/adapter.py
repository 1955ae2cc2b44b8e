"""What the engines ask for of PyTorch."""

from __future__ import annotations

from ...adapter.contract import Adapter
from .state import STATE

ADAPTER = Adapter(module="torch", complete_with=("get_rng_state", "backends"), state=(STATE,))
