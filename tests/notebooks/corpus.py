"""Small notebooks, each about one way in which a restore can go wrong.

A book is a name, what it is about, and its cells, separated by lines of `---`. Every cell becomes a
step, but for those that start with `#plain`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Book:
    """A small notebook.

    Attributes:
        name: for the test's id.
        about: what a restore must get right.
        cells: the code.
        lost: names that no restore can bring back, which the plain run has.
    """

    name: str
    about: str
    cells: tuple[str, ...]
    lost: frozenset[str] = frozenset()


def book(name: str, about: str, text: str, lost: str = "") -> Book:
    """Return a notebook of which `---` lines divide the cells, and `lost` names by blanks."""
    cells = tuple(cell.strip("\n") for cell in text.split("\n---\n"))
    return Book(name, about, cells, frozenset(lost.split()))


BOOKS = [
    book("append", "a list grows over several cells", """
r = []
---
r.append(1)
---
r.append(2)
print(r)
"""),
    book("docstring", "a text at the top of a cell is `__doc__` from there on", '''
"""What this notebook is about."""
print(__doc__)
---
print(__doc__)
---
"""What is shown is no docstring."""
---
print(__doc__)
'''),
    book("alias", "two names of one list, one of them given later", """
a = [1]
b = a
---
b.append(2)
---
c = a
c.append(3)
---
print(a, b, c, a is b, b is c)
"""),
    book("nested-alias", "a name of an object inside an older list", """
rows = [{}, [1]]
holder = {"rows": rows}
---
first = rows[0]
---
first["k"] = 1
---
print(rows, holder, first is rows[0], holder["rows"] is rows)
"""),
    book("loop-variable", "the loop variable is the last row itself", """
rows = [{"i": i} for i in range(3)]
for row in rows:
    pass
---
row["last"] = True
---
print(rows, row is rows[-1])
"""),
    book("frame-column", "a column is added to a frame that a dict holds as well", """
import pandas as pd
df = pd.DataFrame({"a": [1, 2]})
---
df["c"] = df["a"] * 2
view = {"frame": df}
---
df["e"] = 1
---
print(view["frame"].columns.tolist(), view["frame"] is df)
"""),
    book("function-mutates", "a function changes a dict that the cell does not name", """
state = {}
def put(key, value):
    state[key] = value
---
put("a", 1)
---
put("b", 2)
print(state)
"""),
    book("function-of-function", "the change is two calls down, in a default argument", """
log = []
def inner(x, into=log):
    into.append(x)
def outer(x):
    inner(x)
---
outer(1)
---
outer(2)
---
print(log, inner.__defaults__[0] is log)
"""),
    book("global-counter", "a function rebinds a global", """
n = 0
def inc():
    global n
    n += 1
---
inc()
---
inc(); inc()
print(n)
"""),
    book("closure", "two closures share a cell that one of them changes", """
def make():
    k = 0
    def inc():
        nonlocal k
        k += 1
        return k
    def get():
        return k
    return inc, get
inc, get = make()
---
inc()
---
inc()
print(get(), inc())
"""),
    book("method-mutates", "a method changes an attribute of an attribute", """
class Store:
    def __init__(self):
        self.inner = {"rows": []}
    def add(self, x):
        self.inner["rows"].append(x)
store = Store()
alias = store.inner["rows"]
---
store.add(1)
---
store.add(2)
print(store.inner, alias, alias is store.inner["rows"])
"""),
    book("generator-state", "a numpy generator moves on", """
import numpy as np
rng = np.random.default_rng(0)
---
a = rng.normal()
---
b = rng.normal()
print(a, b)
---
print(rng.normal(size=2))
"""),
    book("global-seeds", "seeds are set once and used everywhere", """
import random
import numpy as np
np.random.seed(0)
random.seed(1)
---
a = np.random.rand()
---
b = random.random()
---
print(a, b, np.random.rand(), random.random())
"""),
    book("seed-in-plain-cell", "a plain cell draws after a step did", """
import random
---
random.seed(3)
x = [random.random() for _ in range(3)]
---
#plain
print(x, random.random())
"""),
    book("array-views", "views of an array see later changes", """
import numpy as np
a = np.arange(10.0)
v = a[::2]
---
a[0] = 5
---
w = a[1:3]
---
a[1] = 7
---
a[:] *= 2
print(a, v, w, np.shares_memory(a, v))
"""),
    book("array-inplace", "an array changes through a reshaped view", """
import numpy as np
grid = np.zeros((2, 3))
flat = grid.reshape(-1)
---
flat[4] = 1
---
grid += 1
print(grid, flat)
"""),
    book("estimator", "an estimator is fitted after it was made, and refitted", """
from sklearn.linear_model import LinearRegression
import numpy as np
X = np.arange(6.0).reshape(3, 2)
y = X[:, 0]
model = LinearRegression()
---
model.fit(X, y)
---
print(model.coef_.round(6))
---
model.fit(X, 2 * y)
---
print(model.coef_.round(6))
"""),
    book("estimator-keeps-data", "an estimator holds its training data", """
