"""`mundane run` as a process, and the notebooks that it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from .kernels import Output, drop_notes, is_note, merge_streams

OPEN = "%load_ext mundane_ipython\n%mundane_open"


def write_notebook(path: Path, *sources: str, parameters: str | None = None) -> Path:
    """Write a notebook that opens its task file first; its cells have the ids `cell-0` and so on.

    Args:
        path: of the notebook.
        sources: of the code cells behind the first one.
        parameters: the source of a cell with the tag `parameters`, to stand behind the first.
    """
    cells = [new_code_cell(source) for source in (OPEN, *sources)]
    if parameters is not None:
        cells.insert(1, new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def command(*words: object) -> list[str]:
    """Return the command line of a run."""
    return [sys.executable, "-m", "mundane", "run", *map(str, words)]


def environment(**variables: str) -> dict[str, str]:
    """Return this process's environment as a user's would be, and some variables."""
    # With it, ipykernel would not watch the file descriptors 1 and 2.
    kept = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    return {**kept, **variables}


def run_job(*words: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `mundane run WORDS` to its end."""
    return subprocess.run(
        command(*words), env=environment(**variables), capture_output=True, text=True, timeout=120
    )


@contextmanager
def start_job(*words: object) -> Iterator[subprocess.Popen[str]]:
    """Run `mundane run WORDS`, its standard error a pipe, until it ends or the block is left."""
    with subprocess.Popen(
        command(*words), env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def cells(path: Path) -> list[dict[str, Any]]:
    """Return a notebook's cells without mundane's notes."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = drop_notes(merge_streams(_joined(cell["outputs"])))
    return list(notebook["cells"])


def texts(path: Path) -> list[str]:
    """Return what each cell of a notebook shows as text, notes left aside."""
    shown = []
    for cell in cells(path):
        parts = (o.get("text") or _plain(o) for o in cell.get("outputs", ()))
        shown.append("".join(parts))
    return shown


def notes(path: Path) -> list[dict[str, Any]]:
    """Return what the notes in a notebook say for programs."""
    found = nbformat.read(path, as_version=4)
    outputs = [output for cell in found.cells for output in cell.get("outputs", ())]
    return [dict(output["metadata"]["mundane"]) for output in outputs if is_note(output)]


def _joined(outputs: list[Output]) -> list[Output]:
    """Return outputs with nbformat's lists of lines as text."""
    return [
        {**output, "text": "".join(output["text"])} if "text" in output else output
        for output in outputs
    ]


def _plain(output: Output) -> str:
    return "".join(output.get("data", {}).get("text/plain", ""))
