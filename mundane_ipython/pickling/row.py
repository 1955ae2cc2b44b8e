"""A step's bindings <-> the JSON of its row, which any runtime and any person can read.

A value that is not strict JSON stands in the row as a reference with its type, size and a summary;
its bytes are in the bundle. SPEC.md, The row of a cell.
"""

from __future__ import annotations

import itertools
import operator
import sys
import types
from collections.abc import Iterable, Iterator
from typing import Any

from mundane.tools import NotJSON, check_json

from ..adapter.looks import attribute_of, is_a, module_name, module_of, qualname_of
from ..adapter.rules import function_home
from ..objects.path_modules import reduce_by_file

REFERENCE = "$mundane"
"""The key of a reference; a user's own value that has it is not taken for JSON."""


def is_json(value: Any) -> bool:
    """Return whether a value is strict JSON that holds no key of ours, and of a sane size."""
    boxes = list(containers(value))
    if not all(_has_texts_for_keys(box) for box in boxes if isinstance(box, dict)):
        return False  # before `check`, whose message would have the key's repr
    if len({id(box) for box in boxes}) < len(boxes) and not _fits_as_tree(value):
        return False
    try:
        check_json(value)
    except NotJSON:
        return False
    return all(REFERENCE not in box for box in boxes if isinstance(box, dict))


def _has_texts_for_keys(box: dict[Any, Any]) -> bool:
    return not any(map(operator.is_not, map(type, box), itertools.repeat(str)))


# JSON writes a shared list as often as it stands there: 40 times `x = [x, x]` is a terabyte.
_MAX_TREE_BOXES = 10_000_000


def _fits_as_tree(value: Any) -> bool:
    """Return whether a value that shares lists or dicts is finite and small where it is written."""
    sizes: dict[int, int] = {}
    entered: set[int] = set()
    stack = [(value, False)]
    while stack:
        box, leaving = stack.pop()
        items: Iterable[Any] = box if isinstance(box, list) else box.values()
        inner = [item for item in items if type(item) is list or type(item) is dict]
        if leaving:
            sizes[id(box)] = 1 + sum(sizes[id(item)] for item in inner)
            if sizes[id(box)] > _MAX_TREE_BOXES:
                return False
        elif id(box) not in sizes:
            if id(box) in entered:
                return False
            entered.add(id(box))
            stack.append((box, True))
            stack.extend((item, False) for item in inner)
    return True


def containers(value: Any) -> Iterator[Any]:
    """Yield every list and dict of a value, a shared one as often as others hold it.

    What stands in a shared one is yielded once, so a value may also hold itself.
    """
    stack = [value]
    entered: set[int] = set()
    while stack:
        box = stack.pop()
        if type(box) is list or type(box) is dict:
            yield box
            if id(box) in entered:
                continue
            entered.add(id(box))
            items: Iterable[Any] = box if isinstance(box, list) else box.values()
            stack.extend(item for item in items if type(item) is list or type(item) is dict)


def reference(value: Any, size_bytes: int, left_out: str | None) -> dict[str, Any]:
    """Return what stands in the row for a value that is not JSON, or why it is not stored."""
    facts: dict[str, Any] = {"type": type_name(value), "size": size_bytes}
    summary = summarize(value)
    if summary:
        facts["summary"] = summary
    if left_out is not None:
        facts["left_out"] = left_out
    return {REFERENCE: facts}


def is_reference(value: Any) -> bool:
    """Return whether a value out of a row stands for one in a bundle."""
    return type(value) is dict and REFERENCE in value


def type_name(value: Any) -> str:
    """Return the full name of a value's type."""
    kind = type(value)
    module = module_of(kind)
    if module in ("", "builtins", "__main__"):
        return qualname_of(kind)
    return f"{module}.{qualname_of(kind)}"


def summarize(value: Any) -> str:
    """Return a few words about a value, cheaply and without calling its own `repr`."""
    try:
        return _summary(value)
    except Exception:  # noqa: BLE001 (the value's own properties, some of which only raise)
        return ""


def _summary(value: Any) -> str:
    if is_a(value, types.ModuleType):
        return f"module {value.__name__}"
    if is_a(value, type):
        return f"class {qualname_of(value)}"
    if is_a(value, (types.FunctionType, types.BuiltinFunctionType)):
        return f"function {value.__qualname__}"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and all(type(n) is int for n in shape):
        if len(shape) == 2 and hasattr(value, "columns"):
            return f"{shape[0]} rows x {shape[1]} columns"
        sides = " x ".join(map(str, shape)) or "scalar"
        return f"{sides} {getattr(value, 'dtype', '')}".strip()
    if is_a(value, (str, bytes, bytearray, list, tuple, dict, set, frozenset)):
        return "1 item" if len(value) == 1 else f"{len(value)} items"
    return ""


def import_reference(name: str, value: Any, imported: Iterable[tuple[str, str, str]]) -> str | None:
    """Return where a value can be imported from again, `module` or `module:attribute`, or None.

    Plain data is stored, even where it was imported: the cell may have changed it. A library's own
    kind of data is the library's, such as matplotlib's `rcParams`: a copy would be without effect.
    A function of `random` or `numpy.random` is the library's under any name.

    Args:
        name: that the cell bound.
        value: its value.
        imported: what the cell imports from modules (`source.CellSource.imported`).
    """
    if is_a(value, types.ModuleType):
        called = module_name(value)
        is_found = sys.modules.get(called) is value and reduce_by_file(value) is None
        return called if is_found else None
    package = module_of(type(value)).partition(".")[0]
    home = function_home(value)
    if home is not None:
        return home
    for bound, module, attribute in imported:
        if not attribute:
            continue
        if is_a(value, _DATA) and module.partition(".")[0] != package:
            continue
        if bound in (name, "*"):
            attribute = name if attribute == "*" else attribute
            if value is not None and attribute_of(sys.modules.get(module), attribute) is value:
                return f"{module}:{attribute}"
    return None


# What a cell may change in place, and everything that JSON holds.
_DATA = (int, float, complex, str, bytes, list, dict, set, frozenset, tuple, bytearray)
