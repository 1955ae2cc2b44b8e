"""Run cells in forked IPython shells: a notebook, killed where we like, at the price of a fork.

A server process imports what is slow to import and forks for every run. The child is a new IPython
shell with matplotlib's inline backend, in which restored values wait as they do in a kernel; it
runs cells until it is told to die, which it does by `os._exit`, as after SIGKILL: nothing is
closed. Outputs come back as nbformat outputs, the namespace as text that two processes can compare.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

PRELOADED = ("numpy", "pandas", "matplotlib.pyplot")
# Addresses, the ids that IPython draws for displays, the numbers that scikit-learn gives to its
# HTML elements, one more each time in a process, matplotlib's ids within an SVG figure, the hash of
# a cell's text in the file name of its traceback (a step's text has a line more), the time of day
# in statsmodels' tables, and how long something took, as joblib, scikit-learn and iminuit print it.
_ADDRESS = re.compile(
    r"(?:0|\.\.\.)x[0-9a-fA-F]{6,}|(?<=<Template memory:)[0-9a-f]+|\b[0-9a-f]{32}\b"
    r"|(?<=sk-container-id-)\d+|(?<=sk-estimator-id-)\d+"
    r"|(?<=[#\"])(?:[a-z]|C[0-9a-f]+_[0-9a-f]+_)[0-9a-f]{10}\b|(?<=<ipython-input-)\d+-[0-9a-f]+(?=>)"
    r"|(?<= - )\d+\.\d+s, \d+\.\d+min\b"
    r"|(?<=Time:)[^0-9]{1,40}\d\d:\d\d:\d\d|(?<=time)\s*[=:]\s*\d+\.\d+(?=\s?s)"
)

# What looks for its shell when it is imported.
_OF_A_SHELL = ("matplotlib_inline.backend_inline",)

_TIME = "time0x"  # as `_ADDRESS` leaves one
_TIME_OR_BLANK = re.compile(rf"{_TIME}\s?s(?:ec)?\b|\s|\\n")  # blanks as JSON writes them


@dataclass
class Run:
    """What one run of some cells gave.

    Attributes:
        outputs: for each cell that ran, its outputs without notes.
        notes: for each, the texts of its notes.
        errors: for each, the error's text or None.
        hints: for each, the notes that were added to the error.
        names: the namespace at the end, each value as comparable text.
    """

    outputs: list[list[dict[str, Any]]]
    notes: list[list[str]]
    errors: list[str | None]
    hints: list[str]
    names: dict[str, str]


class ForkServer:
    """A process that forks a shell for each run.

    Args:
        preload: modules to import once, before any fork.
        hash_seed: its `PYTHONHASHSEED`; with each, sets of strings have another order.
    """

    def __init__(self, preload: tuple[str, ...] = PRELOADED, hash_seed: int | None = None) -> None:
        # A font cache that another environment wrote names fonts that may be gone by now. The date
        # is what matplotlib writes into SVG.
        self._config = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", __name__, *preload],
            cwd=Path(__file__).parents[2],
            env={
                **os.environ,
                "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # as a kernel sets it
                "MPLCONFIGDIR": self._config.name,
                "SOURCE_DATE_EPOCH": "0",
                **({} if hash_seed is None else {"PYTHONHASHSEED": str(hash_seed)}),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        cells: list[str],
        folder: Path,
        *,
        die_after: int | None = None,
        timeout_s: int = 300,
        waits: bool = True,
    ) -> Run:
        """Run cells from the first one on in a new shell, and kill it after cell `die_after`.

        Args:
            cells: their texts.
            folder: in which they run.
            die_after: index of the last cell; None for all.
            timeout_s: how much processor time they may take.
            waits: whether restored values wait until a cell may need them.

        Raises:
            RuntimeError: the shell died, or took longer than `timeout_s` of processor time.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(
            json.dumps([cells, str(folder), die_after, timeout_s, waits]) + "\n"
        )
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if isinstance(answer, str):
            raise RuntimeError(answer)  # noqa: TRY004 (the child's traceback)
        return Run(**answer)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._config.cleanup()


def as_steps(cells: list[str], task: str = "t.db") -> list[str]:
    """Return the cells as a notebook of steps; a cell that starts with `#plain` stays plain."""
    opening = f"%load_ext mundane_ipython\n%mundane_open {task}"
    return [
        opening,
        *(c if c.startswith("#plain") else f"%%step s{i}\n{c}" for i, c in enumerate(cells)),
    ]


