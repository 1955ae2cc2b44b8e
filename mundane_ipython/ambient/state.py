"""Ambient state: what a cell changes outside of its variables, and later cells depend on.

One entry each: the state of random generators, options of libraries, the process's own
settings. An entry whose library is not loaded has no state. A step stores the entries that it
changed, and a restore sets them again; of somebody else's file none is set.
"""

from __future__ import annotations

import csv
import decimal
import gc
import locale
import logging
import operator
import os
import random
import socket
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from ..adapter.compare import (
    Unreadable,
    changed_items,
    changed_members,
    changed_whole,
    new_members,
    read_or_not,
)
from ..libraries.decimal import set_decimal
from ..libraries.ipython import (
    read_registrations,
    registration_changes,
    registrations,
    set_registrations,
    sets_figure_formats,
)
from ..libraries.jax import config_changes, read_config, set_config
from ..libraries.logging import logger_changes, logger_states, set_loggers
from ..libraries.matplotlib.backend import load_backend, read_backend
from ..libraries.matplotlib.colors import color_changes, read_colors, set_colors
from ..libraries.mpmath import mpmath_changes, read_mpmath, set_mpmath
from ..libraries.stdlib import (
    decoded,
    environ_changes,
    read_environ,
    read_folder,
    read_sys_path,
    set_environ,
    set_sys_path,
)
from ..libraries.sympy import read_printing, set_printing
from ..libraries.torch.state import read_torch, set_torch, torch_changes
from .counters import read_counters, set_counters
from .option_dicts import may_set, read_settings, set_settings, settings_changes

State = Any

_ABSENT = object()
_NOTHING: Mapping[str, State] = MappingProxyType({})


class Entry(NamedTuple):
    """One piece of ambient state.

    Attributes:
        read: returns the present state, a value that pickles; None where there is none.
        changes: what of the state to store, given before and after; None for nothing.
        restore: sets what was stored.
        members: returns a state by the names that changes have, where it is of that kind.
    """

    read: Callable[[], State]
    changes: Callable[[State, State], State]
    restore: Callable[[State], None]
    members: Callable[[State], Mapping[Any, State]] = lambda state: state


def read_state(values: Iterable[Any]) -> dict[str, State]:
    """Return the present ambient state, for a later comparison.

    Args:
        values: of the namespace's names.
    """
    return {name: read_or_not(entry.read) for name, entry in _entries(values).items()}


def changed_state(
    before: Mapping[str, State],
    values: Iterable[Any],
    again: Mapping[str, State] = _NOTHING,
    source: str = "",
) -> dict[str, State]:
    """Return what changed since, by entry: what `restore_state` takes.

    Args:
        before: the state before.
        values: of the namespace's names.
        again: what an earlier run of the step changed, which its next run finds there already.
        source: the code that has changed it.
    """
    found = {}
    for name, entry in _entries(values, source).items():
        after = read_or_not(entry.read)
        change = _change(entry, before[name], after)
        found[name] = _joined(entry, again[name], change, after) if name in again else change
    return {name: change for name, change in found.items() if change is not None}


@contextmanager
def process_state(changes: Mapping[str, State]) -> Iterator[dict[str, str]]:
    """Set what decides which modules are imported; put it back where the body fails.

    Yields:
        The entries that cannot be set here, and why.
    """
    before = {name: ENTRIES[name].read() for name in PROCESS}
    failures = restore_state(changes)
    try:
        yield failures
    except BaseException:
        now = {name: ENTRIES[name].read() for name in PROCESS}
        back = {name: ENTRIES[name].changes(now[name], before[name]) for name in PROCESS}
        restore_state({name: change for name, change in back.items() if change is not None})
        raise


def restore_state(changes: Mapping[str, State]) -> dict[str, str]:
    """Set what a step had changed; return the entries that cannot be set here, and why.

    Entries of a later version are passed over.
    """
    failures = {}
    entries = _entries(())
    for name, change in changes.items():
        if name in entries:
            try:
                entries[name].restore(change)
            except Exception as error:  # noqa: BLE001 (another version of a library, another machine)
                failures[name] = f"{type(error).__name__}: {error}"
    return failures


