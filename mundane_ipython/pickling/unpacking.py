"""Bytes -> objects: a bundle is loaded, and what stops that is told. SPEC.md, Bundles."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ..adapter.looks import error_text
from ..adapter.refusals import HostileStateError, Missing, MissingValueError, NotAllowedError
from ..errors import BundleError, UntrustedError
from ..references.prologue import used_of
from ..references.references import Lookup
from .bundle import AMBIENT_SLOT, VALUE_SLOT, Bundle
from .stage import Stage
from .unpickler import NotebookUnpickler, OtherPythonError

_NOTHING: Mapping[int, Any] = MappingProxyType({})


def unpack(  # noqa: PLR0913 (all but one by name)
    bundle: Bundle,
    *,
    path: str,
    step: str,
    namespace: Mapping[str, Any],
    trusted: bool,
    buffers: Sequence[Any],
    python: str = "",
    stage: Stage | None = None,
) -> dict[str, Any]:
    """Return the slots' values.

    Args:
        bundle: its `older`, `slots` and `stream` are used.
        path: of the task file, for messages.
        step: its name, for messages.
        namespace: where older names are looked up.
        trusted: whether code may run; else only data types are loaded.
        buffers: the out-of-band buffers, writable where the objects shall be.
        python: version of the Python that wrote the bundle; empty where it is not known.
        stage: where code of the notebook finds the step's names; entered.

    Raises:
        UntrustedError: not trusted, and a slot holds more than data; nothing was run.
        BundleError: a slot cannot be loaded; the message says which and what to do.
    """
    return _Unpacking(bundle, path, step, trusted, stage).values(namespace, buffers, python)


class _Unpacking:
    """One load of a bundle; what it has met by then is what its errors are told from.

    Args:
        bundle: see `unpack`, as of the others.
        path: of the task file.
        step: its name.
        trusted: whether code may run.
        stage: where that finds names.
    """

    def __init__(
        self, bundle: Bundle, path: str, step: str, trusted: bool, stage: Stage | None
    ) -> None:
        self._bundle = bundle
        self._path = path
        self._step = step
        self._trusted = trusted
        self._stage = stage
        self._slot = ""  # that is being loaded; none while the prologue is
        self._missing: dict[str, Missing] = {}
        self._used: list[str] = []  # references that are missing, and by which a slot refers

    def values(
        self, namespace: Mapping[str, Any], buffers: Sequence[Any], python: str
    ) -> dict[str, Any]:
        """Return the slots' values; see `unpack`."""
        unpickler = self._unpickler(Lookup(namespace), buffers, python)
        try:
            unpickler.load()  # the prologue
            values = self._slots(unpickler)
        except MissingValueError as error:
            self._used.append(error.name)
            values = {}
        except (Exception, SystemExit) as error:  # noqa: BLE001 (code of the notebook's may run)
            self._tell(error)
            values = {}
        if self._missing and not self._used:
            self._used += used_of(self._missing, self._bundle.older, self._bundle.stream)
        for reference in self._used:
            name = reference.partition("#")[0]
            raise BundleError(
                self._path,
                self._step,
                f"it shares objects with {name!r}, which is not what it was: run the cell that "
                f"defines {name!r} first, or this step again with '%%step {self._step} --rerun'",
            )
        return values

    def _unpickler(self, lookup: Lookup, buffers: Sequence[Any], python: str) -> pickle.Unpickler:
        def look_up(reference: str) -> Any:
            try:
                return lookup.find(reference)
            except LookupError:
                if self._slot:  # not by the prologue, which names all
                    self._used.append(reference)
                return self._missing.setdefault(reference, Missing(reference))

        file = io.BytesIO(self._bundle.stream)
        if self._trusted:
            instead = _NOTHING if self._stage is None else self._stage.instead
            return NotebookUnpickler(file, buffers, look_up, python, instead)
        from ..untrusted.unpickler import DataUnpickler  # here: few files are somebody else's

        size = len(self._bundle.stream) + sum(memoryview(each).nbytes for each in buffers)
        return DataUnpickler(file, buffers, look_up, size)

    def _slots(self, unpickler: pickle.Unpickler) -> dict[str, Any]:
        values: dict[str, Any] = {}
        stage = self._stage
        for slot, _ in self._bundle.slots:
            self._slot = slot
            try:
                if stage is not None:
                    stage.begin(slot)
                values[slot] = unpickler.load()
                if stage is not None:
                    stage.bind(slot, values[slot])
            except (NotAllowedError, HostileStateError):
                if slot in (VALUE_SLOT, AMBIENT_SLOT):
                    break  # These come last, and a cell is whole without them.
                raise
        if stage is not None:
            stage.finish()
        return values

    def _tell(self, error: BaseException) -> None:
        """Raise what is said of an error; return where it is a missing object's doing."""
        path, step = self._path, self._step
        if isinstance(error, (NotAllowedError, HostileStateError)):
            raise _refusal(path, step, self._slot, error) from None
        if isinstance(error, OtherPythonError):
            holds = f"{_slot_text(self._slot)} holds {error}"
            text = f"{holds}: '%%step {step} --rerun' runs the step again"
            raise BundleError(path, step, text) from None
        # Whoever got a `Missing` failed at it. (The other unpickler says so itself.)
        tells = self._missing and self._trusted
        self._used = (
            list(used_of(self._missing, self._bundle.older, self._bundle.stream)) if tells else []
        )
        if not self._used:
            slot = self._slot if self._stage is None else self._stage.slot
            raise BundleError(path, step, _why_not_loaded(step, slot, error)) from error


def _slot_text(slot: str) -> str:
    return "the value of its last expression" if slot == VALUE_SLOT else f"{slot!r}"


def _refusal(path: str, step: str, slot: str, error: Exception) -> UntrustedError | BundleError:
    """Return the error for a slot of a foreign file; `--trust` is no advice for forged data."""
    if isinstance(error, NotAllowedError):
        text = (
            f"{_slot_text(slot)} holds {error.what}, and the file is not yours: it is loaded only "
            "after '%mundane_open FILE --trust', which lets its code run"
        )
        return UntrustedError(path, step, text)
    text = (
        f"{_slot_text(slot)} holds what no library pickles ({error}), and the file is not yours: "
        f"it is damaged or forged; '%%step {step} --rerun' runs the step again"
    )
    return BundleError(path, step, text)


def _why_not_loaded(step: str, slot: str, error: BaseException) -> str:
    return (
        f"{_slot_text(slot)} cannot be loaded here ({error_text(error)}): "
        f"'%%step {step} --rerun' runs the step again"
    )
