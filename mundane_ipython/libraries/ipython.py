"""What a cell registers with IPython: formatters, magics, callbacks, transformers. Ambient state.

Of the formatters every one counts that the cell has set, since libraries set theirs on request
(`sympy.init_printing()`); of the rest what is the notebook's own, as a library or an extension
registers its own when it is loaded.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterator, Mapping
from types import FunctionType, MappingProxyType, MethodType
from typing import Any

from ..adapter.contract import Adapter, Rule, State, by_identity
from ..adapter.looks import is_a, module_of, mro_of, name_of
from ..adapter.types import is_of_notebook

Registrations = dict[tuple[Any, ...], Any]
"""By place: a formatter's or a magic's function, or a list's members that are the notebook's.

A place is ("formatter", MIME type, a type or its module and name), ("magic", "line" or "cell",
name), ("event", name), or (the name of a list of transformers,).
"""

Registries = dict[tuple[str, ...], Any]
"""Copies: of a formatter's functions and of the magics as dictionaries, of the lists as such."""

_PRINTERS = ("deferred_printers", "type_printers")  # which somebody's own formatter may lack
_NOTHING: Mapping[Any, Any] = MappingProxyType({})
_TRANSFORMERS = ("input_transformers_cleanup", "input_transformers_post", "ast_transformers")


def _shell() -> Any:
    return sys.modules["IPython"].get_ipython()


def _read() -> Registries | None:
    """Return copies of IPython's own registries; None where there is no shell."""
    shell = _shell()
    if shell is None:
        return None
    found: Registries = {place: list(callbacks) for place, callbacks in _lists(shell)}
    for mime, formatter in shell.display_formatter.formatters.items():
        for printers in _PRINTERS:
            found["formatter", mime, printers] = dict(getattr(formatter, printers, _NOTHING))
    for kind, magics in shell.magics_manager.magics.items():
        found["magic", kind] = dict(magics)
    return found


def _registrations(registries: Registries) -> Registrations:
    """Return by its place what counts of that which is registered."""
    found: Registrations = {}
    for place, registry in registries.items():
        match place:
            case ("formatter", mime, _):
                found |= {("formatter", mime, kind): each for kind, each in registry.items()}
            case ("magic", kind):
                own = {name: each for name, each in registry.items() if type(each) is FunctionType}
                found |= {("magic", kind, n): e for n, e in own.items() if is_of_notebook(e)}
            case _ if own_members := [each for each in registry if is_of_notebook(each)]:
                found[place] = own_members
    return found


def _changed(
    before: Registries | None, after: Registries | None, text: str
) -> Registrations | None:
    """Return what is new or another one; None for what is gone.

    The formatters of matplotlib's figures count where the code looks as if it chose them: the
    inline backend registers some by itself when it is loaded.
    """
    if after is None:
        return None
    before = before or {}
    others = {p for p in before.keys() | after.keys() if not _is_same(before.get(p), after.get(p))}
    if not others:  # most cells register nothing
        return None
    old, new = (
        _registrations({place: each for place, each in registries.items() if place in others})
        for registries in (before, after)
    )
    changed = {p: each for p, each in new.items() if not _is_same(old.get(p), each)}
    changed |= dict.fromkeys(old.keys() - new.keys())
    if not changed:
        return None
    moved, figures = set(_moved(old, changed)), "matplotlib_formats" in text
    found = {
        place: each
        for place, each in changed.items()
        if place not in moved and (figures or place[0] != "formatter" or not _is_figure(place[2]))
    }
    return found or None


def _moved(old: Registrations, changed: Registrations) -> Iterator[tuple[Any, ...]]:
    """Yield the places that IPython changes by itself.

    A formatter for a type by its name is moved to the type once an instance is shown.
    """
    for place, registered in changed.items():
        if place[0] == "formatter" and registered is not None:
            by_name = (*place[:2], _name_of(place[2]))
            if by_name != place and old.get(by_name) is registered:
                yield from (place, by_name)


def _restore(changes: Registrations) -> None:
    """Register what was stored, and take away what was taken away."""
    shell = _shell()
    lists = dict(_lists(shell))
    for place, registered in changes.items():
        match place:
            case ("formatter", mime, kind):
                _set_formatter(shell.display_formatter.formatters[mime], kind, registered)
            case ("magic", kind, name):
                if registered is None:
                    shell.magics_manager.magics[kind].pop(name, None)
                else:
                    shell.register_magic_function(registered, kind, name)
            case _ if place in lists:
                _set_list(lists[place], registered or [])


def callback_lists() -> Iterator[list[Any]]:
    """Yield the callbacks of each event, and the transformers of each kind."""
    shell = _shell()
    if shell is not None:
        yield from (callbacks for _, callbacks in _lists(shell))


def _calls_own() -> bool:
    """Return whether something of the notebook's is called before a cell's own code runs."""
    return any(is_of_notebook(each) for callbacks in callback_lists() for each in callbacks)


def _set_formatter(formatter: Any, kind: Any, function: Any) -> None:
    if function is None:
        formatter.pop(kind if isinstance(kind, type) else ".".join(kind), None)
    elif isinstance(kind, type):
        formatter.for_type(kind, function)
    else:
        formatter.for_type_by_name(*kind, function)


def _set_list(registered: list[Any], wanted: list[Any]) -> None:
    """Make the notebook's members of a list those that are wanted; others keep their places."""
    kept = [each for each in registered if not is_of_notebook(each) or _is_among(each, wanted)]
    registered[:] = kept + [each for each in wanted if not _is_among(each, kept)]


def _lists(shell: Any) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    """Yield each list that the notebook's functions may be in, and its place."""
    for event, callbacks in shell.events.callbacks.items():
        yield ("event", event), callbacks
    for name in _TRANSFORMERS:
        yield (name,), getattr(shell, name)


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two registered ones are the same, without code of their classes."""
    if one is other:
        return True
    if type(one) is list and type(other) is list:
        return len(one) == len(other) and all(map(_is_same, one, other))
    if type(one) is dict and type(other) is dict:
        return one.keys() == other.keys() and all(map(operator.is_, one.values(), other.values()))
    # A bound method is made anew whenever it is asked for, and is then compared by its parts.
    return type(one) is MethodType and type(other) is MethodType and one == other


def _is_among(registered: Any, others: list[Any]) -> bool:
    return any(_is_same(registered, other) for other in others)


def _is_figure(kind: Any) -> bool:
    return bool(_name_of(kind) == ("matplotlib.figure", "Figure"))


def _name_of(kind: Any) -> Any:
    """Return a type's module and name, as IPython keeps it for one that is not loaded yet."""
    return (module_of(kind), name_of(kind)) if is_a(kind, type) else kind


def _is_shell(kind: type) -> bool:
    return any(name_of(base) == "InteractiveShell" for base in mro_of(kind))


ADAPTER = Adapter(
    module="IPython",
    proven=True,
    # Who holds the shell, as a widget does, does not hold the namespace in it.
    rules=(Rule(applies=_is_shell, walk=by_identity),),
    state=(
        State(
            key="ipython",
            read=_read,
            changed=_changed,
            restore=_restore,
            members=_registrations,
            # matplotlib's backend registers formatters when it is loaded.
            after=("matplotlib.backend", "settings"),
            label="what it registers with IPython",
        ),
    ),
    covers_settings=True,
    held=callback_lists,
    calls_first=_calls_own,
)
