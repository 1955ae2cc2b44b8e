"""What a stored step depended on, and what of that has changed. SPEC.md, Staleness.

A step's name is its identity: a stored step is never silently run again. But each difference
between what it depended on and what is there now is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mundane.tools import iso_to_ms

from ..adapter.looks import guarded
from .code import carried_digest, code_digest, input_digest, is_code, is_imported, notebook_class

SinceOf = Callable[[str], Mapping[str, str]]

# What a record says of exact digests.
_EXACT = {"made": "exactly"}

_MAX_SHOWN = 40


@dataclass(slots=True)
class Inputs:
    """What a step's code could get at when it started.

    Attributes:
        values: digests of variables that plain cells had set, by name.
        shown: small plain values as text, those of steps as well, by name.
        helpers: digests of the code of the notebook's functions and classes, those of steps as
            well, by name.
        carried: digests of what these functions have beside their source, by name.
        steps: when the steps whose results it could read had finished, by step.
        origins: for each of these results, modules and their members left aside, the step that
            had bound or changed it last, by name.
        digests: how the digests were made; nothing where they are those of the first versions.
        changed: digests of those of these results that plain cells had changed in place since, by
            name; "" where that is not known.
        modules: digests of what it could get at of modules of the user's, by `module:name`.
    """

    values: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    helpers: dict[str, str] = field(default_factory=dict)
    carried: dict[str, str] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=lambda: dict(_EXACT))
    changed: dict[str, str] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_record(cls, members: Mapping[str, Mapping[str, str]]) -> Inputs:
        """Return what a record has; members of later versions are passed over."""
        known = cls.__dataclass_fields__
        found = {"digests": {}, **members}
        inputs = cls(**{key: dict(found[key]) for key in found if key in known})
        if "changed" not in members:  # of a version that had no eye on it
            inputs.changed = dict.fromkeys(inputs.origins, "")
        return inputs

    @property
    def is_exact(self) -> bool:
        """Whether its digests are compared with exact ones, see `code.input_digest`."""
        return self.digests == _EXACT

    def to_record(self) -> dict[str, dict[str, str]]:
        """Return the members as a record has them."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def read_inputs(
    names: Iterable[str],
    namespace: Mapping[str, Any],
    origins: Mapping[str, tuple[str, int]],
    finished: Mapping[str, str],
    touched: Mapping[str, int],
    *,
    exact: bool = True,
) -> Inputs:
    """Return what the names stand for at present.

    Args:
        names: that the cell can get at.
        namespace: the user namespace.
        origins: for a name that a step bound or changed, the step and its value's id.
        finished: when each stored step finished, by step.
        touched: the id of a step's result that a plain cell has changed in place, by name.
        exact: whether the digests are to be exact, or such as the first versions made.
    """
    inputs = Inputs() if exact else Inputs(digests={})

    def read(name: str, value: Any) -> None:
        step, identity = origins.get(name, ("", 0))
        of_step = step in finished and identity == id(value)
        if of_step and not is_imported(value):  # the same module whoever has imported it last
            inputs.steps[step] = finished[step]
            _put(inputs.origins, name, step)
            if touched.get(name) == identity:
                inputs.changed[name] = _present_digest(value, exact=exact)
        if is_code(value):
            _put(inputs.helpers, name, code_digest(value, exact=exact))
            _put(inputs.carried, name, carried_digest(value, exact=exact))
        else:
            # When its step ran tells as much of a result, which may be large.
            _put(inputs.values, name, None if of_step else input_digest(value, exact=exact))
            _put(inputs.shown, name, _shown(value))

    for name in sorted(names):
        if name in namespace:
            guarded(partial(read, name, namespace[name]), None)
    return inputs


def _present_digest(value: Any, *, exact: bool) -> str:
    """Return a digest of a value or of a function's or class's code, "" where it has none."""
    digest = code_digest if is_code(value) else input_digest
    return digest(value, exact=exact) or ""


def with_classes(names: Iterable[str], namespace: Mapping[str, Any]) -> set[str]:
    """Return names, and those of the notebook's classes of which their values are instances.

    What a method does is no part of the instance on which it is called.
    """
    found = {name for name in names if name in namespace}
    return found | {kind for name in found if (kind := notebook_class(namespace[name], namespace))}


