"""Ambient state: what a cell changes outside of its variables, and later cells depend on.

One state each: of random generators, options of libraries, the process's own settings. What there
is stands in the libraries' adapters; nothing here knows one of them. A library that is not loaded
has no state. A step stores the states that it changed, and a restore sets them again; of somebody
else's file none is set.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from ..adapter.compare import changed_items, changed_whole, is_unreadable, read_or_not
from ..adapter.contract import Adapter, State
from ..adapter.registry import every, loaded
from .counters import COUNTERS, counting
from .option_dicts import SETTINGS

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def read_state(values: Iterable[Any]) -> dict[str, Any]:
    """Return the present ambient state, for a later comparison.

    Args:
        values: of the namespace's names.
    """
    return {key: read_or_not(state.read) for key, state in _present(values).items()}


def changed_state(
    before: Mapping[str, Any],
    values: Iterable[Any],
    again: Mapping[str, Any] = _NOTHING,
    text: str = "",
) -> dict[str, Any]:
    """Return what changed since, by key: what `restore_state` takes.

    Args:
        before: the state before; a library that was not loaded then has none.
        values: of the namespace's names.
        again: what an earlier run of the step changed, which its next run finds there already.
        text: the code that has changed it.
    """
    found = {}
    present = _present(values)
    states = present if again.keys() <= present.keys() else _all()
    for key, state in states.items():
        change = after = None
        if key in present:
            after = read_or_not(present[key].read)
            change = _change(state, before.get(key), after, text)
        found[key] = _joined(state, again[key], change, after) if key in again else change
    return {key: change for key, change in found.items() if change is not None}


@contextmanager
def process_state(changes: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Set what decides which modules are imported; put it back where the body fails.

    Yields:
        The keys of what cannot be set here, and why.
    """
    states = [state for state in _states(loaded()).values() if state.process]
    before = {state.key: read_or_not(state.read) for state in states}
    failures = restore_state(changes)
    try:
        yield failures
    except BaseException:
        back = {s.key: _change(s, read_or_not(s.read), before[s.key], "") for s in states}
        restore_state({k: c for k, c in back.items() if c is not None and not is_unreadable(c)})
        raise


def restore_state(changes: Mapping[str, Any]) -> dict[str, str]:
    """Set what a step had changed; return the keys of what cannot be set here, and why.

    Keys of a later version are passed over.
    """
    failures = {}
    states = _all()
    for key, change in changes.items():
        if key in states:
            try:
                states[key].restore(change)
            except Exception as error:  # noqa: BLE001 (another version of a library, another machine)
                failures[key] = f"{type(error).__name__}: {error}"
    return failures


def is_of_process(key: str) -> bool:
    """Return whether a state is set before a step's modules are imported, and is JSON."""
    state = _all().get(key)
    return state is not None and state.process


def label_of(key: str) -> str:
    """Return how a note calls a state; never as a variable may be called."""
    state = _all().get(key)
    return (state.label if state is not None else "") or f"the state of {key!r}"


def in_order(states: Iterable[State]) -> list[State]:
    """Return states in the order in which they are set: each after those that it names.

    Where nothing else is said, they stay as they are.
    """
    waiting, ordered = list(states), []
    while waiting:
        keys = {state.key for state in waiting}
        free = (state for state in waiting if keys.isdisjoint(state.after))
        first = next(free, waiting[0])  # of such as name each other, which another package may have
        waiting.remove(first)
        ordered.append(first)
    return ordered


def _present(values: Iterable[Any]) -> dict[str, State]:
    """Return the states of what is loaded, by key and in order."""
    return {**_states(loaded()), COUNTERS: counting(values)}


def _all() -> dict[str, State]:
    """Return every state, by key and in order."""
    return _states(every())


@lru_cache(maxsize=8)
def _states(adapters: tuple[Adapter, ...]) -> dict[str, State]:
    # Counters and dictionaries are of any library, and follow those that have an adapter.
    of_libraries = [state for adapter in adapters for state in adapter.state]
    return {state.key: state for state in in_order([*of_libraries, counting(()), SETTINGS])}


def _change(state: State, before: Any, after: Any, text: str) -> Any:
    if is_unreadable(before):  # nobody knows
        return None
    if is_unreadable(after):
        return after
    return read_or_not(lambda: state.changed(before, after, text))


def _joined(state: State, earlier: Any, change: Any, after: Any) -> Any:
    """Return the changes of an earlier run, as they are now, together with those of this one."""
    for known in (earlier, change):
        if is_unreadable(known):
            return known
    if state.changed is changed_whole:
        return after
    if state.changed is changed_items:
        return earlier if change is None else tuple(map(operator.add, earlier, change))
    if not isinstance(earlier, Mapping):  # the state as a whole, by another package's `changed`
        return after
    return read_or_not(lambda: _joined_members(state.members(after or {}), earlier, change or {}))


def _joined_members(
    now: Mapping[Any, Any], earlier: Mapping[Any, Any], change: Mapping[Any, Any]
) -> dict[Any, Any]:
    return {name: now.get(name) for name in earlier} | dict(change)
