"""Other tools run notebooks with steps: killed, and run again, they restore what was stored."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..support.jobs import environment, notes, texts, write_notebook

OPEN = "%mundane_open n.task.db"
FIRST = "%%step first\nprint('first runs')\nx = 1"
SECOND = (
    "%%step second\nimport os, pathlib\nprint('second', flush=True)\n"
    "if not pathlib.Path('killed').exists():\n"
    "    pathlib.Path('killed').touch()\n    os.kill(os.getpid(), 9)\ny = x + 1\ny"
)
# How each is called on n.ipynb, and the notebook that it writes.
TOOLS = {
    "papermill": (
        ["papermill", "n.ipynb", "out.ipynb", "--kernel=python3", "--language=python"],
        "out.ipynb",
    ),
    "execute": (["jupyter", "execute", "--inplace", "n.ipynb"], "n.ipynb"),
    "nbmake": (["pytest", "--nbmake", "--overwrite", "n.ipynb"], "n.ipynb"),
    "nbconvert": (
        ["jupyter", "nbconvert", "--to=notebook", "--execute", "--output=out", "n.ipynb"],
        "out.ipynb",
    ),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_killed_and_run_again(tool: str, tmp_path: Path) -> None:
    """The first run fails with its kernel; the second restores the first step and gets done."""
    words, written = TOOLS[tool]
    notebook = write_notebook(tmp_path / "n.ipynb", FIRST, SECOND, "print('the end', y)")
    notebook.write_text(notebook.read_text().replace("%mundane_open", OPEN))
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    codes = []
    for _ in range(2):
        process = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=tmp_path,
            env=environment(PATH=path),
            capture_output=True,
            text=True,
        )
        codes.append(process.returncode)
        assert (tmp_path / "killed").exists(), process.stdout + process.stderr
    assert codes[0] != 0
    assert codes[1] == 0, process.stdout + process.stderr
    shown = texts(tmp_path / written)
    assert shown == ["", "first runs\n", "second\n2", "the end 2\n"]
    found = [note["step"] for note in notes(tmp_path / written) if note["event"] == "restored"]
    assert found == ["first"]
