"""Objects taken out of older values at random: which comes back, in processes with other hashes?

An example is a container of some kinds, nested, with one or more objects taken out of it in a later
step, and changed in a third. Many examples make one notebook. It is run plain, and stepwise in
processes with different hash seeds, killed in between. An object that is not at its place, or has
another value, must be told of: by a note that it comes back apart, or by an error in its cell.
"""

from __future__ import annotations

import importlib.util
import random
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .forked import ForkServer, as_steps

HASH_SEEDS = (1, 2, 3)
PRELOADED = ("numpy", "pandas", "matplotlib.figure", "sklearn.model_selection", "sklearn.ensemble")

_HAS_XARRAY = importlib.util.find_spec("xarray") is not None

# How many examples are taken, and changed, by one step: an error takes as many along.
_PER_STEP = 5

PRELUDE = """
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from functools import partial
from types import SimpleNamespace
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import Bunch

Pair = namedtuple("Pair", "left right")

class Node:
    def __init__(self, name, kid=None):
        self.name, self.kid, self.v, self.links = name, kid, 0, set()
    def get(self):
        return self.kid

class Valued(Node):
    def __eq__(self, other):
        return isinstance(other, Valued) and self.name == other.name
    def __hash__(self):
        return hash(self.name)

class Slotted:
    __slots__ = ("name", "kid", "v")
    def __init__(self, name, kid=None):
        self.name, self.kid, self.v = name, kid, 0

class Stateful(Node):
    def __getstate__(self):
        return [sorted(self.__dict__.items(), key=lambda item: item[0])]
    def __setstate__(self, state):
        self.__dict__.update(state[0])

class Rebuilt:
    def __init__(self, name, kid=None):
        self.name, self.kid = name, kid
        self.other = ["filler"]
    def __reduce__(self):
        return Rebuilt, (self.name, self.kid)

class Rows(list):
    pass

class Table(dict):
    def __setitem__(self, key, value):
        dict.__setitem__(self, key, value)

def linked(names, kid):
    nodes = {name: Node(name, kid if name == "n2" else [name]) for name in names}
    for one in nodes.values():
        one.links = {other for other in nodes.values() if other is not one}
    return nodes

def closure(kid):
    def get():
        return kid
    return get

def looked_at(value):
    str(value)
    return value

def drawn(n):
    figure = Figure()
    for axes in figure.subplots(1, 2):
        axes.plot([n, n + 1])
    return figure

X, y = np.arange(24.0).reshape(12, 2) % 5, np.arange(12) % 2
"""

SHOW = """#plain
def show(value):
    if isinstance(value, (Node, Slotted)):
        return type(value).__name__, value.name, value.v
    if hasattr(value, "get_title"):
        return value.get_title()
    if hasattr(value, "get_label"):
        return value.get_label()
    if hasattr(value, "get_params"):
        return type(value).__name__, getattr(value, "note", None)
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return value.to_dict()
    if hasattr(value, "tolist"):
        return value.tolist()
    return sorted(map(str, value)) if isinstance(value, set) else value

def tell(number, *pairs):
    for get, place in pairs:
        try:
            one, other = get(), place()
            print(number, one is other, show(one), show(other))
        except Exception as error:
            print(number, type(error).__name__, error)
"""


@dataclass(frozen=True)
class Target:
    """An object that can be taken: how it is reached from `{}`, and a statement that changes it."""

    place: str
    change: str


@dataclass
class Made:
    """A container: the expression that makes it, and what can be taken out of it."""

    text: str
    targets: list[Target] = field(default_factory=list)

    def inside(self, place: str) -> list[Target]:
        """Return its targets as those of a holder of it."""
        return [Target(each.place.replace("{}", place), each.change) for each in self.targets]


