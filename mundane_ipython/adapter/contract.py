"""What the extension knows of one library, as the engines ask for it.

An adapter is a table: the engines look into it, and know no library themselves. Both classes are
public: packages outside of the tree bring adapters too. SPEC.md, Adapters of other packages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


def _yes() -> bool:
    return True


def _itself(state: Any) -> Any:
    return state


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """One piece of what is kept outside of variables, and which later cells depend on.

    Attributes:
        key: its name in bundles, for ever.
        read: returns the present state, a value that pickles, and that stays as it is when the
            library goes on; None where there is none as yet.
        changed: what of the state to store, given before, after and the code that has changed it:
            the whole, or the members that changed, by name; None for nothing. Before is None where
            the code itself has imported the library.
        restore: sets what was stored. It may raise, and a note then says why it is not set.
        members: returns a state by the names that changes have, where it is of that kind.
        after: keys of what is set before it.
        process: whether it is JSON, and set before a step's modules are imported: it decides which.
        label: how a note calls it; "" where it has no better name than its key.
    """

    key: str
    read: Callable[[], Any]
    changed: Callable[[Any, Any, str], Any]
    restore: Callable[[Any], None]
    members: Callable[[Any], Mapping[Any, Any]] = _itself
    after: tuple[str, ...] = ()
    process: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adapter:
    """What is known of one library. Every part but its name may be left out.

    A `read` is called, and a list asked for, only once somebody has imported the library. What sets
    a state imports it.

    Attributes:
        module: the name by which it is imported, `sklearn`.
        complete_with: attributes that it has once its import is over. A library that lacks one
            counts as not loaded: a thread is importing it, or something else has its name.
        state: what it keeps outside of variables, in the order in which that is set again.
        covers_settings: whether `state` has all its settings. Dictionaries in a module called
            `config` or the like then count for nothing.
        held: yields the lists in which it holds the notebook's objects, as filters and callbacks.
        unreadable: fits the names of functions that set what nobody can read.
        versioned: whether a bundle of its objects depends on its version.
        proven: whether the pickles of its own classes load wherever it is; those of others are
            tried once.
        of_data: whether a copy of an object that it names is as good as that object.
        only_ones: module and name of each object that a process has one of: a copy is set or read
            in vain.
        keeps_attributes: classes, by module and name, whose own `__setstate__` takes over the
            `__dict__` as it is.
        keeps_items: the same for a dictionary's items.
        outlives_fork: whether a forked child can use it; threads and devices are not forked.
        distribution: the name by which it is installed, where that is another one.
    """

    module: str
    complete_with: tuple[str, ...] = ()
    state: tuple[State, ...] = ()
    covers_settings: bool = False
    held: Callable[[], Iterable[list[Any]]] = tuple
    unreadable: re.Pattern[str] | None = None
    versioned: bool = False
    proven: bool = False
    of_data: bool = False
    only_ones: tuple[tuple[str, str], ...] = ()
    keeps_attributes: tuple[str, ...] = ()
    keeps_items: tuple[str, ...] = ()
    outlives_fork: Callable[[], bool] = _yes
    distribution: str = ""
