"""Inputs of every kind: a step runs whatever it can reach, and what becomes of a helper is seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ..support.shells import Shell

Restart = Callable[[], Shell]

FRAME = "import pandas as pd\ndf = pd.DataFrame({'t': ['a b', 'c']})\n"
UNSET = """import dataclasses
@dataclasses.dataclass
class Cfg:
    n: int = 1
    made: int = dataclasses.field(init=False)
cfg = Cfg()
"""
RAISES = "class Odd(int):\n    def __repr__(self): raise RuntimeError('odd')\nodd = Odd(3)"
HELPER = "def f(x): return x + 1"


@pytest.mark.parametrize(
    ("plain", "body"),
    [
        (f"{FRAME}df['w'] = df.t.str.split()", "n = len(df)"),
        (f"{FRAME}df['w'] = [{{'a': 1}}, {{}}]", "n = len(df)"),
        ("import numpy as np, pandas as pd\ns = pd.Series([np.zeros(2), np.ones(1)])", "len(s)"),
        ("import pandas as pd\nd = {'s': pd.Series([[1], [2]])}", "len(d['s'])"),
        ("x = 10 ** 5000", "n = x % 7"),
        (UNSET, "n = cfg.n"),
        (RAISES, "n = odd + 1"),
        (f"{FRAME}g = df.groupby('t')", "n = len(g)"),
        (f"{FRAME}d = {{'s': df.t.str}}", "n = len(d)"),
    ],
)
def test_any_value_may_be_an_input(restarted: Restart, plain: str, body: str) -> None:
    """A step runs, and its restore raises no alarm where nothing was edited."""
    for _ in range(2):
        shell = restarted()
        shell.ok(plain)
        said = shell.step("used", body).out
    assert "restored" in said
    assert "STALE" not in said


def test_lists_in_a_frame_are_compared(restarted: Restart) -> None:
    """Another item of a list in a column is another input."""
    for split in ("str.split()", "str.split('x')"):
        shell = restarted()
        shell.ok(f"{FRAME}df['w'] = df.t.{split}")
        said = shell.step("used", "n = len(df.w[0])").out
    assert "STALE: input df changed" in said


@pytest.mark.parametrize(
    "later",
    [
        "import numpy as np\n@np.vectorize\ndef f(x): return x * 100",
        "from math import sqrt as f",
        "from functools import partial\nf = partial(pow, 2)",
        "class F:\n    def __call__(self, x): return x\nf = F()",
        "from fractions import Fraction as f",
    ],
)
def test_a_helper_that_is_something_else_now(restarted: Restart, later: str) -> None:
    """A decorator was added, or the function was moved to a library."""
    for plain in (HELPER, later):
        shell = restarted()
        shell.ok(plain)
        said = shell.step("used", "n = float(f(4))").out
    assert "STALE: helper f() changed" in said