def _entries(values: Iterable[Any], source: str = "") -> dict[str, Entry]:
    """Return every entry, those too that look at the namespace's classes or at the cell's code."""
    counters = Entry(lambda: read_counters(values), new_members, set_counters)
    changes = partial(settings_changes, all_new=may_set(source))
    settings = Entry(read_settings, changes, set_settings)
    registered = partial(registration_changes, figures=sets_figure_formats(source))
    # After the backend of matplotlib, which registers formatters when it is loaded.
    ipython = Entry(read_registrations, registered, set_registrations, registrations)
    jax = Entry(
        read_config,
        partial(config_changes, all_new=may_set(source) or "enable" in source),
        set_config,
    )
    torch = Entry(read_torch, partial(torch_changes, source=source), set_torch)
    own = {"counters": counters, "settings": settings, "jax": jax, "torch": torch}
    return {**ENTRIES, **own, IPYTHON: ipython}


def _change(entry: Entry, before: State, after: State) -> State:
    if type(before) is Unreadable:  # nobody knows
        return None
    if type(after) is Unreadable:
        return after
    return read_or_not(lambda: entry.changes(before, after))


def _joined(entry: Entry, earlier: State, change: State, after: State) -> State:
    """Return the changes of an earlier run, as they are now, together with those of this one."""
    for known in (earlier, change):
        if type(known) is Unreadable:
            return known
    if entry.changes is changed_whole:
        return after
    if entry.changes is changed_items:
        return earlier if change is None else tuple(map(operator.add, earlier, change))
    members = entry.members(after or {})
    return {name: members.get(name) for name in earlier} | (change or {})


# How they are read and set.


def _loaded(module: str) -> Any:
    return sys.modules.get(module)


def _numpy_random() -> State:
    numpy_random = _loaded("numpy.random")
    if numpy_random is None:
        return None
    state = dict(_without_arrays(numpy_random.get_state(legacy=False)))
    if state["bit_generator"] != "MT19937":
        # Set by the user (NumPy 1.24, `set_bit_generator`), who may have a name for it.
        state["generator"] = numpy_random.get_bit_generator()
    return state


