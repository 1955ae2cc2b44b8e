"""What the libraries' adapters say of a type: their rules, found once for each type."""

from __future__ import annotations

import contextlib
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from .contract import Cells, Rule
from .looks import guarded, is_a, module_of, mro_of
from .registry import own_adapter_of, own_begun
from .types import PerType


@PerType
def _rules(kind: type) -> tuple[Rule, ...]:
    # A class of the notebook's may inherit from two libraries' types.
    adapters = dict.fromkeys(
        filter(None, (own_adapter_of(module_of(base)) for base in mro_of(kind)))
    )
    return tuple(rule for each in adapters for rule in each.rules if _applies(rule, kind))


def _applies(rule: Rule, kind: type) -> bool:
    # A library that another thread is importing may lack what the rule asks for.
    return guarded(lambda: rule.applies(kind), otherwise=False)


def _each(part: str) -> PerType[tuple[Any, ...]]:
    def having(kind: type) -> tuple[Any, ...]:
        parts = (getattr(rule, part) for rule in _rules[kind])
        return tuple(each for each in parts if each is not None)

    return PerType(having)


REDUCTIONS = _each("reduce")
"""How objects of a type are pickled, by `Rule.reduce`: the first that has an answer."""

WALKS = _each("walk")
DIGESTS = _each("digest")
PLAIN_DIGESTS = _each("plain_digest")
INNER_DIGESTS = _each("inner_digest")
KEYS = _each("key")
CELLS: PerType[tuple[Cells, ...]] = _each("cells")
INNARDS: PerType[tuple[frozenset[str], ...]] = _each("innards")
CLOSED = _each("closed")
SPANS = _each("span")
OWNERS = _each("owner")
ARRAYS_IN = _each("reduce_array")
REMAKERS = _each("remake")


@PerType
def is_scalar(kind: type) -> bool:
    """Return whether a type is that of a library's numbers, of which their memory says all."""
    return any(rule.scalar for rule in _rules[kind])


def lends_memory() -> bool:
    """Return whether a library is there whose objects may lie in another object's memory."""
    return any(rule.span is not None for adapter in own_begun() for rule in adapter.rules)


def function_home(value: Any) -> str | None:
    """Return `module:name` for a function that is a method of a library's hidden object.

    None for everything else. Whoever holds such a function of `random` holds the library's: a copy
    of its generator would no longer hear of `seed`.
    """
    if not is_a(value, (types.MethodType, types.BuiltinMethodType)):
        return None
    for adapter in own_begun():
        for home, method in adapter.methods_of_hidden:
            module = sys.modules.get(home)
            function = getattr(module, method, None)
            if function is not None and getattr(function, "__self__", None) is value.__self__:
                named = getattr(module, value.__name__, None) == value
                return f"{home}:{value.__name__}" if named else None
    return None


def changed_by_functions() -> list[Any]:
    """Return what functions of libraries change, though no name leads there."""
    return [each for adapter in own_begun() for each in adapter.changed_by_functions()]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep objects that are loaded in the body from showing themselves for that."""
    before = {each.module: each.to_show() for each in own_begun() if each.to_show is not None}
    try:
        yield
    finally:
        for each in own_begun():
            if each.set_to_show is not None:
                each.set_to_show(before.get(each.module))


def before_commit() -> None:
    """Let libraries show what they would show after a cell; a step's outputs are taken next."""
    for adapter in own_begun():
        if adapter.before_commit is not None:
            adapter.before_commit()


def ways_back() -> list[Callable[[], Any]]:
    """Return what sets each library's generator to where it is now."""
    return [each.put_back() for each in own_begun() if each.put_back is not None]
