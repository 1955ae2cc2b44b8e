"""What a stored step depended on has changed: each difference is said, and nothing else."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mundane_ipython.session.deferred import Deferred
from mundane_ipython.taskfile.record import CellRecord

from ..support.shells import Shell

Restart = Callable[[], Shell]

ROOT = Path(__file__).resolve().parents[3]

CLASS = """class Cfg:
    n = 1
    limits = [1, 2]

    def __init__(self, k=2):
        self.k = k

    def go(self):
        return {body}

    @property
    def half(self):
        return self.k / 2

    @staticmethod
    def fixed():
        return 3
"""
POINT = """import dataclasses, enum, typing
@dataclasses.dataclass{options}
class Point:
    x: int
    y: list = dataclasses.field(default_factory={factory})
    def area(self):
        return self.x
class Mode(enum.Flag):
    R = {value}
    W = enum.auto()
class Pair(typing.NamedTuple):
    a: int = {value}
p = Point(1)
"""
MAKER = """def mk(k):
    def scaled(x):
        return x * k
    return scaled
"""
DECORATED = """import functools
def deco(f):
    @functools.wraps(f)
    def wrapper(*args):
        return f(*args) + {more}
    return wrapper
@deco
def h(x):
    return x + {n}
"""
CACHED = "import functools\n@functools.lru_cache\ndef h(x):\n    return x + {n}"
LAMBDAS = "fs = {{\n    'a': lambda x: x + {n},\n    'b': lambda x: x,\n}}"
PLAIN = "class Box:\n    def get(self):\n        return self.n\nbox = Box()\nbox.n = {n}"
METHOD = f"{PLAIN}\nget = box.get"
CYCLIC = """class A:
    n = object()
    def f(self):
        return super().__repr__()
    me = property(lambda self: self)
A.own = A
a = A()
a.me_too = a
"""
RECURSIVE = "def mk():\n    def f(): return f\n    return f\nf = mk()"
FUNCTIONS = "fs = {len, max, abs, (lambda x: x)}"
LOCKED = "import threading\ncfg = {'lock': threading.Lock(), 'f': print}"
MEAN = """import numpy as np
def f(rows):
    return np.array(rows).mean()
class Bag:
    mean = 3
    def size(self):
        return self.mean
