"""What the engines ask for of NumPy."""

from __future__ import annotations

from ...adapter.contract import Adapter
from .rules import RULES
from .state import OPTIONS, RANDOM, global_generators, put_back

ADAPTER = Adapter(
    module="numpy",
    complete_with=("get_printoptions",),
    covers_settings=True,
    versioned=True,
    proven=True,
    of_data=True,
    only_ones=(
        *(("numpy", name) for name in ("index_exp", "mgrid", "ogrid", "r_", "c_", "s_")),
        ("numpy.random.mtrand", "_rand"),
    ),
    state=(RANDOM, OPTIONS),
    rules=RULES,
    methods_of_hidden=(("numpy.random", "rand"),),
    changed_by_functions=global_generators,
    put_back=put_back,
)