from sklearn.neighbors import KNeighborsClassifier
import numpy as np
X = np.arange(6.0).reshape(3, 2)
y = [0, 1, 0]
model = KNeighborsClassifier(1).fit(X, y)
---
model.note = X
---
X[0] = 100
---
print(model.predict([[100.0, 100.0]]), model.note is X)
"""),
    book("pipeline", "a pipeline's parts are reached by index", """
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
X, y = load_iris(return_X_y=True)
pipe = make_pipeline(StandardScaler(), LogisticRegression())
---
pipe.fit(X, y)
---
scaler = pipe[0]
scaler.mean_ += 1
---
print(pipe[0] is scaler, round(pipe.score(X, y), 6))
"""),
    book("class-attribute", "instances count themselves on their class", """
class P:
    made = 0
    def __init__(self):
        type(self).made += 1
        self.friends = {}
---
p = P()
q = P()
---
p.friends["q"] = q
q.friends = p.friends
---
print(P.made, p.friends is q.friends, isinstance(p, P), p.friends["q"] is q)
"""),
    book("class-again", "a class is defined again, old instances keep the old one's code", """
class A:
    def f(self):
        return 1
a = A()
---
class A:
    def f(self):
        return 2
---
b = A()
print(a.f(), b.f(), isinstance(b, A))
"""),
    book("class-in-plain-cell", "instances of a class that a plain cell defines anew", """
#plain
class P:
    def __init__(self, v):
        self.v = v
    def __eq__(self, other):
        return isinstance(other, P) and self.v == other.v
---
p = P(1)
---
#plain
print(isinstance(p, P), p == P(1))
"""),
    book("inheritance", "super() and a method that uses a later global", """
class Base:
    def hi(self):
        return "base"
class Child(Base):
    def hi(self):
        return super().hi() + SUFFIX
---
child = Child()
---
SUFFIX = "!"
---
print(child.hi(), isinstance(child, Base))
"""),
    book("rc-params", "matplotlib's parameters set in a step of their own", """
import matplotlib.pyplot as plt
---
plt.rc("lines", linewidth=5)
---
plt.plot([1, 2])
---
print(plt.rcParams["lines.linewidth"])
"""),
    book("figure-over-cells", "a figure is made, drawn on and titled in three cells", """
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
---
ax.plot([1, 2])
fig
---
ax.set_title("t")
---
fig
"""),
    book("figure-shown-later", "a figure is closed with its cell and shown by another one", """
import pandas as pd
ax = pd.Series([1, 2]).plot();
---
#plain
ax.figure
---
from IPython.display import display
display(ax.figure)
"""),
    book("figure-laid-out", "a layout depends on how often a figure was drawn", """
%config InlineBackend.figure_formats = ["svg"]
import matplotlib.pyplot as plt
import numpy as np
values = np.random.default_rng(3).random((500, 8))
---
fig, axes = plt.subplots(2, 4, figsize=(8, 4), constrained_layout=True)
for ax, column in zip(axes.flat, values.T):
    ax.hist(column)
    ax.set_title("n = 100, failed fits = 0", fontsize="small")
fig.supxlabel("pvalue");
"""),
    book("image-bytes", "displays of bytes, dates and what no kernel could send", """
import datetime
from IPython.display import display
class Dot:
    def _repr_png_(self): return b"\\x89PNG" + bytes(range(9))
    def __repr__(self): return "Dot"
Dot()
---
display(Dot(), {"image/png": b"\\x89PNG2"}, metadata={"made": datetime.date(2026, 1, 1)})
display({"text/plain": "a", "image/png": b"\\x89PNG3", "application/x-o": object()}, raw=True)
Dot()
"""),
    book("display-handle", "a display is updated from a later cell", """
from IPython.display import display
handle = display("a", display_id="shown-here")
---
handle.update("b")
---
print(handle.display_id)
"""),
    book("decorator", "a decorator counts calls in a closure", """
import functools
def counted(f):
    calls = []
    @functools.wraps(f)
    def wrapper(*args):
        calls.append(args)
        return f(*args), len(calls)
    return wrapper
@counted
def f(x):
    return x
---
f(1)
---
f(2)
---
print(f(3))
"""),
    book("cache-on-function", "a function keeps results in an attribute of its own", """
def square(x):
    square.seen.append(x)
    return x * x
square.seen = []
---
square(3)
---
square(4)
print(square.seen)
"""),
    book("process-state", "environment, working directory and sys.path", """
import os, sys
os.environ["MUNDANE_CORPUS"] = "1"
---
os.makedirs("sub", exist_ok=True)
os.chdir("sub")
---
sys.path.append("not-there")
---
print(os.environ["MUNDANE_CORPUS"], os.path.basename(os.getcwd()), "not-there" in sys.path)
"""),
    book("pandas-options", "an option of pandas", """
import pandas as pd
---
pd.set_option("display.max_rows", 5)
---
pd.Series(range(20))
"""),
    book("numpy-options", "numpy's print options", """
import numpy as np
np.set_printoptions(precision=2)
---
print(np.array([1 / 3]))
"""),
    book("warning-filters", "a filter set once", """
import warnings
warnings.simplefilter("ignore")
---
warnings.warn("not shown")
---
warnings.warn("not shown either")
print("quiet")
"""),
    book("decimal-context", "the precision of decimal", """
import decimal
decimal.getcontext().prec = 5
---
print(decimal.Decimal(1) / 3)
"""),
    book("locale", "the process's locale", """
import locale
locale.setlocale(locale.LC_ALL, "C")
---
print(locale.getlocale())
"""),
    book("recursion-limit", "the interpreter's recursion limit", """
import sys
sys.setrecursionlimit(2345)
---
print(sys.getrecursionlimit())
"""),
    book("logging", "a logger's level and handler", """
