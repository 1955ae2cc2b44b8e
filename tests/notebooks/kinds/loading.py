"""Instances whose class runs code when they are loaded."""

from __future__ import annotations

from . import Kind, kind

KINDS: list[Kind] = [
    kind(
        "state setter with a module of its step",
        """
import threading
class Cache:
    def __init__(self):
        self.hits = {'a': 1}
        self.lock = threading.Lock()
    def __getstate__(self):
        return {'hits': self.hits}
    def __setstate__(self, state):
        self.__dict__.update(state)
        self.lock = threading.Lock()
    def hit(self, key):
        with self.lock:
            self.hits[key] = self.hits.get(key, 0) + 1
cache = Cache()
""",
        "cache.hit('b'); print(sorted(cache.hits.items()), type(cache) is Cache)",
        "cache.hit('a')",
    ),
    kind(
        "state setter with an imported function",
        """
from collections import OrderedDict as Ordered
class Record:
    def __init__(self): self.fields = Ordered(a=1)
    def __getstate__(self): return list(self.fields.items())
    def __setstate__(self, state): self.fields = Ordered(state)
record = Record()
""",
        "print(record.fields)",
        "record.fields['b'] = 2",
    ),
    kind(
        "state setter with its own class by name",
        """
def default(): return {'unit': 'm'}
class Length:
    defaults = default()
    def __init__(self, n): self.n, self.unit = n, 'm'
    def __getstate__(self): return {'n': self.n}
    def __setstate__(self, state):
        self.__dict__.update({**state, **Length.defaults})
lengths = [Length(1), Length(2)]
first = lengths[0]
""",
        "print([vars(each).get('n') for each in lengths], first is lengths[0])",
        "first.n += 10",
    ),
    kind(
        "state setter with a helper and a table of the step",
        """
class Point:
    def __init__(self, x): self.x = x
    def __getstate__(self): return {'x': packed(self.x)}
    def __setstate__(self, state): self.x = unpacked(state['x'])
points = [Point(3)]
table = {'scale': 10}
def packed(x): return x * table['scale']
def unpacked(x): return x // table['scale']
other = Point(5)
""",
        "print(points[0].x, other.x)",
        "points.append(Point(7)); other.x = 6",
    ),
    kind(
        "state setter of a base class",
        """
from types import SimpleNamespace
class Base:
    version = 2
    def __getstate__(self): return (Base.version, self.__dict__)
    def __setstate__(self, state):
        version, members = state
        assert version == Base.version
        self.__dict__.update(members)
        self.box = SimpleNamespace(n=len(members))
class Derived(Base):
    def __init__(self): self.a, self.b = 1, 2
    def __repr__(self): return f'{self.a} {self.b}'
    def __setstate__(self, state):
        super().__setstate__(state)
        Derived.check(self)
    @staticmethod
    def check(it): assert it.b
value = Derived()
""",
        "print(value.a, value.b)",
        "value.a = 5",
    ),
    kind(
        "reduction with helpers of the step",
        """
import fractions
def rebuild(*parts): return Ratio(fractions.Fraction(*parts))
class Ratio:
    def __init__(self, value): self.value = value
    def __reduce__(self): return rebuild, (self.value.numerator, self.value.denominator)
a = {'ratio': Ratio(fractions.Fraction(1, 3))}
b = a['ratio']
""",
        "print(a['ratio'].value, a['ratio'] is b, type(b) is Ratio)",
        "b.value += 1",
    ),
    kind(
        "reduction with a table that comes later",
        """
class Unit:
    def __init__(self, name): self.name, self.factor = name, factors[name]
    def __reduce__(self): return Unit, (self.name,)
    def __hash__(self): return hash(self.name)
    def __eq__(self, other): return self.name == other.name
factors = {'m': 1, 'km': 1000, 3: 4}
metre = Unit('km')
units = {metre, Unit('m')}
factors[('late',)] = 5
""",
        "print(metre.factor, sorted(each.factor for each in units), metre in units)",
        "units.add(Unit('m')); factors['mm'] = 0.001",
    ),
    kind(
        "reduction with a value of the step that is bound later",
        """
class Unit:
    def __init__(self, name): self.name = name
    def __reduce__(self): return make, (self.name,)
def make(name):
    assert name in known
    return Unit(name)
one = Unit('km')
known = {'km', 'm'}
""",
        "print(one.name, known == {'km', 'm'})",
        "known.add('mm'); one.name = 'mm'",
    ),
    kind(
        "registry that the state setter uses",
        """
class Plugin:
    registry = {}
    def __init__(self, name):
        self.name = name
        Plugin.registry[name] = self
    def __setstate__(self, state):
        self.__dict__.update(state)
        Plugin.registry[self.name] = self
first, second = Plugin('a'), Plugin('b')
""",
        """
print(list(Plugin.registry), Plugin.registry['a'] is first, Plugin.registry['b'] is second)
print(len(Plugin.registry))
""",
        "third = Plugin('c')",
    ),
    kind(
        "registry of the step that the state setter uses",
        """
registry = {}
class Node:
    def __init__(self, name, *links):
        self.name, self.links = name, list(links)
        registry[name] = self
    def __getstate__(self):
        return {'name': self.name, 'links': [each.name for each in self.links]}
    def __setstate__(self, state):
        self.name = state['name']
        self.links = state['links']
        registry.setdefault(self.name, self)
a = Node('a'); b = Node('b')
""",
        "print(list(registry), registry['a'] is a, registry['b'] is b, a.name, b.name)",
        "c = Node('c')",
    ),
    kind(
        "counters and logs in what a load runs",
        """
import logging
log, count = [], 0
class Counted:
    made, loaded, names = 0, 0, []
    def __init__(self, n):
        self.n = n
        Counted.made += 1
    def __setstate__(self, state):
        global count
        count += 1
        Counted.loaded += 1
        Counted.names.append(state['n'])
        log.append(state['n'])
        print('loaded')
        logging.warning('loaded')
        self.__dict__.update(state)
    @classmethod
    def again(cls, n):
        return cls(n)
class Reduced(Counted):
    def __reduce__(self): return Reduced.again, (self.n,)
counted, reduced = Counted(1), Reduced(2)
""",
        """
print(counted.n, reduced.n, log, count, Counted.made, Counted.loaded, Counted.names)
import random; print(random.Random(1).random())
""",
        "counted.n = 3; Counted.made += 1",
    ),
    kind(
        "counter of a plain cell in what a load runs",
        """
#plain
stats = {'loads': 0}
class Stats: loads = 0
total = 0
---
class Model:
    def __init__(self): self.w = [1]
    def __setstate__(self, state):
        global total
        total += 1
        stats['loads'] += 1
        Stats.loads += 1
        self.__dict__.update(state)
model = Model()
""",
        "print(model.w, stats, Stats.loads, total)",
        "model.w.append(2)",
    ),
    kind(
        "random numbers in what a load runs",
        """
import random, numpy as np
random.seed(1); np.random.seed(1)
class Noisy:
    def __init__(self): self.x, self.noise = 1, 0
    def __repr__(self): return 'noisy'
    def __setstate__(self, state):
        self.__dict__.update(state)
        self.noise = random.random() + np.random.rand()
noisy = Noisy()
""",
        "print(noisy.x, random.random(), np.random.rand())",
        "noisy.x = 2",
    ),
    kind(
        "instances in an attribute of their class",
        """
import math
class Colour:
    known = []
    def __init__(self, name): self.name = name
    def __getstate__(self): return [self.name]
    def __setstate__(self, state):
        self.name = state[0]
        self.size = math.floor(len(self.name))
Colour.known.append(Colour('red'))
Colour.red = Colour.known[0]
""",
        "print(Colour.red is Colour.known[0], Colour.red.name, type(Colour.red) is Colour)",
        "Colour.known.append(Colour('blue'))",
    ),
    kind(
        "circle through a state setter",
        """
class Parent:
    def __init__(self): self.children = [Child(self)]
    def __repr__(self): return 'parent'
    def __setstate__(self, state):
        self.__dict__.update(state)
        self.names = [each.name for each in self.children]
class Child:
    def __init__(self, parent): self.parent, self.name = parent, 'child'
    def __setstate__(self, state): self.__dict__.update(state)
family = Parent()
""",
        "print(family.children[0].parent is family, family.children[0].name)",
        "family.children.append(Child(family))",
    ),
    kind(
        "decorated function that its own class uses",
        """
import functools
def twice(function):
    @functools.wraps(function)
    def inner(x): return 2 * function(x)
    return inner
@twice
def scaled(x): return x
@functools.lru_cache
def slow(x): return x + 1
class Scaled:
    def __init__(self, x): self.x = x
    def __setstate__(self, state): self.x = slow(scaled(state['x']))
    def __getstate__(self): return {'x': (self.x - 1) // 2}
it = Scaled(5)
""",
        "print(it.x)",
        "it.x = 9",
    ),
    kind(
        "copyreg with a function of the step",
        """
import copyreg
class Temperature:
    def __init__(self, k): self.k = k
def restored(k): return Temperature(k + offset)
copyreg.pickle(Temperature, lambda t: (restored, (t.k - offset,)))
warm = Temperature(300)
offset = 273
""",
        "print(warm.k)",
        "warm.k += 1",
    ),
    kind(
        "made by a classmethod that uses its step's names",
        """
from datetime import date
class Day:
    def __init__(self, when): self.when = when
    @classmethod
    def parse(cls, text): return cls(date.fromisoformat(text))
    def __reduce__(self): return type(self).parse, (self.when.isoformat(),)
days = {Day(date(2024, 1, 2)): 'x'}
""",
        "print([(day.when, text) for day, text in days.items()])",
        "days[Day(date(2025, 1, 2))] = 'y'",
    ),
    kind(
        "singleton that is made by its class",
        """
class Config:
    _only = None
    def __new__(cls, *arguments):
        if Config._only is None:
            Config._only = super().__new__(cls)
        return Config._only
    def __getnewargs__(self): return ()
    def __setstate__(self, state): self.__dict__.update(state)
config = Config(); config.level = 1
same = Config()
""",
        "print(config is same, config.level, Config() is config)",
        "config.level += 1",
    ),
    kind(
        "instances that their class keeps by its own new",
        """
class Symbol:
    table = {}
    def __new__(cls, name):
        if name not in cls.table:
            cls.table[name] = super().__new__(cls)
            cls.table[name].name = name
        return cls.table[name]
    def __getnewargs__(self): return (self.name,)
a, b = Symbol('a'), Symbol('b')
""",
        "print(a is Symbol('a'), b is Symbol('b'), a.name, len(Symbol.table))",
        "c = Symbol('c')",
    ),
    kind(
        "reduction that raises when it is loaded",
        """
class Remote:
    def __reduce__(self): return connected, ('host',)
def connected(name): raise ConnectionError(name)
remote = Remote()
hosts = [remote, {1}]
ports = {80, 443}
""",
        "",
        left_out="remote hosts",
    ),
    kind(
        "state setter that ends the process",
        """
class Ends:
    def __init__(self): self.x = 1
    def __setstate__(self, state): raise SystemExit(3)
ends = Ends()
""",
        "",
        left_out="ends",
    ),
    kind(
        "state setter that needs what cannot be stored",
        """
import threading
lock = threading.Lock()
class Guarded:
    def __init__(self): self.n = 1
    def __setstate__(self, state):
        with lock: self.__dict__.update(state)
guarded = Guarded()
""",
        "",
        left_out="lock guarded",
    ),
    kind(
        "state setter with an attribute that is not stored",
        """
class Session:
    def __init__(self): self.token, self.n = object, 1
    def __getstate__(self): return {'n': self.n}
    def __setstate__(self, state): self.__dict__.update(state); self.token.upper
session = Session()
""",
        "",
        left_out="session",
    ),
    kind(
        "reduction with arguments that its function does not take",
        """
class Pair:
    def __init__(self, a, b): self.a, self.b = a, b
    def __reduce__(self): return Pair, (self.a,)
pair = Pair(1, 2)
""",
        "",
        left_out="pair",
    ),
    kind(
        "exception of a trial that leaves the rest as it is",
        """
class Odd:
    made = 0
    def __init__(self): Odd.made += 1
    def __setstate__(self, state): raise KeyError('no state')
odd = Odd(); odd.x = 1
shared = {'list': [1, (2,)]}
both = [odd, shared]
""",
        "",
        left_out="odd both",
    ),
]
