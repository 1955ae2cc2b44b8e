"""The promise: a notebook that was killed and resumed is the one that ran straight through."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ..support.kernels import OPEN, Cell, run_notebook

# Steps call `ran(NAME)`: it logs that they ran, and kills the kernel where a file asks for it.
HELPER = """
import os, signal

def ran(name):
    with open("log", "a") as log:
        log.write(name + "\\n")
    if os.path.exists(f"die-in-{name}"):
        os.remove(f"die-in-{name}")
        os.kill(os.getpid(), signal.SIGKILL)
"""

DATA = {
    "imports": """
import json, math
import numpy as np
import pandas as pd
from collections import OrderedDict as Ordered
ran("imports")
""",
    "values": """
config = {"name": "run", "sizes": [1, 2.5, None], "on": True}
first, *rest = range(4)
ratio: float = 1 / 3
print("configured", config["name"])
ran("values")
config
""",
    "frame": """
df = pd.DataFrame({"n": range(5), "x": np.linspace(0, 1, 5)})
ran("frame")
df
""",
    "typed": """
frame = pd.DataFrame({
    "c": pd.Categorical(list("aba"), categories=list("cba"), ordered=True),
    "t": pd.date_range("2026-03-29", periods=3, freq="D", tz="Europe/Berlin"),
    "i": pd.array([1, None, 3], dtype="Int64"),
    "s": pd.array(["x", None, "z"], dtype="string"),
}).set_index("t")
means = df.groupby(df.n % 2).x.mean()
array = np.array([(1, b"a"), (2, b"b")], dtype=[("k", "i4"), ("v", "S1")])
ran("typed")
print(frame.dtypes)
frame
""",
    "containers": """
seen = {3, 1, 2}
pair = ("a", (1, 2))
raw, buffer = b"\\x00\\xff", bytearray(b"ab")
nested = {"pair": pair, "seen": seen, 1: Ordered(z=1, a=2)}
number = 2 + 3j
ran("containers")
nested["pair"] is pair
""",
    "loops": """
total = 0
for i in range(4):
    total += i
with open("log") as handle:
    pass
handle = None
squares = [last := k * k for k in range(3)]
try:
    1 / 0
except ZeroDivisionError as error:
    message = str(error)
ran("loops")
""",
    "deletes": """
del first, total
ran("deletes")
""",
    "figure": """
import matplotlib.pyplot as plt
fig, ax = plt.subplots(figsize=(2, 1))
ax.plot(df.n, df.x)
ran("figure")
""",
}
DATA_CHECK = """
print(sorted(n for n in dir() if not n.startswith("_") and n not in ("exit", "quit", "open")))
print(config, rest, ratio, message, i, squares, last, number, seen, pair, raw, buffer, nested)
print(df, frame, frame.index.tz, frame.c.cat.categories.tolist(), frame.c.cat.ordered, means)
print(array, array.dtype, math.pi, json.dumps(config), nested["pair"] is pair)
print(type(fig).__name__, len(ax.lines), ax.figure is fig, Ordered)
"""

CODE = {
    "classes": """
class Point:
    def __init__(self, x): self.x = x
    def scaled(self): return type(self)(self.x * FACTOR)
    def __repr__(self): return f"Point({self.x})"
    class Inner: pass
class Sub(Point):
    def scaled(self): return super().scaled()
origin = Point(0)
points = [origin, Sub(2), Point.Inner]
ran("classes")
points[1]
""",
    "functions": """
def scale(x): return x * FACTOR
def even(n): return n == 0 or odd(n - 1)
def odd(n): return n != 0 and even(n - 1)
twice = lambda f, x: f(f(x))
default = lambda x, *, by=[1]: (x, by)
def gen(n):
    yield from range(n)
async def later(x): return x + 1
ran("functions")
""",
    "uses": """
moved = [p.scaled() for p in points[:2]]
result = twice(scale, 2)
print(moved, result, even(10))
ran("uses")
""",
    "awaits": """
import asyncio
async def double(x):
    await asyncio.sleep(0)
    return 2 * x
async with asyncio.timeout(60):
    doubles = await asyncio.gather(*map(double, range(3)))
ran("awaits")
await double(21)
""",
    "shell": """
import sys
!echo from the shell
lines = !printf 'a\\nb\\n'
print("to stderr", file=sys.stderr)
%timeit -n1 -r1 -q pass
ran("shell")
""",
    "rich": """
from IPython.display import HTML, Markdown, display
handle = display(Markdown("*half*"), display_id=True)
display(HTML("<b>bold</b>"), {"plain": 1})
handle.update(Markdown("*whole*"))
ran("rich")
HTML("<i>last</i>")
""",
    "bash": """