import logging, sys
log = logging.getLogger("corpus")
log.setLevel(logging.INFO)
---
log.addHandler(logging.StreamHandler(sys.stdout))
---
log.info("hi")
"""),
    book("context-variable", "a context variable that was set; its token cannot be kept", """
import contextvars
v = contextvars.ContextVar("v", default=0)
---
token = v.set(3)
---
print(v.get())
""", lost="token"),
    book("plain-cells-between", "plain cells change what steps made, and the reverse", """
#plain
k = 10
q = [1]
---
r = [k]
---
q.append(k)
---
#plain
q.append(5)
---
s = q
---
print(q, s is q, r)
"""),
    book("index-frequency", "an attribute of a frame's index", """
import pandas as pd
s = pd.Series([1, 2], index=pd.date_range("2020", "2020-01-02"))
s.index.freq = None
---
s.index.freq = "D"
---
print(s.index.freq)
"""),
    book("frame-in-place", "sorting and setting in place, seen under a second name", """
import pandas as pd
df = pd.DataFrame({"a": [3, 1, 2]})
same = df
---
df.sort_values("a", inplace=True)
---
df.loc[0, "a"] = 9
---
print(same.a.tolist(), same is df)
"""),
    book("categorical-and-zones", "categorical and time zone aware columns", """
import pandas as pd
when = pd.date_range("2024", periods=2, tz="UTC")
df = pd.DataFrame({"c": pd.Categorical(["x", "y"]), "t": when})
---
df["c"] = df["c"].cat.add_categories("z")
---
print(df.dtypes, df["c"].cat.categories.tolist())
"""),
    book("data-types", "dataclass, enum member and namedtuple", """
import collections, dataclasses, enum
class Colour(enum.Enum):
    RED = 1
@dataclasses.dataclass
class Point:
    x: int
Pair = collections.namedtuple("Pair", "a b")
---
d = Point(1)
t = Pair(1, Colour.RED)
---
d.x = 5
---
print(d == Point(5), t.b is Colour.RED, t)
"""),
    book("recursion", "two functions call each other", """
def even(n):
    return True if n == 0 else odd(n - 1)
def odd(n):
    return False if n == 0 else even(n - 1)
---
x = even(10)
---
print(x, odd(7))
"""),
    book("late-global", "a function uses a global that is set later, and again", """
def f():
    return K
---
K = 1
x = f()
---
K = 2
---
print(f(), x)
"""),
    book("lambdas", "lambdas, alone and in a list", """
K = 3
f = lambda x: x + K
many = [lambda i=i: i * K for i in range(3)]
---
K = 4
---
print(f(1), [g() for g in many])
"""),
    book("star-import", "names from a star import", """
from math import *
---
print(floor(pi))
"""),
    book("imported-singleton", "an imported object stays the module's own", """
from scipy.stats import norm
---
import scipy.stats
print(norm is scipy.stats.norm)
"""),
    book("delete", "a name is deleted", """
x = 1
y = 2
---
del x
---
print("x" in globals(), y)
"""),
    book("iterator", "an iterator is used up over cells", """
it = iter([1, 2, 3])
---
a = next(it)
---
b = next(it)
print(a, b, list(it))
"""),
    book("dict-iterators", "a dictionary's iterators, used up over cells, and their types", """
d = {1: "a", 2: "b", 3: "c"}
---
its = [iter(d), iter(d.values()), iter(d.items())]
next(its[0])
print([next(it) for it in its])
---
print([next(it) for it in its[1:]], [type(it).__name__ for it in its])
---
print([list(it) for it in its])
"""),
    book("flat-axes", "an array's flat, used up over cells, and an object that holds stdout", """
import sys
import numpy as np
flat = np.arange(4).reshape(2, 2).flat
class Printer:
    out = sys.stdout
    def __init__(self):
        self.to = sys.stdout
p = Printer()
---
a = next(flat)
---
b = next(flat)
print(a, b, flat.index, p.to is sys.stdout, file=p.to)
"""),
    book("labelled-array", "an array subclass with attributes", """
import numpy as np
class Signal(np.ndarray):
    pass
signal = np.arange(4.0).view(Signal)
signal.labels = ["a"]
---
signal.labels.append("b")
---
print(type(signal).__name__, signal.labels, signal.sum())
"""),
    book("library-counter", "a library numbers its objects on their class", """
import pathlib
lines = ["class Part:", " _count = 0", " def __init__(self):", "  Part._count += 1"]
pathlib.Path("library_of_ours.py").write_text(chr(10).join([*lines, "  self.n = Part._count"]))
---
import sys
sys.path.insert(0, "")
from library_of_ours import Part
first = Part()
---
second = Part()
print(first.n, second.n)
"""),
    book("async-generator", "an async generator is used up in one cell", """
async def numbers():
    for i in range(2):
        yield i
---
result = [x async for x in numbers()]
---
print(result)
"""),
    book("used-up-generator", "generators used up where they are made and later", """
def numbers(n):
    yield from range(n)
soon = numbers(2)
print(list(soon))
---
squares = (n * n for n in range(3))
print(sum(squares))
---
print(list(soon), next(squares, "used up"), soon.__name__, squares.__qualname__, soon.gi_frame)
"""),
    book("library-sentinel", "an object that a library knows by its identity", """
