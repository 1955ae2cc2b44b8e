"""Real kernels, driven cell by cell through nbclient, as a front end and a runner drive them."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from tests.transport import own_sockets

KERNEL_NAME = "mundane-tests"
"""The kernelspec that conftest writes: this very interpreter's ipykernel."""

OPEN = "%load_ext mundane_ipython\n%mundane_open task.db"

_ANSI = re.compile(r"\x1b\[[0-9;]*m")

Output = dict[str, Any]


class _Client(NotebookClient):  # type: ignore[misc]  # nbclient has no types
    """A client that calls back when an output holds a marker."""

    marker = ""
    on_marker: Callable[[], None] | None = None

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        result = super().process_message(msg, cell, cell_index)
        if self.on_marker and self.marker in str(msg["content"].get("text", "")):
            call, self.on_marker = self.on_marker, None
            call()
        return result


class Cell:
    """A cell that ran: what it showed and how it ended.

    Attributes:
        outputs: as nbclient keeps them, neighbouring writes to one stream joined.
        died: whether the kernel died in it.
    """

    def __init__(self, outputs: Sequence[Output], *, died: bool = False) -> None:
        self.outputs = merge_streams(outputs)
        self.died = died

    @property
    def plain(self) -> list[Output]:
        """The outputs without mundane's notes."""
        return drop_notes(self.outputs)

    @property
    def notes(self) -> list[str]:
        """The texts of mundane's notes."""
        return [o["data"]["text/plain"] for o in self.outputs if is_note(o)]

    @property
    def facts(self) -> list[dict[str, Any]]:
        """What mundane's notes say for programs."""
        return [o["metadata"]["mundane"] for o in self.outputs if is_note(o)]

    @property
    def text(self) -> str:
        """Everything that was written or displayed as text, notes left aside."""
        parts = (o.get("text") or o.get("data", {}).get("text/plain", "") for o in self.plain)
        return "".join(parts)

    @property
    def error(self) -> str:
        """`Name: message` of its error output, empty where there is none."""
        errors = [o for o in self.outputs if o["output_type"] == "error"]
        assert len(errors) <= 1, errors
        return f"{errors[0]['ename']}: {errors[0]['evalue']}" if errors else ""

    @property
    def traceback(self) -> str:
        """The traceback of its error output, without colours."""
        errors = [o for o in self.outputs if o["output_type"] == "error"]
        return _ANSI.sub("", "\n".join(errors[0]["traceback"])) if errors else ""


class Notebook:
    """A running kernel and the notebook that it executes. From `open_notebook`.

    Args:
        client: with a started kernel.
        folder: the kernel's working directory.
    """

    def __init__(self, client: _Client, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.cells: list[Cell] = []

    def run(self, source: str) -> Cell:
        """Execute a cell and return it, whether it raised, was interrupted or killed the kernel."""
        node = nbformat.v4.new_code_cell(source)
        self.client.nb.cells.append(node)
        died = False
        try:
            self.client.execute_cell(node, len(self.client.nb.cells) - 1)
        except DeadKernelError:
            died = True
        self.cells.append(Cell(node.outputs, died=died))
        return self.cells[-1]

    def run_as(self, cell_id: str, source: str) -> Cell:
        """Execute a cell under an id, as JupyterLab does and nbclient does not."""
        send = self.client.kc.session.send
        metadata = {"cellId": cell_id}

        def send_with_id(stream: Any, message: Any, *arguments: Any, **options: Any) -> Any:
            if isinstance(message, dict) and message["msg_type"] == "execute_request":
                message["metadata"].update(metadata)
            return send(stream, message, *arguments, **options)

        self.client.kc.session.send = send_with_id
        try:
            return self.run(source)
        finally:
            del self.client.kc.session.send

    def ok(self, source: str) -> Cell:
        """Execute a cell that must not raise."""
        cell = self.run(source)
        assert not cell.died
        assert not cell.error, cell.traceback
        return cell

    def value(self, expression: str) -> str:
        """Return the `repr` of an expression in the kernel."""
        return self.ok(f"print(repr({expression}))").text.removesuffix("\n")

    def run_until(self, source: str, marker: str, act: Callable[[], None]) -> Cell:
        """Execute a cell and act once it has written the marker."""
        self.client.marker, self.client.on_marker = marker, act
        cell = self.run(source)
        assert self.client.on_marker is None, f"{marker!r} was not seen: {cell.outputs}"
        return cell

    def interrupt(self) -> None:
        """Send SIGINT to the kernel's process group, as a front end's button does."""
        os.killpg(self.client.km.provisioner.process.pid, signal.SIGINT)


@contextmanager
def open_notebook(
    folder: Path, *, open_task: bool = True, graceful: bool = False, **env: str
) -> Iterator[Notebook]:
    """Start a kernel, with the extension loaded and `task.db` open where asked.

    Args:
        folder: its working directory.
        open_task: whether to load the extension and open the task.
        graceful: whether the kernel is asked to shut down at the end, not killed.
        env: environment variables for it, beside this process's.
    """
    with ExitStack() as stack:
        client = _Client(
            nbformat.v4.new_notebook(),
            config=stack.enter_context(own_sockets()),
            kernel_name=KERNEL_NAME,
            timeout=60,
            # Else ipykernel 6 aborts, unrun, a cell that follows one which raised at once.
            allow_errors=True,
            shutdown_kernel="graceful" if graceful else "immediate",
            resources={"metadata": {"path": str(folder)}},
        )
        environment = {**os.environ, **env}
        # With it, ipykernel would not watch the file descriptors 1 and 2 as it does for users.
        environment.pop("PYTEST_CURRENT_TEST", None)
        stack.enter_context(client.setup_kernel(env=environment))
        notebook = Notebook(client, folder)
        if open_task:
            notebook.ok(OPEN)
        yield notebook


def run_notebook(folder: Path, sources: Sequence[str]) -> list[Cell]:
    """Run cells in a new kernel until one raises or kills it; return those that ran."""
    with open_notebook(folder, open_task=False, graceful=True) as notebook:
        for source in sources:
            cell = notebook.run(source)
            if cell.died or cell.error:
                break
        return notebook.cells


def is_note(output: Output) -> bool:
    """Return whether an output is one of mundane's notes."""
    return "mundane" in output.get("metadata", {})


def drop_notes(outputs: Sequence[Output]) -> list[Output]:
    """Return the outputs of the user's own code."""
    return merge_streams([output for output in outputs if not is_note(output)])


def merge_streams(outputs: Sequence[Output]) -> list[Output]:
    """Join neighbouring writes to one stream, as JupyterLab does and nbclient does not."""
    merged: list[Output] = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if (
            output["output_type"] == "stream" == last.get("output_type")
            and last["name"] == output["name"]
        ):
            merged[-1] = {**last, "text": last["text"] + output["text"]}
        else:
            merged.append(dict(output))
    return merged


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Wait until a condition holds, for what has no event: a file that another process makes."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)
