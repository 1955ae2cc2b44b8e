"""Interrupts at any moment of the extension's own work, in forked shells, judged by a model.

A trial runs a notebook of steps, interrupts some of its cells and runs these again, as a user does;
then its kernel dies, and others restore, the first one with interrupts of its own. What they hold
must be what plain cells hold whose bodies ran as often and in the same order; or a note names it.

A body itself is never interrupted here: how often it ran would be no whole number.
"""

from __future__ import annotations

import builtins
import gc
import hashlib
import io
import json
import os
import random
import signal
import sys
import traceback
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import mundane
import mundane_ipython

from .forked import _described, _user_names

_OURS = tuple(
    f"{Path(module.__file__ or '').parent}{os.sep}" for module in (mundane, mundane_ipython)
)
_CELL = "<ipython-input"


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook.

    Attributes:
        key: the step's name; of a plain cell, what the log calls it.
        body: its code.
        is_step: whether it is one.
        plainly: the code of a cell that does the same without a task; "" for the body itself.
    """

    key: str
    body: str
    is_step: bool = True
    plainly: str = ""

    @property
    def text(self) -> str:
        """The cell in the notebook; its body says that it runs."""
        if self.body.startswith("%"):
            return self.body
        head = f"%%step {self.key}\n" if self.is_step else ""
        return f"{head}ran({self.key!r})\n{self.body}"


@dataclass
class Session:
    """What one kernel did.

    Attributes:
        ran: the keys of the bodies that ran, in order.
        names: the namespace and the state outside of it at the end, as comparable text.
        notes: the texts of all notes.
        errors: of cells that failed without an interrupt.
        chances: for each cell, how many moments of its last run could have been interrupted.
        places: for each cell and each kind of work in it, one chance of each line that has some.
        where: the places that were struck, each with the kind of work first.
    """

    ran: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    chances: list[int] = field(default_factory=list)
    places: list[dict[str, list[int]]] = field(default_factory=list)
    where: list[str] = field(default_factory=list)


class Striker:
    """Sends SIGINT to this process where CPython would deliver the `number`-th chance of one.

    Signals are delivered when a Python function starts and when a call of a C function ends. Only
    what runs on behalf of the extension counts.

    Args:
        number: which chance; 0 for none, and to count them.
        error: raised in place of the signal.
    """

    def __init__(self, number: int, error: type[BaseException] | None = None) -> None:
        self.count = 0
        self.places: dict[Any, tuple[str, list[int]]] = {}
        self.where = ""
        self.work = ""
        self._number = number
        self._error = error
        self._kinds: dict[Any, int] = {}

    @property
    def is_armed(self) -> bool:
        """Whether it is to interrupt anything."""
        return self._number > 0

    def __enter__(self) -> Striker:
        gc.disable()  # a collector's callbacks are nobody's callees
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        gc.enable()

    def _profile(self, frame: FrameType, event: str, function: Any) -> None:
        if event not in ("call", "c_return") or function is sys.setprofile:
            return
        if not self._is_ours(frame):
            return
        self.count += 1
        if self._number == 0:
            place = frame.f_code, frame.f_lineno, event
            if place not in self.places:
                self.places[place] = (_work(frame), [])
            self.places[place][1].append(self.count)
        if self.count == self._number:
            self.where, self.work = _place(frame, event, function), _work(frame)
            if self._error is not None:
                raise self._error
            signal.raise_signal(signal.SIGINT)

    def _is_ours(self, frame: FrameType | None) -> bool:
        """Return whether the extension runs, and not a cell's body that it called."""
        while frame is not None:
            code = frame.f_code
            kind = self._kinds.get(code)
            if kind is None:
                name = code.co_filename
                kind = 1 if name.startswith(_OURS) else 2 if name.startswith(_CELL) else 0
                self._kinds[code] = kind
            if kind:
                return kind == 1
            frame = frame.f_back
        return False


# Which work a frame belongs to, the innermost that is listed: files, and functions in them.
_WORK = {
    ("step.py", "__exit__"): "storing",
    ("step.py", "look"): "looking",
    ("step.py", "__enter__"): "beginning",
    ("restore.py", ""): "restoring",
    ("replay.py", ""): "replaying",
    ("deferred.py", ""): "bringing",
    ("_task.py", "map"): "map",
    ("session.py", "open"): "opening",
    ("session.py", "before_cell"): "between cells",
    ("session.py", "after_cell"): "between cells",
}


def _work(frame: FrameType | None) -> str:
    """Return what kind of work runs."""
    while frame is not None and not frame.f_code.co_filename.startswith(_CELL):
        name = os.path.basename(frame.f_code.co_filename)
        if frame.f_code.co_filename.startswith(_OURS):
            for function in (frame.f_code.co_name, ""):
                if (name, function) in _WORK:
                    return _WORK[name, function]
        frame = frame.f_back
    return "other"


def _drawn(places: Iterable[tuple[str, list[int]]]) -> dict[str, list[int]]:
    """Return a chance of each place, by the kind of work."""
    draw, found = random.Random(1), dict[str, list[int]]()
    for work, chances in places:
        found.setdefault(work, []).append(draw.choice(chances))
    return found