from matplotlib.rcsetup import _auto_backend_sentinel as auto
import matplotlib
parameters = matplotlib.RcParams()
dict.__setitem__(parameters, "backend", auto)
mine = object()
pair = [mine]
---
print(dict.__getitem__(parameters, "backend") is matplotlib.rcsetup._auto_backend_sentinel)
print(pair[0] is mine)
"""),
    book("array-with-gaps", "an array's items lie as apart as they did: products depend on it", """
import numpy as np
gains = np.arange(24.0).reshape(6, 4).copy()[1:4, 1:3].T
backwards = [np.arange(6).copy()[::-2]]
---
for array in (gains, *backwards):
    print(array, array.strides, array.flags.c_contiguous, array.flags.f_contiguous)
"""),
    book("out-and-underscore", "_ and Out[n] in later cells", """
5 + 5
---
_ + 1
---
print(_, Out)
"""),
    book("attributes", "an attribute that another name holds", """
import types
o = types.SimpleNamespace()
---
o.a = [1]
x = o.a
---
x.append(2)
---
print(o)
"""),
    book("collections", "Counter, defaultdict and deque, one inside another", """
from collections import Counter, defaultdict, deque
c = Counter()
d = defaultdict(list)
q = deque()
---
c.update("aab")
d["k"].append(1)
q.append(c)
---
c.update("b")
---
print(c, dict(d), q, q[0] is c)
"""),
    book("dynamic-module", "a module made at run time", """
import types
m = types.ModuleType("m")
m.x = 1
---
print(m.x)
"""),
    book("bound-append", "a list grows through its method, and through a partial of it", """
import functools
rows = []
add = rows.append
add_one = functools.partial(rows.append, 1)
---
add(0)
---
add_one()
---
print(rows, add.__self__ is rows)
"""),
    book("bound-wrapper", "a dict and a counter change through their special methods", """
import itertools
d = {}
put = d.__setitem__
fresh = itertools.count(5).__next__
---
put("a", fresh())
---
put("b", fresh())
---
print(d, fresh())
"""),
    book("bound-draw", "a generator's method draws, beside functions of the library", """
import random
import numpy as np
from numpy.random import rand
draw = random.Random(4).random
normal = np.random.default_rng(4).normal
own = random.random
random.seed(1); np.random.seed(1)
---
x = [draw(), normal(), rand(), own()]
---
y = [draw(), normal(), rand(), own()]
---
random.seed(2); np.random.seed(2)
---
print(x, y, draw(), normal(), rand(), own())
"""),
    book("bit-generators", "NumPy's global generator is another one, which has a name", """
import numpy as np
np.random.seed(7)
first = np.random.get_bit_generator()
---
philox = np.random.Philox(3)
np.random.set_bit_generator(philox)
---
x = [np.random.normal(), philox.random_raw()]
---
y = [np.random.normal(), philox.random_raw(), np.random.default_rng(philox).random()]
---
w = np.random.normal()
---
v = philox.random_raw()
---
np.random.set_bit_generator(np.random.SFC64(3))
---
z = np.random.normal()
---
print(x, y, w, v, z, np.random.normal(), np.random.rand(), philox.random_raw())
np.random.set_bit_generator(np.random.MT19937(5))
---
print(np.random.normal(), np.random.get_bit_generator())
---
np.random.set_bit_generator(first)
---
print(np.random.normal(), np.random.rand())
"""),
    book("homeless", "types whose home nobody has imported, or that have none", """
import typing
import numpy as np
UserId = typing.NewType("UserId", int)
records = np.zeros(2, dtype=[("x", "f4")]).view(np.recarray)
---
users = [UserId(5)]
def first(ids: list[UserId]) -> UserId: return ids[0]
---
records.x[0] = 2
print(UserId, first(users), records, records.x, type(records) is np.recarray)
"""),
    book("evasive", "an object that answers whatever it is asked for", """
class Remote:
    def __getattr__(self, name):
        if name.startswith("__") and name != "__dict__":
            raise AttributeError(name)
        return lambda *args: name
class Pointer:
    __slots__ = ()
    def __repr__(self): return "pointer"
    def __getattr__(self, name):
        if name.startswith("__") and name != "__dict__":
            raise AttributeError(name)
        return Remote().users
remote, pointer = Remote(), Pointer()
---
print(remote.users())
---
print(remote.posts(), pointer.values())
"""),
    book("sympy", "how expressions are displayed, chosen once for the notebook", """
import sympy as sp
x = sp.symbols("x")
sp.init_printing(order="rev-lex")
---
f = sp.integrate(x ** 2 + x)
f
---
sp.solve(f, x)
---
print(f, {x: [f]})
"""),
    book("underscore", "a name that IPython has too, once the user has bound it", """
for _ in range(3):
    pass
---
41 + 1
---
print(_)
---
del _
---
6 * 7
---
print(_)
"""),
    book("underscore-object", "an object under a name of IPython's is changed in place", """
_, rest = [], 8
---
_.append(1)
---
rest
---
_.append(2)
print(_)
"""),
    book("process-settings", "the time zone, limits of the interpreter and of two modules", """
import csv, os, socket, sys, time
---
os.environ["TZ"] = "Asia/Tokyo"
time.tzset()
sys.set_int_max_str_digits(0)
csv.field_size_limit(10)
socket.setdefaulttimeout(5)
---
print(time.strftime("%H %Z", time.localtime(0)), len(str(10**5000)))
print(csv.field_size_limit(), socket.getdefaulttimeout())
---
socket.setdefaulttimeout(None)
---
print(socket.getdefaulttimeout())
"""),
    book("logging-levels", "a level with a name, and one that is switched off", """
