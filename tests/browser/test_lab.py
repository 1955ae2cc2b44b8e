"""JupyterLab in a real browser: what a person sees who restarts, kills, interrupts and edits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from .front_end import FrontEnd, Notebook

OPEN = "%load_ext mundane_ipython\n%mundane_open"

OpenNotebook = Callable[..., Notebook]

# The outputs that front ends draw in ways of their own.
RICH = (
    OPEN,
    "%%step streams\nimport sys\nprint('to stdout')\nprint('to stderr', file=sys.stderr)\n41 + 1",
    "%%step table\nimport pandas\nframe = pandas.DataFrame({'n': [1, 2], 's': ['a', 'b']})\nframe",
    "%%step figure\nimport matplotlib.pyplot as plt\nplt.plot([1, 4, 9])\nplt.show()",
    "%%step update\nfrom IPython.display import HTML, display\n"
    "handle = display(HTML('<b>before</b>'), display_id=True)\nhandle.update(HTML('<b>after</b>'))",
    "frame.n.sum()",
)


@pytest.fixture
def open_notebook(lab: FrontEnd, folder: Path) -> Iterator[OpenNotebook]:
    """Return a function that opens a notebook in the test's folder, closed after the test."""
    with ExitStack() as stack:

        def open_one(sources: Sequence[str], name: str = "work") -> Notebook:
            notebook = lab.open(folder, sources, name)
            stack.callback(notebook.close)
            return notebook

        yield open_one


def test_restarted(open_notebook: OpenNotebook, folder: Path) -> None:
    """After a restart and Run All every step shows what it showed, and a note."""
    notebook = open_notebook(RICH)
    first = notebook.run_all()
    assert [cell.error for cell in first] == [""] * len(RICH)
    read = [notebook.text(index) for index in range(len(RICH))]
    assert "to stdout" in read[1]
    assert "to stderr" in read[1]
    again = notebook.restart_and_run_all()
    assert [cell.plain for cell in again] == [cell.plain for cell in first]
    for index, name in enumerate(["streams", "table", "figure", "update"], 1):
        text, _, note = notebook.text(index).rpartition(f"step {name}: ")
        assert note.startswith("restored, saved ")
        assert text.split() == read[index].split()
    assert notebook.shown(2).locator("table").is_visible()
    assert notebook.shown(3).locator("img").evaluate("image => image.naturalWidth") > 100
    assert notebook.shown(4).locator("b").all_inner_texts() == ["after"]
    assert "3" in notebook.text(5)
    assert (folder / "work.task.db").exists()


# Runs until there is a file `go`, so that a test can act in the middle of it.
WAITING = (
    OPEN,
    "%%step first\nimport os\nprint('first ran in', os.getpid())\nfirst = os.getpid()",
    "%%step second\nimport os, time\nprint('second begun')\n"
    "while not os.path.exists('go'):\n    time.sleep(0.01)\n"
    "print('second ended')\nsecond = [first, os.getpid()]",
    "second[0] == first, second[1] == os.getpid()",
)


def test_killed_in_a_step(open_notebook: OpenNotebook, folder: Path) -> None:
    """JupyterLab restarts a killed kernel by itself; Run All restores what was done and goes on."""
    notebook = open_notebook(WAITING)
    killed = notebook.kernel_pid()
    notebook.run_until(2, "second begun", notebook.kill_kernel)
    assert notebook.kernel_pid() != killed
    (folder / "go").touch()
    notebook.run_all()
    assert f"first ran in {killed}" in notebook.text(1)
    assert "step first: restored, saved " in notebook.text(1)
    assert notebook.text(2).split() == ["second", "begun", "second", "ended"]
    assert "(True, True)" in notebook.text(3)


WAYS_TO_WAIT = {
    "code": "if not Path('go').exists():\n    time.sleep(1000)",
    "await": "if not Path('go').exists():\n    await asyncio.sleep(1000)",
    "command": "if not Path('go').exists():\n    !sleep 1000",
}


@pytest.mark.parametrize("wait", WAYS_TO_WAIT.values(), ids=list(WAYS_TO_WAIT))
def test_interrupted(open_notebook: OpenNotebook, folder: Path, wait: str) -> None:
    """The button stops a step wherever it is; nothing of it is stored, and it runs again."""
    imports = "import asyncio, time\nfrom pathlib import Path\nprint('begun')\n"
    notebook = open_notebook([OPEN, f"%%step waits\n{imports}{wait}\ndone = 'done'\ndone"])
    notebook.run_until(1, "begun", notebook.interrupt)
    notebook.finish()
    assert notebook.cell(1).error.startswith("KeyboardInterrupt")
    assert "KeyboardInterrupt" in notebook.text(1)
    (folder / "go").touch()
    cell = notebook.run_one(1)
    assert cell.error == ""
    assert cell.notes == []
    assert notebook.text(1).split() == ["begun", "[3]:", "'done'"]


