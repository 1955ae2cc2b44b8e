"""Adapters that other packages bring, by entry points. SPEC.md, Adapters of other packages.

Whatever is wrong with one is told of once in a kernel, and breaks nothing: it then counts as not
there, or one call of it does.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from . import compare
from .contract import OUR_OWN, Adapter, State
from .looks import attribute_of, error_text, guarded

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

GROUP = "mundane_ipython.adapters"
"""The group of the entry points: `LIBRARY = "package.module:ADAPTER"`."""

# They only compare, and who calls them knows them by their identity.
_OF_OURS = (
    compare.changed_items,
    compare.changed_members,
    compare.changed_whole,
    compare.new_members,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """An entry point by which a package brings an adapter.

    Attributes:
        library: the name by which the library is imported.
        distribution: the package's name, as one installs it.
        entry: loads the adapter.
    """

    library: str
    distribution: str
    entry: EntryPoint

    def __str__(self) -> str:
        return f"the adapter for {self.library!r} of the package {self.distribution!r}"


class Outside:
    """The adapters of other packages, each imported when somebody asks for it.

    Args:
        own: returns our own adapters.
        own_libraries: the libraries that these are for.
        own_keys: keys of states that belong to no adapter.
    """

    def __init__(
        self,
        own: Callable[[], Iterable[Adapter]],
        own_libraries: Iterable[str],
        own_keys: Iterable[str],
    ) -> None:
        self._own = own
        self._own_libraries = frozenset(own_libraries)
        self._own_keys = frozenset(own_keys)
        self._known: dict[str, Adapter | None] = {}
        self._providers: dict[str, Offer] = {}
        self._told: set[tuple[str, str]] = set()
        self._untold: list[str] = []

    @functools.cached_property
    def offers(self) -> dict[str, list[Offer]]:
        """What is installed, by library, the one first that is used; looked up once."""
        found: dict[str, list[Offer]] = {}
        offers = sorted(set(_installed()), key=lambda o: (o.distribution.lower(), o.entry.value))
        for offer in offers:
            found.setdefault(offer.library, []).append(offer)
        return found

    def adapter(self, library: str) -> Adapter | None:
        """Return the adapter for a library; None where there is none, or none that is good."""
        if library not in self._known and library in self.offers:
            self._known[library] = None  # until it is there: it is not imported twice
            self._known[library] = self._made(*self.offers[library])
        return self._known.get(library)

    def made(self) -> list[Adapter]:
        """Return the adapters that somebody has asked for by now, and that are good."""
        return [adapter for adapter in map(self._known.get, self.offers) if adapter is not None]

    def provider(self, key: str) -> Offer | None:
        """Return who brings the state with a key; None where it is our own, or nobody's."""
        return self._providers.get(key)

    def take_faults(self) -> list[str]:
        """Return what is wrong and was not told of yet."""
        faults, self._untold = self._untold, []
        return faults

    def _tell(self, offer: Offer, place: str, text: str) -> None:
        if (str(offer), place) not in self._told:
            self._told.add((str(offer), place))
            self._untold.append(f"{offer} {text}")

    def _made(self, offer: Offer, *others: Offer) -> Adapter | None:
        for other in others:
            first = f"that of {offer.distribution!r} comes first"
            self._tell(other, other.entry.value, f"is not used: {first}")
        try:
            adapter = self._loaded(offer)
        except KeyboardInterrupt:
            del self._known[offer.library]
            raise
        except BaseException as error:  # noqa: BLE001 (a package's own code)
            why = str(error) if type(error) is _RefusedError else error_text(error)
            self._tell(offer, "", f"is not used: {why}")
            return None
        self._providers.update({state.key: offer for state in adapter.state})
        return self._safe(offer, adapter)

    def _loaded(self, offer: Offer) -> Adapter:
        """Return the adapter as its package made it.

        Raises:
            _RefusedError: it is not used.
            BaseException: its package's own code raises it.
        """
        if offer.library in self._own_libraries:
            raise _RefusedError("mundane_ipython has its own")
        adapter = offer.entry.load()
        for what in _wrong_with(adapter):
            raise _RefusedError(what)
        if adapter.module != offer.library:
            raise _RefusedError(f"it is for {adapter.module!r}")
        keys = [state.key for state in adapter.state]
        ours = {state.key for each in self._own() for state in each.state} | self._own_keys
        for key in keys:
            if key in ours:
                raise _RefusedError(f"the key {key!r} is of a state of mundane_ipython")
            if key in self._providers:
                raise _RefusedError(f"the key {key!r} is used by {self._providers[key]}")
            if keys.count(key) > 1:
                raise _RefusedError(f"it has the key {key!r} twice")
        checked: Adapter = adapter
        return checked

    def _safe(self, offer: Offer, adapter: Adapter) -> Adapter:
        """Return an adapter whose calls raise nothing but plain exceptions, and tell of them."""
        states = tuple([self._safe_state(offer, state) for state in adapter.state])
        held = self._telling(offer, adapter.held, "cannot tell what holds the notebook's objects")

        def lists() -> list[list[Any]]:
            return guarded(lambda: [each for each in held() if type(each) is list], [])

        forked = self._telling(offer, adapter.outlives_fork, "cannot tell if it outlives a fork")

        def outlives_fork() -> bool:
            return guarded(lambda: bool(forked()), otherwise=False)

        return replace(adapter, state=states, held=lists, outlives_fork=outlives_fork)

    def _safe_state(self, offer: Offer, state: State) -> State:
        named = f"state {state.key!r}"
        changed = state.changed
        if changed not in _OF_OURS:
            changed = self._telling(offer, changed, f"cannot compare its {named}")
        return replace(
            state,
            read=self._telling(offer, state.read, f"cannot read its {named}"),
            changed=changed,
            restore=self._telling(offer, state.restore, ""),  # its failures are told by the step
            members=self._telling(offer, state.members, f"cannot tell members of its {named}"),
        )

    def _telling(self, offer: Offer, call: Callable[..., Any], what: str) -> Callable[..., Any]:
        def told(*arguments: Any) -> Any:
            try:
                return call(*arguments)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                if what:
                    self._tell(offer, what, f"{what}: {error_text(error)}")
                if isinstance(error, Exception):
                    raise
                raise RuntimeError(error_text(error)) from error

        return told


