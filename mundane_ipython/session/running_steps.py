"""The steps whose cells run, the innermost last, until what each has changed is noted.

An interrupt may fall at any line between a body's end and the last note of what it did. A step
stays in here until its notes are made, and the next chance makes them: the end of its cell, or the
start of another one. Runs nothing, and stores nothing.
"""

from __future__ import annotations

import threading

from .step import RunningStep


class RunningSteps:
    """Steps that have begun, each with the thread and the depth of its cell among nested ones."""

    def __init__(self) -> None:
        self._steps: list[tuple[RunningStep, int, int]] = []

    def __bool__(self) -> bool:
        return bool(self._steps)

    @property
    def innermost(self) -> RunningStep:
        """The step that has begun last."""
        return self._steps[-1][0]

    def add(self, step: RunningStep, depth: int) -> None:
        """Note that a step's body is about to run.

        Args:
            step: it removes itself when it is settled.
            depth: how many cells run, one within another; its own is the last.
        """
        self._steps.append((step, threading.get_ident(), depth))

    def remove(self, step: RunningStep) -> None:
        """Note that a step is settled. Idempotent."""
        self._steps[:] = [each for each in self._steps if each[0] is not step]

    def settle_from(self, depth: int) -> None:
        """Settle this thread's steps of cells as deep as this or deeper, which are over."""
        thread = threading.get_ident()
        for step, of, its_depth in self._steps[::-1]:
            if of == thread and its_depth >= depth:
                step.settle()

    def settle_ended(self) -> None:
        """Settle this thread's steps whose bodies have ended, whichever cell they are of."""
        thread = threading.get_ident()
        for step, of, _ in self._steps[::-1]:
            if of == thread and step.has_ended:
                step.settle()
