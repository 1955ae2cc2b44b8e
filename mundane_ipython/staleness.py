"""What a stored step depended on, and what of that is another now. SPEC.md, Staleness.

A step's name is its identity: a stored step is never silently run again. But each difference
between what it depended on and what is there now is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .canonical import shown
from .digests import carried_digest, code_digest, input_digest, is_code, notebook_class


@dataclass(slots=True)
class Inputs:
    """What a step's code could get at when it started.

    Attributes:
        values: digests of variables that plain cells had set, by name.
        shown: the small ones among them as text.
        helpers: digests of the code of the notebook's functions and classes, by name.
        carried: digests of what these functions have beside their source, by name.
        steps: when the steps whose results it could read had finished, by step.
    """

    values: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    helpers: dict[str, str] = field(default_factory=dict)
    carried: dict[str, str] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)


def read_inputs(
    names: Iterable[str],
    namespace: Mapping[str, Any],
    origins: Mapping[str, tuple[str, int]],
    finished: Mapping[str, str],
) -> Inputs:
    """Return what the names stand for at present.

    Args:
        names: that the cell can get at.
        namespace: the user namespace.
        origins: for a name that a step bound or changed, the step and its value's id.
        finished: when each stored step finished, by step.
    """
    inputs = Inputs()
    names = {name for name in names if name in namespace}
    # What a method does is no part of the instance on which it is called.
    names |= {kind for name in names if (kind := notebook_class(namespace[name], namespace))}
    for name in sorted(names):
        value = namespace[name]
        step, identity = origins.get(name, ("", 0))
        if step in finished and identity == id(value):
            inputs.steps[step] = finished[step]
        elif is_code(value):
            _put(inputs.helpers, name, code_digest(value))
            _put(inputs.carried, name, carried_digest(value))
        else:
            _put(inputs.values, name, input_digest(value))
            _put(inputs.shown, name, shown(value))
    return inputs


def differences(
    before: Inputs, now: Inputs, namespace: Mapping[str, Any], finished: Mapping[str, str]
) -> list[str]:
    """Return what changed since a step ran, a line each.

    A name that the step did not depend on then, and one that has no digest now, is no difference:
    there is nothing to compare.

    Args:
        before: what it depended on.
        now: the same names at present.
        namespace: the user namespace.
        finished: when each stored step finished, by step.
    """
    found = []
    for name, digest in before.values.items():
        if name not in namespace:
            found.append(f"input {name} is not defined any more")
        elif now.values.get(name, digest) != digest:
            found.append(f"input {name} changed{_from_to(name, before, now)}")
        elif name in now.helpers:
            found.append(f"input {name} changed")
    for name, digest in before.helpers.items():
        carried = before.carried.get(name, "")
        if now.helpers.get(name, digest) != digest or (
            carried and now.carried.get(name, carried) != carried
        ):
            found.append(f"helper {name}() changed")
    return found + reran(before.steps, finished)


def reran(before: Mapping[str, str], finished: Mapping[str, str]) -> list[str]:
    """Return which steps were run again since another one used their results, a line each.

    Args:
        before: when they had finished then, by step.
        finished: when each stored step finished, by step.
    """
    return [
        f"step {step} was run again since"
        for step, finished_at in before.items()
        if finished.get(step, finished_at) != finished_at
    ]


def _from_to(name: str, before: Inputs, now: Inputs) -> str:
    if name in before.shown and name in now.shown:
        return f": {before.shown[name]} -> {now.shown[name]}"
    return ""


def _put(target: dict[str, str], name: str, text: str | None) -> None:
    if text is not None:
        target[name] = text
