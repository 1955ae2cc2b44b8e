"""What the engines ask for of matplotlib."""

from __future__ import annotations

from ...adapter.contract import Adapter
from . import backend, colors, parameters

ADAPTER = Adapter(
    module="matplotlib",
    complete_with=("rcParams",),
    covers_settings=True,
    versioned=True,
    proven=True,
    only_ones=(("matplotlib", "rcParams"),),
    state=(backend.STATE, parameters.STATE, colors.STATE),
)