"""
COMPILED = "import re\ndef words(text): return re.compile('[a-z]+').findall(text)\n"
POINTS = POINT.format(options="", factory="list", value=1)


def note_after(restart: Restart, first: str, later: str, body: str) -> str:
    """Run a plain cell and a step, then both again with the plain one edited; return the note."""
    for plain in (first, later):
        shell = restart()
        shell.ok(plain)
        said = shell.step("used", body).out
    return said


@pytest.mark.parametrize(
    ("first", "later", "body", "says"),
    [
        ("class Cfg:\n    n = 1", "class Cfg:\n    n = 5", "x = Cfg.n", "helper Cfg()"),
        (CLASS.format(body="1"), CLASS.format(body="2"), "x = Cfg().go()", "helper Cfg()"),
        (
            CLASS.format(body="1"),
            CLASS.format(body="1").replace("/ 2", "/ 4"),
            "Cfg",
            "helper Cfg()",
        ),
        (CLASS.format(body="1"), CLASS.format(body="1").replace("3", "4"), "Cfg", "helper Cfg()"),
        (
            CLASS.format(body="1"),
            CLASS.format(body="1").replace("k=2", "k=3"),
            "Cfg",
            "helper Cfg()",
        ),
        (CLASS.format(body="1"), CLASS.format(body="1") + "Cfg.n = 3", "Cfg.n", "helper Cfg()"),
        (
            "class A:\n    n = 1\nclass B(A): pass",
            "class A:\n    n = 2\nclass B(A): pass",
            "x = B.n",
            "helper B()",
        ),
        (
            POINTS,
            POINT.format(options="(frozen=True)", factory="list", value=1),
            "Point",
            "Point()",
        ),
        (POINTS, POINT.format(options="", factory="dict", value=1), "Point", "helper Point()"),
        (POINTS, POINTS.replace("self.x", "-self.x"), "Point", "helper Point()"),
        (POINTS, POINTS.replace("self.x", "-self.x"), "a = p.area()", "helper Point()"),
        (POINTS, POINT.format(options="", factory="list", value=2), "Mode", "helper Mode()"),
        (POINTS, POINT.format(options="", factory="list", value=2), "Pair", "helper Pair()"),
        (f"{MAKER}f = mk(2)", f"{MAKER}f = mk(5)", "x = f(1)", "helper f()"),
        (
            f"{MAKER}f = mk(len)",
            f"{MAKER}f = mk(max)",
            "f",
            "helper f()",
        ),
        ("K = 2\ndef f(x, k=K): return x", "K = 5\ndef f(x, k=K): return x", "f(1)", "helper f()"),
        (
            "K = 2\ndef f(x, *, k=K): return x",
            "K = 5\ndef f(x, *, k=K): return x",
            "f(1)",
            "helper f()",
        ),
        (CACHED.format(n=1), CACHED.format(n=2), "x = h(1)", "helper h()"),
        (DECORATED.format(more=0, n=1), DECORATED.format(more=0, n=2), "h(1)", "helper h()"),
        (DECORATED.format(more=0, n=1), DECORATED.format(more=9, n=1), "h(1)", "helper h()"),
        (LAMBDAS.format(n=1), LAMBDAS.format(n=2), "fs['a'](1)", "input fs"),
        (
            "from functools import partial\nf = partial(pow, 2)",
            "from functools import partial\nf = partial(pow, 3)",
            "f(2)",
            "input f",
        ),
        ("rows = [1]\nadd = rows.append", "rows = [2]\nadd = rows.append", "add(3)", "input add"),
        (METHOD.format(n=1), METHOD.format(n=2), "get()", "input get"),
        (PLAIN.format(n=1), PLAIN.format(n=2), "box.n", "input box"),
        (PLAIN.format(n=1), PLAIN.format(n=1).replace("self.n", "0"), "box.get()", "helper Box()"),
        (
            "from types import SimpleNamespace\ncfg = SimpleNamespace(n=1)",
            "from types import SimpleNamespace\ncfg = SimpleNamespace(n=2)",
            "cfg.n",
            "input cfg",
        ),
    ],
)
def test_an_edited_cell_is_noticed(
    restarted: Restart, first: str, later: str, body: str, says: str
) -> None:
    """Whatever of a plain cell a step depends on, and however it is held."""
    assert f"{says} changed" in note_after(restarted, first, later, body)


@pytest.mark.parametrize(
    ("first", "later", "body"),
    [
        (CLASS.format(body="1"), CLASS.format(body="(1)  # why"), "x = Cfg().go()"),
        (CLASS.format(body="1"), "\n\n# why\n" + CLASS.format(body="1"), "x = Cfg().go()"),
        (CYCLIC, CYCLIC, "a.f()"),
        (POINTS, POINTS, "p, Point, Mode.R, Pair()"),
        (f"{MAKER}f = mk({{'a', 'b', 'c'}})", f"{MAKER}f = mk({{'c', 'b', 'a'}})", "f"),
        (
            f"{MAKER}f = mk(frozenset(('a', 'b')))\ng = mk(f)",
            f"{MAKER}f = mk(frozenset(('b', 'a')))\ng = mk(f)",
            "g",
        ),
        (RECURSIVE, RECURSIVE, "f"),
        (FUNCTIONS, FUNCTIONS, "fs"),
        (DECORATED.format(more=0, n=1), DECORATED.format(more=0, n=" 1  # one"), "h(1)"),
        (LOCKED, LOCKED, "cfg"),
        ("d = {'a': 1, 'b': 2}", "d = {'b': 2, 'a': 1}", "d"),
        (f"{MEAN}mean = 1", f"{MEAN}mean = 2", "x = f([1, 2]), Bag().size()"),
        (f"{COMPILED}mean = 1", f"{COMPILED}mean = 2", "x = words('a b')"),
    ],
)
def test_what_is_the_same_raises_no_alarm(
    restarted: Restart, first: str, later: str, body: str
) -> None:
    """Comments, formatting, addresses, the order of sets, and what Python makes of a class."""
    said = note_after(restarted, first, later, body)
    assert "restored" in said
    assert "STALE" not in said


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run cells in the test's own folder, and put back what they set of the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("K", "")


QUERIED = "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2]})\n"
QUERY = f"{QUERIED}def pick():\n    n = 1\n    return df.query('a > @k and a > @n')\n"
ECHO = "def echo():\n    !echo $k\n"
MODEL = "def ols(formula, data=None): return formula\n"


@pytest.mark.parametrize(
    ("plain", "body"),
    [
        ("", "!echo {k}"),
        ("", "!echo $k"),
        ("", "!echo ${k}"),
        ("", "x = !echo $k"),
        ("", "x = !echo {'a' * k}"),
        (ECHO, "echo()"),
        (QUERIED, "x = df.query('a > @k')"),
        (QUERIED, "x = df.query(f'a > @k and a < {2 + 3}')"),
        (QUERIED, "x = df.eval('a * @k')"),
        (QUERIED, "x = pd.eval('k + 1')"),
        (QUERY, "x = pick()"),
        (MODEL, "x = ols('y ~ x + k')"),
        (MODEL, "formula = 'y ~ x + k'\nx = ols(formula)"),
        (f"{MODEL}def fit(): return ols('y ~ k')\n", "x = fit()"),
        (f"{MODEL}def tr(x): return x * k\n", "x = ols('y ~ tr(x)')"),
        ("def sql(query): return query\n", "x = sql('select * from k')"),
        ("def sql(query): return query\nq = 'select * from k'\n", "x = sql(q)"),
        ("def rows():\n    return 'select * from k'\n", "x = rows()"),
        ("", "%env K=$k"),
        ("", "%%writefile out-{k}.txt\ntext"),
        ("def note():\n    %env K={k}\n", "note()"),
        ("", "%time x = k"),
        ("", "%%capture seen\nx = k"),
        ("", "%who"),
    ],
)
@pytest.mark.usefixtures("own_folder")
def test_a_name_within_a_string_is_an_input(restarted: Restart, plain: str, body: str) -> None:
    """Shell commands, pandas' queries and formulas read variables that the code does not name."""
    said = note_after(restarted, f"{plain}k = 1", f"{plain}k = 2", body)
    assert "STALE: input k changed: 1 -> 2. To run it again" in said


