"""Instances of the notebook's subclasses of Python's types, and of classes with slots."""

from __future__ import annotations

from . import Kind, kind

KINDS: list[Kind] = [
    kind(
        "set init",
        """
class Tags(set):
    made = 0
    def __init__(self, name, items=()):
        super().__init__(items)
        self.name = name
        Tags.made += 1
    def add(self, x):
        super().add(x.upper())
    def update(self, xs):
        raise RuntimeError
t = Tags('n', ['a', 'b'])
t.add('c')
t.me = t
""",
        "print(sorted(t), t.name, Tags.made, type(t).__name__, t.me is t)",
        "t.add('d')",
    ),
    kind(
        "list append",
        """
log = []
class L(list):
    def __init__(self, name, *items):
        super().__init__(items)
        self.name = name
    def append(self, x):
        log.append(x)
        super().append(x * 2)
    def extend(self, xs):
        raise RuntimeError
    def __iter__(self):
        return iter(['fake'])
    def __len__(self):
        return 99
    def __setattr__(self, k, v):
        log.append(k)
        super().__setattr__(k, v)
    def __getitem__(self, i):
        return 'gi'
l = L('n', 1, 2)
l.append(5)
list.append(l, l)
""",
        """
print(
    list.__len__(l),
    list.__getitem__(l, 2),
    list.__getitem__(l, 3) is l,
    l.name,
    log,
    isinstance(l, L),
)
""",
        "l.append(7)",
    ),
    kind(
        "dict setitem",
        """
log = []
class D(dict):
    def __init__(self, tag):
        self.tag = tag
        log.append('init')
    def __setitem__(self, k, v):
        log.append((k, v))
        super().__setitem__(k, v)
    def items(self):
        return []
    def update(self, *a):
        raise RuntimeError
d = D('t')
d['a'] = 1
d['self'] = d
""",
        "print(dict.__len__(d), d['a'], d['self'] is d, d.tag, log)",
        "d['b'] = 2",
    ),
    kind(
        "defaultdict",
        """
from collections import defaultdict, Counter, OrderedDict
class DD(defaultdict):
    def __init__(self, depth):
        super().__init__(list)
        self.depth = depth
    def __missing__(self, key):
        self[key] = v = [self.depth]
        return v
class C(Counter):
    def __init__(self, name, *a):
        self.name = name
        super().__init__(*a)
class OD(OrderedDict):
    def __init__(self, maxsize):
        super().__init__()
        self.maxsize = maxsize
    def __setitem__(self, k, v):
        super().__setitem__(k, v)
        if len(self) > self.maxsize:
            self.popitem(last=False)
dd = DD(3)
dd['x'].append(1)
c = C('words', 'abca')
od = OD(2)
od['a'] = 1
od['b'] = 2
od['c'] = 3
od.move_to_end('b')
""",
        """
print(dd, dd.depth, dd.default_factory, dd['new'], c, c.name, od, od.maxsize, c.most_common(1))
""",
        """
dd['x'].append(2)
c.update('zz')
od['q'] = 1
c.name = 'n2'
od.maxsize = 3
""",
    ),
    kind(
        "numbers",
        """
from fractions import Fraction
from decimal import Decimal
class I(int):
    def __new__(cls, v, unit):
        o = super().__new__(cls, v)
        o.unit = unit
        return o
    def __init__(self, v, unit):
        self.inited = True
    def __int__(self):
        return 0
    def __repr__(self):
        return f'I({int.__repr__(self)},{self.unit})'
class F(float):
    def __new__(cls, v, unit):
        o = super().__new__(cls, v)
        o.unit = unit
        return o
class Cx(complex):
    def __new__(cls, v, unit):
        o = super().__new__(cls, v)
        o.unit = unit
        return o
class Fr(Fraction):
    def __new__(cls, a, b, unit):
        o = super().__new__(cls, a, b)
        o.unit = unit
        return o
class De(Decimal):
    def __new__(cls, v, unit):
        o = super().__new__(cls, v)
        o.unit = unit
        return o
class B(int):
    def __init__(self, *a):
        self.n = 1
class FI(Fraction):
    def __init__(self, a, b):
        self.note = [a, b]
class DI(Decimal):
    def __init__(self, a):
        self.note = [a]
i = I(5, 'kg')
f = F(2.5, 'm')
cx = Cx(1 + 2j, 'z')
fr = Fr(1, 3, 'u')
de = De('1.10', 'eur')
b = B(7)
fi = FI(2, 4)
di = DI('2.50')
s = {i: 1, fr: 2, de: 3}
""",
        """
print(
    i,
    i.unit,
    i.inited,
    i + 1,
    f,
    f.unit,
    cx,
    cx.unit,
    fr,
    fr.unit,
    fr + 1,
    de,
    de.unit,
    b,
    b.n,
    s[i],
    s[fr],
    s[de],
    fi,
    fi.note,
    di,
    di.note,
)
""",
        """
i.unit = 'g'
fr.unit = [1]
de.unit = 'usd'
fi.note.append(1)
di.note.append(2)
cx.unit = 'q'
""",
    ),
    kind(
        "texts",
        """
class S(str):
    def __new__(cls, v, lang):
        o = super().__new__(cls, v)
        o.lang = lang
        return o
    def __str__(self):
        return 'fake'
class By(bytes):
    def __new__(cls, v, enc):
        o = super().__new__(cls, v)
        o.enc = enc
        return o
class BA(bytearray):
    def __init__(self, v, enc):
        super().__init__(v)
        self.enc = enc
    def extend(self, x):
        raise RuntimeError
s = S('hey', 'en')
b = By(b'abc', 'utf')
ba = BA(b'xyz', 'latin')
d = {s: 1}
""",
        "print(str.upper(s), s.lang, b, b.enc, ba, ba.enc, d['hey'], len(ba))",
        """
s.lang = 'de'
ba[0] = 65
ba.enc = 'q'
""",
    ),
    kind(
        "tuples",
        """
import typing, collections
class T(tuple):
    def __new__(cls, a, b):
        o = super().__new__(cls, (a, b))
        o.note = []
        return o
class FS(frozenset):
    def __new__(cls, *items):
        o = super().__new__(cls, items)
        o.note = len(items)
        return o
class P(collections.namedtuple('P', 'x y')):
    def __new__(cls, x):
        return super().__new__(cls, x, x * 2)
class Q(typing.NamedTuple):
    a: int
    b: list
    def total(self):
        return self.a + len(self.b)
class R(Q):
    count = 0
    def __new__(cls, *a):
        R.count += 1
        return super().__new__(cls, *a)
t = T(1, 2)
t.note.append(t)
fs = FS(1, 2, 3)
p = P(3)
q = Q(1, [2])
r = R(1, [q])
r.extra = 1
""",
        """
print(tuple(t), t.note[0] is t, fs, fs.note, p, p.y, q.total(), r, R.count, r.extra, r.b[0] is q)
""",
        """
t.note.append(1)
fs.note = 2
q.b.append(3)
""",
    ),
    kind(
        "deque",
        """
from collections import deque
class Q(deque):
    def __init__(self, name, n):
        super().__init__(maxlen=n)
        self.name = name
    def append(self, x):
        super().append((x, self.name))
class Q2(deque):
    def __init__(self, n):
        super().__init__(maxlen=n)
q = Q('n', 3)
q.append(1)
q.append(2)
q.extend([5, 6])
q2 = Q2(2)
q2.append(1)
deque.append(q, q)
""",
        "print(len(q), q[0], q[-1] is q, q.maxlen, q.name, q2, q2.maxlen)",
        "q.append(7)",
    ),
    kind(
        "dates",
        """
import datetime as dt
class D(dt.date):
    def __new__(cls, y, label):
        o = super().__new__(cls, y, 1, 1)
        o.label = label
        return o
class DT(dt.datetime):
    def __new__(cls, y, label='q', *a, **k):
        o = super().__new__(cls, y, 1, 1, *a, **k)
        o.label = label
        return o
class T(dt.time):
    def __init__(self, *a):
        self.label = 'x'
class TD(dt.timedelta):
    def __new__(cls, h):
        o = super().__new__(cls, hours=h)
        o.h = h
        return o
class TZ(dt.tzinfo):
    def __init__(self, h):
        self.h = h
    def utcoffset(self, d):
        return dt.timedelta(hours=self.h)
    def dst(self, d):
        return dt.timedelta(0)
    def tzname(self, d):
        return f'Z{self.h}'
d = D(2020, 'first')
t = T(3, 4)
td = TD(5)
tz = TZ(2)
x = dt.datetime(2020, 1, 1, tzinfo=tz)
y = DT(2021, 'z')
fold = dt.datetime(2020, 1, 1, fold=1)
""",
        """
print(
    d,
    d.label,
    t,
    t.label,
    td,
    td.h,
    tz.tzname(None),
    x,
    x.tzinfo is tz,
    y,
    y.label,
    y.tzinfo,
    fold.fold,
)
""",
        """
d.label = 'second'
td.h = [6]
tz.h = 3
""",
    ),
    kind(
        "random",
        """
import random
class R(random.Random):
    calls = 0
    def __init__(self, name, seed):
        super().__init__(seed)
        self.name = name
    def __new__(cls, name, seed):
        return super().__new__(cls, seed)
    def random(self):
        R.calls += 1
        return super().random()
class R2(random.Random):
    def __init__(self, cfg):
        self.cfg = cfg
        super().__init__(cfg['seed'])
r = R('n', 5)
r.random()
r.gauss(0, 1)
r2 = R2({'seed': 3})
r2.random()
""",
        "print(r.random(), r.name, R.calls, r.gauss_next, r2.random(), r2.cfg)",
        """
r.name = 'm'
r.random()
r2.random()
r2.cfg['z'] = 1
""",
    ),
    kind(
        "path",
        """
import pathlib
class P(type(pathlib.Path())):
    def __init__(self, *a):
        self.note = (
            list(a)
            if __import__('sys').version_info < (3, 12)
            else (super().__init__(*a), list(a))[1]
        )
class PP(pathlib.PurePosixPath):
    log = []
    def __new__(cls, *a):
        PP.log.append(a)
        return super().__new__(cls, *a)
p = P('/tmp', 'x')
pp = PP('a', 'b')
q = pp / 'c'
""",
        "print(p, p.note, pp, PP.log, q, type(q))",
        "p.note.append(1)",
    ),
    kind(
        "exceptions",
        """
class E(Exception):
    def __init__(self, code, *, detail):
        super().__init__(f'{code}!')
        self.code = code
        self.detail = detail
class E2(Exception):
    def __str__(self):
        return 'E2:' + str(self.args)
class G(ExceptionGroup):
    def __new__(cls, msg, excs, tag):
        o = super().__new__(cls, msg, excs)
        o.tag = tag
        return o
    def derive(self, excs):
        return G(self.message, excs, self.tag)
class OS(OSError):
    def __init__(self, n, s):
        super().__init__(n, s, 'fn')
        self.extra = 1
class KE(KeyError):
    __slots__ = ('a',)
    def __init__(self, a):
        self.a = a
class UE(UnicodeDecodeError):
    pass
class SE(StopIteration):
    def __init__(self, v):
        super().__init__(v)
        self.w = 1
e = E(3, detail=[1])
e.add_note('hi')
e2 = E2(1, 2)
g = G('m', [e, e2], 'tag')
o = OS(2, 'nope')
k = KE(5)
ue = UE('utf8', b'x', 0, 1, 'r')
se = SE(4)
e.me = e
try:
    try:
        raise e2
    except E2 as c:
        raise E(4, detail=0) from c
except E as x:
    y = x
""",
        """
print(
    repr(e),
    e.code,
    e.detail,
    e.__notes__,
    repr(e2),
    e2,
    repr(g),
    g.tag,
    g.exceptions[0] is e,
    repr(o),
    o.errno,
    o.filename,
    o.extra,
    k.a,
    k.args,
    ue,
    se.value,
    se.w,
    e.me is e,
    repr(y.__cause__),
    y.code,
)
""",
        """
e.detail.append(2)
g.tag = 'u'
k.a = 6
""",
    ),
    kind(
        "namespace partial property",
        """
import types, functools
class NS(types.SimpleNamespace):
    def __init__(self, name):
        super().__init__(name=name, n=1)
class Pa(functools.partial):
    def __new__(cls, f, tag):
        o = super().__new__(cls, f, 1)
        o.tag = tag
        return o
class lazy(property):
    def __init__(self, f, tag=None):
        super().__init__(f, doc='d')
        self.tag = tag
class cached(functools.cached_property):
    def __init__(self, f):
        super().__init__(f)
        self.calls = 0
    def __get__(self, o, t=None):
        if o is None:
            return self
        self.calls += 1
        return super().__get__(o, t)
class sm(staticmethod):
    def __init__(self, f):
        super().__init__(f)
        self.note = 'n'
class cm(classmethod):
    def __init__(self, f):
        super().__init__(f)
        self.note = 'n'
class K:
    x = lazy(lambda self: 5, 'tag')
    @cached
    def y(self):
        return [1]
    @sm
    def s():
        return 's'
    @cm
    def c(cls):
        return cls.__name__
ns = NS('q')
pa = Pa(print, 't')
k = K()
k.y
""",
        """
print(
    ns,
    pa.tag,
    pa.args,
    pa.func,
    k.x,
    K.x.tag,
    K.x.__doc__,
    k.y,
    K.y.calls,
    K.s(),
    K.c(),
    vars(K)['s'].note,
    vars(K)['c'].note,
    vars(k),
)
""",
        """
ns.n += 1
pa.tag = 'u'
K.y.calls = 7
k.y.append(2)
""",
    ),
    kind(
        "private slots",
        """
class A:
    __slots__ = ('__v', 'w')
    def __init__(self, v):
        self.__v = v
        self.w = 1
    def v(self):
        return self.__v
class B(A):
    __slots__ = '__z'
    def __init__(self):
        super().__init__([1])
        self.__z = 2
    def z(self):
        return self.__z
class C:
    __slots__ = {'x': 'doc of x'}
class D(dict):
    __slots__ = ('name', '__dict__')
    def __init__(self, name):
        self.name = name
class W:
    __slots__ = ('a', '__weakref__')
V = [A(3), B(), C(), W()]
V[2].x = 5
d = D('n')
d['k'] = 1
V[3].a = V[1]
def tries(o):
    try:
        o.nope = 1
    except AttributeError as e:
        return str(e)
""",
        """
a, b, c, w = V
print(
    a.v(),
    a.w,
    b.v(),
    b.z(),
    c.x,
    d,
    d.name,
    w.a is b,
    A.__slots__,
    B.__slots__,
    C.__slots__,
    C.x.__doc__,
    tries(a),
    tries(b),
    tries(c),
    tries(w),
    hasattr(a, '__dict__'),
    hasattr(d, '__dict__'),
    d.__dict__,
)
del a, b, c, w
""",
        """
b = V[1]
b.v().append(1)
d.name = 'm'
V[2].x = 6
del b
""",
    ),
    kind(
        "slots mro",
        """
class Base:
    __slots__ = ('x', 'y')
class Sub(Base):
    __slots__ = ('x', 'z')
S = [Sub()]
S[0].x = 1
Base.x.__set__(S[0], 2)
S[0].z = 3
class Ro:
    __slots__ = ('_a',)
    def __init__(self, a):
        object.__setattr__(self, '_a', a)
    def __setattr__(self, k, v):
        raise AttributeError('frozen')
    def __delattr__(self, k):
        raise AttributeError('frozen')
    a = property(lambda s: s._a)
R = [Ro([1])]
import dataclasses
@dataclasses.dataclass(frozen=True, slots=True)
class DC:
    a: int
    b: list = dataclasses.field(default_factory=list)
dc = DC(1)
class IntSlot(list):
    __slots__ = ('n', '__p')
    def __init__(self):
        self.n = 1
        self.__p = 2
il = IntSlot()
il.append(3)
""",
        """
print(S[0].x, Base.x.__get__(S[0]), S[0].z, R[0].a, dc, il, il.n, il._IntSlot__p)
""",
        """
il.n = 4
dc.b.append(2)
R[0].a.append(1)
""",
    ),
    kind(
        "set cyc",
        """
class Node:
    def __init__(self, n, tags):
        self.n = n
        self.tags = tags
        self.links = Links(self)
    def __hash__(self):
        return hash((self.n, self.tags))
    def __eq__(self, o):
        return self.n == o.n
class Links(set):
    def __init__(self, owner):
        self.owner = owner
a = Node('a', ('x',))
b = Node('b', ('y', 'z'))
a.links.add(b)
b.links.add(a)
a.links.add(a)
m = {a: b}
class FK(dict):
    def __hash__(self):
        return hash(self.key)
    def __init__(self, k):
        self.key = k
        self['me'] = self
f = FK('q')
st = {f}
""",
        """
print(
    b in a.links,
    a in b.links,
    a in a.links,
    a.links.owner is a,
    m[a] is b,
    f in st,
    f['me'] is f,
)
""",
        "a.links.discard(a)",
    ),
    kind(
        "numpy pandas",
        """
import numpy as np, pandas as pd
class Arr(np.ndarray):
    def __new__(cls, data, unit):
        o = np.asarray(data).view(cls)
        o.unit = unit
        return o
    def __array_finalize__(self, o):
        self.unit = getattr(o, 'unit', None)
class Fr(pd.DataFrame):
    _metadata = ['tag']
    @property
    def _constructor(self):
        return Fr
class Se(pd.Series):
    _metadata = ['_name', 'tag']
    @property
    def _constructor(self):
        return Se
a = Arr([1, 2], 'm')
f = Fr({'x': [1]})
f.tag = 't'
s = Se([1])
s.tag = 'u'
""",
        "print(repr(a), a.unit, f, f.tag, type(f), s.tag, f.head(1).tag)",
        """
a.unit = 'km'
f.tag = 'q'
a[0] = 9
""",
    ),
    kind(
        "io etc",
        """
import io, array, uuid, ipaddress, collections, itertools
class SIO(io.StringIO):
    def __init__(self, tag):
        super().__init__()
        self.tag = tag
class BIO(io.BytesIO):
    def __init__(self, tag):
        super().__init__()
        self.tag = tag
class Ar(array.array):
    def __new__(cls, items):
        o = super().__new__(cls, 'i', items)
        o.tag = 1
        return o
class UD(collections.UserDict):
    def __setitem__(self, k, v):
        super().__setitem__(k.upper(), v)
class UL(collections.UserList):
    def __init__(self, n):
        super().__init__([n])
        self.n = n
class IP(ipaddress.IPv4Address):
    def __init__(self, a, tag='x'):
        super().__init__(a)
        self.tag = tag
class UU(uuid.UUID):
    def __init__(self, tag):
        super().__init__(int=5)
        object.__setattr__(self, 'tag', tag)
class Ct(itertools.count):
    pass
class CM(collections.ChainMap):
    def __init__(self, a):
        super().__init__(a, {})
        self.q = 1
sio = SIO('t')
sio.write('hey')
bio = BIO('u')
bio.write(b'abc')
ar = Ar([1, 2])
ud = UD(a=1)
ul = UL(3)
ip = IP('1.2.3.4', 'z')
cm = CM({'a': 1})
""",
        """
print(
    sio.getvalue(),
    sio.tag,
    sio.tell(),
    bio.getvalue(),
    bio.tag,
    ar,
    ar.tag,
    ud,
    ul,
    ul.n,
    ip,
    ip.tag,
    cm,
    cm.q,
)
""",
        """
sio.write('x')
ar.append(3)
ar.tag = 2
ul.append(4)
ip.tag = 'q'
""",
    ),
    kind(
        "module subclass",
        """
import types
class M(types.ModuleType):
    def __init__(self, name, n):
        super().__init__(name)
        self.n = n
    def double(self):
        return self.n * 2
m = M('mymod', 4)
""",
        "print(m.double(), m.__name__, type(m).__name__)",
        "m.n = 5",
    ),
    kind(
        "counting new",
        """
class Single:
    _only = None
    made = 0
    def __new__(cls, *a):
        if cls._only is None:
            cls._only = super().__new__(cls)
            cls.made += 1
        return cls._only
    def __init__(self, v=0):
        self.v = v
s = Single(3)
class CountedInt(int):
    made = []
    def __new__(cls, v):
        cls.made.append(v)
        return super().__new__(cls, v)
ci = [CountedInt(1), CountedInt(2)]
class Cached(str):
    cache = {}
    def __new__(cls, v):
        if v not in cls.cache:
            cls.cache[v] = super().__new__(cls, v)
        return cls.cache[v]
x = Cached('a')
y = Cached('a')
class Obj:
    n = 0
    def __new__(cls, *a):
        Obj.n += 1
        return super().__new__(cls)
    def __init__(self, a=1):
        self.a = a
o = Obj(2)
""",
        """
print(
    s.v,
    Single.made,
    Single._only is s,
    ci,
    CountedInt.made,
    x is y,
    Cached.cache['a'] is x,
    Obj.n,
    o.a,
)
""",
        """
s.v = 4
z = Cached('b')
""",
    ),
    kind(
        "state of a number that its type never asks for",
        """
import decimal, collections
class Price(decimal.Decimal):
    def __new__(cls, n):
        self = super().__new__(cls, '1.5')
        self.n = n
        return self
    def __getstate__(self):
        return {'n': 0}
    def __setstate__(self, state):
        self.n = state['n']
class Rows(collections.defaultdict):
    def __init__(self, n):
        super().__init__(list)
        self.n = n
    def __getstate__(self):
        return {'n': 0}
x, rows = Price(5), Rows(6)
""",
        "print(x, x.n, rows, rows.n, rows.default_factory)",
        "x.n += 1\nrows['a'].append(1)",
    ),
]
