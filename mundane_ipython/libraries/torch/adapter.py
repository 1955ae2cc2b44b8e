"""What the engines ask for of PyTorch."""

from __future__ import annotations

import sys
from typing import Any

from ...adapter.contract import Adapter
from .rules import RULES
from .state import STATE


def _outlives_fork() -> bool:
    cuda: Any = sys.modules.get("torch.cuda")
    return cuda is None or not cuda.is_initialized()


ADAPTER = Adapter(
    module="torch",
    complete_with=("get_rng_state", "backends"),
    state=(STATE,),
    rules=RULES,
    versioned=True,
    proven=True,
    only_ones=(("torch", "default_generator"),),
    keeps_attributes=("torch.nn.modules.module.Module",),
    outlives_fork=_outlives_fork,
)
