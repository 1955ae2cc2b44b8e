"""Enumerations: what their members hold beside a value."""

from __future__ import annotations

from . import Kind, kind

KINDS: list[Kind] = [
    kind(
        "enum with init",
        """
import enum
class Planet(enum.Enum):
    MERCURY = (3.303e+23, 2.4397e6)
    EARTH = (5.976e+24, 6.37814e6)
    def __init__(self, mass, radius):
        self.mass = mass
        self.radius = radius
    @property
    def g(self): return self.mass / self.radius**2
p = Planet.EARTH
""",
        """
print(
    Planet.EARTH.mass,
    Planet.EARTH.g,
    p is Planet.EARTH,
    [*Planet],
    Planet((3.303e23, 2.4397e6)),
    vars(p),
)
""",
        """
Planet.EARTH.moon = 'Luna'
Planet.EARTH.mass = 1
""",
    ),
    kind(
        "enum with new",
        """
from enum import Enum
class Coord(bytes, Enum):
    def __new__(cls, value, label, unit):
        obj = bytes.__new__(cls, [value])
        obj._value_ = value
        obj.label = label
        obj.unit = unit
        return obj
    PX = (0, 'P.X', 'km')
    PY = (1, 'P.Y', 'km')
""",
        """
print(Coord.PX, Coord.PX.label, Coord.PX.value, Coord(1), bytes(Coord.PY), vars(Coord.PY))
""",
        "Coord.PX.unit = 'm'",
    ),
    kind(
        "enum that numbers itself",
        """
from enum import Enum
class AutoNumber(Enum):
    def __new__(cls, *args):
        value = len(cls.__members__) + 1
        obj = object.__new__(cls)
        obj._value_ = value
        return obj
    def __init__(self, pantone='unknown'):
        self.pantone = pantone
class Swatch(AutoNumber):
    AUBURN = '3497'
    SEA = '1246'
    X = ()
""",
        "print([*Swatch], Swatch.X.pantone, Swatch.AUBURN.pantone, Swatch(2))",
        "Swatch.X.pantone='y'",
    ),
    kind(
        "flag with attributes",
        """
import enum
class Perm(enum.Flag):
    R = 4
    W = 2
    X = 1
    RW = 6
    def __init__(self, *a):
        self.note = f'n{a}'
Perm.R.extra = [1]
m = Perm.R | Perm.X
""",
        """
print(
    [*Perm],
    Perm.RW,
    Perm.R.note,
    Perm.R.extra,
    m,
    m is (Perm.R | Perm.X),
    Perm.__members__,
    ~Perm.R,
    m.note if hasattr(m, 'note') else None,
    m in Perm,
)
""",
        """
Perm.R.extra.append(2)
m.tag = 1
""",
    ),
    kind(
        "int flags and boundaries",
        """
import enum
class P(enum.IntFlag):
    A = enum.auto()
    B = enum.auto()
    ALL = A | B
u = P(8)
v = P.A | 16
class K(enum.Flag, boundary=enum.KEEP):
    A = 1
    B = 4
k = K(7)
class C(enum.Flag, boundary=enum.CONFORM):
    A = 1
    B = 4
class E(enum.IntFlag, boundary=enum.EJECT):
    A = 1
""",
        """
print(u, v, P.ALL, [*P.ALL], k, C(7), E(4), type(E(4)), P(3) is P.ALL, K._boundary_, P.A | P.B)
""",
        "P.A.z = 1",
    ),
    kind(
        "enum with aliases",
        """
import enum
class S(enum.Enum):
    SQ = 2
    DIA = 1
    ALIAS = 2
s = [S.ALIAS, S.DIA]
@enum.unique
class U(enum.Enum):
    A = 1
""",
        "print(S.__members__, S.ALIAS is S.SQ, s, [*S], U.A)",
        "S.SQ.q = 5",
    ),
    kind(
        "enum of frozen dataclasses",
        """
import enum, dataclasses
@dataclasses.dataclass(frozen=True)
class Creature:
    size: str
    legs: int
    tail: bool = True
class Beast(Creature, enum.Enum):
    BEETLE = 'small', 6
    DOG = 'medium', 4, False
b = Beast.DOG
""",
        """
print(
    b,
    b.size,
    b.legs,
    b.tail,
    Beast.BEETLE.value,
    b is Beast('medium', 4, False) if False else b is Beast.DOG,
    [*Beast],
    vars(b),
)
""",
    ),
    kind(
        "enum of dataclasses",
        """
import enum, dataclasses
@dataclasses.dataclass
class Creature:
    size: str
    legs: int
class Beast(Creature, enum.Enum):
    BEETLE = 'small', 6
    DOG = 'medium', 4
b = Beast.DOG
""",
        "print(repr(b), b.size, b.legs, Beast.BEETLE.value, [*Beast], vars(b))",
        "b.legs = 3",
    ),
    kind(
        "enum of functions",
        """
import enum, functools
def add(a, b): return a + b
class Op(enum.Enum):
    ADD = functools.partial(add)
    MUL = functools.partial(lambda a, b: a * b)
    SUB = enum.member(lambda a, b: a - b)
    def __call__(self, *a): return self.value(*a)
    @enum.nonmember
    def helper(): return 1
    @enum.member
    def DIV(a, b): return a / b
    X = enum.nonmember(3)
o = Op.SUB
""",
        """
print(
    [m.name for m in Op],
    Op.ADD(1, 2),
    Op.SUB(3, 1),
    o(5, 2),
    Op.DIV(4, 2),
    Op.X,
    Op.helper(),
    o is Op.SUB,
)
""",
    ),
    kind(
        "enum with hooks",
        """
import enum
class Color(str, enum.Enum):
    RED = 'red'
    BLUE = 'blue'
    @classmethod
    def _missing_(cls, value):
        for m in cls:
            if m.value == value.lower(): return m
        return None
class Auto(enum.StrEnum):
    @staticmethod
    def _generate_next_value_(name, start, count, last): return name.upper() + str(count)
    one = enum.auto()
    two = enum.auto()
class Other(enum.Enum):
    def _generate_next_value_(name, start, count, last): return name * 2
    a = enum.auto()
""",
        """
print(
    Color('RED'),
    Color.RED == 'red',
    Auto.one,
    Auto.two,
    Auto('TWO1'),
    Other.a,
    Auto._generate_next_value_('x', 1, 4, []),
    Other._generate_next_value_('x', 1, 1, []),
    Color.BLUE.upper(),
)
""",
        "Color.RED.n = 1",
    ),
    kind(
        "enum that makes members",
        """
import enum
class Status(enum.IntEnum):
    OK = 200
    @classmethod
    def _missing_(cls, value):
        obj = int.__new__(cls, value)
        obj._name_ = f'S{value}'
        obj._value_ = value
        cls._value2member_map_[value] = obj
        return obj
x = Status(404)
y = Status(404)
""",
        "print(x, x is y, Status(404) is x, [*Status], x.name, x == 404)",
        """
z = Status(500)
x.note=2
""",
    ),
    kind(
        "enum in a class",
        """
import enum
class Car:
    class Kind(enum.Enum):
        A = 1
        B = 2
        def __init__(self, v): self.w = v * 2
    def __init__(self): self.kind = Car.Kind.B
c = Car()
def f():
    class E(enum.Enum):
        X = 1
        def __init__(self, v): self.w = [v]
    return E
L = f()
l = L.X
""",
        """
print(
    c.kind,
    c.kind is Car.Kind.B,
    c.kind.w,
    repr(L),
    l,
    l is L.X,
    l.w,
    Car.Kind.__qualname__,
    L.__qualname__,
)
""",
        """
l.w.append(3)
c.kind.w = 0
""",
    ),
    kind(
        "enum with attributes of its class",
        """
import enum
class T(enum.Enum):
    _ignore_ = ['i']
    A = 1
    B = 2
    __order__ = 'A B'
    def __str__(self): return f'T:{self.name}'
    def __format__(self, s): return 'F'
    @classmethod
    def default(cls): return cls.A
    @enum.property
    def name(self): return 'n' + self._name_
    @property
    def twice(self): return self.value * 2
T.count = 3
T.registry = {T.A: 'a'}
class P(enum.Enum):
    __private = 3
    A = 1
class Doc(enum.Enum):
    'doc'
    A = 1
    a: int
""",
        """
print(
    T.A,
    f'{T.B}',
    T.default(),
    T.count,
    T.registry[T.A],
    T.A.name,
    T.B.twice,
    P._P__private,
    [*P],
    Doc.__doc__,
    Doc.__annotations__,
    T.A._sort_order_,
)
""",
        """
T.count += 1
T.registry[T.B] = 2
""",
    ),
    kind(
        "enum of lists",
        """
import enum
class E(enum.Enum):
    A = [1, 2]
    B = {'x': 1}
    C = [1, 2]
e = E.A
""",
        "print([*E], e is E.A, E.C is E.A, E.__members__)",
        "E.A.value.append(3)",
    ),
    kind(
        "enum of dates and decimals",
        """
import enum, decimal, datetime
class D(decimal.Decimal, enum.Enum):
    A = '1.5'
    B = '2'
class Day(datetime.date, enum.Enum):
    X = 2020, 1, 2
class F(float, enum.Enum):
    PI = 3.14
class Tu(tuple, enum.Enum):
    A = (1, 2)
class Period(datetime.timedelta, enum.Enum):
    _ignore_ = 'Period i'
    Period = vars()
    for i in range(3):
        Period['day_%d' % i] = i
d = D.A
""",
        """
print(
    repr(D.A),
    D.A + 1,
    Day.X,
    repr(Day.X),
    Day.X.value,
    F.PI * 2,
    Tu.A,
    Tu.A.value,
    list(Period),
    d is D.A,
    list(D),
)
""",
    ),
    kind(
        "enum with a metaclass",
        """
import enum
class M(enum.EnumMeta):
    def __getitem__(cls, name):
        return super().__getitem__(name.upper())
    def __call__(cls, *a, **k):
        return super().__call__(*a, **k)
    def __contains__(cls, x):
        return x in cls._value2member_map_
log = []
class B(enum.Enum, metaclass=M):
    def __init_subclass__(cls, **k):
        log.append(cls.__name__)
        cls.tag = k.get('tag')
class E(B):
    A = 1
    def __init__(self, v):
        log.append(v)
        self.k = v
class ABCE(enum.Enum):
    X = 1
""",
        "print(E['a'], E(1), 1 in E, log, E.tag if hasattr(E,'tag') else None, E.A.k)",
    ),
    kind(
        "enum by a call",
        """
import enum
A = enum.Enum('A', 'X Y Z')
B = enum.IntEnum('B', {'P': 1, 'Q': 5})
a = A.Y
a.note = 'hey'
Named = enum.Enum('Renamed', 'K')
""",
        "print([*A], a, a.note, [*B], [*Named], a is A.Y)",
        "A.X.note = 1",
    ),
    kind(
        "enum whose members hold it",
        """
import enum
class E(enum.Enum):
    A = 1
    B = 2
E.A.self = E.A
E.B.other = E.A
E.A.cls = E
class Tree(enum.Enum):
    ROOT = None
    L = 1
    def __init__(self, v):
        self.children = []
Tree.ROOT.children += [Tree.L]
Tree.L.parent = Tree.ROOT
""",
        """
print(E.A.self is E.A, E.B.other is E.A, E.A.cls is E, Tree.ROOT.children, Tree.L.parent)
""",
        "Tree.L.children.append(Tree.ROOT)",
    ),
    kind(
        "enum changed twice",
        """
import enum
class E(enum.Enum):
    A = 1
""",
        "print([*E], getattr(E.A, 'seen', None))",
        """
E.A.seen = 1
---
E.A.seen += 1
---
E.A.seen += 1
""",
    ),
    kind(
        "enum with a cached property",
        """
import enum, functools
class E(enum.Enum):
    A = 1
    B = 2
    @functools.cached_property
    def big(self): return [self.value]
E.A.big
e = {E.A: 1, E.B: 2}
""",
        "print(E.A.big, 'big' in vars(E.A), e[E.A], E.B in e)",
        """
E.A.big.append(1)
E.B.big
""",
    ),
    kind(
        "enum with nested classes",
        """
import enum
class E(enum.Flag):
    A = 1
    B = 2
    @classmethod
    def all(cls): return cls.A | cls.B
    def __repr__(self): return f'<{self._name_}>'
    @property
    def xx(self): return 3
import dataclasses
class Data(enum.Enum):
    @dataclasses.dataclass
    class In:
        x: int
    A = 1
class WithVerify(enum.Enum):
    A=1
    B=2
WithVerify = enum.verify(enum.CONTINUOUS)(WithVerify)
""",
        "print(E.all(), repr(E.A), E.A.xx, Data.In, [*Data], WithVerify.A)",
    ),
    kind(
        "enum with mixins",
        """
import enum
class Mix:
    tag = []
    def describe(self):
        return self.name.lower(), self.extra
    def __init__(self, *a):
        self.extra = len(a)
class E(Mix, enum.Enum):
    A = 1, 2
    B = 3
class Str(str):
    def __new__(cls, v, *more):
        o = str.__new__(cls, v)
        o.more = more
        return o
class SE(Str, enum.Enum):
    A = 'a', 1, 2
    B = 'b'
x = SE.A
""",
        """
print(
    E.A.describe(),
    E.B.describe(),
    E.B.tag,
    SE.A,
    SE.A.more,
    SE.B.value,
    SE.A.value,
    x is SE.A,
    SE.A == 'a',
    vars(SE.A),
)
""",
        """
E.A.extra = 9
E.A.tag.append(1)
""",
    ),
    kind(
        "enum with aliases of numbers",
        """
import enum
class Own(float, enum.Enum):
    X = 1
    Y = 2
    ALIAS = X
    def __eq__(self, other):
        return self is other
    def __hash__(self):
        return hash(self._name_)
class Large(int, enum.Enum):
    X = 1000
    ALIAS = 1000
class Lost(enum.Enum):
    NAN = float('nan')
    SAME = NAN
x = Own.X
""",
        """
print(Own.ALIAS is x, Large.ALIAS is Large.X, Lost.SAME is Lost.NAN, Lost(Lost.NAN.value))
print([*Own], [*Own.__members__], vars(x))
""",
        "Own.X.late = 3",
    ),
    kind(
        "inverse of a flag",
        """
import enum
class Way(enum.Flag):
    IN = 1
    OUT = 2
    BOTH = 3
one = Way.IN
inverse = ~Way.IN
""",
        "print(one, inverse, ~one is inverse, ~Way.BOTH, vars(one))",
    ),
    kind(
        "flag of several, with a name",
        """
import enum
class Way(enum.IntFlag):
    def __init__(self, *value):
        self.seen = list(value)
    IN = 1
    OUT = 2
    BOTH = IN | OUT
both = Way.IN | Way.OUT
""",
        "print([vars(each)['seen'] for each in (Way.IN, Way.OUT, Way.BOTH)], both is Way.BOTH)",
        "Way.BOTH.seen.append(4)\nWay.IN.late = 1",
    ),
]
