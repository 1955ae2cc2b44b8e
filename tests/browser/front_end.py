"""A notebook in the page of JupyterLab or Notebook 7, driven by the application's own commands.

What a cell shows is looked at twice: in the model, which is what a save writes, and in the page,
which is what a person sees.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from tests.ipython.support.kernels import KERNEL_NAME, Cell, wait_for

from .server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# A busy machine takes its time; nothing waits this long where all is well.
TIMEOUT_MS = 90_000

# The open notebook of a path: what JupyterLab calls a panel.
_PANEL = """
const panel = [...window.jupyterapp.shell.widgets('main')].find(
  widget => widget.context && widget.context.path === path && widget.content.model);
"""
_IDLE = f"""path => {{ {_PANEL}
  const kernel = panel && panel.sessionContext.session && panel.sessionContext.session.kernel;
  return Boolean(kernel && kernel.status === 'idle' && kernel.connectionStatus === 'connected'
    && !panel.sessionContext.isRestarting); }}"""
# The promise is kept once the reply has come and, on IOPub, that the kernel is idle after it.
_ANSWERS = f"""path => {{ {_PANEL}
  const answer = panel.sessionContext.session.kernel.requestKernelInfo();
  const none = new Promise(resolve => setTimeout(resolve, 1000, false));
  return Promise.race([answer.then(() => true, () => false), none]); }}"""
_OPEN = """async path => {
  const panel = await window.jupyterapp.commands.execute('docmanager:open', {path});
  await panel.revealed;
  await panel.sessionContext.ready;
}"""
_ACTIVATE = f"path => {{ {_PANEL} window.jupyterapp.shell.activateById(panel.id); }}"
_IS_ACTIVE = f"path => {{ {_PANEL} return window.jupyterapp.shell.currentWidget === panel; }}"
_START = """name => {
  const running = {done: false, error: ''};
  window.running = running;
  window.jupyterapp.commands.execute(name)
    .catch(error => { running.error = `${error}`; })
    .finally(() => { running.done = true; });
}"""
_CLOSE = f"""async path => {{ {_PANEL}
  await panel.context.save();
  await panel.sessionContext.shutdown();
  panel.dispose();
}}"""
_SELECT = f"""([path, index]) => {{ {_PANEL}
  panel.content.activeCellIndex = index;
  panel.content.deselectAll();
}}"""
_SET_SOURCE = f"""([path, index, source]) => {{ {_PANEL}
  panel.content.model.cells.get(index).sharedModel.setSource(source);
}}"""


def write_notebook(path: Path, sources: Sequence[str]) -> None:
    """Write a notebook; a source that starts with `# ` is Markdown."""
    cells = [
        nbformat.v4.new_markdown_cell(source)
        if source.startswith("# ")
        else nbformat.v4.new_code_cell(source)
        for source in sources
    ]
    # By themselves these are random.
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"name": KERNEL_NAME, "display_name": KERNEL_NAME, "language": "python"}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


class FrontEnd:
    """A page with JupyterLab, in which notebooks are opened and closed.

    Args:
        page: blank; from here on this object's.
        server: that serves it.
    """

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server
        self._restores = False
        page.set_default_timeout(TIMEOUT_MS)

    def load(self, path: str = "lab?reset") -> None:
        """Load the application and wait until its commands are there.

        Args:
            path: of the page below the server's URL.
        """
        separator = "&" if "?" in path else "?"
        self.page.goto(f"{self.server.url}/{path}{separator}token={self.server.token}")
        self.wait_loaded()
        self._restores = False

    def reload(self) -> None:
        """Load the page again, as a person does, with the notebooks that were open."""
        self.page.reload()
        self.wait_loaded()
        self._restores = True

    def wait_loaded(self) -> None:
        """Wait until the application's commands are there."""
        self.page.wait_for_function("() => window.jupyterapp")
        self.page.evaluate("() => window.jupyterapp.restored")

    def open(self, folder: Path, sources: Sequence[str], name: str = "work") -> Notebook:
        """Write a notebook into a folder below the server's, and open it."""
        if self._restores:
            # A reloaded JupyterLab opens what its URL names once more, seconds after all else is
            # there, and before the notebook that a test has opened meanwhile.
            self.load()
        file = folder / f"{name}.ipynb"
        write_notebook(file, sources)
        notebook = Notebook(self, str(file.relative_to(self.server.root)))
        self.page.evaluate(_OPEN, notebook.path)
        notebook.wait_idle()
        return notebook


