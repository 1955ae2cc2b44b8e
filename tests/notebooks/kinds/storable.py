"""Values that pickle alone refuses although they can be stored, or writes so that none loads."""

# ruff: noqa: E501 (the lines of cells)

from __future__ import annotations

from . import Kind, kind

KINDS: list[Kind] = [
    kind(
        "paramspec",
        """
from typing import ParamSpec, TypeVarTuple, TypeVar, Generic, Unpack, Callable
P = ParamSpec("P")
Ts = TypeVarTuple("Ts")
T = TypeVar("T")
class Box(Generic[T]):
    def __init__(self, item): self.item = item
class Row(Generic[Unpack[Ts]]):
    pass
def logged(function: Callable[P, T]) -> Callable[P, T]:
    def inner(*args: P.args, **kwargs: P.kwargs) -> T:
        return function(*args, **kwargs)
    return inner
alias = Callable[P, T]
""",
        """
print(P.__name__, Ts.__name__, alias, logged(len)('abc'), Box[int].__args__, Row.__parameters__ == (Ts,), logged.__annotations__['function'] == alias)
print(P.args, P.kwargs, alias.__parameters__ == (P, T))
""",
        "more = Callable[P, int]",
    ),
    kind(
        "msgspec struct",
        """
import msgspec
class User(msgspec.Struct):
    name: str
    age: int = 0
    tags: list[str] = []
class Frozen(msgspec.Struct, frozen=True, tag=True, order=True):
    x: int
    y: int = 3
user = User('a', 3)
point = Frozen(1)
""",
        """
print(user, point, msgspec.json.encode(user), msgspec.json.decode(b'{"name":"b"}', type=User), User('z'))
print(msgspec.json.encode(point), Frozen(1) == point, isinstance(user, User), hash(point) == hash(Frozen(1)), Frozen(0) < point)
""",
        "user.age += 1; user.tags.append('x')",
        libraries="msgspec",
    ),
    kind(
        "mp",
        """
from mpmath import mp
mp.dps = 40
third = mp.mpf(1)/3
""",
        "print(third, mp.dps, third * 3, mp.sqrt(2), type(third) is mp.mpf, mp.matrix([[1,2],[3,4]]) ** -1)",
        "third += 1",
        libraries="mpmath",
    ),
    kind(
        "mp matrix",
        """
import mpmath
from mpmath import mp, mpf, mpc, matrix, iv
a = mpf('0.1'); z = mpc(1, 2); m = matrix([[1, 2], [3, 4]]); i = iv.mpf([1, 2])
""",
        "print(a, z, m, i, m * m, a + z, type(a) is mpf, i + 1)",
        "m[0, 0] = 7",
        libraries="mpmath",
    ),
    kind(
        "jinja2",
        """
import jinja2
t = jinja2.Template('Hello {{ name }}{% for x in xs %} {{ x }}{% endfor %}')
env = jinja2.Environment(trim_blocks=True)
env.filters['twice'] = lambda s: s * 2
u = env.from_string("{{ a|twice }}")
""",
        "print(t.render(name='A', xs=[1, 2]), u.render(a='b'), t.environment.trim_blocks, u.environment is env)",
        "env.globals['g'] = 1",
        libraries="jinja2",
    ),
    kind(
        "pycountry",
        """
import pycountry
de = pycountry.countries.get(alpha_2='DE')
euro = pycountry.currencies.get(alpha_3='EUR')
""",
        "print(de.name, de.alpha_3, euro.name, dict(de) == dict(pycountry.countries.get(alpha_3='DEU')), type(de) is type(pycountry.countries.get(alpha_2='FR')))",
        libraries="pycountry",
    ),
    kind(
        "sqlalchemy classes of the step",
        """
from sqlalchemy import create_engine, ForeignKey, select, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, Session
class Base(DeclarativeBase):
    pass
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    posts: Mapped[list["Post"]] = relationship(back_populates="user")
    def __repr__(self):
        return f"User({self.id}, {self.name})"
class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship(back_populates="posts")
u = User(id=1, name="a", posts=[Post(id=1, text="x"), Post(id=2, text="y")])
""",
        "",
        left_out="Base User Post u",
        libraries="sqlalchemy",
    ),
    kind(
        "partial of singledispatch",
        """
from functools import singledispatch, partial
@singledispatch
def show(x, end): return 'any' + end
@show.register
def _(x: int, end): return 'int' + end
p = partial(show, end='!')
q = show
""",
        "print(p(1), p('a'), q is show, p.func is show, show(2, '?'))",
        """
@show.register
def _(x: str, end): return 'str' + end
""",
    ),
    kind(
        "linked list",
        """
class Node:
    def __init__(self, value, next=None):
        self.value, self.next = value, next
head = None
for i in range(400):
    head = Node(i, head)
""",
        """
n, s = head, 0
while n: s += n.value; n = n.next
print(s, isinstance(head.next.next, Node))
""",
        "head.next.next.value = 1000",
    ),
    kind(
        "linked list 5000",
        """
class Node:
    def __init__(self, value, next=None):
        self.value, self.next = value, next
head = None
for i in range(5000):
    head = Node(i, head)
""",
        """
n, s = head, 0
while n: s += n.value; n = n.next
print(s, isinstance(head.next.next, Node))
""",
        "head.next.next.value = 1000",
    ),
    kind(
        "dicts deep",
        """
d = {}
deep = d
for i in range(5000):
    d['a'] = {}
    d = d['a']
del d, i
""",
        """
x, k = deep, 0
while x: x = x.get('a'); k += 1
print(k)
""",
        "deep['a']['b'] = 5",
    ),
    kind(
        "sets deep lists",
        """
inner = {1}
deep = inner
for i in range(3000):
    deep = [deep]
tail = deep
""",
        """
x, k = deep, 0
while type(x) is list: x = x[0]; k += 1
print(k, x, x is inner, tail is deep)
""",
        "inner.add(2)",
    ),
    kind(
        "orm of a plain cell",
        """
#plain
from sqlalchemy import create_engine, ForeignKey, select, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, Session
class Base(DeclarativeBase):
    pass
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    posts: Mapped[list["Post"]] = relationship(back_populates="user")
    def __repr__(self):
        return f"User({self.id}, {self.name})"
class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship(back_populates="posts")
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
---
u = User(id=1, name="a", posts=[Post(id=1, text="x"), Post(id=2, text="y")])
with Session(engine, expire_on_commit=False) as s:
    s.add(User(id=7, name="g"))
    s.commit()
    g = s.scalars(select(User).where(User.id == 7)).one()
del s
""",
        """
print(u, [p.text for p in u.posts], u.posts[0].user is u, isinstance(u, User), g, User.__table__.columns.keys())
print(str(select(User).where(User.name == "b")))
""",
        "u.name = 'b'; u.posts.append(Post(id=3, text='z')); more = Post(id=9)",
        libraries="sqlalchemy",
    ),
    kind(
        "class holding what has no pickle",
        """
#plain
import threading
class Pool:
    lock = threading.Lock()
    def __init__(self, n): self.n = n
    def up(self):
        with Pool.lock: self.n += 1
---
pool = Pool(1)
pools = [pool, Pool(2)]
""",
        "print(pool.n, pools[0] is pool, isinstance(pools[1], Pool), pool.lock.locked())",
        "pool.up()",
    ),
    kind(
        "bokeh",
        """
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure
source = ColumnDataSource(data={'x': [1, 2, 3], 'y': [4, 5, 6]})
fig = figure(title='t', width=300)
r = fig.line('x', 'y', source=source)
""",
        "",
        left_out="source fig r",
        libraries="bokeh",
    ),
    kind(
        "cachetools",
        """
from cachetools import TTLCache, LRUCache, cached
now = [0]
cache = TTLCache(maxsize=3, ttl=10, timer=lambda: now[0])
cache['a'] = 1
now[0] = 5
cache['b'] = 2
lru = LRUCache(maxsize=2)
lru['x'] = 1; lru['y'] = 2; lru['x']
calls = []
@cached(cache={})
def slow(n):
    calls.append(n)
    return n * n
slow(3)
""",
        "print(dict(cache), cache.currsize, now, list(lru), slow(3), calls, cache.timer())",
        "now[0] = 12; lru['z'] = 3; cache.expire()",
        libraries="cachetools",
    ),
    kind(
        "locks of classes and objects",
        """
import threading
class Counter:
    guard = threading.RLock()
    def __init__(self, n=0):
        self.lock = threading.Lock()
        self.both = self.lock
        self.n = n
    def add(self):
        with self.lock, self.guard:
            self.n += 1
c, d = Counter(), Counter(5)
d.lock = c.lock
""",
        """
print(c.n, d.n, c.lock.locked(), c.both is c.lock, d.lock is c.lock, d.both is d.lock)
print(type(Counter.guard), Counter.guard is c.guard)
""",
        "c.add()\n---\nd.add()\nCounter.more = threading.Lock()",
    ),
    kind(
        "locks that somebody holds",
        """
import threading
class Holder:
    pass
held, taken, free = Holder(), Holder(), Holder()
held.lock, taken.lock, free.lock = threading.Lock(), threading.RLock(), threading.RLock()
thread = threading.Thread(target=taken.lock.acquire)
thread.start()
thread.join()
del thread
n = held.lock.acquire()
""",
        "",
        left_out="held taken",
    ),
]
