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
        setattr(owner, name, value)
        self._saved.append((owner, name, before))

    def undo(self) -> None:
        """Put everything back. Idempotent."""
        while self._saved:
            owner, name, before = self._saved.pop()
            if before is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
