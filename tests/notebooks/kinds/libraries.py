"""Values of light libraries, of text, time, containers and models, used as their users do."""

# ruff: noqa: E501 (the lines of cells)

from __future__ import annotations

from . import Kind, kind

KINDS: list[Kind] = [
    kind(
        "attrs",
        """
import attrs
from attrs import define, field, frozen, validators
@define
class Job:
    name: str = field(validator=validators.instance_of(str))
    n: int = field(default=1, converter=int)
    tags: list = field(factory=list)
@frozen(order=True)
class Key:
    a: int
    b: int = 2
job = Job("x", "3")
keys = {Key(2): "two", Key(1): "one"}
""",
        """
print(job, attrs.asdict(job), sorted(keys), keys[Key(1)], attrs.evolve(Key(5), b=9), Job('y', '7'))
""",
        """
job.n = '12'
job.tags.append(1)
""",
        libraries="attrs",
    ),
    kind(
        "pydantic",
        """
from pydantic import BaseModel, Field, field_validator, ConfigDict, TypeAdapter, PrivateAttr, computed_field
class Item(BaseModel):
    model_config = ConfigDict(validate_assignment=True)
    name: str
    price: float = Field(gt=0)
    tags: list[str] = []
    _seen: int = PrivateAttr(default=0)
    @field_validator("name")
    @classmethod
    def upper(cls, v): return v.upper()
    @computed_field
    @property
    def twice(self) -> float: return self.price * 2
class Cart(BaseModel):
    items: list[Item]
item = Item(name="a", price="3.5")
item._seen = 4
cart = Cart(items=[item, {"name": "b", "price": 1}])
ints = TypeAdapter(list[int])
""",
        """
print(cart.model_dump_json(), item._seen, ints.validate_python(["1", 2]), Item.model_json_schema()["properties"]["price"], sorted(item.model_fields_set))
try: item.price = -1
except Exception as e: print(e.errors()[0]["type"])
print(cart.items[0] == item, type(cart.items[1]) is Item)
""",
        """
item.name = 'zz'
item._seen += 1
cart.items.append(Item(name='c', price=2))
""",
        libraries="pydantic",
    ),
    kind(
        "cattrs",
        """
import cattrs, attrs
@attrs.define
class P:
    x: int
    y: list[int]
p = cattrs.structure({"x": "1", "y": ["2", 3]}, P)
""",
        """
print(p, cattrs.unstructure(p), cattrs.structure({'x': 2, 'y': []}, P), cattrs.unstructure(P(1, [2])))
""",
        "p.y.append(3)",
        libraries="cattrs",
    ),
    kind(
        "marshmallow",
        """
from marshmallow import Schema, fields, post_load, validate
class UserSchema(Schema):
    name = fields.Str(required=True)
    age = fields.Int(validate=validate.Range(min=0))
    @post_load
    def made(self, data, **kw): return ("user", data)
schema = UserSchema()
""",
        """
print(schema.load({'name': 'a', 'age': '3'}), schema.dump({'name': 'b'}), schema.validate({'age': -1}), sorted(UserSchema().fields))
""",
        "schema.context_ = 1",
        libraries="marshmallow",
    ),
    kind(
        "dateutil",
        """
from dateutil import parser, rrule, tz, relativedelta
d = parser.parse("2024-02-29 10:00 UTC")
r = relativedelta.relativedelta(months=1, weekday=relativedelta.FR(2))
rule = rrule.rrule(rrule.WEEKLY, count=4, dtstart=d.replace(tzinfo=None))
rules = rrule.rruleset()
rules.rrule(rule)
rules.exdate(d.replace(tzinfo=None))
berlin = tz.gettz("Europe/Berlin")
""",
        """
print(d, d + r, list(rule), list(rules), d.astimezone(berlin), rule[2], berlin == tz.gettz('Europe/Berlin'))
""",
        """
r = r * 2
rules.rdate(d.replace(tzinfo=None, year=2032))
""",
        libraries="dateutil",
    ),
    kind(
        "arrow",
        """
import arrow
a = arrow.get("2024-05-05T12:00:00+02:00")
rng = list(arrow.Arrow.range("day", a, a.shift(days=2)))
f = arrow.factory.ArrowFactory()
""",
        """
print(a, a.shift(months=1).humanize(a), a.to('US/Pacific'), rng, a.span('month'), f.get(5))
""",
        "a = a.shift(hours=1)",
        libraries="arrow",
    ),
    kind(
        "pendulum",
        """
import pendulum
p = pendulum.datetime(2024, 3, 31, 1, tz="Europe/Berlin")
dur = pendulum.duration(days=40, hours=3)
iv = pendulum.interval(p, p.add(months=3))
t = pendulum.time(12, 30)
""",
        """
print(p, p.add(hours=1), dur.in_words(), iv.in_days(), list(iv.range('months')), t, p.timezone_name, p.diff_for_humans(p.add(days=2)), p.timezone.name)
""",
        "p = p.subtract(days=1)",
        libraries="pendulum",
    ),
    kind(
        "whenever",
        """
import whenever
from whenever import ZonedDateTime, Instant, Date, hours
z = ZonedDateTime(2024, 3, 31, 1, tz="Europe/Berlin")
i = Instant.from_utc(2024, 1, 1)
d = Date(2024, 2, 29)
""",
        """
print(z, z + hours(2), i, d.add(years=1), z.to_instant() if hasattr(z, 'to_instant') else z.instant())
""",
        "d = d.add(days=1)",
        libraries="whenever",
    ),
    kind(
        "sortedcontainers",
        """
from sortedcontainers import SortedList, SortedDict, SortedSet, SortedKeyList
sl = SortedList([3, 1, 2])
sd = SortedDict({'b': 1, 'a': 2})
ss = SortedSet([5, 1])
sk = SortedKeyList([3, -5, 1], key=abs)
kl = SortedKeyList('bca', key=lambda c: -ord(c))
sn = SortedDict(lambda k: -k, {1: 'a', 2: 'b'})
keys = sd.keys()
""",
        """
print(sl, sl.bisect(2), sd, ss, list(sk), list(kl), sn, sd.peekitem(0), keys[0], sd.keys() == keys, list(sd.irange('a')))
""",
        """
sl.add(0)
sd['0'] = 9
ss.add(3)
sk.add(-2)
kl.add('z')
sn[0] = 'z'
""",
        libraries="sortedcontainers",
    ),
    kind(
        "more-itertools",
        """
import more_itertools as mi
p = mi.peekable([1, 2, 3, 4])
p.peek()
next(p)
s = mi.seekable(iter('abcd'))
next(s)
next(s)
b = mi.bucket([1, 2, 3, 4], key=lambda x: x % 2)
c = mi.countable('abc') if hasattr(mi, 'countable') else mi.countable
rng = mi.numeric_range(1.0, 3.0, 0.5)
seqv = mi.SequenceView([1, 2, 3])
""",
        "print(list(rng), seqv[1], len(seqv))",
        libraries="more_itertools",
    ),
    kind(
        "toolz",
        """
import toolz
from toolz import curry, compose, pipe, memoize
from toolz.curried import map as cmap, filter as cfilter
@curry
def add(a, b, c=0): return a + b + c
inc = add(1)
both = compose(str, inc)
calls = []
@memoize
def sq(x):
    calls.append(x); return x * x
sq(3)
chain = cmap(inc)
jx = toolz.juxt(min, max)
""",
        """
print(inc(2), inc(2, c=5), both(3), pipe([1, 2], chain, list), sq(3), calls, jx([3, 1]), add.func.__name__, toolz.groupby(len, ['a', 'bb']))
""",
        "inc = add(10)",
        libraries="toolz",
    ),
    kind(
        "cytoolz",
        """
import cytoolz
from cytoolz import curry, compose
@curry
def add(a, b): return a + b
inc = add(1)
both = compose(str, inc)
c = cytoolz.complement(bool)
""",
        "print(inc(2), both(3), c(0), cytoolz.frequencies('aab'))",
        "inc = add(5)",
        libraries="cytoolz",
    ),
    kind(
        "boltons",
        """
from boltons.dictutils import OMD, FrozenDict
from boltons.setutils import IndexedSet
from boltons.tbutils import TracebackInfo
from boltons.typeutils import make_sentinel
from boltons.timeutils import UTC
omd = OMD([('a', 1), ('a', 2), ('b', 3)])
fd = FrozenDict(x=1)
pass
iset = IndexedSet('banana')
""",
        """
print(omd.getlist('a'), omd.items(multi=True), hash(fd) == hash(FrozenDict(x=1)), iset, iset[1])
""",
        """
omd.add('a', 5)
iset.add('z')
""",
        libraries="boltons",
    ),
    kind(
        "bidict",
        """
from bidict import bidict, frozenbidict, OrderedBidict
b = bidict({'a': 1})
f = frozenbidict({1: 2})
o = OrderedBidict([('x', 1), ('y', 2)])
""",
        """
print(b, b.inverse, f.inverse[2], list(o.items()), o.inverse, b.inverse.inverse is b, hash(f) == hash(frozenbidict({1: 2})))
""",
        """
b['b'] = 2
o.move_to_end('x')
b.inverse[3] = 'q'
""",
        libraries="bidict",
    ),
    kind(
        "frozendict",
        """
from frozendict import frozendict, deepfreeze
f = frozendict(a=1, b=(2,))
g = deepfreeze({'x': [1, {'y': 2}]})
d = {f: 1}
""",
        """
print(f, g, d[frozendict(a=1, b=(2,))], f.set('a', 5), hash(f) == hash(frozendict(a=1, b=(2,))))
""",
        "d[f] += 1",
        libraries="frozendict",
    ),
    kind(
        "immutables",
        """
from immutables import Map
m = Map(a=1, b=2)
m2 = m.set('c', 3)
""",
        """
print(sorted(m.items()), sorted(m2.items()), m2.delete('a') == Map(b=2, c=3), hash(m) == hash(Map(a=1, b=2)))
""",
        "m = m.set('z', 26)",
        libraries="immutables",
    ),
    kind(
        "pyrsistent",
        """
from pyrsistent import pmap, pvector, pset, PRecord, field, freeze, pdeque, PClass, m, v
class R(PRecord):
    x = field(type=int, initial=0)
pm = pmap({'a': 1})
pv = pvector([1, 2])
ps = pset([3])
r = R(x=5)
fz = freeze({'a': [1]})
dq = pdeque([1, 2])
""",
        """
print(sorted(pm.items()), pv, ps, r, fz, dq, r.set(x=6), pv.append(3), hash(pm) == hash(pmap({'a': 1})), isinstance(r, R))
""",
        """
pm = pm.set('a', 2)
r = r.set(x=9)
""",
        libraries="pyrsistent",
    ),
    kind(
        "rich",
        """
from rich.table import Table
from rich.text import Text
from rich.tree import Tree
from rich.panel import Panel
from rich.console import Console
from io import StringIO
t = Table(title='T')
t.add_column('a', style='red')
t.add_row('1')
tree = Tree('r')
tree.add('x').add('y')
tx = Text('hi', style='bold')
p = Panel(tx)
def shown(*objects):
    c = Console(file=StringIO(), width=40, force_terminal=True); c.print(*objects); return c.file.getvalue()
""",
        "print(repr(shown(t)), repr(shown(tree)), repr(shown(p)), p.renderable is tx)",
        """
t.add_row('2')
tx.append(' you')
tree.add('z')
""",
        libraries="rich",
    ),
    kind(
        "tabulate",
        """
from tabulate import tabulate, TableFormat, Line, DataRow
s = tabulate([[1, 2]], headers=['a', 'b'])
f = TableFormat(None, None, None, None, None, DataRow('', ' ', ''), 0, None)
""",
        "print(s, tabulate([[1]], tablefmt=f), f.datarow)",
        "s += 'x'",
        libraries="tabulate",
    ),
    kind(
        "lxml",
        """
from lxml import etree
root = etree.fromstring('<a><b>1</b></a>')
texts = root.xpath('//b/text()')
n = [str(t) for t in texts]
""",
        "print(n)",
        left_out="root",
        libraries="lxml",
    ),
    kind(
        "regex",
        r"""
import regex
r = regex.compile(r'(?P<w>\p{L}+)')
f = regex.compile('(?:cat){e<=1}')
s = regex.Scanner([(r'\d', 'n')]) if hasattr(regex, 'Scanner') else None
""",
        "print(r.findall('ab éf'), bool(f.fullmatch('cot')), r.groupindex)",
        "r = regex.compile('x')",
        libraries="regex",
    ),
    kind(
        "parse",
        """
import parse
p = parse.compile('{a:d} is {b}')
res = p.parse('3 is x')
""",
        "print(p.parse('4 is y')['a'], res.named, res['b'], p.named_fields)",
        "res.named['k'] = 1",
        libraries="parse",
    ),
    kind(
        "pyparsing",
        """
import pyparsing as pp
num = pp.Word(pp.nums).set_parse_action(lambda t: int(t[0]))
expr = pp.infix_notation(num, [(pp.one_of('+ -'), 2, pp.OpAssoc.LEFT)])
got = num('n').parse_string('12')
lst = pp.DelimitedList(num)
""",
        """
print(expr.parse_string('1+2-3').as_list(), got.n, got.as_dict(), lst.parse_string('1,2').as_list())
""",
        "got['m'] = 5",
        libraries="pyparsing",
    ),
    kind(
        "lark",
        r"""
from lark import Lark, Transformer, Tree, Token
g = Lark('start: NUM "+" NUM\nNUM: /\\d+/\n%ignore " "', parser='lalr')
e = Lark('start: "a"+')
tree = g.parse('1 + 2')
tok = tree.children[0]
class T(Transformer):
    def start(self, c): return sum(map(int, c))
t = T()
""",
        "print(tree, tok.line, tok.type, t.transform(tree), g.parse('3+4').children)",
        "tree.children.append(Token('NUM', '9'))",
        libraries="lark",
    ),
    kind(
        "rapidfuzz",
        """
from rapidfuzz import fuzz, process, distance
m = process.extract('ab', ['abc', 'b'])
f = fuzz.ratio
""",
        "print(m, f('a', 'ab'), distance.Levenshtein.distance('ab', 'ac'))",
        "m.append(1)",
        libraries="rapidfuzz",
    ),
    kind(
        "jsonschema",
        """
import jsonschema
v = jsonschema.Draft202012Validator({'type': 'object', 'properties': {'a': {'type': 'integer'}}})
errs = list(v.iter_errors({'a': 'x'}))
""",
        """
print(v.is_valid({'a': 1}), v.is_valid({'a': 'x'}), errs[0].message, list(errs[0].path))
""",
        "v.schema['required'] = ['a']",
        libraries="jsonschema",
    ),
    kind(
        "ruamel.yaml",
        r"""
from ruamel.yaml import YAML
import io
data = YAML().load('a: 1 # note\nb: [1, 2]\n')
cm = data['b']
def text(d):
    s = io.StringIO(); YAML().dump(d, s); return s.getvalue()
""",
        "print(repr(text(data)), data['b'] is cm)",
        """
data['c'] = 3
cm.append(4)
""",
        libraries="ruamel",
    ),
    kind(
        "tomlkit",
        r"""
import tomlkit
doc = tomlkit.parse('# top\na = 1 # x\n[t]\nb = [1, 2]\n')
t = doc['t']
""",
        "print(tomlkit.dumps(doc), doc['t']['b'], t['b'])",
        """
doc['a'] = 5
doc['t']['b'].append(3)
""",
        libraries="tomlkit",
    ),
    kind(
        "omegaconf",
        """
from omegaconf import OmegaConf, DictConfig
from dataclasses import dataclass
@dataclass
class C:
    lr: float = 0.1
    n: int = 3
cfg = OmegaConf.create({'a': {'b': 1}, 'c': '${a.b}', 'l': [1, 2]})
st = OmegaConf.structured(C)
sub = cfg.a
""",
        """
print(OmegaConf.to_yaml(cfg), cfg.c, st.lr, cfg.a is sub, OmegaConf.get_type(st).__name__, OmegaConf.is_readonly(cfg))
""",
        """
cfg.a.b = 7
sub.z = 1
st.n = 5
OmegaConf.set_readonly(cfg, True)
""",
        libraries="omegaconf",
    ),
    kind(
        "box",
        """
from box import Box, BoxList, ConfigBox
b = Box({'a': {'b': [1, {'c': 2}]}}, default_box=False)
d = Box(default_box=True, box_dots=True)
d.x.y = 3
fz = Box({'k': 1}, frozen_box=True)
inner = b.a
""",
        """
print(b.a.b[1].c, d.x.y, d['x.y'], fz.k, hash(fz) == hash(Box({'k': 1}, frozen_box=True)), b.a is inner, type(b.a.b))
""",
        """
b.a.z = 5
inner.b.append(9)
d.q.r = 1
""",
        libraries="box",
    ),
    kind(
        "munch",
        """
from munch import Munch, DefaultMunch, munchify
m = munchify({'a': {'b': [1, {'c': 2}]}})
dm = DefaultMunch(0, {'x': 1})
inner = m.a
""",
        "print(m.a.b[1].c, dm.x, dm.nope, m.a is inner, m.toDict())",
        """
m.a.z = 3
dm.y = 5
""",
        libraries="munch",
    ),
    kind(
        "transitions",
        """
from transitions import Machine
class M:
    def __init__(self): self.log = []
    def __repr__(self): return f'M({self.log})'
    def note(self): self.log.append(self.state)
m = M()
machine = Machine(m, states=['a', 'b', 'c'], transitions=[['go', 'a', 'b'], ['go', 'b', 'c']], initial='a', after_state_change='note')
m.go()
""",
        """
print(m.state, m.log, m.is_b(), m.may_go(), sorted(machine.states), machine.model is m)
""",
        "m.go()",
        libraries="transitions",
    ),
    kind(
        "chess",
        """
import chess, chess.pgn, io
b = chess.Board()
b.push_san('e4')
game = chess.pgn.read_game(io.StringIO('1. e4 e5 2. Nf3'))
node = game.next()
mv = chess.Move.from_uci('g1f3')
lm = b.legal_moves
sq = chess.SquareSet([1, 2])
""",
        """
print(b.fen(), b.move_stack, game, node.parent is game, mv, lm.count(), list(sq), game.mainline_moves())
""",
        """
b.push_san('e5')
node.comment = 'hm'
sq.add(5)
""",
        libraries="chess",
    ),
    kind(
        "mido",
        """
import mido
m = mido.Message('note_on', note=60)
f = mido.MidiFile()
t = mido.MidiTrack()
f.tracks.append(t)
t.append(m)
mm = mido.MetaMessage('set_tempo', tempo=5)
""",
        "print(m, f.tracks[0] is t, t[0] is m, mm.tempo, f.ticks_per_beat, m.bytes())",
        """
m.note = 61
t.append(mm)
""",
        libraries="mido",
    ),
]
