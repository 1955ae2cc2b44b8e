"""The demo command on small notebooks: what it kills, and when its exit code says no."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import mundane

FIRST = "%%step first\nx = 1"
SECOND = "%%step second\nimport time\ntime.sleep(1.5)\ny = x + 1"


@pytest.fixture
def write(tmp_path: Path):
    """Write a notebook whose first cell opens a task file; return its path."""

    def write_notebook(*sources: str) -> Path:
        opening = "%load_ext mundane_ipython\n%mundane_open small.task.db"
        notebook = new_notebook(cells=[new_code_cell(s) for s in (opening, *sources)])
        nbformat.write(notebook, tmp_path / "small.ipynb")
        return tmp_path / "small.ipynb"

    return write_notebook


def run_demo(notebook: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the demo with a signing key beside the notebook."""
    environment = os.environ | {
        "MUNDANE_KEY_FILE": str(notebook.with_name("key")),
        "MUNDANE_TASK": str(notebook.with_name("another.db")),
    }
    command = [sys.executable, "-m", "mundane_ipython.demo", str(notebook), *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def test_kills_in_the_named_step(write, tmp_path: Path) -> None:
    """`--kill-in` names the step in which the kernel dies; `--folder` keeps what came of it."""
    folder = tmp_path / "kept"
    process = run_demo(write(FIRST, SECOND), "--kill-in", "second", "--folder", str(folder))
    assert process.returncode == 0, process.stderr
    assert "in the middle of step second" in process.stdout
    with mundane.read(folder / "small.task.db") as view:
        assert {step.name: step.status for step in view.steps()} == {
            "first": "done",
            "second": "done",
        }
        assert view.get("second")["y"] == 2


def test_nothing_restored_is_a_failure(write) -> None:
    """Killed in the first step there is nothing to restore, and the exit code says so."""
    process = run_demo(write(SECOND.replace("x + 1", "2")), "--kill-in", "second")
    assert process.returncode == 1
    assert "restored    nothing" in process.stdout


@pytest.mark.parametrize(
    ("sources", "options", "says"),
    [
        ((FIRST,), ("--kill-in", "other"), "step other was never seen running"),
        ((FIRST,), (), "name one with --kill-in"),
        ((FIRST, "1 / 0"), (), "ZeroDivisionError"),
    ],
    ids=["no-such-step", "no-long-step", "notebook-fails"],
)
def test_refusals(write, sources: tuple[str, ...], options: tuple[str, ...], says: str) -> None:
    """A run in which no kill made sense, or that fails by itself, is an error with its reason."""
    process = run_demo(write(*sources), *options)
    assert process.returncode == 1
    assert says in process.stderr
    assert process.stdout == ""


def test_refuses_a_folder_with_a_task_file(write, tmp_path: Path) -> None:
    """A folder that holds a task file already would not show a first run."""
    (tmp_path / "old.db").touch()
    process = run_demo(write(FIRST), "--folder", str(tmp_path))
    assert process.returncode == 1
    assert "name an empty folder" in process.stderr
