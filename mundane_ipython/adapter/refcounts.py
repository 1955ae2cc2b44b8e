"""How many references there are to an object: whether somebody else holds it.

CPython counts them. What a look itself adds differs by version, so that is measured.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any


def counts_of(values: Iterable[Any]) -> list[int]:
    """Return how many references there are to each of some objects.

    Args:
        values: a container of them, whose own references count.
    """
    return [sys.getrefcount(value) - _OF_A_LOOK for value in values]


_OF_A_LOOK = 0
_OF_A_LOOK = counts_of([object()])[0] - 1
