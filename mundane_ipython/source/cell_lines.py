"""Where a restored cell's functions have their source lines: in tracebacks, warnings, `inspect`.

IPython names the code of a cell after its text and after the kernel or its place in it, and keeps
the text in `linecache`. A function that comes back was compiled under the old name, of which this
kernel has no text, though the same cell stands before it. Nothing but that cache is written.
"""

from __future__ import annotations

import linecache
import re
import sys
import types
from collections import ChainMap
from typing import Any

import cloudpickle

# What of a name is not the text's digest: ipykernel's process id, and IPython's number of the cell.
_OF_KERNEL = re.compile(r"(?<=ipykernel_)\d+|(?<=<ipython-input-)\d+")


_NO_FILE = "<dynamic-code>"


def cell_file() -> str:
    """Return the name of the innermost cell's code that is running now; "" where none is."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if _OF_KERNEL.search(frame.f_code.co_filename):
            return frame.f_code.co_filename
        frame = frame.f_back
    return ""


def know_again(file: str) -> None:
    """Let the code of a cell that an earlier kernel ran find its lines in the cell that runs now.

    Only where both have the very same text, as their names tell.

    Args:
        file: the name of the cell's code in that kernel.
    """
    here = cell_file()
    if file in linecache.cache or not here or _of_text(file) != _of_text(here):
        return
    lines = linecache.getlines(here)
    # Without a time, so that nobody looks for a file of this name.
    linecache.cache[file] = sum(map(len, lines)), None, lines, file


def with_file(code: types.CodeType, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return cloudpickle's reduction of a cell's code with the name of the cell.

    A private way (cloudpickle 3.1, `_code_reduce`): it writes `<dynamic-code>` there, so that equal
    code has equal pickles wherever it stands.
    """
    if not _OF_KERNEL.search(code.co_filename):
        return reduced
    make, arguments = reduced
    return make, tuple(code.co_filename if each == _NO_FILE else each for each in arguments)


def _reduce_code(code: types.CodeType) -> tuple[Any, ...]:
    return with_file(code, _FIRST[types.CodeType](code))


_FIRST, *_OTHERS = cloudpickle.Pickler.dispatch_table.maps

DISPATCH = ChainMap({**_FIRST, types.CodeType: _reduce_code}, *_OTHERS)
"""cloudpickle's reductions by type, with that of code by `with_file`."""


def _of_text(file: str) -> str:
    return _OF_KERNEL.sub("", file)
