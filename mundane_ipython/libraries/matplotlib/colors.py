"""What matplotlib takes the names of colours for, as `seaborn.set_color_codes` sets it."""

from __future__ import annotations

import sys
from typing import Any

from ...adapter.compare import changed_members
from ...adapter.contract import State

_TABLES = ("XKCD_COLORS", "CSS4_COLORS", "TABLEAU_COLORS", "BASE_COLORS")


def _read() -> dict[str, Any] | None:
    colors = sys.modules.get("matplotlib.colors")
    return None if colors is None else dict(colors.get_named_colors_mapping())


def _changed(before: Any, after: Any, _: str) -> dict[str, Any] | None:
    """Return the names that stand for another colour than before; matplotlib's own at first."""
    if before is None and after is not None:
        colors: Any = sys.modules["matplotlib.colors"]
        own: dict[str, Any] = {}
        for table in _TABLES:
            own.update(getattr(colors, table))
        # It spells its own greys in both ways.
        own |= {n.replace("gray", "grey"): each for n, each in own.items() if "gray" in n}
        own |= {n.replace("grey", "gray"): each for n, each in own.items() if "grey" in n}
        before = own
    return changed_members(before, after)


def _restore(changes: dict[str, Any]) -> None:
    """Set the colours of names; a name that is gone is removed."""
    import matplotlib.colors

    named = matplotlib.colors.get_named_colors_mapping()
    for name, color in changes.items():
        if color is not None:
            named[name] = color
        elif name in named:
            del named[name]


STATE = State(key="matplotlib.colors", read=_read, changed=_changed, restore=_restore)