class Notebook:
    """A notebook that is open in a page.

    Args:
        front_end: that shows it.
        path: of the file, from the server's folder.
    """

    def __init__(self, front_end: FrontEnd, path: str) -> None:
        self.front_end = front_end
        self.page = front_end.page
        self.path = path

    # What a person does.

    def run_all(self) -> list[Cell]:
        """Run all cells; return those with code as they are then."""
        self.command("notebook:run-all-cells")
        self.finish()
        return self.cells

    def restart_and_run_all(self) -> list[Cell]:
        """Restart the kernel by its command, say yes, and run all cells."""
        self.command("notebook:restart-run-all")
        self.accept()
        self.finish()
        return self.cells

    def run_one(self, index: int) -> Cell:
        """Run one cell; its number counts all cells."""
        self.page.evaluate(_SELECT, [self.path, index])
        self.command("notebook:run-cell")
        self.finish()
        return self.cell(index)

    def set_source(self, index: int, source: str) -> None:
        """Edit a cell."""
        self.page.evaluate(_SET_SOURCE, [self.path, index, source])

    def interrupt(self) -> None:
        """Interrupt the kernel by its command."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')")

    def kill_kernel(self) -> None:
        """Send SIGKILL to the kernel's process, close the message about it, wait for the next."""
        os.kill(self.kernel_pid(), signal.SIGKILL)
        self.accept()
        # Its status may not come before a person runs something: for a kernel that died busy,
        # jupyter_server 2.21 does not wait until it is subscribed to the new one's IOPub (`nudge`
        # in services/kernels/connection/channels.py), JupyterLab 4.6 asks the kernel once, and it
        # takes no status from a `kernel_info_request` (`untracked_message_types`).
        wait_for(lambda: self.page.evaluate(_ANSWERS, self.path))

    def save(self) -> None:
        """Save the file."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def reload(self) -> None:
        """Reload the page, and open the notebook as it was saved."""
        self.front_end.reload()
        self.page.evaluate(_OPEN, self.path)

    def close(self) -> None:
        """End the kernel in order, and close the notebook."""
        self.page.evaluate(_CLOSE, self.path)

    def accept(self) -> None:
        """Press the button of a dialog that goes on."""
        dialog = self.page.locator(".jp-Dialog")
        dialog.locator(".jp-mod-accept").click()
        dialog.wait_for(state="detached")

    def command(self, name: str) -> None:
        """Start a command of the application on this notebook; `finish` waits for it."""
        # A command works on the notebook that has the focus, which comes some time later.
        self.page.evaluate(_ACTIVATE, self.path)
        self.wait(_IS_ACTIVE, self.path)
        self.page.evaluate(_START, name)

    def finish(self) -> None:
        """Wait until the command has ended and the kernel is idle."""
        self.wait("() => window.running.done")
        assert self.page.evaluate("() => window.running.error") == ""
        self.wait_idle()

    # What is there.

    @property
    def cells(self) -> list[Cell]:
        """The cells with code, as a save would write them."""
        found = self.page.evaluate(
            f"""path => {{ {_PANEL} return panel.content.model.toJSON().cells; }}""", self.path
        )
        return [Cell(cell["outputs"]) for cell in found if cell["cell_type"] == "code"]

    def cell(self, index: int) -> Cell:
        """Return a cell with code by its number among all."""
        outputs = self.page.evaluate(
            f"""([path, index]) => {{ {_PANEL}
              return panel.content.model.cells.get(index).toJSON().outputs; }}""",
            [self.path, index],
        )
        return Cell(outputs)

    def shown(self, index: int) -> Locator:
        """Return the part of the page with a cell's outputs; the number counts all cells."""
        return self.page.locator(
            f".jp-Notebook:visible .jp-Cell[data-windowed-list-index='{index}'] .jp-Cell-outputArea"
        )

    def text(self, index: int) -> str:
        """Return what a person reads below a cell."""
        return self.shown(index).inner_text()

    def kernel_pid(self) -> int:
        """Return the process id of its kernel, as the server knows it."""
        sessions = self.front_end.server.request("sessions")
        (kernel_id,) = [s["kernel"]["id"] for s in sessions if s["path"] == self.path]
        return kernel_pid(kernel_id)

    # Waiting.

    def wait(self, condition: str, argument: Any = None) -> None:
        """Wait until a function in the page returns true."""
        self.page.wait_for_function(condition, arg=argument, polling=50, timeout=TIMEOUT_MS)

    def wait_idle(self) -> None:
        """Wait until the kernel is connected and has nothing to do."""
        self.wait(_IDLE, self.path)

    def wait_text(self, index: int, text: str) -> None:
        """Wait until a person reads a text below a cell."""
        self.shown(index).get_by_text(text).first.wait_for()

    def run_until(self, index: int, text: str, act: Callable[[], None]) -> None:
        """Run all, and act once a cell shows a text."""
        self.command("notebook:run-all-cells")
        self.wait_text(index, text)
        act()


def kernel_pid(kernel_id: str) -> int:
    """Return the process that has a kernel's connection file on its command line."""
    name = f"kernel-{kernel_id}.json"
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().decode().split("\0")
            except OSError:  # it has ended, or is another user's
                continue
            if any(word.endswith(name) for word in words):
                return int(entry.name)
    raise AssertionError(f"no process has {name}")
