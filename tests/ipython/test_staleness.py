"""What a stored step depended on is another now: each difference is said, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .shells import Shell

Restart = Callable[[], Shell]

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
        (
            "class A:\n    n = object()\n    def f(self): return super().__repr__()\n"
            "    me = property(lambda self: self)\nA.own = A\na = A()\na.me_too = a",
        )
        * 2
        + ("a.f()",),
        (POINTS, POINTS, "p, Point, Mode.R, Pair()"),
        (f"{MAKER}f = mk({{'a', 'b', 'c'}})", f"{MAKER}f = mk({{'c', 'b', 'a'}})", "f"),
        (
            f"{MAKER}f = mk(frozenset(('a', 'b')))\ng = mk(f)",
            f"{MAKER}f = mk(frozenset(('b', 'a')))\ng = mk(f)",
            "g",
        ),
        ("def mk():\n    def f(): return f\n    return f\nf = mk()",) * 2 + ("f",),
        ("fs = {len, max, abs, (lambda x: x)}",) * 2 + ("fs",),
        (DECORATED.format(more=0, n=1), DECORATED.format(more=0, n=" 1  # one"), "h(1)"),
        ("import threading\ncfg = {'lock': threading.Lock(), 'f': print}",) * 2 + ("cfg",),
    ],
)
def test_what_is_the_same_raises_no_alarm(
    restarted: Restart, first: str, later: str, body: str
) -> None:
    """Comments, formatting, addresses, the order of sets, and what Python makes of a class."""
    said = note_after(restarted, first, later, body)
    assert "restored" in said
    assert "STALE" not in said


COUNTED = """def counted(f):
    calls, seen = 0, {}
    def wrapper(x):
        nonlocal calls
        calls += 1
        return seen.setdefault(x, f(x))
    return wrapper
@counted
def h(x, known=[]):
    known.append(x)
    return x
"""


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
