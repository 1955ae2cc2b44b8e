"""A stored step's values: read from the file, and made into objects. Nothing is bound here.

Two stages: `read` takes bytes out of the file and checks them, `make` imports and unpickles.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from mundane import Attempt

from ..adapter.registry import adapter_of
from ..adapter.rules import quiet
from ..ambient.state import process_state, restore_state
from ..ambient.stored import from_store
from ..display.bars import bytes_bar
from ..errors import BundleError, RowMismatchError, UntrustedError
from ..outputs.capture import muted
from ..outputs.fold import NO_VALUE
from ..pickling.bundle import AMBIENT_SLOT, VALUE_SLOT, Bundle
from ..pickling.row import is_reference
from ..pickling.stage import Stage
from ..pickling.unpacking import unpack
from ..source.cell import CellSource
from ..taskfile.record import CellRecord
from ..taskfile.versions import other_versions
from ..untrusted.confinement import names_out_of_reach, own_import
from .open_task import OpenTask

_NOT_THIS_CELL = (
    "which this cell does not, and the file is not yours: '%mundane_open FILE --trust' trusts it, "
    "'--rerun' runs the step again"
)


@dataclass(frozen=True, slots=True)
class FoundCell:
    """A stored cell's record, and whether it is the user's own."""

    record: CellRecord
    trusted: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What the file holds of a step, read and checked.

    Attributes:
        row: the decoded value of its row.
        buffers: of its bundle, the stream first; empty where it has none.
    """

    row: Any
    buffers: Sequence[Any] = ()


@dataclass(slots=True)
class Made:
    """A step's values as objects.

    Attributes:
        names: that it binds, with their values.
        value: of its last expression, or `NO_VALUE`.
        process: what it changed of the working folder, the environment and `sys.path`; set.
        ambient: what it changed of the other ambient state, as stored; to be set.
        not_set: entries of either that cannot be set here, and why.
    """

    names: dict[str, Any]
    value: Any = NO_VALUE
    process: dict[str, Any] = field(default_factory=dict)
    ambient: dict[str, Any] = field(default_factory=dict)
    not_set: dict[str, str] = field(default_factory=dict)


