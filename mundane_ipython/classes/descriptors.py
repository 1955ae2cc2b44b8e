"""What the descriptors of a class hold: the functions behind its static and class methods.

Python's own have no pickle, so that a walk would see nothing of a function in them and of what that
keeps. This says what is in them; it pickles nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

HELD: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    staticmethod: lambda each: (each.__func__, each.__dict__),
    classmethod: lambda each: (each.__func__, each.__dict__),
    property: lambda each: (each.fget, each.fset, each.fdel, each.__doc__),
    functools.cached_property: lambda each: (each.func, each.attrname),
}
"""By type, what returns the parts of a descriptor."""
