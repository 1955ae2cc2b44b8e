"""Kinds of values, one book each: a step makes it, and another one changes it.

The files here stand for what can go wrong; a kind belongs where its reader would look for it.
`test_kinds.py` runs each: never disturbed, killed after every cell, and plain; all three are equal.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..corpus import Book

__all__ = ["Kind", "kind"]


@dataclass(frozen=True)
class Kind:
    """A kind of value.

    Attributes:
        book: the cells: one makes values, one probes them, one changes them, and one probes again.
        left_out: names that cannot be stored, which the first cell's note has to say.
        libraries: modules without which it is not run: those that the extra `test` does not bring.
    """

    book: Book
    left_out: frozenset[str] = frozenset()
    libraries: tuple[str, ...] = ()


def kind(
    name: str,
    make: str,
    probe: str,
    change: str = "pass",
    *,
    left_out: str = "",
    libraries: str = "",
) -> Kind:
    """Return a kind.

    Args:
        name: for the test's id.
        make: the code that makes values; a line of `---` divides it into several cells.
        probe: code that prints what must be equal in each run.
        change: code that changes them in place.
        left_out: names that cannot be stored, divided by blanks; `make` is all that is run then.
        libraries: modules that must be there, divided by blanks.
    """
    texts = (make,) if left_out else (make, probe, change, probe)
    cells = tuple(cell.strip("\n") for text in texts for cell in text.split("\n---\n"))
    book = Book(name, name, cells, frozenset(left_out.split()))
    return Kind(book, frozenset(left_out.split()), tuple(libraries.split()))