class Loader:
    """Loads steps of one open task for one shell.

    Args:
        shell: in whose namespace older values are found.
        opened: the open task.
    """

    def __init__(self, shell: InteractiveShell, opened: OpenTask) -> None:
        self._shell = shell
        self._opened = opened
        self._path = opened.task.path

    def find(self, name: str) -> FoundCell | None:
        """Return the cell that was stored with the step's row, None where a script stored it.

        Raises:
            BundleError: its record is damaged.
        """
        stored = self._opened.cells.read(name)
        if stored is None:
            return None
        return FoundCell(self._opened.parse(name, stored), self._opened.is_own(name, stored))

    def read(
        self, attempt: Attempt, found: FoundCell | None, only: Sequence[str], *, quiet: bool
    ) -> Content:
        """Read what the file holds of a step.

        Args:
            attempt: the step, claimed and stored.
            found: its cell, None where a script stored it.
            only: names that must be among the stored ones.
            quiet: whether to show no bar.

        Raises:
            BundleError: bytes are missing or damaged.
            RowMismatchError: a name of `only` is not stored.
        """
        if found is None:
            return Content(attempt.value())
        name, record = attempt.name, found.record
        bound = {binding for binding, _ in record.bindings}
        absent = [asked for asked in only if asked not in bound]
        if absent:
            raise RowMismatchError(
                self._path,
                name,
                f"-o names {absent[0]!r}, but {', '.join(sorted(bound)) or 'no name'} is stored: "
                f"'%%step {name} ... --rerun' runs it again",
            )
        row, described = attempt.value(), record.buffers if record.slots else []
        size = 0 if quiet else record.bundle_bytes
        with bytes_bar(self._shell, name, "restoring", size) as tick:
            buffers = [
                self._opened.cells.read_buffer(name, number, size, digests, tick)
                for number, (size, digests) in enumerate(described)
            ]
        return Content(row, buffers)

    def make(self, name: str, found: FoundCell, content: Content, source: CellSource) -> Made:
        """Make a cell's values; import what they need first.

        Args:
            name: of the step.
            found: its cell.
            content: as `read`.
            source: the cell as it stands in the notebook.

        Raises:
            UntrustedError: the record is somebody else's, and holds more than data, or touches what
                the cell in the notebook does not.
            BundleError: the bundle cannot be loaded here.
        """
        record, trusted = found.record, found.trusted
        # Whose file it is decides which modules may be imported: those that the record names, or
        # only those that the user's own cell imports as well.
        imports = [m for m in record.imports if trusted or m in source.imports]
        names: dict[str, Any] = {}
        row = content.row
        process, not_set = from_store(record.process if trusted else {})
        with process_state(process) as failures:
            for module in imports:
                self._import(name, module)
            if not trusted:
                self._check_names(name, record, source)
            for binding, place in record.bindings:
                if place == "module":
                    recorded = record.modules[binding]
                    reference = recorded if trusted else own_import(binding, recorded, source)
                    names[binding] = self._imported(name, binding, reference)
                elif place == "bundle":
                    names[binding] = None  # for their order
                elif record.row == "value":
                    names[binding] = row
                elif type(row) is dict and binding in row:
                    names[binding] = row[binding]
                else:
                    reason = f"its row has no {binding!r}: '%%step {name} --rerun' runs it again"
                    raise BundleError(self._path, name, reason)
            slots = self._unpack(name, found, content.buffers, names)
            names |= {each: slots[each] for each, place in record.bindings if place == "bundle"}
        if trusted:  # a library may have added to a variable when it was imported, as it had then
            restore_state({name: process[name] for name in process if name == "environ"})
        value = NO_VALUE
        if record.value is not None:
            value = slots.get(VALUE_SLOT, NO_VALUE) if record.value == "bundle" else row
        if not trusted:
            return Made(names, value)
        ambient = slots.get(AMBIENT_SLOT, {})
        return Made(names, value, process, ambient, not_set | failures)

    def make_from_row(self, name: str, row: Any, only: Sequence[str], source: CellSource) -> Made:
        """Fit a row that a script stored to the names that the cell binds.

        Raises:
            BundleError: it refers to objects that are not in the file.
            RowMismatchError: it does not fit.
        """
        if is_reference(row) or (type(row) is dict and any(map(is_reference, row.values()))):
            raise BundleError(
                self._path,
                name,
                "the objects that its row refers to are not in the file: "
                f"'%%step {name} --rerun' runs it again",
            )
        imported: dict[str, Any] = {}
        exec(compile(source.import_text, "<imports>", "exec"), imported)  # noqa: S102 (the cell's own)
        imported.pop("__builtins__", None)
        wanted = only or tuple(sorted(source.assigned))
        if not wanted and source.ends_in_expression:
            return Made(imported, value=row)
        if (
            type(row) is dict
            and wanted
            and all(each in row for each in wanted)
            and not (len(wanted) == 1 and only)
        ):
            return Made(imported | {each: row[each] for each in wanted})
        if len(wanted) == 1:
            return Made(imported | {wanted[0]: row})
        if not wanted:
            return Made(imported)
        members = f"an object with {', '.join(sorted(row))}" if type(row) is dict else "one value"
        raise RowMismatchError(
            self._path,
            name,
            f"its row was stored by a script and holds {members}, but the cell binds "
            f"{', '.join(wanted)}: name one with -o, or run it here with '%%step {name} --rerun'",
        )

    def _unpack(
        self, name: str, found: FoundCell, buffers: Sequence[Any], names: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the slots' values.

        Args:
            name: of the step.
            found: its cell.
            buffers: as read.
            names: that the step binds; their values where these are not in the bundle.
        """
        if not buffers:
            return {}
        record = found.record
        bundle = Bundle(older=record.older, slots=record.slots, stream=bytes(buffers[0]))
        try:
            with quiet(), self._stage(found, names) as stage:
                return unpack(
                    bundle,
                    path=self._path,
                    step=name,
                    namespace=self._shell.user_ns,
                    trusted=found.trusted,
                    buffers=buffers[1:],
                    python=record.versions.get("python", ""),
                    stage=stage,
                )
        except BundleError as error:
            others = other_versions(record.versions)
            if others:
                error.add_note(f"it was written by {others}")
            raise

    @contextmanager
    def _stage(self, found: FoundCell, names: Mapping[str, Any]) -> Iterator[Stage | None]:
        """Let code of the notebook find the names that come; in a foreign record there is none."""
        if not found.trusted:
            yield None
            return
        with Stage(self._shell.user_ns, names, partial(muted, "stdout", "stderr")) as stage:
            for name, place in found.record.bindings:
                if place != "bundle":
                    stage.bind(name, names[name])
            yield stage

    def _check_names(self, name: str, record: CellRecord, source: CellSource) -> None:
        namespace, hidden = self._shell.user_ns, self._shell.user_ns_hidden
        others = names_out_of_reach(record, source, namespace, hidden)
        if others:
            raise UntrustedError(self._path, name, f"it sets {others[0]!r}, {_NOT_THIS_CELL}")

    def _imported(self, name: str, binding: str, reference: str | None) -> Any:
        """Return a module, or what `module:attribute` names."""
        if reference is None:
            reason = f"it sets {binding!r} by an import, {_NOT_THIS_CELL}"
            raise UntrustedError(self._path, name, reason)
        module, _, attribute = reference.partition(":")
        self._import(name, module)
        found = sys.modules[module]
        if not attribute:
            return found
        try:
            return getattr(found, attribute)
        except AttributeError as error:
            if hasattr(found, "__path__") and importlib.util.find_spec(f"{module}.{attribute}"):
                self._import(name, f"{module}.{attribute}")
                return sys.modules[f"{module}.{attribute}"]
            raise BundleError(
                self._path,
                name,
                f"{module!r} has no {attribute!r} here; it had where the step ran: "
                f"'%%step {name} --rerun' runs it again",
            ) from error

    def _import(self, name: str, module: str) -> None:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise BundleError(
                self._path,
                name,
                f"it imported {module!r}, which cannot be imported here ({error}): install it, "
                f"or run the step again with '%%step {name} --rerun'",
            ) from error


def will_load(record: CellRecord, is_bound: Callable[[str], bool]) -> bool:
    """Return whether a step's values can be made later, as far as can be told without making them.

    Args:
        record: of its cell.
        is_bound: whether a name is bound by then.
    """
    modules = {*record.imports, *(each.partition(":")[0] for each in record.modules.values())}
    return (
        all(_version(package) == version for package, version in record.versions.items())
        and all(is_bound(reference.partition("#")[0]) for reference in record.older)
        and all(_is_there(module.partition(".")[0]) for module in modules)
    )


@functools.cache
def _version(package: str) -> str | None:
    """Return the version of a package that is installed here, without importing it."""
    if package == "python":
        return platform.python_version()
    try:
        adapter = adapter_of(package)
        name = adapter.distribution if adapter is not None else ""
        return importlib.metadata.version(name or package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _is_there(package: str) -> bool:
    return package in sys.modules or importlib.util.find_spec(package) is not None
