"""What is in doubt is loaded once before it is stored, and nobody can tell."""

from __future__ import annotations

import logging
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mundane import SerializationError
from mundane_ipython.pickling import placement as storing
from mundane_ipython.pickling import trials

from ..support.shells import Shell

Restart = Callable[[], Shell]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there a child is forked")

# A class whose instances load by its own code.
OWN = """
class Own:
    def __init__(self): self.x = 1
    def __setstate__(self, state): self.__dict__.update(state)
"""


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list that gets what comes of each trial."""
    outcomes: list[Any] = []
    original = trials.try_to_load

    def noting(*arguments: Any) -> Any:
        outcomes.append(original(*arguments))
        return outcomes[-1]

    monkeypatch.setattr(storing, "try_to_load", noting)
    return outcomes


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """Return a library that is no other test's, with types that reduce themselves."""
    module = types.ModuleType("odd_library")
    exec(
        "class Good:\n    def __reduce__(self): return Good, ()\n"
        "class Bad:\n    def __reduce__(self): return make, ()\n"
        "class Other:\n    def __reduce__(self): return dict, ()\n"
        "class Plain:\n    pass\n"
        "class Printed:\n    n = 1\n    def __init__(self, also=''): self.also = also\n"
        "    def __reduce__(self): return of_floats, (type(self),)\n"
        "    def __repr__(self): return f'Printed({self.also} n={self.n}, {id(self):#x})'\n"
        "class Counted(Printed):\n    number = 0\n    def __repr__(self):\n"
        "        Counted.number += 1\n        return str(Counted.number)\n"
        "class Index:\n    n = 3\n    def __len__(self): return self.n\n"
        "    def __reduce__(self): return Emptied, ()\n    def __repr__(self): raise ValueError\n"
        "def Emptied():\n    made = Index()\n    made.n = 0\n    return made\n"
        "def of_floats(kind):\n    made = kind()\n    made.n = 1.0\n    return made\n"
        "def make(): raise OSError('no such server')\n",
        module.__dict__,
    )
    monkeypatch.setitem(sys.modules, "odd_library", module)
    return module


def test_once_for_each_code(restarted: Restart, tried: list[Any]) -> None:
    """Another instance of a class that was tried is not; a class that was made anew is."""
    shell = restarted()
    shell.step("a", f"{OWN}\none = Own()")
    assert len(tried) == 1
    shell.step("b", "two = [Own(), Own()]")
    assert len(tried) == 1
    shell.step("c", f"{OWN}\nthree = Own()")
    assert len(tried) == 2


def test_nothing_that_is_ordinary(restarted: Restart, tried: list[Any]) -> None:
    """Data, arrays, frames, figures, functions and simple classes are stored as they are."""
    shell = restarted()
    shell.step(
        "data", "import datetime, decimal, re\nx = [{1}, datetime.date.today(), re.compile('')]"
    )
    shell.step(
        "arrays", "import numpy as np, pandas as pd\na = np.arange(9)\nf = pd.DataFrame({'a': a})"
    )
    shell.step(
        "classes",
        "import dataclasses, enum, abc\n@dataclasses.dataclass(frozen=True)\nclass D:\n    x: int\n"
        "class E(enum.Enum):\n    A = 1\nclass P(abc.ABC):\n    def __hash__(self): return 1\n"
        "    def __eq__(self, other): return True\nclass L(list): pass\n"
        "v = [D(1), E.A, P(), L([1])]\ndef f(x): return x",
    )
    shell.step("figure", "import matplotlib.figure\nfigure = matplotlib.figure.Figure()")
    assert tried == []


def test_a_library_s_type_is_tried_once(
    restarted: Restart, library: types.ModuleType, tried: list[Any]
) -> None:
    """One that reduces itself; what cannot be loaded is left out, each time."""
    shell = restarted()
    shell.step(
        "good", "import odd_library\ngood = [odd_library.Good()]\nplain = odd_library.Plain()"
    )
    assert len(tried) == 1
    shell.step("again", "more = odd_library.Good(), odd_library.Plain()")
    assert len(tried) == 1
    for name in ("bad", "worse"):
        ran = shell.step(name, "bad = odd_library.Bad()\nrest = {1}")
        assert "bad (its pickle does not load: OSError: no such server)" in ran.out
        assert shell.record(name).bindings == [["rest", "bundle"]]
    assert [bool(each.failed) for each in tried] == [False, True, True]


