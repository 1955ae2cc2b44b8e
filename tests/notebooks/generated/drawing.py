"""Drawn choices, and the text of an example while it is put together."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["Draw", "Text"]

_T = TypeVar("_T")
_IMPORTS = [
    "abc",
    "collections",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "itertools",
    "operator",
    "pathlib",
    "random",
    "re",
    "threading",
    "typing",
    "types",
    "weakref",
]


class Draw:
    """Choices made from numbers that are drawn."""

    def __init__(self, below: Callable[[int], int]) -> None:
        self.below = below

    def pick(self, options: Sequence[_T]) -> _T:
        """Return one of them."""
        return options[self.below(len(options))]

    def chance(self, percent: int) -> bool:
        """Return True in so many of a hundred cases."""
        return self.below(100) >= 100 - percent

    def some(self, options: Sequence[_T], most: int) -> list[_T]:
        """Return some of them, each once, in the order in which they were drawn."""
        left = list(options)
        found = []
        for _ in range(self.below(most + 1)):
            if left:
                found.append(left.pop(self.below(len(left))))
        return found


class Text:
    """The text of one example.

    Args:
        tag: follows each name.

    Attributes:
        names: of what the probe walks.
        parts: what the example was put together from.
    """

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.names: list[str] = []
        self.parts: list[str] = []
        self._classes: list[str] = []
        self._instances: list[str] = []
        self._probes: list[str] = []
        self._changes: list[str] = []

    def classes(self, lines: str) -> None:
        """Add lines that define classes."""
        self._classes += lines.strip("\n").splitlines()

    def instances(self, lines: str) -> None:
        """Add lines that make instances."""
        self._instances += lines.strip("\n").splitlines()

    def change(self, lines: str) -> None:
        """Add lines that change something."""
        self._changes += lines.strip("\n").splitlines()

    def probe(self, lines: str) -> None:
        """Add expressions, one a line, that are shown."""
        self._probes += [line for line in lines.strip().splitlines() if line.strip()]

    def walk(self, *names: str) -> None:
        """Have the probe walk what these names hold."""
        self.names += [name for name in dict.fromkeys(names) if name not in self.names]

    def bind(self, line: str) -> None:
        """Add a line that makes an instance; have the probe walk the name that it binds."""
        self.instances(line)
        name, equals, _ = line.partition(" = ")
        if equals and name.isidentifier():
            self.walk(name)

    def cells(self, draw: Draw) -> tuple[str, ...]:
        """Return the cells."""
        log = f"LOG{self.tag}"
        everything = "\n".join((*self._classes, *self._instances, *self._changes, *self._probes))
        head = [f"import {name}" for name in _IMPORTS if re.search(rf"\b{name}\.", everything)]
        if re.search(rf"\b{log}\b", everything):
            head.append(f"{log} = []")
            self.walk(log)
        classes = "\n".join([*head, *self._classes])
        instances = "\n".join(self._instances)
        walked = ", ".join(f"{name}={name}" for name in self.names)
        seen = "".join(
            f"\n    q{number}=lambda: ({line}),"
            for number, line in enumerate(dict.fromkeys(self._probes))
        )
        probe = (
            "from tests.notebooks.generated.looking import see, walk\n"
            f"see({seen}\n)\nwalk({walked})"
        )
        change = "\n".join(self._changes) or "pass"
        if draw.chance(35):
            first, second = f"{classes}\n{instances}", "pass"
        else:
            first, second = classes, instances or "pass"
        return first, second, probe, change, probe


def indented(lines: str, by: int = 4) -> str:
    """Return lines of a body."""
    return textwrap.indent(lines.strip("\n"), " " * by)
