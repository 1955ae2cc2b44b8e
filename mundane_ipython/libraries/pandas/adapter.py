"""What the engines ask for of pandas."""

from __future__ import annotations

from ...adapter.contract import Adapter
from .options import STATE
from .rules import RULES

ADAPTER = Adapter(
    module="pandas",
    complete_with=("options",),
    covers_settings=True,
    state=(STATE,),
    rules=RULES,
    versioned=True,
    proven=True,
    of_data=True,
    only_ones=(("pandas", "IndexSlice"), ("pandas", "options")),
)
