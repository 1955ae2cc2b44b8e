"""The notebooks that we ship: run straight through, and killed and resumed, with equal outputs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.transport import own_sockets

from .killing import choose_places, rows_of, run_killed

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
DEMO = ROOT / "notebooks" / "crash_and_resume.ipynb"  # the README runs it
KILLS = 3


@dataclass(frozen=True, slots=True)
class Run:
    """One undisturbed run of a notebook.

    Attributes:
        notebook: executed.
        task: its task file.
    """

    notebook: nbformat.NotebookNode
    task: Path


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> Path:
    """One of the notebooks."""
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with a signing key of its own, and matplotlib's font list made.

    With one BLAS thread: on a busy machine two of them mostly wait for each other.
    """
    # Made at the first import of a fresh machine, which says so on stderr, and only there.
    import matplotlib.font_manager  # noqa: F401

    own = {"MUNDANE_KEY_FILE": str(tmp_path_factory.mktemp("key") / "key")}
    return os.environ | own | {"OPENBLAS_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def straight(
    notebook: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """The notebook as it is after one undisturbed run, by another runner than ours."""
    folder = tmp_path_factory.mktemp("straight")
    with own_sockets() as config:
        client = NotebookClient(
            nbformat.read(notebook, as_version=4),
            config=config,
            timeout=300,
            resources={"metadata": {"path": str(folder)}},
        )
        return Run(client.execute(env=environment), folder / f"{notebook.stem}.task.db")


def shown(notebook: nbformat.NotebookNode) -> list[list[dict[str, Any]]]:
    """Return each cell's outputs without mundane's notes, split streams joined again."""
    cells = []
    for cell in notebook.cells:
        outputs: list[dict[str, Any]] = []
        for output in map(dict, cell.get("outputs", ())):
            if "mundane" in output.get("metadata", {}):
                continue
            last = outputs[-1] if outputs else {}
            if output["output_type"] == "stream" and last.get("name") == output["name"]:
                last["text"] += output["text"]
            else:
                outputs.append(output)
        if cell.source.startswith("%%writefile"):  # whether the file was there is no result
            for output in outputs:
                output["text"] = output["text"].replace("Overwriting", "Writing")
        cells.append(outputs)
    return cells


def notes(notebook: nbformat.NotebookNode) -> list[dict[str, Any]]:
    """Return what mundane's notes say."""
    metadata = [o.get("metadata", {}) for cell in notebook.cells for o in cell.get("outputs", ())]
    return [each["mundane"] for each in metadata if "mundane" in each]


def test_notebook_is_stored_clean(notebook: Path) -> None:
    """A notebook is valid nbformat 4.5 without outputs, and opens the task file named like it."""
    node = nbformat.read(notebook, as_version=4)
    nbformat.validate(node)
    assert (node.nbformat, node.nbformat_minor) == (4, 5)
    code = [cell for cell in node.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert f"%mundane_open {notebook.stem}.task.db" in code[0].source
    assert node.cells[0].cell_type == "markdown"


def test_killed_at_three_places_and_resumed(
    notebook: Path, straight: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    """After SIGKILL in three random places, outputs and rows are a plain run's, none is stale."""
    rows = rows_of(straight.task)
    places = choose_places(rows, KILLS, notebook.stem)
    for attempt in range(3):  # the notebook may be done before a kill gets there
        folder = tmp_path / str(attempt)
        folder.mkdir()
        copy = Path(shutil.copy(notebook, folder))
        killed = run_killed(copy, places, environment)
        resumed = nbformat.read(copy.with_suffix(".out.ipynb"), as_version=4)
        assert any(shown(resumed))
        assert shown(resumed) == shown(straight.notebook)
        assert not any(note.get("stale") for note in notes(resumed))
        stored = rows_of(copy.with_suffix(".task.db"))
        assert {row.name: row.status for row in stored} == {row.name: "done" for row in rows}
        if len(killed) == KILLS:
            break
    assert len(killed) == KILLS


def test_the_demo_kills_and_resumes(environment: dict[str, str], tmp_path: Path) -> None:
    """The demo says what was killed, restored and run, and leaves the notebook with all outputs."""
    command = [sys.executable, "-m", "mundane_ipython.demo", DEMO, "--folder", tmp_path]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert (process.returncode, process.stderr) == (0, "")
    first, second, restored, ran, saved = process.stdout.splitlines()
    assert first.startswith("first run   kernel killed in the middle of step ")
    assert second.startswith("second run  finished in ")
    assert restored.startswith("restored    ")
    assert "nothing" not in restored
    assert ran.startswith(f"ran         {first.rpartition(' ')[2]} (")
    assert saved.startswith("saved       ")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {DEMO.name, f"{DEMO.stem}.task.db"}
    resumed = nbformat.read(tmp_path / DEMO.name, as_version=4)
    shows = {
        cell.id for cell, outputs in zip(resumed.cells, shown(resumed), strict=True) if outputs
    }
    assert shows >= {"load", "search-svm", "search-trees", "compare", "errors", "report"}
