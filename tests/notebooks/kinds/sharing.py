"""Objects that share memory, a `__dict__` or a cell, and those that a module holds."""

from __future__ import annotations

from . import Kind, kind

KINDS: list[Kind] = [
    kind(
        "dict that is its own __dict__",
        """
class Attr(dict):
    def __init__(self, *a, **k):
        super().__init__(*a, **k)
        self.__dict__ = self
c = Attr(lr=0.1, n=3)
class Borg:
    _shared = {}
    def __init__(self):
        self.__dict__ = self._shared
x = Borg()
x.v = [1]
y = Borg()
class Plain:
    pass
p = Plain()
q = Plain()
q.__dict__ = p.__dict__
p.z = 1
""",
        """
print(
    c,
    c.lr,
    c.__dict__ is c,
    x.v is y.v,
    x.__dict__ is y.__dict__ is Borg._shared,
    q.__dict__ is p.__dict__,
    q.z,
)
""",
        """
c.lr = 0.5
c['m'] = 2
x.w = 3
q.k = 4
""",
    ),
    kind(
        "shared __dict__ of two steps",
        """
class Attr(dict):
    def __init__(self, *a, **k):
        super().__init__(*a, **k)
        self.__dict__ = self
class Borg:
    _shared = {'a': 1}
    def __init__(self):
        self.__dict__ = self._shared
x = Borg()
---
c = Attr(lr=0.1, n=3)
y = Borg()
y.k = 2
""",
        "print(c, c.lr, c.__dict__ is c, x.k, x.__dict__ is y.__dict__ is Borg._shared)",
        """
c.lr = 0.5
---
y.w = 3
""",
    ),
    kind(
        "arrays on buffers",
        """
import numpy as np, array
b = bytearray(range(16))
n = np.frombuffer(b, dtype=np.uint8)
n4 = np.frombuffer(b, dtype=np.int32)
a = array.array('d', [1.0, 2.0])
an = np.frombuffer(a)
mv = memoryview(b)
part = np.frombuffer(b, np.uint8, 4, 4)
o = np.ones(3)
om = memoryview(o)
""",
        "print(bytes(b), n, n4, a, an, mv[0], part, o, om[0])",
        """
b[0] = 99
an[0] = 5
part[0] = 77
om[1] = 8.5
n[1] = 50
""",
    ),
    kind(
        "arrays that hold their buffers",
        """
import numpy as np
n = np.frombuffer(bytearray(range(8)), dtype=np.uint8)
m = n[2:]
r = np.frombuffer(b'abcdefgh', np.uint8)
w = np.asarray(memoryview(bytearray(b'xyz')))
""",
        "print(n, m, r, r.flags.writeable, w, n.flags.writeable)",
        """
m[0] = 9
w[0] = 1
""",
    ),
    kind(
        "array on an older buffer",
        """
import numpy as np
b = bytearray(range(8))
---
n = np.frombuffer(b, dtype=np.uint8)
---
d = {'n': n[2:]}
""",
        "print(b, n, d)",
        "b[2] = 200",
    ),
    kind(
        "mmap",
        """
import mmap
import numpy as np
mm = mmap.mmap(-1, 16)
""",
        "",
        left_out="mm",
    ),
    kind(
        "decimal's context",
        """
import decimal
ctx = decimal.getcontext()
ctx.prec = 10
own = decimal.Context(prec=4)
""",
        """
print(decimal.Decimal(1) / 3, ctx is decimal.getcontext(), own.prec, decimal.getcontext().prec)
""",
        "ctx.prec = 5",
    ),
    kind(
        "mpmath's context",
        """
from mpmath import mp, mpf, iv, fp
import mpmath
mp.dps = 40
third = mp.mpf(1) / 3
m = mp
mat = mp.matrix([[1, 2], [3, 4]])
""",
        """
print(third, mp is mpmath.mp, m is mp, mp.dps, mat, type(third) is mpf, isinstance(third, mp.mpf))
""",
        """
mp.dps = 20
mat[0, 0] = 5
""",
        libraries="mpmath",
    ),
    kind(
        "sympy's registry",
        """
import sympy as sp
x, y = sp.symbols('x y')
e = sp.sin(x) ** 2 + y
S = sp.S
z = sp.S.Zero
f = sp.Function('f')
oo = sp.oo
""",
        "print(e, S is sp.S, z is sp.S.Zero, f(x), oo is sp.oo, x == sp.Symbol('x'))",
        "e = e + x",
        libraries="sympy",
    ),
    kind(
        "objects of the process",
        """
import sys, logging, os, random, threading
log = logging.getLogger('me')
out = sys.stdout
env = os.environ
root = logging.root
rnd = random._inst
main = [threading.main_thread()]
""",
        """
print(
    log is logging.getLogger('me'),
    out is sys.stdout,
    env is os.environ,
    root is logging.getLogger(),
    rnd is random._inst,
    main[0] is threading.main_thread(),
)
""",
    ),
    kind(
        "the shell",
        "ip = get_ipython()",
        "print(ip is get_ipython())",
    ),
    kind(
        "objects of modules",
        """
import calendar, typing, http, signal, json, inspect, dataclasses, sys, email.policy
cal = calendar.c
enc = json._default_encoder
pol = email.policy.default
emp = inspect.Parameter.empty
miss = dataclasses.MISSING
fl = sys.flags
vi = sys.version_info
impl = sys.implementation
typ = typing.Any
st = http.HTTPStatus.OK
sig = signal.SIGINT
ell = Ellipsis
ni = NotImplemented
import numpy as np
nan = np.nan
mask = np.ma.masked
nomask = np.ma.nomask
s_ = np.s_
newaxis = np.newaxis
novalue = np._NoValue
mgrid = np.mgrid
import pandas as pd
na = pd.NA
nat = pd.NaT
opts = pd.options
ids = pd.IndexSlice
""",
        """
print(
    cal is calendar.c,
    enc is json._default_encoder,
    pol is email.policy.default,
    emp is inspect.Parameter.empty,
    miss is dataclasses.MISSING,
    fl is sys.flags,
    vi == sys.version_info,
    impl is sys.implementation,
    st is http.HTTPStatus.OK,
    sig is signal.SIGINT,
    ell is ...,
    ni is NotImplemented,
    mask is np.ma.masked,
    s_ is np.s_,
    novalue is np._NoValue,
    na is pd.NA,
    nat is pd.NaT,
    opts is pd.options,
    ids is pd.IndexSlice,
    mgrid is np.mgrid,
)
""",
    ),
    kind(
        "inner functions that call themselves",
        """
def make():
    seen = []
    def walk(n):
        seen.append(n)
        if n:
            walk(n - 1)
        return seen
    def look():
        return seen
    return walk, look
walk, look = make()
walk(2)
def deco(f):
    cache = {}
    def inner(n):
        if n not in cache:
            cache[n] = f(n)
        return cache[n]
    inner.cache = cache
    return inner
@deco
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
fib(10)
def mutual():
    n = [0]
    def a(k):
        n[0] += 1
        return b(k - 1) if k else n[0]
    def b(k):
        n[0] += 10
        return a(k - 1) if k else n[0]
    return a, b
a, b = mutual()
""",
        """
print(
    look(),
    walk.__closure__[0].cell_contents is look.__closure__[0].cell_contents,
    len(fib.cache),
    fib.__closure__[0].cell_contents is fib.cache,
    a(3),
)
""",
        """
walk(1)
fib(12)
b(2)
""",
    ),
    kind(
        "inner function and its list",
        """
def make():
    seen = []
    def walk(n):
        seen.append(n)
        if n: walk(n - 1)
        return seen
    return walk, seen
walk, seen = make()
---
walk(1)
other = walk
---
pair = [seen]
""",
        "print(seen, walk(0) is seen, other is walk, pair[0] is seen)",
        """
other(2)
seen.append('x')
""",
    ),
    kind(
        "an equal part of another object",
        """
class Box: pass
a, b, c = Box(), Box(), Box()
a.rows, b.rows, c.rows = [], [], []
""",
        "print(a.rows is b.rows, b.rows is c.rows, a.rows, b.rows, c.rows)",
        """
b.rows = a.rows
---
b.rows.append(1)
---
b.rows = [1]
---
b.rows.append(2)
c.rows = b.rows
""",
    ),
    kind(
        "a value changed and let go",
        """
import dataclasses
@dataclasses.dataclass
class Node:
    n: int
    kids: list
one, two, three, four = Node(1, []), Node(2, []), Node(3, []), Node(4, [0])
five = Node(5, [four])
table = {'one': one, 'two': two, 'kids': three.kids}
row = [1]
rows = [row, [2]]
""",
        "print(table, rows, one.n, three.n, four, five)\n"
        "print(one.kids is table['one'].kids, four.kids is five.kids[0].kids)",
        """
one = dataclasses.replace(one, n=9)
one.kids.append('a')
---
four = dataclasses.replace(four, n=9)
---
two.kids.append('b')
two = None
three.kids.append('c')
three = Node(4, [])
---
row.append(3)
del row
""",
    ),
    kind(
        "names of colours",
        """
import matplotlib.colors as colors
colors.colorConverter.colors['b'] = (0.1, 0.2, 0.3)
""",
        "print([colors.to_rgb(name) for name in ('b', 'red', 'gray', 'grey')])",
        "colors.get_named_colors_mapping()['red'] = '#102030'\nprint(colors.to_hex('red'))",
    ),
    kind(
        "names of colours that a library was asked to set",
        """
import matplotlib.pyplot as plt
---
plt.matplotlib.colors.get_named_colors_mapping()['brand'] = (0.1, 0.2, 0.3)
""",
        "print(plt.matplotlib.colors.to_rgb('brand'))",
        "del plt.matplotlib.colors.get_named_colors_mapping()['brand']\n"
        "plt.matplotlib.colors.get_named_colors_mapping()['brand'] = '#101010'",
    ),
]
