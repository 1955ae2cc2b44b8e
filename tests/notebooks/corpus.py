"""Small notebooks, each about one way in which a restore can go wrong: the files in `books`.

A book is a file in percent format, which an editor shows as cells and runs one by one. Its folder
is the area it is about, and its name is the test's. It begins with one or two lines of header:

    # about: what a restore must get right
    # lost: names that no restore can bring back, where there are any

Each cell stands below a line `# %%`, with whatever a user may type there, magics too. Every cell
becomes a step, but for those that start with `#plain`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Book:
    """A small notebook.

    Attributes:
        name: for the test's id.
        about: what a restore must get right.
        cells: the code.
        lost: names that no restore can bring back, which the plain run has.
    """

    name: str
    about: str
    cells: tuple[str, ...]
    lost: frozenset[str] = frozenset()


_HEADER = re.compile(r"# (about|lost): (\S.*)")
_DIVIDER = re.compile(r"^# ?%%(.*)\n?", re.MULTILINE)


def book(file: Path) -> Book:
    """Return the notebook that a file in percent format holds.

    Raises:
        ValueError: the file has no line `# about:`, no cell, or lines that are neither.
    """
    head, *rest = _DIVIDER.split(file.read_text(encoding="utf-8"))
    header: dict[str, str] = {}
    for line in filter(None, head.split("\n")):
        found = _HEADER.fullmatch(line)
        if found is None or found[1] in header:
            raise ValueError(f"{file}: {line!r} is no line of a header: '# about:' or '# lost:'")
        header[found[1]] = found[2]
    if "about" not in header:
        raise ValueError(f"{file}: there is no line '# about:' above the cells")
    # `split` gives what follows `# %%` on its line, and then the cell.
    titles, cells = rest[::2], tuple(cell.strip("\n") for cell in rest[1::2])
    for title in filter(str.strip, titles):
        raise ValueError(f"{file}: '# %%{title}' has a title, which a cell here has not")
    if not cells or not all(cells):
        raise ValueError(f"{file}: there is no cell, or an empty one")
    return Book(file.stem, header["about"], cells, frozenset(header.get("lost", "").split()))


def books(folder: Path) -> list[Book]:
    """Return the notebooks of a folder and of those in it, by their paths' order."""
    return [book(file) for file in sorted(folder.rglob("*.py"))]


BOOKS = books(Path(__file__).parent / "books")
