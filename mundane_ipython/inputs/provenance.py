"""Where the values in the namespace come from: which step, and what was there before it.

What a kernel knows and no file: it begins anew with each kernel. SPEC.md, Staleness, and Running a
step again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from .staleness import Inputs, read_inputs, with_classes

_ABSENT = object()


class Provenance:
    """Which step each variable's value came from, and when each step finished.

    Args:
        finished: when each stored step finished, by step.
    """

    def __init__(self, finished: dict[str, str]) -> None:
        self._finished = finished
        # By name: the step that bound or changed its value, and the value's id.
        self._origins: dict[str, tuple[str, int]] = {}
        # By step and name: the origin of the value that the step found.
        self._found: dict[str, dict[str, tuple[str, int]]] = {}
        # By step and name: values that it changed in place, by id.
        self._changed: dict[str, dict[str, int]] = {}
        # By step and entry of the ambient state: what it changed of the state outside of variables.
        self._ambient: dict[str, dict[str, Any]] = {}
        # By step: names that it deleted, and that its next run does not find.
        self._deleted: dict[str, set[str]] = {}
        # By step and name: what was there before a stale step was restored.
        self._replaced: dict[str, dict[str, Any]] = {}
        # By step: names that it bound and that could not be stored.
        self._left_out: dict[str, frozenset[str]] = {}
        # Steps that were restored though stale, and did not run since.
        self._stale: set[str] = set()
        # By name: the id of a step's result that a plain cell has changed in place since.
        self._touched: dict[str, int] = {}
        # By name: the id of what a restore bound it to last; `_ABSENT`'s where it deleted it.
        self._restored: dict[str, int] = {}

    @property
    def has_results(self) -> bool:
        """Whether some step has bound or changed anything in this kernel."""
        return bool(self._origins)

    @property
    def finished(self) -> Mapping[str, str]:
        """When each stored step finished, ISO-8601, by step."""
        return self._finished

    def set_finished(self, step: str, finished_at: str) -> None:
        """Note when a step finished."""
        self._finished[step] = finished_at
        self._stale.discard(step)

    def of_stale(self, before: Inputs, now: Inputs) -> list[str]:
        """Return which steps are stale here whose results another one had used, a line each.

        Args:
            before: what that one had depended on.
            now: the same names at present; a result that is of another step now is left aside.
        """
        used = {step for _, step in before.origins.items() & now.origins.items()}
        return [
            f"step {step}, whose results it uses, is stale" for step in sorted(used & self._stale)
        ]

    def note(  # noqa: PLR0913 (what one cell did, by name)
        self,
        step: str,
        names: Iterable[str],
        changed: Iterable[str],
        ambient: Mapping[str, Any],
        namespace: Mapping[str, Any],
        older: Mapping[str, Any],
        left_out: Iterable[str] = (),
        deleted: Iterable[str] = (),
    ) -> None:
        """Note that names have their present values from a step, which ran or was restored.

        Args:
            step: its name.
            names: that it has bound or changed.
            changed: those of them whose values it changed in place.
            ambient: what it changed outside of variables, as `changed_state` tells it.
            namespace: as it is now.
            older: as it was before the step.
            left_out: those of the names that could not be stored.
            deleted: names that it deleted.
        """
        found = self._found.setdefault(step, {})
        for name in names:
            if name in namespace:
                origin, identity = self._origins.get(name, ("", 0))
                if origin != step:
                    found.pop(name, None)
                    if name in older and identity == id(older[name]):
                        found[name] = origin, identity
                self._origins[name] = step, id(namespace[name])
                self._touched.pop(name, None)
        self._changed[step] = _ids(changed, namespace)
        self._ambient[step] = dict(ambient)
        self._left_out[step] = frozenset(left_out)
        self._deleted[step] = set(deleted)

    def note_failed(
        self,
        step: str,
        changed: Iterable[str],
        ambient: Mapping[str, Any],
        namespace: Mapping[str, Any],
        deleted: Iterable[str] = (),
    ) -> None:
        """Note what a step that failed has changed all the same: its next try stores it."""
        self._changed.setdefault(step, {}).update(_ids(changed, namespace))
        self._ambient.setdefault(step, {}).update(ambient)
        self._deleted.setdefault(step, set()).update(deleted)

    def take_over(self, failed: str, step: str) -> None:
        """Note as a step's what it has changed under another name, under which it failed."""
        self._changed.setdefault(step, {}).update(self._changed.pop(failed, {}))
        self._ambient.setdefault(step, {}).update(self._ambient.pop(failed, {}))
        self._deleted.setdefault(step, set()).update(self._deleted.pop(failed, ()))

    def note_touched(self, names: Iterable[str], namespace: Mapping[str, Any]) -> None:
        """Note that a plain cell has changed results of steps in place."""
        self._touched.update(_ids(names, namespace))

    def results(self, namespace: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
        """Return the names that have a step's result, each with the step and the value's id."""
        return {
            name: origin
            for name, origin in self._origins.items()
            if name in namespace and self.is_from_step(name, namespace)
        }

    def is_from_step(self, name: str, namespace: Mapping[str, Any]) -> bool:
        """Return whether a name's present value was bound or changed by a step."""
        return self._origins.get(name, ("", 0))[1] == id(namespace[name])

    def drop_unstored(self, values: dict[str, Any], namespace: Mapping[str, Any]) -> None:
        """Drop names whose present values their steps could not store.

        A restore leaves these undefined, so nothing that is stored may refer to them.
        """
        for name in list(values):
            step, _ = self._origins.get(name, ("", 0))
            if name in self._left_out.get(step, ()) and self.is_from_step(name, namespace):
                del values[name]

    def ambient_of(self, step: str) -> Mapping[str, Any]:
        """Return what earlier runs of this step changed outside of variables."""
        return self._ambient.get(step, {})

    def deleted_by(self, step: str, namespace: Mapping[str, Any]) -> list[str]:
        """Return names that an earlier run of this step deleted, and nothing has bound since."""
        return sorted(self._deleted.get(step, set()) - namespace.keys())

    def changed_by(self, step: str, namespace: Mapping[str, Any]) -> frozenset[str]:
        """Return names whose values an earlier run of this step changed in place.

        What that run stored is dropped when the step is stored again, and the values are not
        changed a second time where the step does the same: so they are stored with it again.
        """
        return frozenset(
            name
            for name, identity in self._changed.get(step, {}).items()
            if name in namespace and self._has_change(name, identity, id(namespace[name]))
        )

    def _has_change(self, name: str, identity: int, now: int) -> bool:
        origin, found = self._origins.get(name, ("", 0))
        # The same object, or one to which a later step has added its changes.
        return now == identity or (found == now and name in self._changed.get(origin, {}))

    def inputs(
        self,
        names: Iterable[str],
        namespace: Mapping[str, Any],
        step: str = "",
        *,
        exact: bool = True,
    ) -> Inputs:
        """Return what these names stand for at present.

        Args:
            names: to be looked at; the notebook's classes of their values are looked at as well.
            namespace: the user namespace.
            step: for which they are inputs; what it left itself counts as what it had found, and
                for nothing where that is not known.
            exact: see `read_inputs`.
        """
        names = with_classes(names, namespace)
        left = {name for name in names if self._origins.get(name) == (step, id(namespace[name]))}
        found = self._found.get(step, {})
        own = {name: (found[name][0], id(namespace[name])) for name in left & found.keys()}
        unknown = left - found.keys()
        inputs = read_inputs(
            names - unknown,
            namespace,
            self._origins | own,
            self._finished,
            self._touched,
            exact=exact,
        )
        inputs.changed.update(dict.fromkeys(own, ""))  # how it was found is not known any more
        # After a restore, a plain cell makes what was left out: not another input for that.
        inputs.origins = {
            name: origin
            for name, origin in inputs.origins.items()
            if name not in self._left_out.get(origin, ())
        }
        return inputs

    def is_made_of(self, step: str, name: str, namespace: Mapping[str, Any]) -> bool:
        """Return whether a name has the value that a step has left, as it was or changed since.

        Such a value tells nothing of what the step had found, and now it finds its own result.
        """
        origin, identity = self._origins.get(name, ("", 0))
        met: set[str] = set()
        if identity != id(namespace.get(name, _ABSENT)):
            return False
        while origin != step and origin not in met and name in self._changed.get(origin, {}):
            met.add(origin)
            origin, _ = self._found.get(origin, {}).get(name, ("", 0))
        return origin == step

    def note_restored(
        self,
        step: str,
        names: Iterable[str],
        before: Mapping[str, Any],
        now: Mapping[str, Any],
        *,
        stale: bool,
    ) -> None:
        """Note what a restore has put in the place of what was there before.

        Args:
            step: its name.
            names: that the restore has bound or deleted.
            before: the namespace before.
            now: the namespace after.
            stale: whether it is to be run again some time: what was there is kept for it.
        """
        for name in names:
            self._restored[name] = id(now.get(name, _ABSENT))
        self._stale.discard(step)
        if stale:
            self._stale.add(step)
            self._replaced[step] = {name: before[name] for name in names if name in before}

    def put_back(self, step: str, namespace: MutableMapping[str, Any]) -> None:
        """Bring back what a stale restore of this step replaced, as the step is now to run.

        Else it would run on what it had stored itself, or what later steps have, and pass for
        fresh. A name that was bound to something else since, and not by a restore, is left alone.
        """
        for name, value in self._replaced.get(step, {}).items():
            if self._restored[name] == id(namespace.get(name, _ABSENT)):
                found = self._found.get(step, {}).get(name)
                if found is not None:
                    self._origins[name] = found
                namespace[name] = value
        # Last: what an interrupt leaves undone is done by the next try.
        self._replaced.pop(step, None)


def _ids(names: Iterable[str], namespace: Mapping[str, Any]) -> dict[str, int]:
    return {name: id(namespace[name]) for name in names if name in namespace}
