"""Objects <-> bytes: a step's values that are not JSON, as one bundle. SPEC.md, Bundles.

A bundle is a run of pickles, one for each slot (a name, or the value of the last expression), that
share one memo, so that slots which share objects share them again, while a slot that cannot be
pickled is known by name. Large buffers lie out of band and are never copied.
"""

from __future__ import annotations

import io
import pickle
import platform
import sys
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

from .errors import BundleError, UntrustedError
from .fingerprint import find_inner, has_identity
from .looks import error_text
from .pickler import NotebookPickler
from .refusals import HostileStateError, Missing, MissingValueError, NotAllowedError
from .unpickler import NotebookUnpickler, OtherPythonError
from .views import ArrayRoots

VALUE_SLOT = "$value"
"""The slot of the cell's last expression; no name starts with `$`."""

AMBIENT_SLOT = "$ambient"
"""The slot of the ambient state that the cell changed (`ambient.restore_state`)."""

_NOTHING: Mapping[int, Any] = MappingProxyType({})

# Packages whose objects' pickles have changed between versions, or that pickle others' objects.
_PICKLED_BY = (
    "cloudpickle", "numpy", "pandas", "pyarrow", "scipy", "sklearn", "matplotlib", "networkx",
    "polars", "sympy", "torch", "xarray",
)  # fmt: skip


@dataclass(slots=True)
class Bundle:
    """Pickled slots.

    Attributes:
        older: references to older objects, in the order of their places in the memo: a name, or
            `fingerprint.inner_reference`'s.
        slots: (slot, length of its pickle in bytes), in the order in which they were pickled.
        stream: the prologue and the pickles, one after the other.
        buffers: what lies out of band, as flat memoryviews of the live objects.
        sizes: bytes of each slot, out-of-band ones included.
    """

    older: list[str] = field(default_factory=list)
    slots: list[tuple[str, int]] = field(default_factory=list)
    stream: bytes = b""
    buffers: list[memoryview] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)


