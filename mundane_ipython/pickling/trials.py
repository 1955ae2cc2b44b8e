"""What a step is about to store is loaded once, in a forked child, as a new process would load it.

Only where it holds what nobody has loaded in this kernel (`doubts`). The child has the kernel's
memory and nothing to do with its threads, sockets and files: it shows, writes and keeps nothing.
Where it cannot tell, what is stored is taken to be good, and a restore says what is not.
"""

from __future__ import annotations

import gc
import itertools
import json
import operator
import os
import platform
import re
import select
import signal
import sys
import time
import warnings
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

from IPython import get_ipython

from ..adapter.looks import guarded, instance_dict
from ..adapter.registry import begun
from ..adapter.rules import quiet
from ..adapter.types import class_name, is_own
from ..classes.instances import PLAIN
from ..classes.members import forget_classes
from ..outputs.capture import muted, unnoticed_fork
from ..references.holding import slots_of
from .bundle import Bundle, Packer
from .doubts import is_doubtful
from .stage import Stage
from .unpacking import unpack

# How long a child may take; who takes longer has come to wait for a thread that it has not.
_LIMIT_S = 5.0

# Values of so many bytes are not loaded twice.
_MAX_STREAM = 64 << 20
_MAX_BUFFERS = 64 << 20

# What a child must not do: to write, to reach others, to start or stop anything.
_FORBIDDEN = (
    *("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "os.kill"),
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate"),
    *("shutil.", "socket.", "subprocess.", "sqlite3.", "smtplib.", "ftplib.", "urllib.", "winreg."),
)  # fmt: skip


@dataclass(slots=True)
class Outcome:
    """What came of a trial.

    Attributes:
        failed: slots that cannot be loaded, and why. The first one only: those behind it are known
            when it is gone.
        otherwise: slots that were loaded as something else, and as what: `as dict`,
            `without n`, `with a new n`, `with another n`, `printed as '...n=1.0...'`.
    """

    failed: dict[str, str] = field(default_factory=dict)
    otherwise: dict[str, str] = field(default_factory=dict)


def can_try() -> bool:
    """Return whether a child can be forked here that can load anything."""
    return sys.platform == "linux" and all(adapter.outlives_fork() for adapter in begun())


def try_to_load(
    packer: Packer,
    bundle: Bundle,
    own: Mapping[str, Any],
    left_out: Container[str],
) -> Outcome:
    """Load a bundle in a child.

    Args:
        packer: that has made it.
        bundle: as it was made.
        own: names that the step binds, with their values.
        left_out: those of them that are not stored.
    """
    if len(bundle.stream) > _MAX_STREAM:
        return Outcome()
    reader, writer = os.pipe()
    with unnoticed_fork(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of forks beside threads
        child = os.fork()
    if child == 0:
        _be_child(partial(_load, packer, bundle, own, left_out), writer)
    os.close(writer)
    try:
        with os.fdopen(reader, "rb", buffering=0) as pipe:
            answer = _read(pipe.fileno())
    finally:
        _end(child)
    # The last whole line: to compare what was loaded may take too long, or end the child.
    *lines, _ = answer.split(b"\n")
    return Outcome(**json.loads(lines[-1])) if lines else Outcome()


def _read(reader: int) -> bytes:
    """Return what a child writes until it ends, or takes too long."""
    parts, deadline = [], time.monotonic() + _LIMIT_S
    while (left := deadline - time.monotonic()) > 0:
        if select.select([reader], [], [], left)[0]:
            parts.append(os.read(reader, 1 << 16))
            if not parts[-1]:
                break
    return b"".join(parts)


def _end(child: int) -> None:
    try:
        if os.waitpid(child, os.WNOHANG) == (0, 0):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    except ChildProcessError:
        return  # the user's own handler of such signals was faster


def _be_child(load: partial[Iterator[Outcome]], writer: int) -> NoReturn:
    """Load, write what came of it, and end without any of Python's or IPython's last rites."""
    try:
        gc.disable()  # it would write to all of the memory, and so copy it
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(int(2 * _LIMIT_S))  # should the kernel be killed meanwhile
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(nowhere, descriptor)
        for outcome in load():
            answer = {"failed": outcome.failed, "otherwise": outcome.otherwise}
            os.write(writer, json.dumps(answer).encode() + b"\n")
    finally:  # whatever it is, this process must not go on as a kernel
        os._exit(0)


def _load(
    packer: Packer,
    bundle: Bundle,
    own: Mapping[str, Any],
    left_out: Container[str],
) -> Iterator[Outcome]:
    """Load the bundle where the step's names are not there, in a process that may do no harm.

    Yields what came of the load, and once more when what was loaded has been compared.
    """
    shell: Any = get_ipython()
    if shell is not None:
        shell.display_pub.publish = lambda *_, **__: None
    namespace, values = packer.namespace, packer.values
    forget_classes(but=packer.classes)  # older ones are there before the step is restored
    # Nothing is freed: what an object does in its end is not done here. What the step has changed
    # in place is there before it is restored.
    kept = [namespace.pop(name, None) for name in own.keys() - packer.changed.keys()]
    stage = Stage(namespace, own, partial(muted, "stdout", "stderr"))
    loaded: dict[str, Any] = {}
    outcome = Outcome()
    denied = _deny_harm()
    with muted("stdout", "stderr"), quiet():
        stage.__enter__()  # and never left, for the same reason
        for name, value in own.items():
            if name not in values and name not in left_out:
                stage.bind(name, value)
        try:
            loaded = unpack(
                bundle,
                path="",
                step="",
                namespace=namespace,
                trusted=True,
                buffers=_unshared(bundle.buffers),
                python=platform.python_version(),
                stage=stage,
            )
        except Exception as error:  # noqa: BLE001 (whatever code of the notebook raises)
            cause = error.__cause__
            if cause is not None and not denied and not _is_of_this_process(cause):
                outcome.failed[stage.slot] = f"{type(cause).__name__}: {cause}"
    kept.append(loaded)
    yield outcome
    if not denied:
        with muted("stdout", "stderr"), quiet():
            outcome.otherwise = _differences(values, loaded)
        yield outcome


def _deny_harm() -> list[str]:
    """Refuse, in this process from here on, what a trial must not do; return what was refused."""
    denied: list[str] = []

    def deny(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes or event.startswith(_FORBIDDEN):
            denied.append(event)
            raise PermissionError(f"{event}: a trial does no such thing")

    sys.addaudithook(deny)
    return denied


def _differences(values: Mapping[str, Any], loaded: Mapping[str, Any]) -> dict[str, str]:
    """Return in what values differ from what they were loaded as, for those that do."""
    found: dict[str, str] = {}
    for slot, value in loaded.items():
        kind, was = class_name(type(value)), values[slot]
        if kind != class_name(type(was)):
            found[slot] = f"as {kind.removeprefix('builtins.')}"
        elif is_own(type(was)):  # a library's attributes may be caches
            had, left = _attributes(was), _attributes(value)
            missing = [name for name in had if name not in left]
            others = [n for n, each in had.items() if n in left and _is_another(each, left[n])]
            new = [name for name in left if name not in had]
            if missing:
                found[slot] = f"without {', '.join(missing)}"
            elif new:
                found[slot] = f"with a new {', '.join(new)}"
            elif others:
                found[slot] = f"with another {', '.join(others)}"
        else:
            printed = next(_printed_otherwise(was, value), "")
            if printed:
                found[slot] = printed
    return found


def _printed_otherwise(was: Any, value: Any, deep: int = 3) -> Iterator[str]:
    """Yield how objects in doubt of libraries print that were loaded, where they did otherwise."""
    kind = type(was)
    if kind is not type(value):
        return
    if kind in _CONTAINERS - {set, frozenset} and deep and len(was) == len(value):
        pairs = [(was.values(), value.values())] if kind is dict else [(was, value)]
        for each, its in itertools.islice(zip(*pairs[0], strict=True), _MAX_ITEMS):
            yield from _printed_otherwise(each, its, deep - 1)
    elif is_doubtful.of_type(kind, otherwise=False):
        texts = [_printed(each) for each in (was, was, value)]
        # What prints a time or a number of its own does so each time; a set has any order.
        if texts[0] == texts[1] and _words(texts[0]) != _words(texts[2]):
            yield f"printed as {_where_apart(texts[2], texts[0])!r}"
        elif hasattr(kind, "__len__") and len(was) != len(value):
            yield f"with {len(value):,} items, not {len(was):,}"


def _printed(value: Any) -> str:
    return re.sub(r"0x[0-9a-fA-F]+", "0x", guarded(lambda: repr(value), ""))


def _words(text: str) -> list[str]:
    return sorted(re.findall(r"\w+|\S", text))


def _where_apart(text: str, other: str) -> str:
    """Return the part of a text around the first place where another one is not the same."""
    same = itertools.takewhile(operator.truth, map(operator.eq, text, other))
    place = sum(1 for _ in same)
    start, end = max(0, place - 20), place + 20
    return f"{'...' * (start > 0)}{text[start:end]}{'...' * (end < len(text))}"


def _attributes(value: Any) -> dict[str, Any]:
    """Return the attributes of an object of the notebook's class, in order, and its slots."""
    slots = {name: each for name, each, _ in slots_of(value) if name != "__weakref__"}
    return {**(instance_dict(value) or {}), **slots}


# So many items of a container are compared with those that were loaded.
_MAX_ITEMS = 100
_CONTAINERS = frozenset((list, tuple, dict, set, frozenset))


def _is_another(one: Any, other: Any, deep: int = 3) -> bool:
    """Return whether two values are certainly not equal; no code of the notebook is run."""
    kinds = {type(one), type(other)}
    if not kinds <= PLAIN | _CONTAINERS:
        return False
    if len(kinds) == 2:
        return True
    if type(one) in PLAIN:
        return bool(one != other and one == one)
    if len(one) != len(other):
        return True
    if isinstance(one, (set, frozenset)) or deep == 0:
        return False
    if isinstance(one, dict):
        one, other = list(one.items()), list(other.items())
    pairs = itertools.islice(zip(one, other, strict=True), _MAX_ITEMS)
    return any(_is_another(each, its, deep - 1) for each, its in pairs)


def _unshared(buffers: list[memoryview]) -> list[Any]:
    """Return buffers that nobody's values share; large ones as they are, to be read only."""
    small = sum(buffer.nbytes for buffer in buffers) <= _MAX_BUFFERS
    return [bytearray(buffer) if small else buffer.toreadonly() for buffer in buffers]


def _is_of_this_process(error: BaseException) -> bool:
    """Return whether an error may come of what a new process has not.

    Memory that is not to be written, or a library's registry in which there is such a class.
    """
    text = str(error)
    return isinstance(error, MemoryError) or "read-only" in text or "already" in text
