"""What matplotlib takes the names of colours for, as `seaborn.set_color_codes` sets it."""

from __future__ import annotations

import sys
from typing import Any

from ...adapter.compare import changed_members

_TABLES = ("XKCD_COLORS", "CSS4_COLORS", "TABLEAU_COLORS", "BASE_COLORS")


def read_colors() -> dict[str, Any] | None:
    """Return the colours by name; None where matplotlib is not loaded."""
    colors = sys.modules.get("matplotlib.colors")
    # While the module is being loaded, it has none as yet.
    if colors is None or not hasattr(colors, "get_named_colors_mapping"):
        return None
    return dict(colors.get_named_colors_mapping())


def color_changes(before: Any, after: Any) -> dict[str, Any] | None:
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


def set_colors(changes: dict[str, Any]) -> None:
    """Set the colours of names; a name that is gone is removed."""
    import matplotlib.colors

    named = matplotlib.colors.get_named_colors_mapping()
    for name, color in changes.items():
        if color is not None:
            named[name] = color
        elif name in named:
            del named[name]