def _serve(preload: list[str]) -> None:
    # With all that `%load_ext` imports, which each shell would do anew.
    for module in (
        "IPython",
        "mundane_ipython.magics.magics",
        "mundane_ipython.source.transform",
        *preload,
    ):
        importlib.import_module(module)
    _import_what_steps_need()
    # What cells write to descriptor 1 must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for line in sys.stdin:
        cells, folder, die_after, timeout_s, waits = json.loads(line)
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            # Processor time, so that a busy machine is no slower; the alarm is for one that waits.
            signal.setitimer(signal.ITIMER_PROF, timeout_s)
            signal.alarm(10 * timeout_s)
            _child(cells, folder, die_after, writer, waits=waits)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            data = pipe.read()
        _, status = os.waitpid(pid, 0)
        slow = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGALRM)
        died = f"took longer than {timeout_s} s" if slow else "the shell died without an answer"
        answers.write(data.decode() if data else json.dumps(died))
        answers.write("\n")
        answers.flush()


def _import_what_steps_need() -> None:
    """Import what the first step of a shell does, and look through the modules that are there.

    Each shell would do that anew. What a cell imports is not among it.
    """
    from mundane_ipython.adapter.registry import begun
    from mundane_ipython.objects.singletons import only_ones

    reader, writer = os.pipe()
    if os.fork() == 0:
        before = {*sys.modules}
        with tempfile.TemporaryDirectory() as folder:
            _run(as_steps(["x = 1", "x.y"]), folder, None, waits=True)
            # Compiled modules put others there, which nothing can import.
            found = [name for name, each in sys.modules.items() if hasattr(each, "__spec__")]
            needed = [name for name in found if sys.modules[name].__spec__ is not None]
            os.write(writer, json.dumps(sorted({*needed} - before)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        needed = json.loads(pipe.read())
    os.wait()
    for module in needed:
        if module not in _OF_A_SHELL:
            importlib.import_module(module)
    begun()
    only_ones()


def _child(
    cells: list[str], folder: str, die_after: int | None, writer: int, *, waits: bool
) -> None:
    try:
        answer: Any = _run(cells, folder, die_after, waits=waits)
    except BaseException:  # the parent shall see it
        answer = traceback.format_exc()
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(json.dumps(answer).encode())
    os._exit(9)


def _run(cells: list[str], folder: str, die_after: int | None, *, waits: bool) -> dict[str, Any]:
    from IPython.core.interactiveshell import InteractiveShell

    from mundane_ipython.display import bars
    from mundane_ipython.outputs.capture import StreamTap
    from mundane_ipython.session.deferred import Deferred

    bars._QUIET_BYTES = sys.maxsize  # In a kernel a bar is a note; here it would be a stream.
    Deferred.can_defer = lambda _: waits  # type: ignore[method-assign]
    os.chdir(folder)
    sys.stdout, sys.stderr = io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO())
    sys.argv = ["notebook"]
    # As in a kernel, where pyplot imports it for its first figure: it then looks for the shell.
    for module in _OF_A_SHELL:
        sys.modules.pop(module, None)
    shell = InteractiveShell.instance()
    shell.enable_gui = lambda *_: None
    shell.history_manager.enabled = False
    shell.display_formatter.active_types = list(shell.display_formatter.formatters)
    shell.showtraceback = lambda *_, **__: None
    outputs, notes, errors, hints = [], [], [], []
    for index, cell in enumerate(cells):
        tap = StreamTap(shell)
        tap.start()
        result = shell.run_cell(cell, store_history=True)
        shown = tap.stop().outputs
        outputs.append([_plain(o) for o in shown if "mundane" not in o.get("metadata", {})])
        notes.append([o["data"]["text/plain"] for o in shown if "mundane" in o.get("metadata", {})])
        error = result.error_in_exec or result.error_before_exec
        errors.append(None if error is None else f"{type(error).__name__}: {error}")
        hints.append(" ".join(getattr(error, "__notes__", [])))
        if index == die_after:
            break
    shell.run_cell("pass", store_history=False)  # whoever looks at the namespace runs code
    names = {name: _described(value) for name, value in _user_names(shell).items()}
    return {"outputs": outputs, "notes": notes, "errors": errors, "hints": hints, "names": names}


def _plain(output: dict[str, Any]) -> dict[str, Any]:
    """Return an output without what differs between two runs of the same code."""
    text = json.dumps(output, default=lambda data: hashlib.sha256(bytes(data)).hexdigest())
    plain: dict[str, Any] = json.loads(_ADDRESS.sub("0x", text))
    plain.pop("display_id", None)
    return plain


def _user_names(shell: Any) -> dict[str, Any]:
    from mundane_ipython.namespace.snapshot import Snapshot

    return Snapshot(shell.user_ns, shell.user_ns_hidden).values


def _described(value: Any) -> str:
    try:
        return describe(value)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def describe(value: Any) -> str:
    """Return a value as text that is equal for equal values in two processes."""
    from mundane_ipython.adapter.types import class_name

    kind = class_name(type(value))
    try:
        return f"{kind} {_ADDRESS.sub('0x', _text(kind, value))}"
    except RecursionError:
        return f"{kind}, nested deeper than can be written"


def _text(kind: str, value: Any) -> str:
    if kind.startswith("pandas") and hasattr(value, "to_csv"):
        text = value.to_csv() + repr(getattr(value, "dtypes", ""))
    elif kind == "numpy.ndarray" and value.dtype != object:
        text = f"{value.shape} {value.dtype} {hashlib.sha256(value.tobytes()).hexdigest()}"
    elif kind in ("builtins.list", "builtins.tuple") and _is_tree(value):
        text = str([describe(item) for item in value])
    elif kind == "builtins.dict" and _is_tree(value):
        text = str([(describe(key), describe(item)) for key, item in value.items()])
    elif issubclass(type(value), (set, frozenset)):
        # Not in order: that depends on how a set came to be, and two equal ones may differ in it.
        text = repr(sorted(map(describe, value)))
    else:
        text = _repr(value)
        if "object at 0x" in text and kind.startswith("__main__"):
            members = {k: _ADDRESS.sub("0x", _repr(v)) for k, v in _members(value).items()}
            text = f"{text} {members}"
    return text


def _repr(value: Any) -> str:
    try:
        return repr(value)
    except RecursionError:  # nested deep: `describe` says so
        raise
    except Exception as error:
        return f"<no repr: {type(error).__name__}>"


def _members(value: Any) -> dict[str, Any]:
    try:
        found = object.__getattribute__(value, "__dict__")
    except Exception:
        return {}
    return found if type(found) is dict else {}


def _is_tree(value: Any) -> bool:
    """Return whether a container is of some size and does not contain itself."""
    return len(value) < 1000 and "..." not in _repr(value)


def compare(straight: Run, resumed: Run, *, offset: int) -> list[str]:
    """Return the differences between a plain run and the last of some resumed ones, as lines."""
    found = []
    for index, expected in enumerate(straight.outputs):
        shown = resumed.outputs[index + offset]
        if straight.errors[index] != resumed.errors[index + offset]:
            found.append(
                f"cell {index}: error {resumed.errors[index + offset]!r}, "
                f"not {straight.errors[index]!r}"
            )
        if merged(expected) != merged(shown):
            found.append(f"cell {index}: showed {_short(shown)}, not {_short(expected)}")
    for name in sorted(straight.names.keys() | resumed.names.keys()):
        one, other = straight.names.get(name), resumed.names.get(name)
        if one != other:
            found.append(f"{name}: {_short(other)}, not {_short(one)}")
    return found


def timeless(*runs: Run) -> list[Run]:
    """Return runs, without times and blanks in what a cell showed of which one has such a time.

    A library that prints how long a thing took may leave out a time that is short, and the place
    blank.
    """
    texts = [
        [json.dumps(merged(shown), sort_keys=True, ensure_ascii=False) for shown in run.outputs]
        for run in runs
    ]
    timed = {index for run in texts for index, text in enumerate(run) if _TIME in text}
    return [
        replace(
            run,
            outputs=[
                [{"text": _TIME_OR_BLANK.sub("", text)}] if index in timed else shown
                for index, (shown, text) in enumerate(zip(run.outputs, of_run, strict=True))
            ],
        )
        for run, of_run in zip(runs, texts, strict=True)
    ]


def merged(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return outputs with neighbouring writes to one stream joined."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output.get("name") and output.get("name") == last.get("name"):
            joined[-1] = {**last, "text": last["text"] + output["text"]}
        else:
            joined.append(output)
    return joined


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 300 else text[:297] + "..."


if __name__ == "__main__":
    _serve(sys.argv[1:])