def _leaf(rng: random.Random) -> Made:
    n = rng.randrange(100)
    text, change = rng.choice(
        [
            (f"[{n}]", "{}.append(99)"),
            ("[]", "{}.append(99)"),
            (f"{{'v': {n}}}", "{}['w'] = 99"),
            (f"Node('leaf{n}')", "{}.v = 99"),
            (f"Slotted('leaf{n}')", "{}.v = 99"),
            (f"np.array([{n}.0, 1.0])", "{}[0] = 99"),
            ("np.zeros(2)", "{}[0] = 99"),
            (f"looked_at(np.ma.array([{n}.0, 1.0], mask=[0, 1]))", "{}[0] = 99"),
            (f"pd.DataFrame({{'a': [{n}, 2]}})", "{}.loc[0, 'a'] = 99"),
            (f"pd.Series([{n}, 2])", "{}.loc[0] = 99"),
            (f"{{'s{n}', 'more'}}", "{}.add('99')"),
            (f"bytearray(b'{n}')", "{}.append(65)"),
            (f"Counter('{n}')", "{}['w'] = 99"),
            ("LinearRegression().fit(X, y)", "{}.note = 99"),
        ]
    )
    return Made(text, [Target("{}", change)])


def _filler(rng: random.Random) -> str:
    n = rng.randrange(100)
    return rng.choice(
        [
            "looked_at(np.ma.array([1.0, 2.0], mask=[0, 1]))",
            f"{{Node('f{n}'), Node('g{n}')}}",
            f"{{'f{n}', 'g{n}', 'h{n}'}}",
            "pd.PeriodIndex(['2026-01', '2026-02'], freq='M')",
            "pd.DataFrame({'x': [1.0]}, index=pd.period_range('2026-01', periods=1, freq='M'))",
            "np.zeros(2)",
            "[]",
            f"[{n}]",
            f"Node('filler{n}')",
            "Bunch(a=[1], b=[2])",
            "DecisionTreeClassifier().fit(X, y)",
        ]
    )


def _mapping(rng: random.Random, inner: Made, make: str) -> Made:
    key = rng.choice(["'k'", "7", "2.5", "(1, 'a')", "b'k'", "None", "np.int64(5)"])
    items = [f"(({n}, 'f'), {_filler(rng)})" for n in range(rng.randrange(4))]
    items.insert(rng.randrange(len(items) + 1), f"({key}, {inner.text})")
    return Made(f"{make}([{', '.join(items)}])", inner.inside(f"{{}}[{key}]"))


def _row(rng: random.Random, inner: Made, make: str) -> Made:
    items = [_filler(rng) for _ in range(rng.randrange(4))]
    position = rng.randrange(len(items) + 1)
    items.insert(position, inner.text)
    return Made(f"{make}([{', '.join(items)}])", inner.inside(f"{{}}[{position}]"))


def _instance(rng: random.Random, inner: Made, kind: str) -> Made:
    n = rng.randrange(100)
    targets = inner.inside("{}.kid")
    return Made(f"{kind}('i{n}', {inner.text})", targets)


def _set(rng: random.Random, inner: Made) -> Made:
    kind = rng.choice(["Node", "Valued", "Slotted"])
    names = [f"n{n}" for n in range(rng.randrange(2, 6))]
    nodes = [f"{kind}('{name}', {inner.text if name == 'n1' else _filler(rng)})" for name in names]
    place = "next(e for e in {} if e.name == 'n1')"
    own = Target(place, "{}.v = 99")
    return Made(f"{{{', '.join(nodes)}}}", [own, *inner.inside(f"{place}.kid")])


def _graph(rng: random.Random, inner: Made) -> Made:
    names = ", ".join(f"'n{n}'" for n in range(rng.randrange(3, 7)))
    through = rng.choice(["{}['n2']", "next(e for e in {}['n1'].links if e.name == 'n2')"])
    return Made(
        f"linked([{names}], {inner.text})",
        [Target(through, "{}.v = 99"), *inner.inside(f"{through}.kid")],
    )


def _under_objects(rng: random.Random, inner: Made) -> Made:
    nodes = f"{{Node('k0'): {_filler(rng)}, Node('k1'): {inner.text}}}"
    place = "next(v for k, v in {}.items() if k.name == 'k1')"
    key = Target("next(k for k in {} if k.name == 'k1')", "{}.v = 99")
    return Made(nodes, [key, *inner.inside(place)])


