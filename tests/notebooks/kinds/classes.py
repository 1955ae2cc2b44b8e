"""Classes: what they have, and what makes them; arrays with a mask."""

from __future__ import annotations

from . import Kind, kind

KINDS: list[Kind] = [
    kind(
        "attribute as in the base",
        """
class A: ver = 1
class B(A): ver = 1
class C(A): pass
b = B()
""",
        "print(B.ver, C.ver, 'ver' in vars(B), 'ver' in vars(C))",
        "A.ver = 2",
    ),
    kind(
        "hooks of a metaclass",
        """
log = []
class Meta(type):
    def __new__(m, n, b, ns, **k):
        log.append(('new', n))
        return super().__new__(m, n, b, ns)
    def __init__(c, n, b, ns, **k):
        log.append(('init', n))
        super().__init__(n, b, ns)
    def __setattr__(c, k, v):
        log.append(('set', k))
        super().__setattr__(k, v)
    def __call__(c, *a):
        log.append('call')
        return super().__call__(*a)
    @property
    def size(c):
        return len(vars(c))
    tag = property(lambda c: c._tag, lambda c, v: log.append(('tag', v)))
class Desc:
    def __set_name__(self, o, n):
        log.append(('named', n))
        self.name = n
    def __get__(self, o, t=None):
        return self if o is None else o.__dict__.get(self.name)
    def __set__(self, o, v):
        log.append(('dset', v))
        o.__dict__[self.name] = v
class K(metaclass=Meta, opt=1):
    z = 1
    a = 2
    m = Desc()
    b = 3
    _tag = 5
    def __init_subclass__(cls, **k):
        log.append(('sub', cls.__name__))
class L(K):
    x = 2
k = K()
k.m = 4
""",
        """
print(
    [n for n in vars(K) if not n.startswith('__')],
    K.size > 3,
    log,
    k.m,
    K.tag,
    type(K) is Meta,
    K.m.name,
)
""",
        """
K.new = 1
k.m = 5
""",
    ),
    kind(
        "generic models",
        """
from typing import Generic, TypeVar
import pydantic
T = TypeVar('T')
class Box(pydantic.BaseModel, Generic[T]):
    item: T
    @pydantic.model_validator(mode='after')
    def chk(self):
        return self
class Two(Box[int]):
    extra: str = 'x'
b = Box[int](item=3)
t = Two(item=4)
p = Box(item='q')
""",
        """
print(
    b,
    isinstance(b, Box[int]),
    type(b) is Box[int],
    isinstance(t, Box[int]),
    t,
    p,
    isinstance(p, Box),
    Box[int](item='5'),
)
""",
        "b.item = 7",
        libraries="pydantic",
    ),
    kind(
        "generic classes",
        """
from typing import (
    Generic,
    TypeVar,
    NamedTuple,
    TypedDict,
    Protocol,
    runtime_checkable,
    Annotated,
    ClassVar,
)
import dataclasses, abc
T = TypeVar('T')
U = TypeVar('U', bound=int)
@dataclasses.dataclass
class Box(Generic[T]):
    item: T
    count: ClassVar[int] = 0
class Pair(NamedTuple, Generic[T]):
    a: T
    b: int = 2
class TD(TypedDict, total=False):
    x: int
@runtime_checkable
class P(Protocol):
    def go(self) -> int: ...
class G:
    def go(self):
        return 1
class Ab(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
@Ab.register
class V:
    pass
b = Box[int](3)
p = Pair[int](1)
td: TD = {'x': 1}
alias = Box[int]
def tries():
    try:
        Ab()
    except TypeError as e:
        return 'abstract'
""",
        """
print(
    b,
    p,
    td,
    TD.__annotations__,
    TD.__total__,
    isinstance(G(), P),
    tries(),
    isinstance(V(), Ab),
    Box[int] == alias,
    Box.__parameters__,
    p._fields,
    Pair.__orig_bases__,
    b == Box(3),
)
""",
        """
b.item = 4
Box.count = 3
""",
    ),
    kind(
        "attrs classes",
        """
import attrs, functools
@attrs.define
class A:
    x: int
    y: list = attrs.field(factory=list)
    @functools.cached_property
    def big(self):
        return [self.x] * 2
@attrs.frozen
class F:
    x: int
    def __attrs_post_init__(self):
        object.__setattr__(self, 'x', self.x + 1)
@attrs.define
class N(A):
    z: int = 3
a = A(3)
a.big.append(1)
f = F(1)
n = N(1)
u = A(4)
""",
        "print(a, a.big, f, n, n.big, u, u.big, A.big if False else None)",
        """
a.x = 9
a.big.append(5)
""",
        libraries="attrs",
    ),
    kind(
        "dataclasses with slots",
        """
import dataclasses, functools
@dataclasses.dataclass(slots=True)
class S:
    x: int
    y: list = dataclasses.field(default_factory=list, metadata={'a': 1})
    def __post_init__(self):
        self.y.append('post')
@dataclasses.dataclass(frozen=True, order=True, kw_only=True)
class K:
    a: int
    c: dataclasses.InitVar[int] = 0
    def __post_init__(self, c):
        object.__setattr__(self, 'd', c)
def reg(cls):
    cls.registered = True
    seen.append(cls)
    return cls
seen = []
@reg
class D:
    def __init__(self):
        self.v = 1
@functools.total_ordering
class TO:
    def __init__(self, v):
        self.v = v
    def __lt__(self, o):
        return self.v < o.v
    def __eq__(self, o):
        return self.v == o.v
s = S(1)
k = K(a=1, c=5)
to = TO(3)
""",
        """
print(
    s,
    k,
    k.d,
    D.registered,
    seen[0] is D,
    to >= TO(2),
    dataclasses.fields(S)[1].metadata,
    hash(k) == hash(K(a=1)),
    dataclasses.replace(s, x=2).y,
)
""",
        "s.y.append(2)",
    ),
    kind(
        "masked arrays",
        """
import numpy as np
h = np.ma.array([1, 2, 3], mask=[0, 1, 0]).harden_mask()
base = np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0])
view = base[1:]
f = np.ma.array([1, 2], fill_value=-9)
nm = np.ma.array([1, 2])
st = np.ma.array([(1, 2.0)], dtype=[('a', int), ('b', float)], mask=[(0, 1)])
lab = np.ma.array([1, 2])
lab.note = 'n'
""",
        """
print(
    h,
    h.hardmask,
    base,
    view,
    base.sharedmask,
    view.sharedmask,
    f.fill_value,
    nm.mask is np.ma.nomask,
    st,
    lab.note,
    base.hardmask,
)
""",
        """
h[1] = 9
view[1] = np.ma.masked
base[1] = 7.0
f[0] = 3
""",
    ),
    kind(
        "what is computed of a masked array",
        """
import numpy as np
read = np.ma.array([1, 2], mask=[0, 1])
shown = np.ma.array([1, 2], mask=[0, 1])
---
total = int(read.sum())
---
shown
""",
        "print((read + 0.5).filled(), (shown + 0.5).filled(), total)",
        "read[0] = 5",
    ),
    kind(
        "what classes hold",
        """
class Reg(type):
    items = {}
    def __init__(c, n, b, ns):
        super().__init__(n, b, ns)
        Reg.items[n] = c
class A(metaclass=Reg):
    pass
class B(A):
    cache = {}
    __hash__ = None
    __match_args__ = ('x',)
    def __eq__(self, o):
        return True
class Outer:
    class Inner:
        class Deep:
            v = 1
    x = Inner()
    deep = Inner.Deep()
def make(n):
    class Local:
        size = n
        def get(self):
            return n, __class__
    return Local
L1, L2 = make(1), make(2)
l = L1()
class Callable_:
    def __call__(self):
        return 5
    def __class_getitem__(cls, i):
        return (cls.__name__, i)
class Sing:
    inst = None
Sing.inst = Sing()
class Dyn:
    pass
Dyn.f = lambda self: self.g
Dyn.g = property(lambda self: 7)
T3 = type('T3', (A,), {'q': 1, '__doc__': 'doc'})
class Str:
    "has doc"
    __slots__ = 'one'
class Gt:
    def __getattr__(self, n):
        if n.startswith('__'):
            raise AttributeError(n)
        return n
g = Gt()
g.real = 1
""",
        """
print(
    sorted(Reg.items),
    Reg.items['B'] is B,
    B.__hash__,
    type(Outer.x).__qualname__,
    type(Outer.deep) is Outer.Inner.Deep,
    l.get()[0],
    l.get()[1] is L1,
    L1.__name__,
    L2().get()[0],
    Callable_[3],
    Callable_()(),
    Sing.inst.__class__ is Sing,
    Dyn().f(),
    T3.q,
    T3.__doc__,
    Str.__doc__,
    g.anything,
    g.real,
)
""",
        """
B.cache['a'] = 1
L1.size = 9
del Dyn.g
Dyn.g = 3
""",
    ),
    kind(
        "class renamed, and a member of itself",
        """
class A:
    ver = 1
a = A()
""",
        "print(A.__name__, A.__qualname__, type(a) is A, vars(A).get('me') is A, a)",
        """
A.__name__ = A.__qualname__ = 'Other'
A.me = A
""",
    ),
    kind(
        "class of a module that is not there",
        """
LOG = []
class A(frozenset):
    __module__ = 'elsewhere'
    def __new__(cls, n):
        self = super().__new__(cls, {1, 2})
        self.n = n
        return self
    def __setattr__(self, name, value):
        LOG.append(name)
        super().__setattr__(name, value)
class B(A):
    pass
class C:
    __module__ = 'elsewhere'
x, c = B(5), C()
c.rows = []
""",
        "print(x, x.n, LOG, A.__module__, type(x) is B, vars(c), getattr(C, 'late', 0))",
        """
x.n += 1
c.rows.append(x)
C.late = 3
""",
    ),
    kind(
        "metaclass with a property for a name of the class",
        """
class Meta(type):
    @property
    def __module__(cls):
        return 'a property'
class A(metaclass=Meta):
    ver = 1
a = A()
""",
        "print(A.__module__, A.ver, type(a) is A)",
        "A.ver = 2",
    ),
    kind(
        "state set by a class whose instance it holds",
        """
class A(list):
    def __init__(self, n=1):
        self.n = n
class B(A):
    def __getstate__(self):
        return dict(vars(self))
    def __setstate__(self, state):
        put(self, state)
def put(thing, state):
    vars(thing).update(state)
x = B(5)
A.default = x
""",
        "print(vars(x), A.default is x)",
        "x.n = 12",
    ),
    kind(
        "what a nameless base holds",
        """
import collections
class A(collections.namedtuple('A', 'n kids', defaults=([],))):
    __slots__ = ()
def base():
    class Base:
        rows = []
    return Base
class B(base()):
    pass
---
x = A(4)
rows = B.rows
""",
        "print(x, x.kids is A._field_defaults['kids'], rows is B.rows, B.rows, B.__bases__[0].n)"
        " if hasattr(B, 'n') else print(x, rows, x.kids is A._field_defaults['kids'])",
        """
x.kids.append(1)
B.rows.append(2)
---
B.__bases__[0].n = 3
""",
    ),
    kind(
        "class that is made by a function of its instances' pickle",
        """
LOG = []
class A:
    def __init__(self, n=1):
        self.n = n
def rebuild(kind, n):
    return kind(n)
class B(A):
    def __reduce__(self):
        return rebuild, (type(self), self.n), dict(vars(self))
    def __setattr__(self, name, value):
        LOG.append(name)
        super().__setattr__(name, value)
x = B(5)
""",
        "print(x.n, LOG)",
        "x.n = 6",
    ),
    kind(
        "errors whose args were set later",
        """
one = OSError(2, "gone")
one.args = ("bang",)
two = OSError(2, "gone", "file")
class Own(OSError):
    pass
three = Own(3, "gone", "file")
three.args = (1, 2)
stop, leave = StopIteration(3), SystemExit(3)
stop.args = leave.args = (4,)
""",
        """
print(*[(e.args, e.errno, e.strerror, e.filename, str(e)) for e in (one, two, three)])
print(stop.value, stop.args, leave.code, leave.args)
""",
        "two.args = (2, 'gone')\nthree.errno = 5\nstop.value = 6",
    ),
    kind(
        "class of a step on one that a function makes",
        """
def made():
    count = 0
    class A(int):
        def __getattr__(self, name):
            return self.__dict__['_' + name]
    def bump():
        nonlocal count
        count += 1
        return count
    A.bump = staticmethod(bump)
    return A
A = made()
x = A(7)
x.kids = []
---
class Late(A):
    def who(self):
        return ['late']
late = Late(7)
late.later = x
""",
        "print(A.bump(), late.who(), late.later.kids)",
        "x.kids.append(A.bump())",
    ),
]
