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


def _no() -> bool:
    return False


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
class Cells:
    """Places in an object at which a library's own container holds any objects.

    Attributes:
        step: the name of such a place in a path, one letter, for ever.
        every: yields each place, integers from 0 on, with the object there; nothing where there is
            only data.
        at: returns the object at a place, given the holder and the integers. Raises LookupError
            where there is none.
    """

    step: str
    every: Callable[[Any], Iterable[tuple[tuple[int, ...], Any]]]
    at: Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """What is done with objects of some types. Every part but the types may be left out.

    Attributes:
        applies: says of a type whether it is one of these; asked once for each type that is the
            library's or inherits from one of the library's. It believes no `isinstance`.
        reduce: returns how an object is pickled where its own pickle would be wrong, given it and
            the arrays whose memory is known (`objects.arrays.ArrayRoots`, or None). NotImplemented
            where its own is right; raises TypeError for what has none.
        walk: returns a reduction for a walk that is never loaded, given an object and the callable
            in it. None where the object is walked as it is pickled.
        digest: yields the bytes by which two kernels compare a value, given it and what yields
            those of what is in it. Raises NoDigestError where they say nothing.
        plain_digest: the same for what needs no look at what is in it; where there is a `digest`,
            as records of versions before have it.
        inner_digest: what takes the place of `digest` for an object in an older value, which must
            not change by a look.
        scalar: whether they are numbers, of which their memory says all.
        key: returns as JSON what is a dictionary's key, given it and what does so for all others.
            Raises NoKeyError where there is no such form.
        cells: what is at its own places.
        innards: libraries whose objects in it are its own, which it shares with others of its kind.
        closed: says of an object with such innards whether there is nothing else in it.
        span: returns the first address of an object's memory, which another one may own, and the
            one behind the last; None for memory that it owns.
        owner: returns the one object whose memory all arrays on this one lie in.
        reduce_array: returns how an array in such memory is pickled; None for any other.
        remake: returns the reduction of a class of the notebook, where the rule's types are
            metaclasses, given it and cloudpickle's reduction.
    """

    applies: Callable[[type], bool]
    reduce: Callable[[Any, Any], Any] | None = None
    walk: Callable[[Any, Any], Any] | None = None
    digest: Callable[[Any, Callable[[Any], Any]], Iterable[Any]] | None = None
    plain_digest: Callable[[Any], Iterable[Any]] | None = None
    inner_digest: Callable[[Any, Callable[[Any], Any]], Iterable[Any]] | None = None
    scalar: bool = False
    key: Callable[[Any, Callable[[Any], Any]], Any] | None = None
    cells: Cells | None = None
    innards: frozenset[str] | None = None
    closed: Callable[[Any], bool] | None = None
    span: Callable[[Any], tuple[int, int] | None] | None = None
    owner: Callable[[Any], Any] | None = None
    reduce_array: Callable[[Any], Any] | None = None
    remake: Callable[[Any, Any], Any] | None = None


def by_identity(obj: Any, stand_in: Any) -> Any:
    """Return a reduction for a walk that goes no further: a `Rule.walk`.

    That two values hold such an object is no reason to store one with the other.
    """
    return stand_in, (id(obj),)


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
        rules: what is done with objects of its types, the first rule first.
        reduce_class: returns the reduction of one of its classes that its module does not have
            under its name; None for any other.
        methods_of_hidden: module and name of a function that is a method of an object which nobody
            else has, such as its generator. All functions of that object go by their names.
        changed_by_functions: yields what its functions change, though no name leads there.
        put_back: returns what sets its generator to where it is now: the code of a bundle may draw
            while it is loaded.
        to_show: returns what it is about to show after the cell, of itself: objects that are loaded
            put themselves there.
        set_to_show: sets that, given what `to_show` returned; None where the library came later.
        before_commit: called when a step's body has ended without an error, before its outputs are
            taken.
        calls_first: whether it calls something of the notebook's before the next cell's own code.
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
    rules: tuple[Rule, ...] = ()
    reduce_class: Callable[[type], Any] | None = None
    methods_of_hidden: tuple[tuple[str, str], ...] = ()
    changed_by_functions: Callable[[], Iterable[Any]] = tuple
    put_back: Callable[[], Callable[[], Any]] | None = None
    to_show: Callable[[], Any] | None = None
    set_to_show: Callable[[Any], None] | None = None
    before_commit: Callable[[], None] | None = None
    calls_first: Callable[[], bool] = _no


OUR_OWN = (
    *("rules", "reduce_class", "methods_of_hidden", "changed_by_functions", "put_back"),
    *("to_show", "set_to_show", "before_commit", "calls_first"),
)
"""Parts that only adapters of this package have: a mistake in one could end a step, or a value."""