@pytest.mark.parametrize(
    ("plain", "body"),
    [
        ("", "!echo HOME k"),
        ("", "!echo $HOME"),
        ("", "x = !echo '$k'"),
        ("", "path = '~/k', 'me@k'"),
        ("", "print('taken from k to be kept')"),
        ("", "q = 'with k as (select 1) select * from k'"),
        (QUERIED, "k = 1\nx = df.query('a > @k')"),
        (f"{QUERIED}def pick(k=1):\n    return df.query('a > @k')\n", "x = pick()"),
        *(("", f"%%{magic}\n{{k}} $k k") for magic in ("html", "javascript", "markdown", "latex")),
        ("", "%%writefile out.txt\n{k} $k k"),
        ("", "%env K=k"),
        ("", "%cd ."),
        ("", "%pip --version k"),
        ("", "%%capture seen\nx = 1"),
        ("", "%ls"),
    ],
)
@pytest.mark.usefixtures("own_folder")
def test_a_word_within_a_string_is_no_input(restarted: Restart, plain: str, body: str) -> None:
    """Variables of the shell's and of the function's own, addresses and paths."""
    said = note_after(restarted, f"{plain}k = 1", f"{plain}k = 2", body)
    assert "restored" in said
    assert "STALE" not in said


@pytest.mark.parametrize(
    ("plain", "threshold", "is_stale"),
    [
        ("rows = [{'a': n, 'b': [n]} for n in range(30_000)]", 2, False),
        ("rows = [[n] for n in range(30_000)]\nrows.append(lambda: threshold)", 2, True),
        (
            "class At:\n    def get(self): return threshold\n"
            "rows = [[n] for n in range(30_000)] + [At()]",
            2,
            True,
        ),
        ("rows = [[lambda: threshold]] + [[n] for n in range(30_000)]", 2, True),
    ],
    ids=["data", "function", "instance", "in the first"],
)
def test_a_long_list_is_no_way_to_every_name(
    restarted: Restart, plain: str, threshold: int, is_stale: bool
) -> None:
    """Only to those that functions in it read, wherever these lie."""
    first, later = f"{plain}\nthreshold = 1", f"{plain}\nthreshold = {threshold}"
    said = note_after(restarted, first, later, "x = len(rows)")
    assert "restored" in said
    assert ("STALE: input threshold changed: 1 -> 2." in said) == is_stale


