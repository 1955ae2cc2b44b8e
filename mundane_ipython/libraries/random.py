"""`random`: the state of its hidden generator, whose methods its functions are."""

from __future__ import annotations

import random
from functools import partial

from ..adapter.compare import changed_whole
from ..adapter.contract import Adapter, State

ADAPTER = Adapter(
    module="random",
    state=(
        State(key="random", read=random.getstate, changed=changed_whole, restore=random.setstate),
    ),
    methods_of_hidden=(("random", "random"),),
    put_back=lambda: partial(random.setstate, random.getstate()),
)