import logging, sys
logging.basicConfig(level=1, stream=sys.stdout, format="%(levelname)s %(message)s", force=True)
---
logging.addLevelName(25, "NOTICE")
logging.disable(logging.DEBUG)
---
logging.log(25, "hello")
logging.debug("not shown")
---
logging.disable(logging.NOTSET)
---
logging.debug("shown")
"""),
    book("augmented", "a list and an array change by an assignment, and have other names", """
import numpy as np
a, buf = [1], np.zeros(4)
b, boxes = a, {"a": a, "buf": buf}
half = buf[:2]
---
a += [2]
---
buf += 1
---
a *= 2; buf -= 3
---
print(a, b, boxes, half, a is b is boxes["a"], buf is boxes["buf"])
"""),
    book("views-in-object", "arrays of one model share memory that no name holds", """
import numpy as np
class Model:
    def __init__(self):
        self.params = np.zeros(6)
        self.W, self.b = self.params[:4].reshape(2, 2), self.params[4:]
m = Model()
d = {"w": np.zeros(4)}
d["head"] = d["w"][:2]
---
m.params[:] = np.arange(6)
head = m.W[0]
---
d["w"][0] = 5
m.W += 1
---
print(m.params, m.W, m.b, d, head)
"""),
    book("views-of-buffer", "layers hold views of a buffer that is added to", """
import numpy as np
class Layer:
    def __init__(self, buf):
        self.w, self.b = buf[:2], buf[2:]
buf = np.zeros(4)
net = [Layer(buf)]
---
buf += 1
---
net[0].w *= 3
---
print(buf, net[0].w, net[0].b)
"""),
    book("views-nameless", "rows and columns of arrays that have no name, or no more", """
import numpy as np
def load():
    return np.arange(12.0).reshape(3, 4)
a = load()[:, :3]
row = a[0]
grid = load()
rows, columns = list(grid), {i: grid[:, i] for i in range(2)}
del grid
---
a[0, 0] = 100
rows[0][0] = 99
---
row[1] = 7
columns[1][2] = 8
---
print(a, row, rows, columns)
"""),
    book("views-met", "an object holds an array and, after it, views of that array", """
import numpy as np, pandas as pd
from types import SimpleNamespace
box = SimpleNamespace(whole=np.arange(6.0), tags=[1])
---
pair = SimpleNamespace(whole=np.zeros(4), tags=box.tags)
pair.part = pair.whole[1:3]
inside = SimpleNamespace(whole=box.whole, part=box.whole[::2], tags=box.tags)
df = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
frames = [df, df["x"].to_numpy(), df["x"].to_numpy()[1:]]
---
pair.whole[1] = 5
box.whole[2] = 7
box.tags.append(2)
df.loc[1, "x"] = 9.0
print(pair, inside, df)
del frames  # arrays of a frame's memory come back apart (SPEC.md)
print(np.shares_memory(pair.part, pair.whole), np.shares_memory(inside.part, box.whole))
"""),
    book("views-of-objects", "slices of an array of objects", """
import numpy as np
a = np.array([1, "x", None, []], dtype=object)
v, last = a[:2], a[::-1]
---
a[0] = 99
---
v[1] = "y"; last[0].append(1)
---
print(a, v, last)
"""),
    book("frames-apart", "a frame and its column are no views of each other", """
import pandas as pd
df = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
s, part = df["a"], df[:1]
---
column = df["b"]
holder = {"s": df["a"]}
---
df.loc[0, "a"] = 50.0
df.loc[0, "b"] = 60.0
---
s.iloc[1] = 70.0
print(df, s, part, column, holder)
"""),
    book("exec", "names made and changed by exec and globals()", """
exec("x = [1]")
---
globals()["y"] = x
exec("x.append(2)")
---
print(x, y is x)
"""),
    book("failing-cell", "a cell that raises, and one after it", """
x = [1]
---
x.append(2)
1 / 0
---
print(x)
"""),
    book("self-reference", "a list that contains itself", """
a = [1]
a.append(a)
---
b = a
---
print(len(a), a[1] is a, b is a)
"""),
    book("swap", "two names swap their values", """
a, b = [1], [2]
c = a
---
a, b = b, a
---
a.append(3)
---
print(a, b, c, c is b)
"""),
    book("cached-functions", "functions with a cache, of a cell and of a class", """
import functools
calls = []
@functools.lru_cache(maxsize=None)
def f(x):
    calls.append(x)
    return x * 2
@functools.cache
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
def make():
    @functools.lru_cache
    def fact(n):
        return n * fact(n - 1) if n else 1
    return fact
fact = make()
class Data:
    loads = 0
    @functools.lru_cache
    def at(self, n):
        return n + 1
    @functools.cached_property
    def rows(self):
        Data.loads += 1
        return [1, 2]
d = Data()
---
f(1); f(2); fib(20); fact(5); d.at(1)
d.rows.append(3)
---
print(f(5), calls, fib(30), fact(6), f.cache_parameters(), f.__name__, f.__wrapped__(3))
print(d.at(2), d.rows, Data.loads)
"""),
    book("flags", "members that enum makes of others are no change of the class", """
import enum
class Perm(enum.Flag):
    R = 1
    W = 2
