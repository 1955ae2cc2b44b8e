"""What is known of types: the names of their modules, one for all versions of Python, and facts.

A pickle names a class by its module, and Python 3.13, alone, says `pathlib._local` of `pathlib`'s.
"""

from __future__ import annotations

import sys
import types
import weakref
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .looks import (
    attribute_of,
    has_dict,
    home_name,
    is_a,
    members_of,
    module_of,
    mro_of,
    qualname_of,
)

T = TypeVar("T")

# `Py_TPFLAGS_HEAPTYPE` of CPython.
_IS_HEAP = 1 << 9

# A class that is made by a call, `type("B", (A,), {})`, is said to be of the module whose metaclass
# or function makes it.
_MAKERS = frozenset(("abc", "types", "enum", "typing"))

_OF_INSTANCES = (types.GetSetDescriptorType, types.MemberDescriptorType)

# What a pickle may say -> where that is now. Bundles are kept, so a row here stays for ever.
_MOVED = {
    "pathlib._local": "pathlib",  # Python 3.13
    "mundane._reader": "mundane",  # whose `StepRecord` a cell may keep
    "mundane_ipython.buffers": "mundane_ipython.objects.buffers",
    "mundane_ipython.classes": "mundane_ipython.classes.members",
    "mundane_ipython.contexts": "mundane_ipython.objects.context_variables",
    "mundane_ipython.enumerations": "mundane_ipython.classes.enumerations",
    "mundane_ipython.figures": "mundane_ipython.libraries.matplotlib.figures",
    "mundane_ipython.filemodules": "mundane_ipython.objects.path_modules",
    "mundane_ipython.instances": "mundane_ipython.classes.instances",
    "mundane_ipython.iterators": "mundane_ipython.objects.iterators",
    "mundane_ipython.loadcode": "mundane_ipython.pickling.load_code",
    "mundane_ipython.masked": "mundane_ipython.libraries.numpy.masked",
    "mundane_ipython.mpmathparts": "mundane_ipython.libraries.mpmath",
    "mundane_ipython.pickler": "mundane_ipython.pickling.pickler",
    "mundane_ipython.singletons": "mundane_ipython.objects.singletons",
    "mundane_ipython.structs": "mundane_ipython.libraries.msgspec",
    "mundane_ipython.subclasses": "mundane_ipython.classes.subclasses",
    "mundane_ipython.tensors": "mundane_ipython.libraries.torch.tensors",
    "mundane_ipython.typeddicts": "mundane_ipython.classes.typed_dicts",
    "mundane_ipython.views": "mundane_ipython.objects.arrays",
    "mundane_ipython.ways": "mundane_ipython.classes.reductions",
    "mundane_ipython.windows": "mundane_ipython.objects.views",
}


def home_of(module: str) -> str:
    """Return where the contents of a module are, by the name that a pickle has for it.

    That is another one for what only some versions of Python have, and for our own that has moved.
    """
    return _MOVED.get(module, module)


def is_heap(kind: type) -> bool:
    """Return whether a class statement made a class, or code like it: not a static type in C."""
    return bool(kind.__flags__ & _IS_HEAP)


def is_own(kind: type) -> bool:
    """Return whether a class is the notebook's own, made by a cell.

    A class may name no module, or one that is not there (`__module__ = "elsewhere"`): nobody could
    import these either. A compiled type may do so too: its instances have no `__dict__`, or each a
    module of its own, as Cython's functions.
    """
    module = module_of(kind)
    if module == "__main__":
        return True
    if module in _MAKERS:
        return any(module_of(base) == "__main__" for base in mro_of(kind))
    if module in sys.modules or not is_heap(kind):
        return False
    members = members_of(kind)
    if isinstance(members.get("__module__"), _OF_INSTANCES):
        return False
    return has_dict(kind) or "__slots__" in members


def is_wholly_own(kind: type) -> bool:
    """Return whether a class and all below it are the notebook's own."""
    below = mro_of(kind)[:-1]
    return is_own(kind) and all(is_own(b) or module_of(b) in ("abc", "typing") for b in below)


def is_of_notebook(value: Any) -> bool:
    """Return whether a function, a class, a bound method or an object is the notebook's own."""
    if is_a(value, types.MethodType):
        return is_of_notebook(value.__self__) or is_of_notebook(value.__func__)
    if is_a(value, type):
        return is_own(value)
    if is_a(value, types.FunctionType):
        return home_name(value) == "__main__"
    return is_own(type(value))


def class_name(kind: type) -> str:
    """Return `module.qualname` of a class, equal on every Python."""
    return f"{home_of(module_of(kind))}.{qualname_of(kind)}"


def is_proxy(kind: type) -> bool:
    """Return whether instances of a type may pass for another's: `isinstance` asks `__class__`."""
    return any("__class__" in members_of(base) for base in mro_of(kind) if base is not object)


def look_up(namespace: Mapping[str, Any], qualname: str) -> Any:
    """Return what a namespace has under a dotted name, None where it has nothing."""
    top, *attributes = qualname.split(".")
    found = namespace.get(top)
    for attribute in attributes:
        found = attribute_of(found, attribute)
    return found


class PerType(dict[type, T]):
    """What a function says of a type, computed once for each: `facts[kind]`.

    The notebook's classes are not kept alive for that; a library's stay anyway.

    Args:
        compute: returns the same for a type whenever it is called, and never None.
    """

    def __init__(self, compute: Callable[[type], T]) -> None:
        super().__init__()
        self._compute = compute
        self._of_notebook: weakref.WeakKeyDictionary[type, T] = weakref.WeakKeyDictionary()

    def __missing__(self, kind: type) -> T:
        """Return the answer for a type of which it is not known yet, or of the notebook."""
        known = self._of_notebook if is_own(kind) else self
        answer = known.get(kind)
        if answer is None:
            answer = known[kind] = self._compute(kind)
        return answer

    def of(self, value: Any, otherwise: T) -> T:
        """Return the answer for a value's type, or what `of_type` does."""
        return self.of_type(type(value), otherwise)

    def of_type(self, kind: type, otherwise: T) -> T:
        """Return the answer for a type; `otherwise` where that cannot be a key, or be looked at.

        Only a metaclass can do that to it, and no pickler takes such a type.
        """
        try:
            return self[kind]
        except Exception:  # noqa: BLE001 (the metaclass's own code)
            return otherwise