# What an adapter has of which nothing is said.
_PLAIN = Adapter(module="")


class _RefusedError(Exception):
    """An adapter is not used; its text says why."""


def _installed() -> Iterator[Offer]:
    """Yield what is installed here.

    `importlib.metadata.entry_points` parses the entry points of every package, and takes three
    times as long.
    """
    from importlib.metadata import distributions

    for each in distributions():
        text = guarded(functools.partial(each.read_text, "entry_points.txt"), None)
        if text and GROUP in text:
            nothing: list[Offer] = []
            yield from guarded(functools.partial(_offers_of, each), nothing)


def _offers_of(found: Distribution) -> list[Offer]:
    from importlib.metadata import distribution

    name = attribute_of(found, "name") or "(without a name)"
    # Of two of one name the first counts, whichever of them has entry points.
    first = guarded(lambda: distribution(name), found)
    return [Offer(e.name, name, e) for e in first.entry_points if e.group == GROUP]


def _wrong_with(adapter: Any) -> Iterator[str]:
    """Yield what of an adapter is not as the contract says; a user's step would fail at it."""
    if type(adapter) is not Adapter:
        yield f"it is a {type(adapter).__name__}, not an Adapter"
        return
    for field in OUR_OWN:
        if getattr(adapter, field) is not getattr(_PLAIN, field):
            yield f"its part {field!r} is for adapters of mundane_ipython alone"
    for field in ("complete_with", "keeps_attributes", "keeps_items"):
        if not _are(str, getattr(adapter, field)):
            yield f"its {field} is no tuple of names"
    if not _are(tuple, adapter.only_ones) or not all(
        len(place) == 2 and _are(str, place) for place in adapter.only_ones
    ):
        yield "its only_ones is no tuple of modules and names"
    if not isinstance(adapter.distribution, str):
        yield "its distribution is no text"
    for field in ("held", "outlives_fork"):
        if not callable(getattr(adapter, field)):
            yield f"its {field} cannot be called"
    yield from _wrong_with_unreadable(adapter)
    if _are(State, adapter.state):
        yield from _wrong_with_states(adapter)
    else:
        yield "its state is no tuple of State"


def _wrong_with_unreadable(adapter: Adapter) -> Iterator[str]:
    pattern = adapter.unreadable
    if pattern is not None and not (
        isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, str)
    ):
        yield "its unreadable is no pattern of text"


def _wrong_with_states(adapter: Adapter) -> Iterator[str]:
    for state in adapter.state:
        if not isinstance(state.key, str) or not state.key:
            yield f"the key {state.key!r} is no text"
        elif not isinstance(state.label, str):
            yield f"the label of its state {state.key!r} is no text"
        elif not _are(str, state.after):
            yield f"the `after` of its state {state.key!r} is no tuple of keys"
        elif not all(map(callable, (state.read, state.changed, state.restore, state.members))):
            yield f"a function of its state {state.key!r} cannot be called"


def _are(kind: type, values: Any) -> bool:
    return type(values) is tuple and all(isinstance(each, kind) for each in values)