%%bash
echo from bash
echo bash >> log
if [ -e die-in-bash ]; then rm die-in-bash; kill -9 $PPID; fi
""",
    "star": """
from string import *
ran("star")
digits
""",
    "closures": """
def make():
    count = 0
    def up():
        nonlocal count
        count += 1
        return count
    def get(): return count
    return up, get
up, get = make()
up(); up()
ran("closures")
""",
    "records": """
from collections import namedtuple
from dataclasses import dataclass, field
from enum import Enum, Flag
Row = namedtuple("Row", "a b")
@dataclass(frozen=True)
class Item:
    name: str
    tags: tuple = field(default=())
class Colour(Enum):
    RED = 1
    BLUE = 2
class Bits(Flag):
    A = 1
    B = 2
rows = [Row(1, 2), Item("i", ("t",)), Colour.RED, Bits.A | Bits.B]
by_colour = {Colour.BLUE: Item("blue")}
ran("records")
rows
""",
}
# Plain cells, behind the step that they are named after.
CODE_PLAIN = {"functions": "FACTOR = 3\nprint(scale(5), odd(3), origin.scaled(), list(gen(2)))"}
CODE_CHECK = """
print(points, moved, result, doubles, await later(1), default(1), digits, ascii_letters[:3])
print(isinstance(points[1], Point), points[0] is origin, points[2] is Point.Inner, type(moved[1]))
up()
print(get(), up(), get(), lines, lines.n)
print(isinstance(rows[0], Row), rows[1] == Item("i", ("t",)), rows[2] is Colour.RED)
print(by_colour[Colour.BLUE], rows, Colour(2), list(Bits), Row(3, 4)._asdict())
FACTOR = 10
print(scale(1), origin.scaled(), Sub(1).scaled(), twice(scale, 1))
print(sorted(n for n in dir() if not n.startswith("_") and n not in ("exit", "quit", "open")))
"""


def sources_of(
    steps: dict[str, str], plain: dict[str, str], check: str, *, durable: bool
) -> list[str]:
    """Return the cells of a notebook, as steps or as plain cells."""
    cells = [OPEN if durable else "pass", "from helper import ran"]
    for name, body in steps.items():
        line = f"%%step {name}" if durable else "# plain"
        body = body.strip("\n")
        # IPython takes `%%bash` only as a cell's first line; the step's line stands before it.
        cells.append(body if body.startswith("%%") and not durable else f"{line}\n{body}")
        cells += [plain[name]] if name in plain else []
    return [*cells, check]


def start(folder: Path) -> Path:
    folder.mkdir()
    (folder / "helper.py").write_text(HELPER)
    return folder


def assert_same(cells: list[Cell], expected: list[Cell], sources: list[str]) -> None:
    for source, cell, plain in zip(sources, cells, expected, strict=False):
        assert cell.plain == plain.plain, f"{source}\n{cell.traceback}"


@pytest.mark.parametrize(
    ("steps", "plain", "check"),
    [
        pytest.param(DATA, {}, DATA_CHECK, id="data"),
        pytest.param(CODE, CODE_PLAIN, CODE_CHECK, id="code"),
    ],
)
def test_killed_in_each_step_in_turn_and_resumed(
    tmp_path: Path, steps: dict[str, str], plain: dict[str, str], check: str
) -> None:
    """A kernel killed once inside every step leaves outputs and values as if it never had been."""
    natively = sources_of(steps, plain, check, durable=False)
    expected = run_notebook(start(tmp_path / "plain"), natively)
    assert len(expected) == len(natively), expected[-1].traceback
    folder = start(tmp_path / "durable")
    sources = sources_of(steps, plain, check, durable=True)
    for name in steps:
        (folder / f"die-in-{name}").touch()
        cells = run_notebook(folder, sources)
        assert cells[-1].died, cells[-1].traceback
        assert f"%%step {name}\n" in sources[len(cells) - 1]
        assert_same(cells[:-1], expected, sources)
    cells = run_notebook(folder, sources)
    assert len(cells) == len(sources), cells[-1].traceback
    assert_same(cells, expected, sources)
    assert Counter((folder / "log").read_text().split()) == dict.fromkeys(steps, 2)
    again = run_notebook(folder, sources)
    assert_same(again, expected, sources)
    restored = [facts["event"] for cell in again for facts in cell.facts]
    assert restored == ["opened"] + ["restored"] * len(steps)
    assert Counter((folder / "log").read_text().split()) == dict.fromkeys(steps, 2)
    assert not list(folder.glob("task.db-*"))