def _place(frame: FrameType | None, event: str, function: Any) -> str:
    parts = [f"{event} {getattr(function, '__qualname__', '')}"]
    while frame is not None and not frame.f_code.co_filename.startswith(_CELL):
        name = os.path.basename(frame.f_code.co_filename)
        parts.append(f"{name}:{frame.f_lineno} {frame.f_code.co_qualname}")
        frame = frame.f_back
    return " < ".join(parts[:6])


def run_session(  # noqa: PLR0913 (one run)
    cells: list[Cell],
    folder: Path,
    strikes: dict[int, list[int]] | None = None,
    *,
    waits: bool = False,
    error: type[BaseException] | None = None,
    plain: list[str] | None = None,
    count: bool = False,
) -> Session:
    """Run a notebook in a forked shell that dies at its end.

    Args:
        cells: of the notebook.
        folder: in which it runs, and has its task file.
        strikes: which chances are interrupted, by the cell's index: one for each time that it is
            run, until it runs without.
        waits: whether restored values wait until a cell may need them.
        error: see `Striker`.
        count: whether to count the chances.
        plain: if given, the bodies of these keys are run as plain cells, and no extension is there.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        signal.alarm(120)
        try:
            session = _run(
                cells, folder, strikes or {}, waits=waits, error=error, plain=plain, count=count
            )
            answer = json.dumps(vars(session))
        except BaseException:
            answer = json.dumps({"errors": [traceback.format_exc()]})
        with os.fdopen(writer, "w") as pipe:
            pipe.write(answer)
        os._exit(9)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        data = pipe.read()
    os.waitpid(pid, 0)
    return Session(**json.loads(data)) if data else Session(errors=["the shell died"])


def _run(  # noqa: PLR0913 (one run)
    cells: list[Cell],
    folder: Path,
    strikes: dict[int, list[int]],
    *,
    waits: bool,
    error: type[BaseException] | None,
    plain: list[str] | None,
    count: bool,
) -> Session:
    from IPython.core.interactiveshell import InteractiveShell

    from mundane_ipython.outputs.capture import StreamTap
    from mundane_ipython.session.deferred import Deferred

    session = Session()
    builtins.ran = session.ran.append  # type: ignore[attr-defined]
    Deferred.can_defer = lambda _: waits  # type: ignore[method-assign]
    os.chdir(folder)
    sys.stdout, sys.stderr = io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO())
    stdout = sys.stdout
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    shell.showtraceback = lambda *_, **__: None
    signal.signal(signal.SIGINT, signal.default_int_handler)
    texts = [cell.text for cell in cells]
    if plain is not None:
        bodies = {cell.key: cell.plainly or cell.body for cell in cells}
        texts = [bodies[key] for key in plain]
    else:
        shell.run_cell("%load_ext mundane_ipython")
    tap = StreamTap(shell)
    tap.start()
    for index, text in enumerate(texts):
        pending = list(strikes.get(index, ()))
        for _ in range(12):
            striker = Striker(pending.pop(0) if pending else 0, error)
            with striker if count or striker.is_armed else nullcontext():
                raised = _raised(shell, text)
            if striker.where:
                session.where.append(f"{striker.work}: {cells[index].key}: {striker.where}")
            if raised is None:
                break
            if not isinstance(raised, error or KeyboardInterrupt):
                session.errors.append(f"cell {index}: {type(raised).__name__}: {raised}")
                if not pending:
                    break
        else:
            session.errors.append(f"cell {index}: is interrupted again and again: {raised!r}")
        session.chances.append(striker.count)
        session.places.append(_drawn(striker.places.values()))
    shell.run_cell("pass", store_history=False)
    shown = tap.stop().outputs
    session.notes = [o["data"]["text/plain"] for o in shown if "mundane" in o.get("metadata", {})]
    session.names = {name: _described(value) for name, value in _user_names(shell).items()}
    session.names |= _state()
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        session.errors.append(f"SIGINT is handled by {signal.getsignal(signal.SIGINT)}")
    if type(stdout.write) is not type(len):
        session.errors.append(f"the stream is still tapped or muted: {stdout.write}")
    return session


def _raised(shell: Any, text: str) -> BaseException | None:
    """Run a cell; return what it raised."""
    try:
        result = shell.run_cell(text, store_history=True)
    except KeyboardInterrupt as interrupt:  # while IPython transforms its text
        return interrupt
    raised: BaseException | None = result.error_in_exec or result.error_before_exec
    return raised


def _state() -> dict[str, str]:
    """Return the state outside of variables, by names that no variable has."""
    import decimal

    state = {
        "$random": hashlib.sha256(repr(random.getstate()).encode()).hexdigest(),
        "$environ": repr({k: v for k, v in sorted(os.environ.items()) if k.startswith("MT_")}),
        "$decimal": repr(decimal.getcontext().prec),
        "$sys.path": repr({each: 0 for each in sys.path if each.startswith("/mt/")}),
        "$cwd": os.path.basename(os.getcwd()),
    }
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        state["$numpy.random"] = repr(numpy_random.get_state()[2])
    return state
