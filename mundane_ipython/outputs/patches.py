"""Attributes of live objects, replaced for a while and put back as they were."""

from __future__ import annotations

from typing import Any

_ABSENT = object()


class Patches:
    """Replaces instance attributes; `undo` puts back what was there, the last one first."""

    def __init__(self) -> None:
        self._saved: list[tuple[Any, str, Any]] = []

    def replace(self, owner: Any, name: str, value: Any) -> None:
        """Set an attribute of an object.

        Raises:
            AttributeError: the object takes no attributes; nothing has changed.
        """
        before = vars(owner).get(name, _ABSENT) if hasattr(owner, "__dict__") else _ABSENT
        # First: what an interrupt leaves undone is put back all the same.
        self._saved.append((owner, name, before))
        try:
            setattr(owner, name, value)
        except AttributeError:
            self._saved.pop()
            raise

    def undo(self) -> None:
        """Put everything back. Idempotent, also where an interrupt has ended it."""
        while self._saved:
            owner, name, before = self._saved[-1]
            if before is not _ABSENT:
                setattr(owner, name, before)
            elif name in vars(owner):
                delattr(owner, name)
            self._saved.pop()
