"""NumPy: its global generator and options, masked arrays, and arrays of untrusted pickles."""

from __future__ import annotations

from ...adapter.contract import Adapter
from .state import OPTIONS, RANDOM

ADAPTER = Adapter(
    module="numpy",
    complete_with=("get_printoptions",),
    covers_settings=True,
    state=(RANDOM, OPTIONS),
)