def _without_arrays(state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the members of a generator's state as values that compare as a whole."""
    for name, member in state.items():
        if isinstance(member, dict):
            yield name, dict(_without_arrays(member))
        else:
            yield name, member.tobytes() if hasattr(member, "tobytes") else member


def _set_numpy_random(state: State) -> None:
    import numpy as np

    numpy_random: Any = np.random  # whose stubs lack some of its functions
    if "generator" in state:
        numpy_random.set_bit_generator(state["generator"])  # which has its words
        words = numpy_random.get_state(legacy=False)
        numpy_random.set_state({**words, "has_gauss": state["has_gauss"], "gauss": state["gauss"]})
        return
    if numpy_random.get_state(legacy=False)["bit_generator"] != "MT19937":
        numpy_random.set_bit_generator(np.random.MT19937())
    key = np.frombuffer(state["state"]["key"], dtype=np.uint32)
    numpy_random.set_state({**state, "state": {**state["state"], "key": key}})


def _set_locale(state: State) -> None:
    locale.setlocale(locale.LC_ALL, state)


def _setting(read: Callable[[], Any], write: Callable[[Any], Any]) -> Entry:
    """Return the entry of a setting of one value, which may be None."""
    return Entry(lambda: (read(),), changed_whole, lambda state: write(*state))


def _time_zone() -> State:
    return time.tzname, time.timezone, time.daylight


def _set_time_zone(_: State) -> None:
    time.tzset()  # by the environment, which was set before


def _set_level_names(levels: State) -> None:
    for name, level in levels.items():
        logging.addLevelName(level, name)


def _set_warnings(filters: State) -> None:
    warnings.resetwarnings()  # tells the modules that remember what they have shown
    warnings.filters[:] = filters  # type: ignore[index]  # a list, which typeshed calls a Sequence


def _rc_params() -> State:
    matplotlib = _loaded("matplotlib")
    if matplotlib is None or not hasattr(matplotlib, "rcParams"):
        return None
    return _rc_values(matplotlib.rcParams)


_BACKEND = ("backend", "backend_fallback")


def _rc_values(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters but the backend, which is the kernel's: reading it would choose one."""
    # As a plain dictionary's: matplotlib's own way to read one takes longer than a small cell.
    values = dict(dict.items(params) if isinstance(params, dict) else params)
    for key in _BACKEND:
        values.pop(key, None)
    return values


def _rc_changes(before: State, after: State) -> State:
    if before is None and after is not None:
        before = _rc_values(_loaded("matplotlib").rcParamsOrig)
    return changed_members(before, after)


def _set_rc_params(changes: State) -> None:
    import matplotlib as mpl

    mpl.rcParams.update(changes)


def _pandas_options() -> State:
    pandas = _loaded("pandas")
    if pandas is None or not hasattr(pandas, "options"):
        return None
    return dict(_flat(vars(pandas.options)["d"]))


def _flat(options: Mapping[str, Any], prefix: str = "") -> Any:
    for key, value in options.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _set_pandas_options(changes: State) -> None:
    import pandas as pd

    present = _pandas_options()
    for key, value in changes.items():
        if repr(present.get(key, _ABSENT)) != repr(value):
            pd.set_option(key, value)


def _numpy_options() -> State:
    numpy = _loaded("numpy")
    if numpy is None or not hasattr(numpy, "get_printoptions"):
        return None
    return {"print": numpy.get_printoptions(), "errors": numpy.geterr()}


def _set_numpy_options(state: State) -> None:
    import numpy as np

    np.set_printoptions(**state["print"])
    np.seterr(**state["errors"])


def _sklearn_config() -> State:
    sklearn = _loaded("sklearn")
    return sklearn.get_config() if sklearn is not None and hasattr(sklearn, "get_config") else None


def _set_sklearn_config(changes: State) -> None:
    import sklearn

    sklearn.set_config(**changes)


IPYTHON = "ipython"
"""The entry of what is registered with IPython."""

PROCESS = frozenset(("cwd", "environ", "sys.path"))
"""Entries that are JSON and are set before a step's modules are imported: they decide which."""

ENTRIES: dict[str, Entry] = {
    "random": Entry(random.getstate, changed_whole, random.setstate),
    "numpy.random": Entry(_numpy_random, changed_whole, _set_numpy_random),
    "numpy": Entry(_numpy_options, changed_whole, _set_numpy_options),
    "cwd": Entry(read_folder, changed_whole, os.chdir),
    "environ": Entry(read_environ, environ_changes, set_environ, decoded),
    "sys.path": Entry(read_sys_path, changed_items, set_sys_path),
    "timezone": Entry(_time_zone, changed_whole, _set_time_zone),
    "recursionlimit": Entry(sys.getrecursionlimit, changed_whole, sys.setrecursionlimit),
    "switchinterval": _setting(sys.getswitchinterval, sys.setswitchinterval),
    "gc": _setting(gc.isenabled, lambda on: gc.enable() if on else gc.disable()),
    "gc.threshold": _setting(gc.get_threshold, lambda counts: gc.set_threshold(*counts)),
    "int_digits": _setting(sys.get_int_max_str_digits, sys.set_int_max_str_digits),
    "csv": _setting(csv.field_size_limit, csv.field_size_limit),
    "socket": _setting(socket.getdefaulttimeout, socket.setdefaulttimeout),
    "warnings": Entry(lambda: list(warnings.filters), changed_whole, _set_warnings),
    "decimal": Entry(lambda: decimal.getcontext().copy(), changed_whole, set_decimal),
    "locale": Entry(lambda: locale.setlocale(locale.LC_ALL), changed_whole, _set_locale),
    "logging.levels": Entry(logging.getLevelNamesMapping, new_members, _set_level_names),
    "logging.disable": _setting(lambda: logging.root.manager.disable, logging.disable),
    "logging": Entry(logger_states, logger_changes, set_loggers),
    # Before its parameters: a backend may set some.
    "matplotlib.backend": Entry(read_backend, changed_whole, load_backend),
    "matplotlib": Entry(_rc_params, _rc_changes, _set_rc_params),
    "matplotlib.colors": Entry(read_colors, color_changes, set_colors),
    "pandas": Entry(_pandas_options, changed_members, _set_pandas_options),
    "sympy": Entry(read_printing, changed_members, set_printing),
    "mpmath": Entry(read_mpmath, mpmath_changes, set_mpmath),
    "sklearn": Entry(_sklearn_config, changed_members, _set_sklearn_config),
}
"""The pieces of ambient state that need no look at the namespace, in the order of their restore."""
