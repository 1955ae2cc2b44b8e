"""Why a bundle is refused, of an untrusted file above all; and what stands for a missing value."""

from __future__ import annotations

import pickle


class NotAllowedError(pickle.UnpicklingError):
    """An untrusted pickle wants what is not on the list; `what` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class HostileStateError(Exception):
    """A state that the library itself would never have pickled."""


def need(true: bool, what: str) -> None:
    """Refuse a state where what every state of its kind has is not there.

    Raises:
        HostileStateError: `true` is not; with `what` it is about.
    """
    if not true:
        raise HostileStateError(what)


class MissingValueError(Exception):
    """An untrusted pickle uses an older name's value that is not there; `name` is the name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Missing:
    """Stands for an older name's value that is not there; a bundle that uses it is refused."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name