SCRIPT = """
from mundane_ipython.inputs.code import carried_digest, code_digest, input_digest
f = mk(frozenset('abcdef'))
print(code_digest(Cfg), code_digest(A), code_digest(Point), code_digest(Mode), code_digest(Pair))
print(carried_digest(f), input_digest(a), input_digest(p), input_digest({f, A, 'x', 'y'}))
"""


def test_a_digest_is_the_same_in_every_process(tmp_path: Path) -> None:
    """Neither addresses nor the order of sets, which each process draws anew, are part of it."""
    script = tmp_path / "script.py"
    script.write_text(CLASS.format(body="{'a', 'b'}") + POINTS + MAKER + CYCLIC + SCRIPT)
    found = {
        subprocess.run(
            [sys.executable, script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1
    assert "None" not in found.pop()


COUNTED = """def counted(f):
    calls, seen = 0, {}
    def wrapper(x):
        nonlocal calls
        calls += 1
        return seen.setdefault(x, f(x))
    return wrapper
class Log:
    pass
log = Log()
log.count = 0
@counted
def h(x, known=[], log=log):
    known.append(x)
    log.count += 1
    return x
del log
"""


TUPLE = "import typing\nclass P(typing.NamedTuple):\n    a: int\n"
PAIR = "from collections import namedtuple\nP = namedtuple('P', 'a b')\n"
SLOTS = """class Base:
    __slots__ = ("a",)
class Both(Base):
    pass
class Slots(Base):
    __slots__ = ("__b", "unset")
    def __init__(self, a, b):
        self.a, self.__b = a, b
"""
KINDS = [
    ("[{'a': 1, 'b': {1}}]", "[{'b': {2}, 'a': 1}]"),
    ("import pandas as pd; pd.Series([1], name='a')", "pd.Series([1], name='b')"),
    ("import pandas as pd; pd.Index([1], name='a')", "pd.Index([1], name='b')"),
    (
        "import pandas as pd; pd.DataFrame({'x': [1]}, index=pd.Index([1], name='a'))",
        "pd.DataFrame({'x': [1]}, index=pd.Index([1], name='b'))",
    ),
    ("from collections import *; Counter('aab')", "Counter('abb')"),
    ("from collections import *; defaultdict(list, a=1)", "defaultdict(list, a=2)"),
    ("from collections import *; defaultdict(list, a=1)", "defaultdict(set, a=1)"),
    ("from collections import *; OrderedDict(a=1, b=2)", "OrderedDict(b=2, a=1)"),
    ("from collections import *; deque([1, 2])", "deque([2, 1])"),
    ("from collections import *; deque([1, 2])", "deque([1, 2], 5)"),
    (f"{TUPLE}P(1)", "P(2)"),
    (f"{PAIR}P(1, [2])", "P(1, [3])"),
    ("import re; re.compile('a')", "re.compile('b')"),
    ("import re; re.compile('a')", "re.compile('a', re.I)"),
    ("import numpy as np; np.dtype('i4')", "np.dtype('i8')"),
    ("import numpy as np; np.ma.array([1, 2], mask=[0, 1])", "np.ma.array([1, 2], mask=[1, 0])"),
    ("import numpy as np; np.ma.array([1, 2], mask=[0, 1])", "np.ma.array([3, 2], mask=[0, 1])"),
    ("import scipy.sparse as sp; sp.csr_matrix([[1, 0]])", "sp.csr_matrix([[0, 1]])"),
    ("import scipy.sparse as sp; sp.coo_array([[1, 0]])", "sp.coo_array([[2, 0]])"),
    ("import scipy.sparse as sp; sp.dok_array([[1, 0]])", "sp.lil_array([[1, 0]])"),
    (f"{SLOTS}Slots(1, 2)", "Slots(2, 2)"),
    (f"{SLOTS}Slots(1, 2)", "Slots(1, 3)"),
    (f"{SLOTS}k = Both(); k.a = k.c = 1; k", "setattr(k, 'a', 2) or k"),
    (
        "import numpy as np; c = 1; np.vectorize(lambda x: x + 1)",
        "np.vectorize(lambda x: x + 2)",
    ),
]


def made(first: str, expression: str) -> str:
    """Return a cell that does what `first` does before its expression, and binds one to `k`."""
    before, newline, last = first.rpartition("\n")
    *statements, _ = last.split("; ")
    return f"{before}{newline}{'; '.join([*statements, f'k = {expression}'])}"


@pytest.mark.parametrize(("first", "later"), KINDS)
def test_a_value_of_another_kind_is_compared(restarted: Restart, first: str, later: str) -> None:
    """Order, names, masks and the like are part of a value; the same value raises no alarm."""
    same = first.rpartition("\n")[2].split("; ")[-1]
    said = note_after(restarted, made(first, same), made(first, later), "repr(k)")
    assert "STALE: input k changed" in said
    restarted().ok(made(first, same))
    assert "STALE" not in note_after(restarted, made(first, same), made(first, same), "repr(k)")


HELPERS = """import collections, re
class Cfg:
    "What it is."
    pattern = re.compile('a')
    def go(self):
        "What it does."
def h(x, pattern=re.compile('a'), seen=collections.deque()):
    "What it does."
    def inner():
        "More."
    return x
"""


@pytest.mark.parametrize("body", ["Cfg.pattern", "h(1)", "fs"])
def test_docstrings_are_no_code(restarted: Restart, body: str) -> None:
    """Neither a function's nor those of functions and classes within it."""
    edited = HELPERS.replace("What", "All that").replace("More", "Less")
    last = "fs = [h, Cfg.go]\nh.__defaults__[1].append(1)"
    said = note_after(restarted, HELPERS + last, f"{edited}{last}\nh.__defaults__[1].pop()", body)
    assert "restored" in said
    assert "STALE" not in said


# Of the cell of the test below as version 0.1.0 stored them; never to be made again.
OLD_INPUTS = {
    "values": {"d": "73e1f78571801968ed70c29ff366b47c", "n": "4b73180c20b211192b0a3ddc5f1592db"},
    "helpers": {
        "Cfg": "2af75c8517f0a5072f38dcd410361666",
        "h": "f82bd0ed88b5d451ab82491d92cbffdb50f98c1d8ba2879c51ad9bb363cb40fb",
    },
    "carried": {},
}


def test_digests_of_earlier_versions_are_compared_with_such(restarted: Restart) -> None:
    """They know no names of series, and docstrings count; what they tell apart, they do."""
    shell = restarted()
    shell.ok(f"{HELPERS}d, n = {{'a': 1, 'b': 2}}, [1]")
    shell.step("used", "d, n, h, Cfg")
    record = shell.record("used")
    del record.inputs["digests"]
    record.inputs.update(OLD_INPUTS)
    rewrite(shell, "used", record)
    for number in (1, 2):
        shell = restarted()
        shell.ok(f"%mundane_open {shell.task_path} --trust")
        shell.ok(f"{HELPERS}d, n = {{'b': 2, 'a': 1}}, [{number}]")
        said = shell.step("used", "d, n, h, Cfg").out
        assert "restored" in said
        assert said.count("changed") == number - 1
        assert ("STALE: input n changed. To run" in said) == (number == 2)


def rewrite(shell: Shell, name: str, record: CellRecord) -> None:
    """Store another record of a step, and close the task file."""
    shell.ok("%mundane_close")
    assert shell.task_path is not None
    with closing(sqlite3.connect(shell.task_path)) as file, file:
        statement = "UPDATE mundane_ipython_cells SET record = ? WHERE name = ?"
        file.execute(statement, (record.to_json(), name))


def test_what_a_helper_keeps_from_call_to_call_is_no_input(restarted: Restart) -> None:
    """A counter or a cache is not what the helper was given, and a restore need not fill it."""
    for _ in range(2):
        shell = restarted()
        shell.ok(COUNTED)
        shell.step("first", "y = h(1)", "-o y")
        assert "STALE" not in shell.step("second", "z = h(2)", "-o z").out


def test_a_restored_class_is_the_class_that_ran(restarted: Restart) -> None:
    """A step that was stored beside a restored class is not stale beside one that ran."""
    shell = restarted()
    shell.step("make", CLASS.format(body="1") + POINTS)
    shell = restarted()
    shell.step("make", CLASS.format(body="1") + POINTS)
    shell.step("used", "x = Cfg().go(), Point(1)")
    shell.step("make", CLASS.format(body="1") + POINTS, "--rerun")
    said = shell.step("used", "x = Cfg().go(), Point(1)").out
    assert "helper" not in said


def test_a_flag_without_members_is_an_input_as_any(restarted: Restart) -> None:
    """It has no name, but its value is compared."""
    flag = "import enum\nclass Mode(enum.Flag):\n    R = 1\nmode = Mode({})"
    assert "STALE" not in note_after(restarted, flag.format(0), flag.format(0), "repr(mode)")
    assert "input mode changed" in note_after(
        restarted, flag.format(0), flag.format(1), "repr(mode)"
    )


Cells = list[tuple[str, str]]

A, B, C = ("a", "r = []"), ("b", "r.append('b')"), ("c", "r.append('c')")
X, Y = ("a", "x = 1"), ("y", "y = x * 10")
BIG = ("a", "x = list(range(5))")
TOTAL = ("y", "y = sum(x)")
CELLS = [("", "n = [1]"), *(A, B, C), ("d", "n.append(2)\nr = sorted(r)"), ("e", "len(r), n")]
F = "def f(x):\n    return x + {n}"


def run(shell: Shell, cells: Cells) -> dict[str, str]:
    """Run cells as steps of these names, plain ones where there is no name; return the notes."""
    said = {}
    for name, body in cells:
        said[name] = shell.step(name, body).out if name else shell.ok(body).out
    return said


@pytest.fixture(params=["at once", "waiting"])
def values(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Restored values come at once, or wait as in a kernel."""
    monkeypatch.setattr(Deferred, "can_defer", lambda _: request.param == "waiting")


@pytest.mark.usefixtures("values")
@pytest.mark.parametrize(
    ("first", "later", "says"),
    [
        ([X, Y], [X, ("new", "x = 5"), Y], "input x came from step a, now from step new: 1 -> 5"),
        ([X, ("n", "x = 5"), Y], [X, Y], "input x came from step n, now from step a: 5 -> 1"),
        ([X, Y], [("", "x = 2"), Y], "input x came from step a, now from a plain cell: 1 -> 2"),
        ([("", "x = 2"), Y], [X, Y], "input x changed: 2 -> 1"),
        ([BIG, TOTAL], [BIG, ("n", "x = [1]"), TOTAL], "input x came from step a, now from step n"),
        (
            [BIG, TOTAL],
            [BIG, ("n", "x.reverse()"), TOTAL],
            "input x came from step a, now from step n",
        ),
        ([BIG, TOTAL], [("", "x = [1]"), TOTAL], "input x came from step a, now from a plain cell"),
        (
            [("a", F.format(n=1)), ("y", "f(1)")],
            [("", F.format(n=2)), ("y", "f(1)")],
            "helper f() changed",
        ),
        (
            [("a", F.format(n=1)), ("y", "f(1)")],
            [("a", F.format(n=1)), ("n", F.format(n=2)), ("y", "f(1)")],
            "helper f() changed",
        ),
    ],
)
def test_an_input_of_another_cell_is_noticed(
    restarted: Restart, first: Cells, later: Cells, says: str
) -> None:
    """A step that was put in between or taken away, and one that became a plain cell."""
    run(restarted(), first)
    assert f"STALE: {says}. To run it again" in run(restarted(), later)["y"]


@pytest.mark.usefixtures("values")
@pytest.mark.parametrize(
    ("first", "later"),
    [
        ([X, Y], [("", "x = 1"), Y]),
        ([X, Y], [X, ("n", "x = 1"), Y]),
        ([("", "x = 1"), Y], [X, Y]),
        ([("", BIG[1]), TOTAL], [BIG, TOTAL]),
        ([("a", F.format(n=1)), ("y", "f(1)")], [("", F.format(n="1  # one")), ("y", "f(1)")]),
        ([("a", "import math"), ("y", "math.pi")], [("", "import math"), ("y", "math.pi")]),
        (
            [("a", "from math import sin"), ("y", "sin(0)")],
            [("a", "from math import sin"), ("n", "from math import sin"), ("y", "sin(0)")],
        ),
        ([X, ("y", "x = 5\nx")], [X, ("n", "x = 7"), ("y", "x = 5\nx")]),
    ],
)
def test_the_same_input_of_another_cell_raises_no_alarm(
    restarted: Restart, first: Cells, later: Cells
) -> None:
    """What moved as it was, as far as that can be told, and what the step binds itself."""
    run(restarted(), first)
    said = run(restarted(), later)["y"]
    assert "restored" in said
    assert "STALE" not in said


@pytest.mark.usefixtures("values")
def test_steps_that_had_run_in_another_order_say_so(restarted: Restart) -> None:
    """Each stored what was there after it; in the order of the notebook that is no run's result."""
    run(restarted(), [A, C, B])
    shell = restarted()
    for _ in range(2):
        said = run(shell, [A, B, C])
        assert "STALE" not in said["a"]
        assert "STALE: input r came from step c, now from step a. To run" in said["b"]
        assert "STALE: input r came from step a, now from step b. To run" in said["c"]


@pytest.mark.usefixtures("values")
@pytest.mark.parametrize("last", range(len(CELLS)))
def test_a_run_in_the_same_order_raises_no_alarm(restarted: Restart, last: int) -> None:
    """Killed after any cell and run from the start, again and again, in one kernel as in two."""
    run(restarted(), CELLS[: last + 1])
    shell = restarted()
    for _ in range(2):
        assert "STALE" not in "".join(run(shell, CELLS).values())


def test_a_cell_that_is_run_again_finds_its_own_result(restarted: Restart) -> None:
    """A step that has changed a value in place is not stale after later ones changed it, too."""
    shell = restarted()
    for _ in range(2):
        run(shell, [A, B, C])
        assert "STALE" not in run(shell, [B])["b"]
        shell = restarted()


def test_a_step_that_runs_again_depends_on_what_it_had_found(restarted: Restart) -> None:
    """Not on itself: where it is restored next, that is no other input."""
    shell = restarted()
    run(shell, [A, B])
    shell.step(*B, "--rerun")
    assert shell.record("b").inputs["origins"] == {"r": "a"}
    assert "STALE" not in "".join(run(restarted(), [A, B]).values())


@pytest.mark.usefixtures("values")
def test_what_follows_a_stale_step_is_stale(restarted: Restart) -> None:
    """Until that one has run again: then it is later steps that say so, each once."""
    cells = [("", "n = 1"), ("a", "p = n * 2"), ("b", "q = p * 2"), ("c", "r = q * 2"), ("d", "5")]
    run(restarted(), cells)
    shell = restarted()
    edited = [("", "n = 2"), *cells[1:]]
    said = run(shell, edited)
    assert "STALE: input n changed: 1 -> 2. To run" in said["a"]
    assert "STALE: step a, whose results it uses, is stale. To run" in said["b"]
    assert "STALE: step b, whose results it uses, is stale. To run" in said["c"]
    assert "STALE" not in said["d"]
    shell.step("a", "p = n * 2", "--rerun")
    assert "STALE: input p came" not in run(shell, edited)["b"]
    shell.step("b", "q = p * 2", "--rerun")
    assert "is stale" not in "".join(run(shell, edited).values())


def test_what_a_plain_cell_makes_in_place_of_what_was_left_out(restarted: Restart) -> None:
    """The advice for a value that cannot be stored makes no later step stale."""
    cells = [
        ("a", "import threading\nlock, x = threading.Lock(), 1"),
        ("b", "with lock:\n    x += 1"),
    ]
    run(restarted(), cells)
    for made in ("threading.Lock()", "threading.RLock()"):
        said = run(restarted(), [cells[0], ("", f"lock = {made}"), cells[1]])
        assert "STALE" not in said["b"]


def test_a_record_without_origins_tells_nothing(restarted: Restart) -> None:
    """Records of earlier versions have none, and those of later ones may have more."""
    shell = restarted()
    run(shell, [X, Y])
    record = shell.record("y")
    del record.inputs["origins"]
    record.inputs["later"] = {"x": "y"}
    rewrite(shell, "y", record)
    shell = restarted()
    shell.ok(f"%mundane_open {shell.task_path} --trust")
    said = run(shell, [X, ("n", "x = 5"), Y])["y"]
    assert "restored" in said
    assert "STALE" not in said


def test_what_waits_is_not_brought_to_be_compared(
    restarted: Restart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each input is of the step it was of, the restored values wait on."""
    cells = [("defs", f"{CLASS.format(body='1')}\n{MAKER}"), ("make", "cfg, f = Cfg(), mk(2)")]
    cells += [("change", "cfg.k = [f(1)]"), ("use", "cfg.go(), cfg.k")]
    run(restarted(), cells)
    monkeypatch.setattr(Deferred, "can_defer", lambda _: True)
    shell = restarted()
    said = run(shell, cells)
    assert "STALE" not in "".join(said.values())
    assert len(shell.magics.session.deferred) == len(cells)