def test_what_comes_back_otherwise(restarted: Restart, library: types.ModuleType) -> None:
    """It is stored, as its own pickling says, and a note says as what."""
    out = restarted().step("s", "import odd_library\nx = odd_library.Other()\nrest = {1}").out
    assert "comes back different, as its own pickling says: x (as dict)" in out
    shell = restarted()
    shell.step("s", "import odd_library\nx = odd_library.Other()\nrest = {1}")
    shell.ok("None")
    assert shell.ns["x"] == {}


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ("Printed()", "printed as 'Printed( n=1.0, 0x)'"),
        ("[0, {'k': Printed()}]", "printed as 'Printed( n=1.0, 0x)'"),
        ("Printed('long ' * 9)", "printed as 'Printed( n=1.0, 0x)'"),
        ("Index()", "with 0 items, not 3"),
        ("Counted()", ""),
        ("Good()", ""),
    ],
)
def test_what_a_library_s_object_has_lost(
    restarted: Restart, library: types.ModuleType, made: str, told: str
) -> None:
    """Its text and its length tell; an address, and what is another each time, tell nothing."""
    shell = restarted()
    for name in ("first", "second"):  # while it is so, its type stays in doubt
        out = shell.step(name, f"from odd_library import *\nx = {made}").out
        assert ("comes back different" in out) == bool(told)
        assert told in out


def test_what_a_class_leaves_out_of_its_own_state(restarted: Restart) -> None:
    """Slots that its `__getstate__` has forgotten are named; what is made anew has not gone."""
    out = (
        restarted()
        .step(
            "s",
            "import threading\n"
            "class A:\n"
            "    __slots__ = ('n', '__dict__')\n"
            "    def __getstate__(self):\n"
            "        return {'m': self.m}\n"
            "    def __setstate__(self, state):\n"
            "        self.m, self.lock = state['m'], threading.Lock()\n"
            "x = A()\n"
            "x.n, x.m, x.lock = 1, 2, threading.Lock()",
        )
        .out
    )
    assert "comes back different, as its own pickling says: x (without n)" in out


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ("self.n, self.kids = n, list(kids)", " (with another kids)"),
        ("self.n, self.kids, self.table = n, (), {'a': list(kids)}", " (with another table)"),
        ("self.n, self.kids = n, kids and None", " (with another kids)"),
        ("self.n, self.kids = n, ()", ""),
        ("self.n, self.kids = n, float('nan')", ""),
        ("self.n, self.made = n, object()", ""),
    ],
)
def test_what_its_own_reduction_makes_of_another_value(
    restarted: Restart, attributes: str, told: str
) -> None:
    """An attribute with another value is named; one of which that cannot be told is not."""
    out = (
        restarted()
        .step(
            "s",
            "class A:\n"
            "    def __init__(self, n, kids=()):\n"
            f"        {attributes}\n"
            "    def __reduce__(self):\n"
            "        return type(self), (self.n,)\n"
            "x = A(5, [0])",
        )
        .out
    )
    said = "comes back different, as its own pickling says: x" + told
    assert said in out if told else "different" not in out


def test_a_value_that_o_names(restarted: Restart, library: types.ModuleType) -> None:
    """It has to be stored: the step fails, as where there is no pickle."""
    error = restarted().fails("%%step s -o bad\nimport odd_library\nbad = odd_library.Bad()")
    assert isinstance(error, SerializationError)
    assert "no such server" in str(error)


def test_a_last_value_that_cannot_be_loaded(restarted: Restart, library: types.ModuleType) -> None:
    """The step is stored without it, and shows it again."""
    cell = "import odd_library\nx = {1}\nodd_library.Bad()"
    shell = restarted()
    assert "odd_library.Bad" in shell.step("s", cell).out
    assert shell.record("s").value is None
    shell = restarted()
    assert "odd_library.Bad" in shell.step("s", cell).out
    shell.ok("None")
    assert shell.ns["x"] == {1}


