"""The output notebook: replaced in one step, by one run at a time, leaving nothing beside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from mundane import LockedError, StorageError
from mundane_ipython.run.output_file import OutputFile


def notebook(text: str) -> nbformat.NotebookNode:
    """Return a notebook with a cell that showed something."""
    output = new_output("stream", text=text)
    return new_notebook(cells=[new_code_cell("1", outputs=[output])])


def test_what_is_saved_is_read(tmp_path: Path) -> None:
    """The file is the notebook, nothing lies beside it at the end, and the lock names it."""
    path = tmp_path / "n.out.ipynb"
    with OutputFile(path) as output:
        output.save(notebook("first"))
        output.save(notebook("second"))
        assert {entry.name for entry in tmp_path.iterdir()} == {path.name, f".{path.name}.lock"}
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    read = nbformat.read(path, as_version=4)
    nbformat.validate(read)
    assert read.cells[0].outputs[0].text == "second"


def test_what_is_written_is_what_nbformat_writes(tmp_path: Path) -> None:
    """To the byte, also where only some cells are written anew, and whatever the texts hold."""
    hostile = '"cells": [\n{}\n ],\n "cells": []'
    made = notebook(hostile)
    made.cells += [new_markdown_cell(hostile), new_code_cell(hostile, metadata={"cells": []})]
    made.cells[2].outputs = [new_output("display_data", {"application/json": {"cells": []}})]
    made.metadata["cells"] = []
    path = tmp_path / "n.ipynb"
    with OutputFile(path) as output:
        output.save(made)
        assert path.read_text(encoding="utf-8") == f"{nbformat.v4.writes(made)}\n"
        made.cells[0].outputs[0].text = "other"
        output.save(made, {0})
        assert path.read_text(encoding="utf-8") == f"{nbformat.v4.writes(made)}\n"
        made.cells[2].outputs = []
        made.metadata["more"] = 1
        output.save(made, ())
        assert "more" in path.read_text()
        assert "application/json" in path.read_text()
        output.save(new_notebook())
        assert path.read_text(encoding="utf-8") == f"{nbformat.v4.writes(new_notebook())}\n"


def test_a_text_that_is_no_unicode_is_saved(tmp_path: Path) -> None:
    """A lone surrogate, which a kernel may send, is JSON's escape in the file."""
    path = tmp_path / "n.ipynb"
    with OutputFile(path) as output:
        output.save(notebook("a\ud800b\xe4"))
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["cells"][0]["outputs"][0]["text"] == ["a\ud800b\xe4"]


def test_a_second_run_is_refused(tmp_path: Path) -> None:
    """The error names the notebook and the process, which may use another name for the file."""
    path, link = tmp_path / "n.ipynb", tmp_path / "link.ipynb"
    link.symlink_to(path)
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from mundane_ipython.run.output_file import OutputFile\n"
        "with OutputFile(Path(sys.argv[1])):\n    print('held', flush=True)\n    input()"
    )
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LockedError) as caught, OutputFile(link):
            pass
        assert (caught.value.path, caught.value.pid) == (str(link), other.pid)
        other.kill()
    with OutputFile(link) as output:  # what the killed one left is taken over
        output.save(notebook("x"))
    assert link.is_symlink()
    assert {entry.name for entry in tmp_path.iterdir()} == {"n.ipynb", "link.ipynb"}


def test_the_mode_of_the_file_stays(tmp_path: Path) -> None:
    """A notebook that nobody else may read is not opened to others by a save."""
    path = tmp_path / "n.ipynb"
    path.touch(mode=0o600)
    with OutputFile(path) as output:
        output.save(notebook("secret"))
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_a_save_that_fails_leaves_the_file(tmp_path: Path) -> None:
    """The refusal is an error that names the file; the next save may succeed."""
    path = tmp_path / "n.ipynb"
    with OutputFile(path) as output:
        output.save(notebook("good"))
        (tmp_path / f".{path.name}.tmp").mkdir()
        with pytest.raises(StorageError, match=r"n\.ipynb: the notebook cannot be written"):
            output.save(notebook("bad"))
        (tmp_path / f".{path.name}.tmp").rmdir()
    assert "good" in path.read_text()