def _of_sklearn(rng: random.Random, inner: Made) -> Made:
    del inner
    array = "{}.flat[0] = 99"
    return rng.choice(
        [
            Made(
                "GridSearchCV(DecisionTreeClassifier(), {'max_depth': [1, 2]}, cv=2).fit(X, y)",
                [
                    Target("{}.best_estimator_", "{}.note = 99"),
                    Target("{}.cv_results_['mean_test_score']", array),
                    Target("{}.cv_results_['rank_test_score']", array),
                    Target("{}.cv_results_['params'][1]", "{}['w'] = 99"),
                ],
            ),
            Made(
                "RandomForestClassifier(2).fit(X, y)",
                [Target("{}.estimators_[1]", "{}.note = 99"), Target("{}.classes_", array)],
            ),
            Made(
                "make_pipeline(StandardScaler(), LinearRegression()).fit(X, y)",
                [
                    Target("{}.steps[1][1]", "{}.note = 99"),
                    Target("{}[0].mean_", array),
                ],
            ),
        ]
    )


def _bunch(rng: random.Random, inner: Made) -> Made:
    return Made(f"Bunch(a={_filler(rng)}, k={inner.text}, z=[1])", inner.inside("{}.k"))


def _figure(rng: random.Random, inner: Made) -> Made:
    del inner
    axes = Target("{}.axes[1]", "{}.set_title('99')")
    line = Target("{}.axes[0].lines[0]", "{}.set_label('99')")
    return Made(f"drawn({rng.randrange(9)})", [axes, line])


def _frame(rng: random.Random, inner: Made) -> Made:
    cells = f"[{_filler(rng)}, {inner.text}]"
    column = f"pd.DataFrame({{'n': [1, 2], 'o': pd.Series({cells}, dtype=object)}})"
    return Made(column, inner.inside("{}['o'].array[1]"))


def _dataset(rng: random.Random, inner: Made) -> Made:
    n = rng.randrange(50)
    text = f"xr.Dataset({{'a': ('x', np.arange({n}.0, {n + 2}.0))}}, attrs={{'k': {inner.text}}})"
    return Made(text, [Target("{}['a'].values", "{}[0] = 99"), *inner.inside("{}.attrs['k']")])


_HOLDERS: list[Callable[[random.Random, Made], Made]] = [
    *(
        lambda rng, inner, make=make: _mapping(rng, inner, make)
        for make in ("dict", "dict", "OrderedDict", "partial(defaultdict, list)", "Table")
    ),
    *(
        lambda rng, inner, make=make: _row(rng, inner, make)
        for make in ("list", "tuple", "deque", "Rows", "list")
    ),
    *(
        lambda rng, inner, kind=kind: _instance(rng, inner, kind)
        for kind in ("Node", "Slotted", "Stateful", "Rebuilt", "Valued")
    ),
    lambda rng, inner: Made(f"Pair({_filler(rng)}, {inner.text})", inner.inside("{}.right")),
    lambda rng, inner: Made(f"SimpleNamespace(k={inner.text})", inner.inside("{}.k")),
    lambda rng, inner: Made(f"closure({inner.text})", inner.inside("{}()")),
    lambda rng, inner: Made(f"partial(max, {inner.text})", inner.inside("{}.args[0]")),
    lambda rng, inner: Made(f"Node('m', {inner.text}).get", inner.inside("{}()")),
    lambda rng, inner: Made(f"ValueError({inner.text}, 1)", inner.inside("{}.args[0]")),
    *(_set, _set, _graph, _under_objects, _of_sklearn, _bunch, _figure, _frame),
    *([_dataset] if _HAS_XARRAY else []),
]


def make(rng: random.Random) -> Made:
    """Return a random container."""
    made = _leaf(rng)
    for _ in range(rng.choice([1, 1, 2, 2, 3, 4])):
        made = rng.choice(_HOLDERS)(rng, made)
    return made


@dataclass(frozen=True)
class Example:
    """A container `cN`, and an object `xN` taken out of it."""

    make: str
    take: str
    change: str
    tell: str


def example(rng: random.Random, number: int) -> Example:
    """Return a random example."""
    made = make(rng)
    chosen = rng.sample(made.targets, min(len(made.targets), rng.choice([1, 1, 2])))
    holder, name = f"c{number}", f"x{number}"
    places = [each.place.replace("{}", holder) for each in chosen]
    if len(places) == 1 and rng.random() < 0.7:
        take, names = places[0], [name]
    else:
        take, names = f"[{', '.join(places)}]", [f"{name}[{n}]" for n in range(len(places))]
    # Mostly by the new name, at times by the old way.
    ways = [
        each if rng.random() < 0.7 else place for each, place in zip(names, places, strict=True)
    ]
    changes = [each.change.replace("{}", way) for each, way in zip(chosen, ways, strict=True)]
    pairs = [f"(lambda: {n}, lambda: {p})" for n, p in zip(names, places, strict=True)]
    return Example(
        f"{holder} = {made.text}",
        f"{name} = {take}",
        "\n".join(changes),
        f"tell({number}, {', '.join(pairs)})",
    )


