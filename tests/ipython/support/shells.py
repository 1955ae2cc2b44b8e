"""IPython shells in this process: a new one for each test, and another as after a restart."""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from traitlets.config import Config

import mundane
from mundane_ipython.magics.magics import MundaneMagics
from mundane_ipython.taskfile.record import CellRecord

from ...core.support import many_steps


class _Stream(io.StringIO):
    """A stream that, like a real one, lets its `write` be replaced."""


class Ran:
    """A cell that ran in a `Shell`.

    Attributes:
        result: as IPython returned it.
        out: what went to stdout, displays and results included.
        err: what went to stderr.
    """

    def __init__(self, result: ExecutionResult, out: str, err: str) -> None:
        self.result = result
        self.out = out
        self.err = err

    @property
    def error(self) -> BaseException | None:
        """What the cell raised, before or while it ran."""
        return self.result.error_before_exec or self.result.error_in_exec


class Shell:
    """An in-process IPython with the extension loaded.

    Args:
        task: the task file to open, None for none.
    """

    def __init__(self, task: Path | None) -> None:
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        config.InteractiveShell.xmode = "Context"
        self.ip = InteractiveShell.instance(config=config)
        self.ns = self.ip.user_ns
        self.task_path = task
        self.ok("%load_ext mundane_ipython")
        if task is not None:
            self.opened = self.ok(f"%mundane_open {task}")

    @property
    def magics(self) -> MundaneMagics:
        """The extension's magics object."""
        magics: MundaneMagics = self.ip.mundane_cell
        return magics

    def run(self, source: str) -> Ran:
        """Run a cell."""
        out, err = _Stream(), _Stream()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            result = self.ip.run_cell(source, store_history=True)
        return Ran(result, out.getvalue(), err.getvalue())

    def ok(self, source: str) -> Ran:
        """Run a cell that must not raise."""
        ran = self.run(source)
        assert ran.error is None, f"{ran.error!r}\n{ran.out}\n{ran.err}"
        return ran

    def fails(self, source: str) -> BaseException:
        """Run a cell that must raise, and return what it raised."""
        ran = self.run(source)
        assert ran.error is not None, ran.out
        return ran.error

    def step(self, name: str, body: str, options: str = "") -> Ran:
        """Run a `%%step` cell that must not raise."""
        return self.ok(f"%%step {name} {options}\n{body}")

    def row(self, name: str) -> Any:
        """Return the decoded value of a step's row."""
        task = self.magics.session.need_task()
        return task.get(name)

    def rows(self) -> dict[str, str]:
        """Return each step's status."""
        assert self.task_path is not None
        with contextlib.closing(sqlite3.connect(self.task_path)) as connection:
            return dict(connection.execute("SELECT name, status FROM mundane_steps ORDER BY id"))

    def record(self, name: str) -> CellRecord:
        """Return what is stored of a step's cell."""
        assert self.task_path is not None
        statement = "SELECT record FROM mundane_ipython_cells WHERE name = ?"
        with contextlib.closing(sqlite3.connect(self.task_path)) as connection:
            return CellRecord.from_json(connection.execute(statement, (name,)).fetchone()[0])

    def close(self) -> None:
        """Unload the extension and leave no trace of the shell in this process."""
        self.ok("%unload_ext mundane_ipython")
        # Each shell's would collect garbage when this process ends, for minutes after all tests.
        atexit.unregister(self.ip.atexit_operations)
        InteractiveShell.clear_instance()


@contextmanager
def new_shell(task: Path | None = None) -> Iterator[Shell]:
    """Run a shell, in whose time it is `__main__`, and put the old `__main__` back."""
    kept = sys.modules["__main__"], sys.excepthook, sys.displayhook, list(sys.path)
    InteractiveShell.clear_instance()
    shell = Shell(task)
    try:
        yield shell
    finally:
        shell.close()
        sys.modules["__main__"], sys.excepthook, sys.displayhook, sys.path[:] = kept


def many_cells(path: Path, count: int) -> Path:
    """Make a task file with the done steps of so many cells, each of which printed a line."""
    with new_shell(path):  # which makes the extension's tables
        pass
    record = {
        "source_key": "k",
        "source": "x = 1",
        "inputs": {"steps": {}},
        "row": "members",
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "one\n"}],
    }
    insert = (
        "INSERT INTO mundane_ipython_cells (name, row_id, finished_at, record, signature)"
        " SELECT name, id, finished_at, ?, '' FROM mundane_steps"
    )
    with mundane.open(many_steps(path, count, "fetch-{}")) as task:
        task.commit(lambda connection: connection.execute(insert, (json.dumps(record),)))
    return path
