"""SIGINT while a step runs: nothing is stored, the kernel goes on, nothing resumes later.

Every body would sleep for minutes; that its test ends at all shows that the interrupt ended it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ..support.kernels import Notebook, open_notebook, wait_for
from ..support.terminals import open_terminal

# READY is written when the body waits: by the child itself, or by the loop that waits for it.
BODIES = {
    "sync": "import time\nprint('READY', flush=True)\ntime.sleep(300)\nlate = 1",
    "loop": "print('READY', flush=True)\nwhile True: pass",
    "await": "import asyncio\n"
    "asyncio.get_running_loop().call_soon(print, 'READY')\n"
    "await asyncio.sleep(300)\nlate = 1",
    "gather": "import asyncio\n"
    "asyncio.get_running_loop().call_later(0.01, print, 'READY')\n"
    "late = await asyncio.gather(*(asyncio.sleep(300) for _ in range(3)))",
    "blocking-in-async": "import asyncio, time\nawait asyncio.sleep(0)\n"
    "print('READY', flush=True)\ntime.sleep(300)\nlate = 1",
    "shell": "!echo READY; exec sleep 300\nlate = 1",
}


def status_of(folder: Path, name: str) -> str:
    with closing(sqlite3.connect(folder / "task.db")) as connection:
        row = connection.execute("SELECT status FROM mundane_steps WHERE name = ?", (name,))
        status: str = row.fetchone()[0]
        return status


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """One kernel for all: each interrupt must leave it as usable as it was."""
    with open_notebook(tmp_path_factory.mktemp("kernel")) as opened:
        yield opened


@pytest.mark.parametrize("name", BODIES)
def test_interrupted_step_stays_pending_and_the_kernel_goes_on(kernel: Notebook, name: str) -> None:
    """An interrupt ends the cell with KeyboardInterrupt, wherever it waits, and stores nothing."""
    cell = kernel.run_until(f"%%step {name}\n{BODIES[name]}", "READY", kernel.interrupt)
    assert cell.error.startswith("KeyboardInterrupt"), cell.outputs
    assert "mundane_ipython" not in cell.traceback
    assert status_of(kernel.folder, name) == "pending"
    after = kernel.ok("import asyncio\nawait asyncio.sleep(0.01)\n'late' in globals()")
    assert after.text.strip() == "False"
    assert kernel.ok(f"%%step after-{name}\nprint('stored')").text == "stored\n"
    assert status_of(kernel.folder, f"after-{name}") == "done"
    assert status_of(kernel.folder, name) == "pending"


def test_command_that_fails_shows_the_traceback_of_the_plain_cell(kernel: Notebook) -> None:
    """What watches commands for interrupts is not seen in the traceback of one that failed."""
    cell = kernel.run("%%step failing\n%%bash\nexit 3")
    assert cell.error.startswith("CalledProcessError")
    assert "mundane_ipython" not in cell.traceback


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("captured", "late = !touch captured; exec sleep 300"),
        ("bash", "%%bash\ntouch bash\nexec sleep 300"),
    ],
)
def test_interrupt_of_a_command_that_shows_nothing(kernel: Notebook, name: str, body: str) -> None:
    """`x = !command` and `%%bash` that are interrupted bind nothing and are not stored."""

    # The command itself tells, in a file, that it runs: its output is captured, or, by the %%bash
    # of older versions of IPython, shown at its end.
    def interrupt_once_started() -> None:
        wait_for((kernel.folder / name).exists)
        kernel.interrupt()

    thread = threading.Thread(target=interrupt_once_started)
    thread.start()
    cell = kernel.run(f"%%step {name}\n{body}")
    thread.join()
    assert cell.error.startswith("KeyboardInterrupt"), cell.outputs
    assert status_of(kernel.folder, name) == "pending"
    assert kernel.value("'late' in globals()") == "False"


def test_interrupted_cell_runs_again_in_the_same_pass(kernel: Notebook) -> None:
    """The very cell that was interrupted can be run once more, and is stored then."""
    source = "%%step again\nimport time\nprint('READY', flush=True)\ntime.sleep(wait_s)"
    kernel.ok("wait_s = 300")
    assert kernel.run_until(source, "READY", kernel.interrupt).error
    kernel.ok("wait_s = 0")
    assert kernel.ok(source).text == "READY\n"
    assert status_of(kernel.folder, "again") == "done"


def test_interrupt_between_cells_belongs_to_ipykernel(kernel: Notebook) -> None:
    """After a step, SIGINT is handled as it was before: a plain cell is interrupted as ever."""
    kernel.ok("%%step calm\n1")
    cell = kernel.run_until(
        "import time\nprint('READY')\ntime.sleep(300)", "READY", kernel.interrupt
    )
    assert cell.error == "KeyboardInterrupt: "
    handler = "__import__('signal').getsignal(2).__qualname__"
    assert "InterruptGuard" not in kernel.value(handler)


def test_terminal_interrupts(tmp_path: Path) -> None:
    """In terminal IPython, Ctrl-C ends code, an await and a command, and none goes on later."""
    with open_terminal(tmp_path) as terminal:
        for name in ("sync", "await", "shell", "blocking-in-async"):
            terminal.type(f"%%step {name}\n{BODIES[name]}")
            terminal.wait_for("READY")
            terminal.interrupt()
            assert "KeyboardInterrupt" in terminal.output()
            assert status_of(tmp_path, name) == "pending"
            shown = terminal.run(
                "%%step after-" + name + "\nimport asyncio\n"
                "await asyncio.sleep(0.01)\nprint('late' in globals())"
            )
            assert shown == "False"
            assert status_of(tmp_path, name) == "pending"
            assert status_of(tmp_path, f"after-{name}") == "done"