def test_a_trial_leaves_no_trace(
    restarted: Restart, tmp_path: Path, caplog: pytest.LogCaptureFixture, tried: list[Any]
) -> None:
    """It prints, counts, logs and writes nothing, and ends no object's life."""
    shell = restarted()
    body = f"""
import logging, random
random.seed(3)
log = []
class Loud:
    loaded = 0
    def __setstate__(self, state):
        print('loaded'); display('loaded'); logging.warning('loaded')
        log.append(1); Loud.loaded += 1; random.random()
        self.__dict__.update(state)
    def __del__(self): open({str(tmp_path / "ended")!r}, 'w').close()
loud = Loud(); loud.x = 1
state = random.getstate()
"""
    handlers = logging.getLogger().handlers[:]
    assert "loaded" not in shell.step("s", body).out
    assert len(tried) == 1
    assert not tried[0].failed
    assert shell.ok("print(log, Loud.loaded, state == random.getstate())").out == "[] 0 True\n"
    assert not caplog.messages
    assert logging.getLogger().handlers == handlers
    assert not (tmp_path / "ended").exists()


@pytest.mark.parametrize(
    "does",
    [
        "open({path!r}, 'w').write('x')",
        "__import__('os').system('touch ' + {path!r})",
        "__import__('pathlib').Path({path!r}).mkdir()",
    ],
)
def test_a_trial_touches_nothing(
    restarted: Restart, tmp_path: Path, does: str, tried: list[Any]
) -> None:
    """What would write, or start something, is not done; and nobody can tell then: it is stored."""
    path = str(tmp_path / "touched")
    body = (
        f"class Own:\n    def __setstate__(self, state):\n        {does.format(path=path)}\n"
        "own = Own(); own.x = 1"
    )
    shell = restarted()
    assert "stored, but" not in shell.step("s", body).out
    assert len(tried) == 1
    assert not Path(path).exists()
    assert shell.record("s").bindings == [["Own", "bundle"], ["own", "bundle"]]
    shell = restarted()
    shell.step("s", body)
    shell.ok("own")
    assert Path(path).exists()


def test_a_trial_that_takes_long_is_given_up(
    restarted: Restart, monkeypatch: pytest.MonkeyPatch, tried: list[Any]
) -> None:
    """What could not be told is stored."""
    monkeypatch.setattr(trials, "_LIMIT_S", 0.3)
    body = (
        "import time\nclass Slow:\n    def __setstate__(self, state): time.sleep(60)\n"
        "slow = Slow(); slow.x = 1"
    )
    assert "stored, but" not in restarted().step("s", body).out
    assert tried == [trials.Outcome()]


def test_memory_is_not_shared_with_a_trial(restarted: Restart, tried: list[Any]) -> None:
    """A load that writes to its arrays, in small memory or large, changes none of the kernel's."""
    body = (
        "import mmap, numpy as np\n"
        "shared = np.frombuffer(mmap.mmap(-1, 80_000), dtype=float)\n"
        "class Writes:\n    def __init__(self, a): self.a = a\n"
        "    def __reduce__(self): return written, (self.a,)\n"
        "def written(a):\n    a[:] = 7\n    return Writes(a)\n"
        "w = Writes(shared)"
    )
    shell = restarted()
    assert "stored, but" not in shell.step("s", body).out
    assert len(tried) == 1
    assert shell.ok("print(shared.sum())").out == "0.0\n"


def test_nothing_is_tried_beside_libraries_that_take_no_fork(
    restarted: Restart, monkeypatch: pytest.MonkeyPatch, tried: list[Any]
) -> None:
    """What cannot be told is stored; a restore says what it is."""
    monkeypatch.setitem(sys.modules, "jax", types.ModuleType("jax"))
    restarted().step("s", f"{OWN}\none = Own()")
    assert tried == []
