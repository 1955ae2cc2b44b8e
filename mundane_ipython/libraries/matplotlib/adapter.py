"""What the engines ask for of matplotlib."""

from __future__ import annotations

from ...adapter.contract import Adapter
from . import backend, colors, figures, parameters

ADAPTER = Adapter(
    module="matplotlib",
    complete_with=("rcParams",),
    covers_settings=True,
    versioned=True,
    proven=True,
    only_ones=(("matplotlib", "rcParams"),),
    rules=figures.RULES,
    to_show=figures.to_show,
    set_to_show=figures.set_to_show,
    before_commit=figures.flush_figures,
    state=(backend.STATE, parameters.STATE, colors.STATE),
)
