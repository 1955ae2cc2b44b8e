"""Locks that the notebook's own objects hold: a free one comes back as a new one, which is free.

A lock says only who holds it, and no thread outlives a kernel. A lock in a library's object is
refused as before: it mostly stands for a connection or a pool, which are lost with the kernel.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from ..adapter.looks import instance_dict, is_a, members_of

_MADE_BY = {type(threading.Lock()): threading.Lock, type(threading.RLock()): threading.RLock}
_IDS = frozenset(map(id, _MADE_BY))

LOCKS = frozenset(_MADE_BY)
"""The types of locks."""


def locks_of(holder: Any) -> Iterable[Any]:
    """Return the locks that a class has as members, or an object as attributes."""
    held = members_of(holder) if is_a(holder, type) else instance_dict(holder)
    return [each for each in (held or {}).values() if id(type(each)) in _IDS]


def reduce_lock(lock: Any) -> Any:
    """Reduce a lock that nobody holds; NotImplemented for one that somebody does.

    Its text tells (CPython 3.11 to 3.14), of whichever thread: `<unlocked _thread.RLock ...>`.
    """
    return (_MADE_BY[type(lock)], ()) if repr(lock).startswith("<unlocked ") else NotImplemented
