"""The notebooks that we ship: run straight through, and killed and resumed, with equal outputs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> Path:
    """One of the notebooks."""
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with a signing key of its own, and matplotlib's font list made."""
    # Made at the first import of a fresh machine, which says so on stderr, and only there.
    import matplotlib.font_manager  # noqa: F401

    return os.environ | {"MUNDANE_KEY_FILE": str(tmp_path_factory.mktemp("key") / "key")}


@pytest.fixture(scope="module")
def straight(
    notebook: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> nbformat.NotebookNode:
    """The notebook as it is after one undisturbed run."""
    folder = tmp_path_factory.mktemp("straight")
    client = NotebookClient(
        nbformat.read(notebook, as_version=4),
        timeout=300,
        resources={"metadata": {"path": str(folder)}},
    )
    return client.execute(env=environment)


@pytest.fixture(scope="module")
def demo(
    notebook: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """The demo's process, ended, and the folder in which it left the resumed notebook."""
    folder = tmp_path_factory.mktemp("resumed")
    command = [sys.executable, "-m", "mundane_ipython.demo", str(notebook), "--folder", str(folder)]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    return process, folder


def shown(notebook: nbformat.NotebookNode) -> list[list[dict[str, Any]]]:
    """Return each code cell's outputs without mundane's notes, split streams joined again."""
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
        cells.append(outputs)
    return cells


def test_notebook_is_stored_clean(notebook: Path) -> None:
    """A notebook is valid nbformat 4.5 without outputs, and opens the task file named like it."""
    node = nbformat.read(notebook, as_version=4)
    nbformat.validate(node)
    assert (node.nbformat, node.nbformat_minor) == (4, 5)
    code = [cell for cell in node.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert f"%mundane_open {notebook.stem}.task.db" in code[0].source
    assert node.cells[0].cell_type == "markdown"


def test_killed_and_resumed_equals_straight_run(
    notebook: Path,
    straight: nbformat.NotebookNode,
    demo: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    """The demo kills a notebook and resumes it: it says how, and the outputs are a plain run's."""
    process, folder = demo
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    first, second, restored, ran, saved = process.stdout.splitlines()
    assert first.startswith("first run   kernel killed in the middle of step ")
    assert second.startswith("second run  finished in ")
    assert restored.startswith("restored    ")
    assert "nothing" not in restored
    assert ran.startswith(f"ran         {first.rpartition(' ')[2]} (")
    assert saved.startswith("saved       ")
    names = {path.name for path in folder.iterdir()}
    assert names == {notebook.name, f"{notebook.stem}.task.db"}
    outputs = shown(nbformat.read(folder / notebook.name, as_version=4))
    assert any(outputs)
    assert outputs == shown(straight)