@dataclass
class Outcome:
    """What came of some examples.

    Attributes:
        equal: how many came back as in a plain run.
        apart: how many did not, and a note says that they come back apart.
        unchecked: how many did not, and a note says that there was no time to look for changes.
        loud: of those that did not, and where an error says so, the errors.
        silent: texts of those of which nothing says so.
    """

    equal: int = 0
    apart: int = 0
    unchecked: int = 0
    loud: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Add another one."""
        self.equal += other.equal
        self.apart += other.apart
        self.unchecked += other.unchecked
        self.loud += other.loud
        self.silent += other.silent


def servers() -> list[ForkServer]:
    """Return processes with different hash seeds."""
    preload = (*PRELOADED, *(["xarray"] if _HAS_XARRAY else []))
    return [ForkServer(preload, seed) for seed in HASH_SEEDS]


def check(processes: list[ForkServer], seed: int, count: int) -> Outcome:
    """Run one notebook of some examples.

    Args:
        processes: as `servers` returns.
        seed: of the examples.
        count: how many there are.
    """
    rng = random.Random(seed)
    examples = [example(rng, n) for n in range(count)]
    groups = [examples[k : k + _PER_STEP] for k in range(0, count, _PER_STEP)]
    prelude = PRELUDE + ("import xarray as xr\n" if _HAS_XARRAY else "")
    cells = [
        prelude,
        *("\n".join(each.make for each in group) for group in groups),
        *("\n".join(each.take for each in group) for group in groups),
        *("\n".join(each.change for each in group) for group in groups),
        SHOW,
        *("#plain\n" + "\n".join(each.tell for each in group) for group in groups),
    ]
    n = len(groups)
    steps = as_steps(cells)
    # In `steps`, an opening cell stands before all others, and `pass` in the plain run.
    made, taken, changed, told = 2, 2 + n, 2 + 2 * n, 3 + 3 * n
    with tempfile.TemporaryDirectory() as folder:
        plain = processes[0].run(["pass", *cells], Path(folder))
        assert not any(plain.errors), plain.errors
        runs = [
            processes[0].run(steps, Path(folder), die_after=taken - 1),
            processes[1].run(steps, Path(folder), die_after=changed - 1),
            processes[2].run(steps, Path(folder), die_after=told - 2),
            processes[0].run(steps, Path(folder)),
        ]
    said = str([run.notes for run in runs])
    outcome = Outcome()
    for k, group in enumerate(groups):
        own = (made + k, taken + k, changed + k)
        # What waits may fail in the cell that brings it, which then says of which step it is.
        steps_of = [f"step 's{at - 1}'" for at in own]
        errors = [run.errors[at] for run in runs for at in own if at < len(run.errors)]
        errors += [e for run in runs for e in run.errors if e and any(s in e for s in steps_of)]
        expected, shown = _lines(plain.outputs[told + k]), _lines(runs[-1].outputs[told + k])
        for number, each in enumerate(group, k * _PER_STEP):
            if expected.get(number) == shown.get(number):
                outcome.equal += 1
            elif any(errors):
                outcome.loud.append(next(filter(None, errors)))
            elif re.search(rf"\bc{number}, x{number}\b[^']*come back apart", said):
                outcome.apart += 1
            elif re.search(rf"\b[cx]{number}\b[^']*too large to be checked", said):
                outcome.unchecked += 1
            else:
                outcome.silent.append(
                    f"seed {seed}, {number}:\n  {each.make}\n  {each.take}\n  {each.change}\n"
                    f"  {shown.get(number)}\n  not {expected.get(number)}"
                )
    return outcome


def _lines(outputs: list[dict[str, object]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for output in outputs:
        for line in str(output.get("text", "")).splitlines():
            number, _, rest = line.partition(" ")
            found.setdefault(int(number), []).append(rest)
    return found
