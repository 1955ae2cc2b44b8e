"""Libraries of which little is known: whose seeds and settings nobody can read."""

from __future__ import annotations

import re

from ..adapter.contract import Adapter

ADAPTERS = (
    Adapter(module="keras", unreadable=re.compile("set_")),
    Adapter(module="tensorflow", unreadable=re.compile("set_")),
)
