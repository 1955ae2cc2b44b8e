"""Kinds of values, one book each: a step makes it, and another one changes it.

The files here stand for what can go wrong; a kind belongs where its reader would look for it.
`test_kinds.py` runs each: plain, with steps and never disturbed, and killed after each cell that
stores values; all three are equal.
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
        kills: positions of the cells after which the shell is killed: all that store values.
    """

    book: Book
    left_out: frozenset[str] = frozenset()
    libraries: tuple[str, ...] = ()
    kills: tuple[int, ...] = ()


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
        change: code that changes them in place, divided likewise.
        left_out: names that cannot be stored, divided by blanks; `make` is all that is run then.
        libraries: modules that must be there, divided by blanks.
    """
    made, changed = make.split("\n---\n"), change.split("\n---\n")
    texts = made if left_out else [*made, probe, *changed, probe]
    cells = tuple(text.strip("\n") for text in texts)
    probed = len(made)
    kills = [place for place in range(len(texts)) if place != probed][: probed + len(changed)]
    lost = frozenset(left_out.split())
    return Kind(Book(name, name, cells, lost), lost, tuple(libraries.split()), tuple(kills))
