"""A step that runs again and comes to equal values makes nothing stale."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import mundane
from mundane_ipython.report.steps import read_steps

from ..support.kernels import OPEN, open_notebook
from ..support.shells import Shell

Restart = Callable[[], Shell]

ARRAY = "import numpy as np\na = np.arange(9)"
SET = "tags = {'a', 'b', 'c', 'd'}"


@pytest.mark.parametrize(
    ("first", "again", "body", "is_stale"),
    [
        ("n = 1", "n = 0 + 1", "x = n", False),
        ("n = 1", "n = 2", "x = n", True),
        ("n = 1", "n = True", "x = n", True),
        ("n = 1", "n = 1.0", "x = n", True),
        ("rows = [1, 2]", "rows = [1] + [2]", "x = sum(rows)", False),
        ("rows = [1, 2]", "rows = [1, 3]", "x = sum(rows)", True),
        ("a, b = [1], [1]", "a, b = [1], [2]", "x = sum(a)", False),
        ("a, b = [1], [1]", "a, b = [1], [2]", "x = sum(b)", True),
        (ARRAY, ARRAY, "a", False),
        (ARRAY, "import numpy as np\na = np.ones(9)", "a", True),
        (f"{ARRAY}\nb = {{1}}", f"{ARRAY}\nb = {{2}}", "a", False),
        (f"{ARRAY}\nb = a[1:]", f"{ARRAY}\nb = a[2:]", "b", True),
        ("import numpy as np\na = 1", "import numpy as np\na = 2", "np.zeros(3)", False),
        ("def f(): return 1", "def f(): return (1)", "x = f()", False),
        ("def f(): return 1\nn = 1", "def f(): return 1\nn = 2", "x = f()", False),
        ("def f(): return 1", "def f(): return 2", "x = f()", True),
        (SET, SET, "x = len(tags)", False),
        ("rows.append(1)", "rows[:] = [0, 1]", "x = sum(rows)", False),
        ("rows.append(1)", "rows[:] = [0, 2]", "x = sum(rows)", True),
    ],
)
def test_only_another_result_is_a_difference(
    restarted: Restart, first: str, again: str, body: str, is_stale: bool
) -> None:
    """Each name counts by itself where it stands in the row; types count as values do."""
    for options, made in (("", first), ("--rerun", again), ("", again)):
        shell = restarted()
        shell.ok("rows = [0]")
        shell.step("made", made, options)
        said = shell.step("used", body).out
    assert ("STALE: step made was run again since" in said) == is_stale
    assert ("STALE" in said) == is_stale


def test_equal_to_the_run_that_was_used(restarted: Restart, task_path: Path) -> None:
    """Through any number of equal runs; after another result has come, no longer."""
    said = []
    for made, options in (("[1]", ""), ("[1]", "--rerun"), ("[1]", "--rerun"), ("[2]", "--rerun")):
        shell = restarted()
        shell.step("made", f"rows = {made}", options)
        said.append("STALE" in shell.step("used", "x = sum(rows)").out)
        with mundane.read(task_path) as view:
            stale = [bool(each.stale) for each in read_steps(view)]
        assert stale == [False, said[-1]], "the file tells the same"
    assert said == [False, False, False, True]


def test_what_is_stale_and_runs_again_ends_there(tmp_path: Path) -> None:
    """Under `--on-change rerun` only what depends on another value runs."""
    cells = ["%%step even\neven = n % 2 == 0", "%%step told\nprint('ran')\ntext = str(even)"]
    shown = []
    for n in (2, 4, 5):
        with open_notebook(tmp_path) as notebook:
            notebook.ok(f"{OPEN} --on-change rerun\nn = {n}")
            ran = [notebook.ok(cell) for cell in cells]
            shown.append(["runs again" in "".join(cell.notes) for cell in ran])
            assert notebook.value("text") == repr(str(n % 2 == 0))
    assert shown == [[False, False], [True, False], [True, True]]