class Packer:
    """Pickles slots one by one; a slot that fails leaves the others unharmed.

    Args:
        namespace: the user namespace.
        own: names that the step stores, with their values.
        changed: those of them that an older cell bound, and this one changed in place; with the
            members that it deleted from a class.
        older: other names and their values: a slot that refers to one gets it back by identity.
        inner: objects inside such values, by id, with their references: the same for them.
        held: objects that are expected in the slots, by id; without them all is the same, but
            some slots are pickled twice.
    """

    def __init__(
        self,
        namespace: Mapping[str, Any],
        own: Mapping[str, Any],
        changed: Mapping[str, Set[str]],
        older: Mapping[str, Any],
        inner: Mapping[int, tuple[str, Any]],
        held: Mapping[int, Any] = _NOTHING,
    ) -> None:
        self._namespace = namespace
        self._own = frozenset(own)
        self._changed = changed
        within = [each for _, each in inner.values()]
        self._arrays = ArrayRoots((*older.values(), *own.values()), within)
        self._arrays.expect(held)
        self._references = {name: value for name, value in older.items() if has_identity(value)}
        unnamed = inner.keys() - map(id, self._references.values())
        self._inner = {identity: inner[identity] for identity in unnamed}
        self._references.update(self._inner.pop(identity) for identity in unnamed & held.keys())
        self._values: dict[str, Any] = {}
        self._restart()

    def ordered(self, names: Iterable[str]) -> list[str]:
        """Return names in the order in which to add them: those that were changed come first.

        A class is then loaded before a new one that it has registered, not while that is made.
        """
        return sorted(names, key=lambda name: name not in self._changed)

    def add(self, slot: str, value: Any) -> str | None:
        """Pickle a value into a slot; return why it cannot be, or None where it is done."""
        refusal = self._dump(slot, value)
        if refusal is None:
            self._values[slot] = value
        else:
            # The memo knows objects whose pickle was cut short: all that is good is pickled anew.
            self._dump_again()
        return refusal

    def refusal_of(self, value: Any) -> str | None:
        """Return why a value cannot be pickled, or None where it can; nothing is kept of it."""
        return self._pickler.refusal_of(value)

    def known(self) -> Set[int]:
        """Return the ids of all objects that were pickled, or that older values hold."""
        return self._pickled().keys() | self._inner.keys()

    @property
    def slots(self) -> frozenset[str]:
        """The slots that were pickled."""
        return frozenset(self._values)

    def bundle(self) -> Bundle:
        """Return what was pickled."""
        if self._arrays.add_shared(self._pickled):
            self._dump_again()
        memo = self._pickled() if self._inner else {}
        shared = [self._inner[identity] for identity in memo if identity in self._inner]
        if shared:
            # Few steps share such objects; only theirs are looked up again at a restore.
            self._references.update(shared)
            self._inner = {}
            self._dump_again()
        start = len(_prologue(self._seeds))
        slots, sizes, buffer_start = [], {}, 0
        for slot, end, buffer_end in self._ends:
            inside = sum(b.nbytes for b in self._buffers[buffer_start:buffer_end])
            slots.append((slot, end - start))
            sizes[slot] = end - start + inside
            start, buffer_start = end, buffer_end
        return Bundle(self._seeds, slots, self._file.getvalue(), self._buffers, sizes)

    def _pickled(self) -> dict[int, Any]:
        return {identity: each for identity, (_, each) in self._pickler.memo.copy().items()}

    def _restart(self) -> None:
        self._file = io.BytesIO()
        self._buffers: list[memoryview] = []
        self._ends: list[tuple[str, int, int]] = []
        self._arrays.start()
        self._pickler = NotebookPickler(
            self._file,
            self._namespace,
            self._own,
            self._changed,
            self._arrays,
            # No method: this object and that would hold each other, and all values, for long.
            partial(_keep_buffer, self._buffers),
        )
        # The older objects stand in the memo from the start, as if they had been pickled; the
        # prologue makes the unpickler's memo alike. No call per object is spent on the look-up.
        seeds = {id(value): (reference, value) for reference, value in self._references.items()}
        self._pickler.memo = {
            identity: (index, value) for index, (identity, (_, value)) in enumerate(seeds.items())
        }
        self._seeds = [reference for reference, _ in seeds.values()]
        self._file.write(_prologue(self._seeds))

    def _dump_again(self) -> None:
        self._restart()
        for slot, value in self._values.items():
            self._dump(slot, value)

    def _dump(self, slot: str, value: Any) -> str | None:
        try:
            self._pickler.dump(value)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 (an object's own pickling may raise anything)
            return error_text(error)
        self._ends.append((slot, self._file.tell(), len(self._buffers)))
        return None


def _keep_buffer(buffers: list[memoryview], buffer: pickle.PickleBuffer) -> bool:
    try:
        buffers.append(buffer.raw())
    except BufferError:  # not contiguous: it stays in the pickle
        return True
    return False


def unpack(
    bundle: Bundle,
    *,
    path: str,
    step: str,
    namespace: Mapping[str, Any],
    trusted: bool,
    buffers: Sequence[Any],
    python: str = "",
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

    Raises:
        UntrustedError: not trusted, and a slot holds more than data; nothing was run.
        BundleError: a slot cannot be loaded; the message says which and what to do.
    """
    missing: dict[str, Missing] = {}
    used: list[str] = []
    slot = ""

    def look_up(reference: str) -> Any:
        try:
            return find_inner(reference, namespace) if "#" in reference else namespace[reference]
        except LookupError:
            if slot:  # not by the prologue, which names all
                used.append(reference)
            return missing.setdefault(reference, Missing(reference))

    file = io.BytesIO(bundle.stream)
    unpickler: Any
    if trusted:
        unpickler = NotebookUnpickler(file, buffers, look_up, python)
    else:
        from .dataunpickler import DataUnpickler  # here: few files are somebody else's

        unpickler = DataUnpickler(file, buffers, look_up)
    values: dict[str, Any] = {}
    try:
        unpickler.load()  # the prologue
        for slot, _ in bundle.slots:
            try:
                values[slot] = unpickler.load()
            except (NotAllowedError, HostileStateError):
                if slot in (VALUE_SLOT, AMBIENT_SLOT):
                    break  # These come last, and a cell is whole without them.
                raise
    except MissingValueError as error:
        used.append(error.name)
    except (NotAllowedError, HostileStateError) as error:
        raise _refusal(path, step, slot, error) from None
    except OtherPythonError as error:
        text = f"{_slot_text(slot)} holds {error}: '%%step {step} --rerun' runs the step again"
        raise BundleError(path, step, text) from None
    except Exception as error:
        # Whoever got a `Missing` failed at it. (The other unpickler says so itself.)
        used = list(_used_of(missing, bundle)) if missing and trusted else []
        if not used:
            raise BundleError(path, step, _why_not_loaded(step, slot, error)) from error
    if missing and not used:
        used += _used_of(missing, bundle)
    for reference in used:
        name = reference.partition("#")[0]
        raise BundleError(
            path,
            step,
            f"it shares objects with {name!r}, which is not what it was: run the cell that "
            f"defines {name!r} first, or this step again with '%%step {step} --rerun'",
        )
    return values


def current_versions() -> dict[str, str]:
    """Return the versions on which loading a bundle may depend: Python's, and what is loaded."""
    versions = {"python": platform.python_version()}
    for package in _PICKLED_BY:
        version = getattr(sys.modules.get(package), "__version__", None)
        if version is not None:
            versions[package] = str(version)
    return versions


def other_versions(wrote: Mapping[str, str]) -> str:
    """Return `python 3.11.7 (here 3.12.1), numpy 1.26.4 (here 2.1.0)`: those that are others here.

    Args:
        wrote: `current_versions` where the bundle was made.
    """
    here = current_versions()
    return ", ".join(
        f"{package} {version} (here {here.get(package, 'not loaded')})"
        for package, version in wrote.items()
        if here.get(package) != version
    )


def _prologue(names: Sequence[str]) -> bytes:
    """Return a pickle whose only effect is on the memo: entry i is the value of `names[i]`."""
    parts = [pickle.PROTO + bytes([5])]
    for name in names:
        text = name.encode("utf-8")
        length = len(text).to_bytes(4, "little")
        parts += [pickle.BINUNICODE, length, text, pickle.BINPERSID, pickle.MEMOIZE, pickle.POP]
    parts += [pickle.NONE, pickle.STOP]
    return b"".join(parts)


def _used_of(missing: Container[str], bundle: Bundle) -> Iterator[str]:
    """Yield the missing references that a slot takes from the memo."""
    import pickletools  # here: that something is missing is rare

    seeds: dict[Any, str] = dict(enumerate(bundle.older))
    file = io.BytesIO(bundle.stream)
    while file.tell() < len(bundle.stream):
        for opcode, index, _ in pickletools.genops(file):
            if opcode.name in ("GET", "BINGET", "LONG_BINGET") and seeds.get(index) in missing:
                yield seeds[index]


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


def _why_not_loaded(step: str, slot: str, error: Exception) -> str:
    return (
        f"{_slot_text(slot)} cannot be loaded here ({error_text(error)}): "
        f"'%%step {step} --rerun' runs the step again"
    )