def test_edited(open_notebook: OpenNotebook) -> None:
    """Who edits a stored step and runs it sees that it is stale, why, and what runs it again."""
    notebook = open_notebook([OPEN, "%%step load\nrows = [1, 2]\nrows", "%%step use\nsum(rows)"])
    notebook.run_all()
    notebook.set_source(1, "%%step load\nrows = [1, 2, 3]\nrows")
    notebook.run_one(1)
    note = notebook.shown(1).get_by_text("STALE")
    assert note.is_visible()
    said = note.inner_text()
    assert "source changed" in said
    assert "%%step load --rerun" in said
    # It must not be overlooked: a colour of its own, across the output.
    plain = notebook.shown(1).get_by_text("[1, 2]", exact=True)
    background = "element => getComputedStyle(element).backgroundColor"
    assert note.evaluate(background) != plain.evaluate(background)
    notebook.set_source(1, "%%step load --rerun\nrows = [1, 2, 3]\nrows")
    notebook.run_one(1)
    assert "[1, 2, 3]" in notebook.text(1)
    notebook.run_one(2)
    assert "STALE" in notebook.text(2)
    assert "step load was run again since" in notebook.text(2)


def test_second_notebook(open_notebook: OpenNotebook, folder: Path) -> None:
    """A second notebook on an open task file says who has it; it may go on once that one closes."""
    open_it = f"%load_ext mundane_ipython\n%mundane_open {folder}/both.db"
    first = open_notebook([open_it, "%%step x\nx = 1"], "first")
    second = open_notebook([open_it, "%%step x\nx = 1"], "second")
    first.run_all()
    second.run_all()
    read = second.text(0)
    assert "LockedError" in read
    assert f"both.db: locked by process {first.kernel_pid()}" in read
    assert "Traceback" not in read
    first.set_source(0, "%mundane_close")
    first.run_one(0)
    second.run_all()
    assert "step x: restored" in second.text(1)


def test_reloaded(open_notebook: OpenNotebook, folder: Path) -> None:
    """A reload keeps outputs; what a running step shows meanwhile comes with its next run."""
    notebook = open_notebook(WAITING)
    notebook.run_until(2, "second begun", notebook.save)
    read = notebook.text(1)
    notebook.reload()
    assert notebook.text(1) == read
    (folder / "go").touch()
    notebook.wait_idle()
    # The page that would have shown it is gone, so JupyterLab has lost it; the task file has not.
    notebook.run_one(2)
    assert "second begun\nsecond ended" in notebook.text(2)
    assert "step second: restored" in notebook.text(2)


# A bar that is done, a slider with its label, and a box of both kinds.
WIDGETS = (
    OPEN,
    "%%step bars\nfrom tqdm.notebook import tqdm\nfor n in tqdm(range(3), desc='outer'):\n    pass",
    "%%step slider\nimport ipywidgets\n"
    "ipywidgets.VBox([ipywidgets.IntSlider(7, description='height'),"
    " ipywidgets.HTML('<b>bold</b>')])",
)


def widgets_are_drawn(notebook: Notebook) -> None:
    """Check that a person sees the widgets: not their text, nor that a model is missing."""
    bar = notebook.shown(1).locator(".widget-hprogress, .progress-bar").first
    bar.wait_for()
    # tqdm puts spaces of the width of a digit.
    words = notebook.text(1).replace("\u2007", " ")
    assert "outer: 100%" in words
    assert "3/3" in words
    notebook.shown(2).locator(".widget-slider").wait_for()
    assert "height" in notebook.text(2)
    assert "7" in notebook.shown(2).locator(".widget-readout").inner_text()
    assert notebook.shown(2).locator("b").inner_text() == "bold"
    for index, name in ((1, "bars"), (2, "slider")):
        # The note says that the box, which is the last expression's value, has no pickle.
        shown, _, _ = notebook.text(index).partition(f"step {name}: ")
        assert "Error" not in shown
        assert "model not found" not in shown


def test_widgets(open_notebook: OpenNotebook) -> None:
    """Widgets of a stored step are drawn after a restart, and still after a reload of the page."""
    notebook = open_notebook(WIDGETS)
    notebook.run_all()
    widgets_are_drawn(notebook)
    notebook.restart_and_run_all()
    assert "step bars: restored" in notebook.text(1)
    widgets_are_drawn(notebook)
    notebook.save()
    notebook.reload()
    widgets_are_drawn(notebook)
