"""What a plain cell makes in place of a step's result counts among what later steps depend on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ..support.shells import Shell

Restart = Callable[[], Shell]

FRAME = "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2]})"
CHANGED = "input {} changed"


@pytest.mark.parametrize(
    ("result", "first", "later", "body", "says"),
    [
        (FRAME, "df['c'] = df.a * 2", "df['c'] = df.a * 3", "n = df.c.sum()", CHANGED.format("df")),
        (FRAME, "df['c'] = df.a * 2", "df['c'] = 2 * df.a  # as well", "n = df.c.sum()", ""),
        (FRAME, "df.a.sum()", "df.loc[0, 'a'] = 5", "n = df.a.sum()", CHANGED.format("df")),
        (FRAME, "df.loc[0, 'a'] = 5", "df.a.sum()", "n = df.a.sum()", CHANGED.format("df")),
        (FRAME, "df.loc[0, 'a'] = 5", "df.loc[0, 'a'] = 1", "df.a.sum()", CHANGED.format("df")),
        (FRAME, "df.a.sum()", "df.describe()", "n = df.a.sum()", ""),
        ("r = [2, 1]", "r.append(3)", "r.append(4)", "n = sum(r)", CHANGED.format("r")),
        ("r = [2, 1]", "q = r\nq.sort()", "q = r\nq.append(3)", "n = r[0]", CHANGED.format("r")),
        ("r = [2, 1]", "def f(): r.append(3)\nf()", "def f(): r.append(3)\nf()", "sum(r)", ""),
        ("d = {'lr': 1}", "d['lr'] = 2", "d['lr'] = 3", "n = d['lr']", CHANGED.format("d")),
        ("d = {'lr': 1}", "d['lr'] = 2", "d['lr'] = 3", "n = 1", ""),
        (
            "import numpy as np\nx = np.zeros(4)",
            "y = x[2:]\ny[0] = 1",
            "y = x[2:]\ny[0] = 2",
            "n = x.sum()",
            CHANGED.format("x"),
        ),
        ("class A: k = 1", "A.k = 2", "A.k = 3", "n = A.k", CHANGED.format("A")),
        ("class A: pass\na = A()", "a.k = 2", "a.k = 3", "n = a.k", CHANGED.format("a")),
        ("import random\nr = [random.Random(3)]", "r.append(3)", "r.append(4)", "n = r[1]", ""),
    ],
)
def test_in_place(
    restarted: Restart, result: str, first: str, later: str, body: str, says: str
) -> None:
    """Another change is named, the same one written otherwise is not; nor what only reads."""
    for plain in (first, later):
        shell = restarted()
        shell.step("made", result)
        shell.ok(plain)
        said = shell.step("used", body).out
    assert ("STALE" in said) == bool(says)
    assert says in said


def test_in_one_kernel(restarted: Restart) -> None:
    """The edited plain cell, then the step again: it is stale without a restart as well."""
    shell = restarted()
    shell.step("made", "d = {'lr': 1}")
    shell.ok("d['lr'] = 2")
    shell.step("used", "n = d['lr']")
    assert "STALE" not in shell.step("used", "n = d['lr']").out
    shell.ok("d['lr'] = 3")
    assert "input d changed" in shell.step("used", "n = d['lr']").out


def test_a_step_that_goes_on_where_a_plain_cell_was(restarted: Restart) -> None:
    """What a later step has changed itself is its own, at every restart and when it runs again."""
    for _ in range(3):
        shell = restarted()
        shell.step("made", "r = [1]")
        shell.ok("r.append(2)")
        for options in ("", "--rerun", ""):
            assert "STALE" not in shell.step(f"more {options}", "r.append(3)").out


def test_magics_within_a_cell_are_as_they_were(restarted: Restart) -> None:
    """`%time` gives an expression's value, though results of steps are watched."""
    shell = restarted()
    shell.step("made", "r = [1]")
    shell.ok("%time sum(r)")
    shell.ok("assert _ == 1")
    shell.ok("t = %timeit -n1 -r1 -o -q sum(r)\nassert t.loops == 1")
    shell.ok("get_ipython().run_cell('r.append(2)')")
    shell.step("used", "n = sum(r)")
    shell = restarted()
    shell.step("made", "r = [1]")
    assert "input r changed" in shell.step("used", "n = sum(r)").out


def test_what_a_plain_cell_deletes_is_free_at_once(restarted: Restart) -> None:
    """The watch over a step's result does not keep it."""
    shell = restarted()
    shell.step("made", "class Big: pass\nbig = Big()")
    shell.ok("import weakref\nseen = weakref.ref(big)\ndel big\nassert seen() is None")