class Bits(enum.IntFlag):
    A = 1
    B = 2
def allowed(p):
    return bool(p & (Perm.R | Perm.W))
---
both = Perm.R | Perm.W
bits = Bits.A | Bits.B
---
print(allowed(Perm.R))
Perm.nice = lambda self: str(self).lower()
---
print(both, Perm.R in both, bits, type(bits), both.nice(), both is Perm.R | Perm.W)
"""),
    book("exceptions", "an __init__ that takes other arguments; cause and context", """
import threading
class Failed(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code
class Refused(OSError):
    def __init__(self, host, *, port):
        super().__init__(111, "refused")
        self.host, self.port = host, port
errors = []
try:
    try:
        {}["k"]
    except KeyError as error:
        raise Failed(5, "boo") from error
except Failed as error:
    error.add_note("hm")
    errors.append(error)
try:
    try:
        raise ValueError(threading.Lock())
    except ValueError:
        raise Refused("h", port=3)
except Refused as error:
    errors.append(error)
group = ExceptionGroup("many", errors)
---
first, second = group.exceptions
print(first.code, first, first.args, first.__notes__, first.__suppress_context__)
print(repr(first.__cause__), first.__cause__ is first.__context__, first is errors[0])
print(second, second.errno, second.host, second.port, second.__suppress_context__)
"""),
    book("early-code", "hashes, __getattr__ and __new__ that want what pickle sets last", """
class Node:
    def __init__(self, name):
        self.links, self.name = set(), name
    def __hash__(self):
        return hash(self.name)
    def __eq__(self, other):
        return self.name == other.name
a, b = Node("a"), Node("b")
a.links |= {a, b}
b.links.add(a)
class Proxy:
    def __init__(self, target):
        self._target = target
    def __getattr__(self, name):
        return getattr(self._target, name)
proxy = Proxy([1])
class Point:
    __slots__ = ("x",)
    def __new__(cls, x):
        self = super().__new__(cls)
        self.x = x
        return self
    def __repr__(self):
        return f"Point({self.x})"
points = [Point(3)]
class Single:
    only = None
    def __new__(cls):
        if cls.only is None:
            cls.only = super().__new__(cls)
        return cls.only
s = Single()
---
b.name, proxy.other = "c", 1
---
s.value = proxy.count(1)
---
print(a in a.links, list(vars(a)), [n.name for n in b.links], vars(proxy), points[0].x)
print(Single() is s, s.value, len(a.links))
"""),
    book("class-hooks", "hooks for new classes do not run again at a restore", """
class Base:
    registry, count = {}, 0
    def __init_subclass__(cls, key=None):
        super().__init_subclass__()
        Base.registry[key or cls.__name__] = cls
        Base.count += 1
class Field:
    def __set_name__(self, owner, name):
        names.append(name)
names = []
class Meta(type):
    def __new__(meta, name, bases, space):
        names.append(name)
        return super().__new__(meta, name, bases, space)
---
class A(Base):
    field = Field()
class C(metaclass=Meta): pass
---
class B(A, key="b"): pass
class D(C): pass
---
print(sorted(Base.registry), Base.registry["A"] is A, Base.registry["b"] is B, Base.count)
print([c.__name__ for c in Base.__subclasses__()], names, type(D) is Meta, issubclass(D, C))
"""),
    book("changed-classes", "special members, bases and documentation of an older class", """
class Mixin:
    def hi(self):
        return "mixin"
class Root: pass
class A(Root):
    debug = True
    def __init__(self, x):
        self.x = x
a = A(1)
---
def show(self):
    return f"A({self.x})"
A.__repr__ = show
A.__len__ = lambda self: 3
A.__doc__ = "documented"
---
del A.debug
---
A.__bases__ = (Mixin,)
---
print(a, len(a), A.__doc__, hasattr(A, "debug"), a.hi(), A.__repr__ is show, type(a) is A)
"""),
    book("class-reached-by-type", "a method changes its class, which it does not name", """
class Meta(type):
    made = []
    def __init__(cls, name, bases, space):
        super().__init__(name, bases, space)
        type(cls).made.append(cls)
class A(metaclass=Meta):
    n = 0
    def count(self):
        type(self).n += 1
a = A()
---
a.count()
---
class B(A): pass
---
print(A.n, a.n, Meta.made == [A, B])
"""),
    book("search-results", "scores and the best model are taken out of a search, and changed", """
import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier
X, y = np.arange(60.0).reshape(30, 2) % 7, np.arange(30) % 2
search = GridSearchCV(DecisionTreeClassifier(random_state=1), {"max_depth": [1, 2, 3]}, cv=2)
search = search.fit(X, y)
---
scores = search.cv_results_["mean_test_score"]
best, params = search.best_estimator_, search.cv_results_["params"][1]
---
scores[0], params["note"], best.note = 9, "second", "best"
---
print(scores is search.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"])
print(search.cv_results_["params"], search.best_estimator_.note)
"""),
    book("graph-walk", "nodes of a graph are taken from sets, queued and marked in later cells", """
class Node:
    def __init__(self, name):
        self.name, self.links, self.seen = name, set(), 0
    def __repr__(self):
        return f"{self.name}{self.seen}"
nodes = {name: Node(name) for name in "ABCDEFGH"}
for one, other in zip("ABCDEFG", "BCDEFGH"):
    nodes[one].links.add(nodes[other])
    nodes[other].links.add(nodes[one])
everyone = set(nodes.values())
---
start = nodes["C"]
queue = sorted(start.links, key=lambda node: node.name)
---
for node in queue:
    node.seen += 1
---
last = max(everyone, key=lambda node: node.name)
near = [*last.links]
---
last.seen, near[0].seen, start.seen = 7, 6, 5
---
print(nodes, queue, start in everyone, last is nodes["H"], near[0] is nodes["G"])
print(sorted(everyone, key=lambda node: node.name))
"""),
    book("periods", "heads of a frame with periods are shown and kept", """
import pandas as pd
months = pd.PeriodIndex(["2026-01", "2026-02", "2026-03"], freq="M")
ts = pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=months)
---
ts.head(2)
---
daily = pd.Series(range(3), pd.date_range("2026-01-01", periods=3)).to_period("D")
first, other = ts.head(1), daily.tail(2)
---
first.iloc[0, 0] = 9
ts.loc["2026-02", "x"] = 5
---
print(first, ts, other, first.index.freq == ts.index.freq)
"""),
    book("registered", "a class is registered with an abstract one of another cell", """
import abc
class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...
class Square:
    pass
---
Shape.register(Square)
---
print(isinstance(Square(), Shape), Square.__mro__[1:])
"""),
    book("dataclass-grows", "a dataclass is derived from one of another cell", """
from dataclasses import dataclass, field
@dataclass
class Base:
    x: int
    tags: list = field(default_factory=list)
---
@dataclass(kw_only=True)
class Derived(Base):
    y: int
---
print(Derived(1, y=2))
"""),
    book("dict-view", "a view follows its dictionary, which a later cell changes", """
d = {"a": 1}
keys = d.keys()
b = bytearray(b"abc")
memory = memoryview(b)
---
d["b"] = 2
---
b[0] = 65
---
print(keys, bytes(memory))
"""),
    book("windows", "what shows the contents of another object goes on showing them", """
import types
from collections import OrderedDict
d = {"a": 1}
keys, values, items = d.keys(), d.values(), d.items()
ordered = OrderedDict(d)
last = ordered.values()
shown = types.MappingProxyType(d)
b = bytearray(b"abc")
memory = memoryview(b)
---
d["b"] = 2
ordered["b"] = 3
b[0] = 65
---
print(keys, values, items, last, shown, bytes(memory), memory.readonly, keys.mapping == d)
"""),
    book("pandas-read-only", "an array of pandas is read-only, and its block is not", """
import numpy as np, pandas as pd
df = pd.DataFrame({"x": [1.0, 2, 3], "y": [0, 1, 0]})
X, y = df[["x"]].to_numpy(), df["y"].to_numpy()
num = pd.DataFrame(np.arange(6.0).reshape(3, 2))
whole = num.to_numpy()
s = pd.Series([3, 1, 2])
v, named = s.to_numpy(), s.to_frame("q")
---
df.loc[df["y"] == 0, "y"] = 5
num.iloc[0, 0] = 9
named.loc[0, "q"] = 8
s[0] = 5
print(df, num, named, s, X, sep="\\n")
del y, whole, v
"""),
    book("numpy-read-only", "a read-only view beside the array that its memory is of", """
import numpy as np
a = np.arange(6)
seen = a.view()
seen.flags.writeable = False
part = a[:3]
seen, a = seen, a
---
a[0] = 9
print(seen[0], part[0], seen.flags.writeable, part.flags.writeable)
"""),
    book("only-ones", "names of what a process has one of", """
import os, dataclasses
import matplotlib.pyplot as plt
from sklearn.utils import check_random_state
env, params, random = os.environ, plt.rcParams, check_random_state(None)
missing = [dataclasses.MISSING]
---
env["MUNDANE_SEEN"] = "1"
params["lines.linewidth"] = 7
random.seed(3)
---
import numpy as np
print(os.environ["MUNDANE_SEEN"], plt.rcParams["lines.linewidth"], np.random.rand())
print(env is os.environ, params is plt.rcParams, missing[0] is dataclasses.MISSING)
"""),
    book("frame-and-box", "an older object gets arrays of a new frame's memory, which overlap", """
import pandas as pd
from types import SimpleNamespace
box = SimpleNamespace()
---
df = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
box.rest = df["x"].to_numpy()[1:]
box.last = box.rest[1:]
---
df.loc[0, "x"] = 9.0
print(df, list(box.rest), list(box.last))
"""),
    book("settings", "a library's settings, set by its own functions", """
#plain
import os, pathlib, sys
pathlib.Path("gauges").mkdir(exist_ok=True)
pathlib.Path("gauges/config.py").write_text(
    "from collections import UserDict\\n"
    "defaults = UserDict(unit='m', limits=[0, 1], style={'grid': {'on': False}}, made=object())\\n"
)
pathlib.Path("gauges/__init__.py").write_text(
    "from . import config\\ndef set_defaults(**new): config.defaults.update(new)\\n"
)
sys.path.insert(0, os.getcwd())
---
import gauges
gauges.set_defaults(unit="cm")
---
gauges.config.defaults["limits"].append(2)
gauges.config.defaults["style"]["grid"]["on"] = True
---
gauges.set_defaults(unit="cm", scale=None)
---
settings = dict(gauges.config.defaults)
del settings["made"], gauges
print(settings)
"""),
    book("formatters", "how IPython displays types, set by a library or by the cell", """
#plain
import os, pathlib, sys
pathlib.Path("signs.py").write_text(
    "class Sign:\\n    pass\\n"
    "def init(shell, mark):\\n"
    "    def text(_, printer, cycle): printer.text(mark if known([_]) else '?')\\n"
    "    def known(o): return all(map(known, o)) if type(o) is list else True\\n"
    "    formatters = shell.display_formatter.formatters\\n"
    "    for kind in (Sign, complex, float): formatters['text/plain'].for_type(kind, text)\\n"
    "    formatters['text/html'].for_type(Sign, lambda _: f'<b>{mark}</b>')\\n"
)
sys.path.insert(0, os.getcwd())
---
import signs
signs.init(get_ipython(), "+")
---
class Own:
    pass
def shown(own, printer, cycle):
    printer.text("own")
plain = get_ipython().display_formatter.formatters["text/plain"]
plain.for_type(Own, shown)
plain.for_type_by_name("fractions", "Fraction", shown)
del plain
---
own = Own()
own
---
get_ipython().display_formatter.formatters["text/plain"].pop(complex)
---
from fractions import Fraction
Fraction(1, 2)
---
#plain
display(signs.Sign(), 1j, 1.5, own, Fraction(1, 3))
del signs
"""),
    book("own-magics", "magics that are functions of the notebook, and an alias of a magic", """
from IPython.core.magic import register_cell_magic, register_line_magic
@register_line_magic
def shout(line):
    return line.upper()
@register_cell_magic
def twice(line, cell):
    print(cell * 2)
---
%alias_magic -l loud shout
---
def shout(line):
    return line.upper() + "!"
get_ipython().register_magic_function(shout)
---
%%twice
a line
---
#plain
print(get_ipython().run_line_magic("shout", "a"), get_ipython().run_line_magic("loud", "b"))
"""),
    book("own-callbacks", "callbacks of IPython's events, registered and unregistered", """
class Watcher:
    mark = "before"
    def before(self, info):
        print(self.mark)
watcher = Watcher()
def after(result):
    print("after")
get_ipython().events.register("pre_run_cell", watcher.before)
get_ipython().events.register("post_run_cell", after)
---
x = 1
---
get_ipython().events.unregister("post_run_cell", after)
---
print(x)
---
watcher.mark = "before, changed"
---
x
"""),
    book("own-transformers", "transformers of what the user types, and of its syntax", """
import ast
def answers(lines):
    return [line.replace("ANSWER!", "42") for line in lines]
class Doubled(ast.NodeTransformer):
    def visit_Name(self, node):
        return ast.Constant(12) if node.id == "DOZEN" else node
get_ipython().input_transformers_cleanup.append(answers)
get_ipython().ast_transformers.append(Doubled())
---
#plain
print(ANSWER!, DOZEN)
---
get_ipython().input_transformers_cleanup.remove(answers)
---
#plain
print("ANSWER!", DOZEN)
"""),
    book("figures-ioff", "no figure shows by itself where the step that loads pyplot says so", """
import matplotlib.pyplot as plt
%matplotlib inline
plt.ioff()
---
fig, ax = plt.subplots(figsize=(2, 2))
ax.plot([1, 2])
---
#plain
print(plt.isinteractive())
"""),
    book("figures-style", "pyplot is after a style's context as it was before", """
import matplotlib.pyplot as plt
with plt.style.context("ggplot"):
    plt.figure(figsize=(2, 2)).add_subplot().plot([1, 2])
---
plt.figure(figsize=(2, 2)).add_subplot().plot([3, 4])
---
#plain
print(plt.isinteractive())
"""),
    book("figures-open", "figures that are left open are not shown because they come back", """
import matplotlib.pyplot as plt
plt.plot([1, 2])
---
plt.ioff()
figs = []
for i in range(2):
    fig, ax = plt.subplots(figsize=(2, 2))
    ax.plot([i])
    figs.append(fig)
---
#plain
n = len(figs)
---
print(n)
"""),
    book("colour-bar", "a colour bar follows its image, and the image its norm", """
import matplotlib.pyplot as plt
fig, ax = plt.subplots(figsize=(2, 2))
im = ax.imshow([[1, 2], [3, 4]])
cb = fig.colorbar(im)
---
im.set_clim(0, 10)
im.set_cmap("plasma")
---
im.norm.vmax = 5
---
print(cb.vmin, cb.vmax, cb.cmap.name)
fig
"""),
    book("filters", "filters that the notebook adds to loggers and to their handlers", """
import logging, sys
class Short:
    def __init__(self, most):
        self.most = most
    def filter(self, record):
        return len(record.msg) <= self.most
def loud(record):
    return record.msg.isupper()
log = logging.getLogger("gauge")
log.addHandler(logging.StreamHandler(sys.stdout))
short = Short(5)
log.addFilter(short)
---
log.handlers[0].addFilter(loud)
---
short.most = 6
---
log.error("TOO LONG")
log.error("TOO  7"[:6])
log.error("quiet")
---
log.removeFilter(short)
log.filters
---
log.error("NOT TOO LONG")
"""),
    book("process-settings", "the collector and the switch interval, set in steps", """
import gc, sys
gc.disable()
---
gc.set_threshold(900, 9, 9)
sys.setswitchinterval(0.01)
---
print(gc.isenabled(), gc.get_threshold(), sys.getswitchinterval())
gc.enable()
---
print(gc.isenabled())
"""),
]  # fmt: skip