def differences(
    before: Inputs,
    now: Inputs,
    names: Set[str],
    namespace: Mapping[str, Any],
    finished: Mapping[str, str],
    since: SinceOf,
) -> list[str]:
    """Return what changed since a step ran, a line each.

    A name that the step did not depend on then, and one that has no digest now, is no difference:
    there is nothing to compare.

    Args:
        before: what it depended on.
        now: the same names at present, with digests made in the same way.
        names: those of them that are to be compared.
        namespace: the user namespace.
        finished: when each stored step finished, by step.
        since: see `reran`.
    """
    found = []
    present = dict(now.values)
    for name in _only(before.values, now.origins.keys()):  # a step's, where plain cells had set it
        _put(present, name, input_digest(namespace[name], exact=now.is_exact))
    for name in _only(before.values, names):
        if name not in namespace:
            found.append(f"input {name} is not defined any more")
        elif name in now.helpers or _differs(before.values, present, name):
            found.append(f"input {name} changed{_from_to(name, before, now)}")
    for name in _only(before.helpers, names):
        # That of the same step is the same, or the step was run again.
        if before.origins.get(name, "") == now.origins.get(name):
            continue
        if (
            (name in namespace and not is_code(namespace[name]))
            or _differs(before.helpers, now.helpers, name)
            or _differs(before.carried, now.carried, name)
        ):
            found.append(f"helper {name}() changed")
    found += _changed_in_place(before, now, names & namespace.keys(), namespace)
    found += _moved(before, now, names & namespace.keys())
    same = {name for name in before.origins if _is_same(before, now, name)}
    origins = {name: step for name, step in before.origins.items() if name not in same}
    known = {step for step in before.origins.values() if step not in origins.values()}
    steps = {step: time for step, time in before.steps.items() if step not in known}
    return found + reran(steps, origins, finished, since)


def _is_same(before: Inputs, now: Inputs, name: str) -> bool:
    """Return whether a step's result is known to be what it was, however often its step ran."""
    if name in before.helpers:
        return before.helpers[name] == now.helpers.get(name) and before.carried.get(
            name
        ) == now.carried.get(name)
    return name in before.shown and before.shown[name] == now.shown.get(name)


def reran(
    before: Mapping[str, str],
    origins: Mapping[str, str],
    finished: Mapping[str, str],
    since: SinceOf,
) -> list[str]:
    """Return which steps were run again since another one used their results, a line each.

    Not those whose new results are equal to the ones that were used.

    One whose result is older than that was put back by somebody who can write to the file, unless a
    clock was set back: its signature is good all the same (SPEC.md, Trust).

    Args:
        before: when they had finished then, by step.
        origins: of which step each result was that had been used, by name.
        finished: when each stored step finished, by step.
        since: returns for a step since when each of its names has had an equal value, where it has
            run more than once.
    """
    found = []
    for step, then in before.items():
        if finished.get(step, then) == then:
            continue
        older = _older(finished[step], then)
        names = [name for name, origin in origins.items() if origin == step]
        if older or not names or not _are_equal(names, since(step), then):
            found.append(f"step {step} {older or 'was run again since'}")
    return found


def _are_equal(names: list[str], since: Mapping[str, str], then: str) -> bool:
    """Return whether names have had equal values since a time, or longer."""
    then_ms = iso_to_ms(then)
    times = [iso_to_ms(since.get(name, "")) for name in names]
    return then_ms is not None and all(each is not None and each <= then_ms for each in times)


def _older(now: str, then: str) -> str:
    now_ms, then_ms = iso_to_ms(now), iso_to_ms(then)
    is_older = now_ms is not None and then_ms is not None and now_ms < then_ms
    return "has an older result than then: it was put back" if is_older else ""


def _only(before: Mapping[str, str], names: Set[str]) -> list[str]:
    return [name for name in before if name in names]


def _differs(before: Mapping[str, str], now: Mapping[str, str], name: str) -> bool:
    return name in before and now.get(name, before[name]) != before[name]


def _changed_in_place(
    before: Inputs, now: Inputs, names: Set[str], namespace: Mapping[str, Any]
) -> Iterator[str]:
    """Yield the results of steps of which plain cells have made something else in place."""
    for name in _only(before.origins, names):
        if before.origins[name] != now.origins.get(name):
            continue
        was, present = before.changed.get(name), now.changed.get(name)
        if present is None and was:  # the cell that changed it is gone, or changes nothing
            present = _present_digest(namespace[name], exact=now.is_exact)
        if was != present and "" not in (was, present):
            yield f"input {name} changed"


def _moved(before: Inputs, now: Inputs, names: Set[str]) -> Iterator[str]:
    """Yield the results of steps that are of another cell now, and not known to be the same."""
    for name in _only(before.origins, names):
        step, other = before.origins[name], now.origins.get(name)
        compared = name in before.helpers and name in now.helpers
        same = name in before.shown and before.shown[name] == now.shown.get(name)
        if other != step and not compared and not same:
            place = "a plain cell" if other is None else f"step {other}"
            change = _from_to(name, before, now)
            yield f"input {name} came from step {step}, now from {place}{change}"


def _from_to(name: str, before: Inputs, now: Inputs) -> str:
    if name in before.shown and name in now.shown:
        return f": {before.shown[name]} -> {now.shown[name]}"
    return ""


def _put(target: dict[str, str], name: str, text: str | None) -> None:
    if text is not None:
        target[name] = text


def _shown(value: Any) -> str | None:
    """Return a small plain value as text, None for any other."""
    if any(type(value) is kind for kind in (int, float, complex, str, bool, type(None))):
        if type(value) is int and value.bit_length() > 4 * _MAX_SHOWN:
            return None  # Python refuses to write out the largest
        text = repr(value)
        return text if len(text) <= _MAX_SHOWN else None
    return None
