"""Tab in the magics' lines: options, their values, and names of stored steps."""

from __future__ import annotations

from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from nbclient.util import run_sync

from ..support.kernels import Notebook
from ..support.shells import Shell, new_shell


@pytest.fixture
def stored(shell: Shell) -> Shell:
    """A shell whose task has steps `load`, `load-more` and `fit`, and a sleep `nap`."""
    for name in ("load", "load-more", "fit"):
        shell.step(name, f"x_{len(name)} = 1")
    shell.ok("%mundane_sleep nap 0s")
    return shell


def complete(shell: Shell, cell: str) -> list[str]:
    """Return what Tab offers at the `|` of a cell, as a front end asks for it."""
    position = cell.index("|")
    before, after = cell[:position], cell[position + 1 :]
    with provisionalcompleter():
        return [each.text for each in shell.ip.Completer.completions(before + after, position)]


COMPLETED = {
    "%%step |": ["fit", "load-more", "load"],
    "%%step lo|": ["load-more", "load"],
    "%%step load-|": ["load-more"],
    "%%step load-|\nx = 1": ["load-more"],
    "%%step fit |": ["--only", "--rerun", "--quiet", "--on-change", "-o"],
    "%%step fit --r|": ["--rerun"],
    "%%step fit --rerun --|": ["--only", "--quiet", "--on-change"],
    "%%step fit --on-change |": ["warn", "rerun", "error"],
    "%%step fit --on-change w|": ["warn"],
    "%%step fit -o |\nmodel, score = 1, 2\n!ls": ["model", "score"],
    "%%step fit -o model,s|\nmodel, score = 1, 2": ["score"],
    "%step lo|": ["load-more", "load"],
    "%mundane_forget |": ["nap", "fit", "load-more", "load"],
    "%mundane_forget fit lo|": ["load-more", "load"],
    "%mundane_forget --from n|": ["nap"],
    "%mundane_forget --f|": ["--from"],
    "x = 1\n%mundane_forget fi|": ["fit"],
    "%mundane_sleep |": ["nap"],
    "%mundane_open --t|": ["--trust"],
    "%mundane_open t.db --on-change r|": ["rerun"],
}


@pytest.mark.parametrize("cell", COMPLETED, ids=[repr(cell) for cell in COMPLETED])
def test_completions(stored: Shell, cell: str) -> None:
    """Exactly these, in this order, and nothing of Python's."""
    assert complete(stored, cell) == COMPLETED[cell]


@pytest.mark.parametrize("cell", ["pri|", "x_4.|", "%tim|", "%%time\n%%step lo|"])
def test_other_lines_are_left_to_ipython(stored: Shell, cell: str) -> None:
    """Python, and other magics."""
    offered = complete(stored, cell)
    assert offered
    assert not {"load", "load-more", "--rerun"} & set(offered)


def test_the_expression_of_a_line_step_is_no_name(stored: Shell) -> None:
    """Names are offered where a name stands."""
    assert "load-more" not in complete(stored, "%step load lo|")


def test_a_file_name_is_completed_by_ipython(stored: Shell, task_path: object) -> None:
    """`%mundane_open` takes a path."""
    assert str(task_path) in complete(stored, f"%mundane_open {str(task_path)[:-3]}|")


def test_without_a_task_there_are_no_names() -> None:
    """Options are there all the same."""
    with new_shell() as shell:
        assert complete(shell, "%%step a --r|") == ["--rerun"]


def test_unloading_removes_it(stored: Shell) -> None:
    """And loading again has it once."""
    stored.ok("%reload_ext mundane_ipython")
    matchers = stored.ip.Completer.custom_matchers
    assert [matcher.__name__ for matcher in matchers] == ["complete"]
    stored.ok("%unload_ext mundane_ipython")
    assert matchers == []
    stored.ok("%load_ext mundane_ipython")


def test_a_front_end_is_answered(notebook: Notebook) -> None:
    """The kernel's `complete_request`, which JupyterLab sends, has the same, in its place."""
    notebook.ok("%%step load-more\nx = 1")

    async def ask(code: str, position: int) -> Any:
        return await notebook.client.kc.complete(code, position, reply=True, timeout=30)

    for code, matches in {
        "%%step lo": ["load-more"],
        "%%step load-m\nx = 1": ["load-more"],
        "%%step a --on-change e": ["error"],
    }.items():
        line = code.partition("\n")[0]
        content = run_sync(ask)(code, len(line))["content"]
        assert content["matches"] == matches
        start, end = content["cursor_start"], content["cursor_end"]
        assert code[start:end] == line.split()[-1]
