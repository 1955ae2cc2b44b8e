"""Generated classes of the ordinary kind: over `object` or a builtin, alone or in a family."""

from __future__ import annotations

from dataclasses import dataclass, field

from .drawing import Draw, Text, indented
from .members import MEMBERS, Member

__all__ = ["Base", "Made", "classes", "finish", "write_class"]


@dataclass(frozen=True)
class Base:
    """A builtin to inherit from.

    Attributes:
        name: as it stands in the class statement.
        arguments: with which an instance is made.
        change: lines that change one.
        probe: expressions that tell of one.
        frozen: whether its contents are set by `__new__`.
        override: methods that a subclass overrides.
        slots: whether a subclass may have slots.
    """

    name: str
    arguments: str = ""
    change: str = ""
    probe: str = ""
    frozen: bool = False
    override: tuple[str, ...] = ()
    slots: bool = True


_NOTE = "    $L.append('{0}')\n    return super().{0}({1})"


def _noted(method: str, signature: str, passed: str) -> str:
    return f"def {method}({signature}):\n{_NOTE.format(method, passed)}"


_SET_ITEM = _noted("__setitem__", "self, key, value", "key, value")
_ITER = _noted("__iter__", "self", "")
_APPEND = _noted("append", "self, item", "item")
_EXTEND = _noted("extend", "self, items", "items")
_TWICE = "def append(self, item):\n    super().append(item)\n    super().append(item)"
_UPPER = "def __setitem__(self, key, value):\n    super().__setitem__(str(key).upper(), value)"
_DOUBLED = "def __iter__(self):\n    return iter([each * 2 for each in super().__iter__()])"
_MISSING = "def __missing__(self, key):\n    return key + '?'"
_ITEMS = "def items(self):\n    return [('shown', 1)]\ndef keys(self):\n    return ['shown']"
_LENGTH = "def __len__(self):\n    return 99"
_REFUSES = "def update(self, *args, **options):\n    raise TypeError('no update')"

OBJECT = Base("object")
BASES = [
    OBJECT,
    Base("list", "[1, 2]", "$x.append(3)", "len($x)", False,
         (_APPEND, _EXTEND, _ITER, _TWICE, _DOUBLED, _LENGTH)),
    Base("dict", "{'p': 1}", "$x['z'] = [3]", "len($x), 'p' in $x", False,
         (_SET_ITEM, _ITER, _UPPER, _MISSING, _ITEMS, _REFUSES, _LENGTH)),
    Base("set", "{1, 2}", "$x.add(5)", "1 in $x, len($x)", False,
         (_noted("add", "self, item", "item"), _noted("update", "self, *items", "*items"), _ITER)),
    Base("frozenset", "{1, 2}", "", "1 in $x", True, (_ITER, _LENGTH)),
    Base("tuple", "(1, 2)", "", "len($x), $x[0:]", True, (_ITER, _LENGTH), False),
    Base("int", "7", "", "$x + 1, $x > 3", True,
         ("def __int__(self):\n    return 3\ndef __index__(self):\n    return 4",), False),
    Base("float", "1.5", "", "$x * 2", True, ("def __float__(self):\n    return 3.0",)),
    Base("str", "'text'", "", "$x + '!'", True, ("def __str__(self):\n    return 'shown'", _LENGTH)),
    Base("bytes", "b'ab'", "", "$x + b'!'", True, (_LENGTH,), False),
    Base("bytearray", "b'ab'", "$x.append(99)", "len($x), $x[0]", False, (_ITER,)),
    Base("collections.deque", "[1, 2], 5", "$x.append(3)", "len($x), $x.maxlen", False,
         (_APPEND, _EXTEND, _ITER, _TWICE)),
    Base("collections.defaultdict", "list, {'p': [1]}", "$x['k'].append(1)", "$x.default_factory",
         False, (_SET_ITEM, _MISSING, _UPPER)),
    Base("collections.OrderedDict", "{'a': 1, 'b': 2}", "$x['z'] = 1\n$x.move_to_end('a')",
         "list($x)", False, (_SET_ITEM, _ITEMS, _UPPER)),
    Base("collections.Counter", "'abca'", "$x.update('zz')", "$x.most_common(1)", False,
         (_SET_ITEM, _noted("update", "self, *args, **more", "*args, **more"))),
    Base("fractions.Fraction", "1, 3", "", "$x + 1, $x.numerator", True),
    Base("decimal.Decimal", "'1.5'", "", "$x + 1", True),
    Base("datetime.datetime", "2020, 1, 2", "", "$x.year, $x.isoformat()", True),
    Base("Exception", "'boom', 3", "$x.args = ('bang',)", "$x.args", False,
         ("def __str__(self):\n    return 'said ' + str(self.args)",)),
    Base("KeyError", "'boom'", "$x.add_note('noted')", "$x.args, str($x)", False),
    Base("OSError", "2, 'gone'", "$x.args = ('bang',)", "$x.args, $x.errno", False, (), False),
    Base("type(pathlib.Path())", "'a/b'", "", "$x.name, str($x / 'c'), type($x / 'c').__name__",
         True, (), False),
    Base("random.Random", "5", "$x.random()", "$x.getrandbits(8)", False,
         ("def random(self):\n    return 0.5",), False),
    Base("abc.ABC"),
    Base("collections.UserDict", "{'p': 1}", "$x['z'] = 3", "dict($x)", False, (), False),
    Base("collections.UserList", "[1, 2]", "$x.append(3)", "list($x)", False, (), False),
    Base("threading.local", "", "$x.later = 1", "sorted(vars($x))", False, (), False),
]  # fmt: skip

_WITH_METACLASS = ("abc.ABC", "collections.UserDict", "collections.UserList")
METACLASSES = {
    "attribute": "    loaded = 'm'\n    things = []",
    "property": "    @property\n    def size(cls):\n        return len(cls.__name__)",
    "init": "    def __init__(cls, name, bases, body, **options):\n"
    "        super().__init__(name, bases, body)\n        $L.append('meta ' + name)\n"
    "        cls.rank = len($L)",
    "registry": "    kinds = {}\n    def __new__(meta, name, bases, body, **options):\n"
    "        kind = super().__new__(meta, name, bases, body)\n"
    "        meta.kinds[name] = kind\n        return kind",
    "call": "    def __call__(cls, *args, **options):\n        $L.append('call')\n"
    "        return super().__call__(*args, **options)",
    "singleton": "    _only = {}\n    def __call__(cls, *args, **options):\n"
    "        if cls not in cls._only:\n"
    "            cls._only[cls] = super().__call__(*args, **options)\n        return cls._only[cls]",
    "prepare": "    @classmethod\n    def __prepare__(meta, name, bases, **options):\n"
    "        return {'prepared': [name]}",
    "length": "    def __len__(cls):\n        return 0\n    def __iter__(cls):\n"
    "        return iter(['of the class'])\n    def __contains__(cls, item):\n        return item == 1",
    "getattr": "    def __getattr__(cls, name):\n        if name.startswith('any_'):\n"
    "            return name\n        raise AttributeError(name)",
    "getattr that says yes": "    def __getattr__(cls, name):\n        return 'all'",
    "equality": "    def __eq__(cls, other):\n        return cls.__name__ == getattr(other, '__name__', 0)\n"
    "    def __hash__(cls):\n        return hash(cls.__name__)",
    "equality alone": "    def __eq__(cls, other):\n        return cls is other",
    "repr": "    def __repr__(cls):\n        return 'class ' + cls.__name__",
    "repr that raises": "    def __repr__(cls):\n        raise RuntimeError('no repr')",
    "setattr": "    def __setattr__(cls, name, value):\n        $L.append('set ' + name)\n"
    "        super().__setattr__(name, value)",
    "instancecheck": "    def __instancecheck__(cls, thing):\n        return thing == 5",
    "module": "    @property\n    def __module__(cls):\n        return 'a property'",
    "getitem": "    def __getitem__(cls, item):\n        return (cls.__name__, item)",
}  # fmt: skip


@dataclass
class Made:
    """A class that was written: what there is to know for those that inherit from it.

    Attributes:
        name: its name.
        base: the builtin at its root.
        has_init: whether it, or one above it, takes `n` and `kids`.
        has_dict: whether its instances have a `__dict__`.
        groups: of members that it and those above it have.
        lines: probes and changes, in which `$x` is an instance.
    """

    name: str
    base: Base
    has_init: bool = False
    has_dict: bool = True
    groups: set[str] = field(default_factory=set)
    probes: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    afters: list[str] = field(default_factory=list)
    above: list[Made] = field(default_factory=list)


def classes(draw: Draw, text: Text) -> None:
    """Write a family of one to four classes, instances of them, and what is done to both."""
    tag = text.tag
    base = OBJECT if draw.chance(45) else draw.pick(BASES)
    text.parts.append(base.name)
    metaclass = ""
    if draw.chance(18) and base.name not in _WITH_METACLASS:
        name = draw.pick(list(METACLASSES))
        text.parts.append(f"metaclass {name}")
        metaclass = f"Meta{tag}"
        body = METACLASSES[name].replace("$L", f"LOG{tag}")
        text.classes(f"class {metaclass}(type):\n{body}")
        text.walk(metaclass)
        if name == "registry":
            text.probe(f"list({metaclass}.kinds)")
    first = write_class(draw, text, f"A{tag}", base, metaclass=metaclass)
    made = [first]
    family = draw.below(5)
    if family in (1, 2):
        made.append(write_class(draw, text, f"B{tag}", base, [first]))
    elif family == 3:
        left = write_class(draw, text, f"B{tag}", base, [first], most=1)
        right = write_class(draw, text, f"C{tag}", base, [first], most=1)
        made += [left, right, write_class(draw, text, f"D{tag}", base, [left, right], most=1)]
    elif family == 4:
        text.classes(
            f"class Mixin{tag}:\n    __slots__ = ()\n    def mixed(self):\n        return 'm'"
        )
        made.append(write_class(draw, text, f"B{tag}", base, [first], mixin=f"Mixin{tag}"))
        made[-1].probes.append("$x.mixed()")
    finish(draw, text, made)


def write_class(
    draw: Draw,
    text: Text,
    name: str,
    base: Base,
    above: list[Made] | None = None,
    *,
    metaclass: str = "",
    mixin: str = "",
    most: int = 3,
    extra: str = "",
    decorator: str = "",
    bases: str = "",
    depth: int = 0,
) -> Made:
    """Write a class and return what is known of it."""
    above = above or []
    made = Made(
        name,
        base,
        has_init=any(each.has_init for each in above) or base is OBJECT,
        groups={group for each in above for group in each.groups},
        above=above,
    )
    own_init = base is OBJECT and not above
    if not above and base is not OBJECT:
        own_init = made.has_init = base.name != "threading.local" and draw.chance(55)
    elif above:
        own_init = made.has_init and base.name not in ("abc.ABC",) and draw.chance(35)
    members: list[Member] = []
    for member in draw.some(MEMBERS, most):
        if _fits(member, made, own_init, above, base):
            members.append(member)
            made.groups.add(member.group)
            text.parts.append(member.name)
    if any(m.group == "slots" for m in members):
        slotless = any(m.name != "slots and dict" for m in members if m.group == "slots")
        if slotless and any("dict" in m.needs.split() for m in members):
            members = [m for m in members if m.group != "slots"]
        elif slotless:
            made.has_dict = False
    made.has_dict = (made.has_dict and all(each.has_dict for each in above)) or (
        bool(above) and not any(m.group == "slots" for m in members)
    )

    def filled(lines: str) -> str:
        return lines.replace("$A", name).replace("$L", f"LOG{text.tag}").replace("$t", "_" + name)

    body = [filled(m.body).strip("\n") for m in members if m.body]
    if extra:
        body.append(extra)
    if base.override and not above and draw.chance(40):
        body.append(filled(draw.pick(base.override)))
        text.parts.append(f"override {body[-1].split('(')[0][4:]}")
    if not above or draw.chance(50):
        calls = f" + super({'' if draw.chance(50) else name + ', self'}).who()" if above else ""
        body.append(f"def who(self):\n    return ['{name}']{calls}")
        made.probes.append("$x.who()")
    if above and draw.chance(25):
        body.append(f"ver = {draw.pick([1, 2])}")
        made.probes.append(f"'ver' in vars({name}), $x.ver")
    init = _init(draw, text, made, members, own_init, filled)
    if init:
        slots = [line for line in body if line.startswith("__slots__")]
        doc = [line for line in body if line.startswith('"')]
        body = [*doc, *slots, init, *(b for b in body if b not in (*slots, *doc))]
    if not above:
        body.append("ver = 1")
    heads = [bases] if bases else []
    if mixin:
        heads.insert(0, mixin)
    heads += [each.name for each in above] or (
        [base.name] if base is not OBJECT and not bases else []
    )
    if metaclass:
        heads.append(f"metaclass={metaclass}")
    for member in members:
        if member.before:
            text.classes(filled(member.before))
        if member.decorator:
            text.classes(filled(member.decorator))
        made.probes += filled(member.probe).strip().splitlines()
        if member.change:
            made.changes.append(filled(member.change))
        if member.after:
            made.afters.append(filled(member.after))
    if decorator:
        text.classes(decorator)
    text.classes(f"class {name}" + (f"({', '.join(heads)})" if heads else "") + ":")
    text.classes(indented("\n".join(body) or "pass"))
    if base.probe:
        made.probes.append(base.probe)
    return made


def _fits(member: Member, made: Made, own_init: bool, above: list[Made], base: Base) -> bool:
    needs = member.needs.split()
    if member.group and member.group in made.groups:
        return False
    if "object" in needs and base is not OBJECT:
        return False
    if "init" in needs and not own_init:
        return False
    if "slots" in needs and (not base.slots or above):
        return False
    if "abc" in needs and base.name != "abc.ABC":
        return False
    if member.group == "new" and (above or made.groups & {"pickle", "dict"}):
        return False
    if member.group in ("pickle", "dict") and "new" in made.groups:
        return False
    return not ("dict" in needs and any(not each.has_dict for each in above))


def _init(
    draw: Draw, text: Text, made: Made, members: list[Member], own: bool, filled: object
) -> str:
    """Return the lines of `__init__` or `__new__`, or nothing."""
    if not own:
        return ""
    fill = filled
    extra = [line for m in members if m.init for line in fill(m.init).splitlines()]  # type: ignore[operator]
    required = draw.chance(40)
    signature = "self, n, kids=()" if required else "self, n=1, kids=()"
    attributes = ["self.n = n", "self.kids = list(kids)"]
    if made.base.frozen and not made.above:
        passed = made.base.arguments
        return "\n".join(
            [
                f"def __new__({signature.replace('self', 'cls')}):",
                f"    self = super().__new__(cls, {passed})",
                *(f"    {line}" for line in (*attributes, *extra)),
                "    return self",
            ]
        )
    if made.above:
        if made.base.frozen:
            return ""
        return "\n".join(
            [
                f"def __init__({signature}):",
                "    super().__init__(n, kids)",
                *(f"    {line}" for line in extra),
                "    self.extra = [n]",
            ]
        )
    calls = [f"super().__init__({made.base.arguments})"] if made.base is not OBJECT else []
    early = draw.chance(50)
    lines = [*attributes, *calls] if early else [*calls, *attributes]
    return "\n".join([f"def __init__({signature}):", *(f"    {x}" for x in (*lines, *extra))])


def finish(draw: Draw, text: Text, made: list[Made]) -> None:
    """Write instances of classes, how they refer to each other, probes, and changes."""
    tag = text.tag
    names = []
    for number in range(1 + draw.below(3)):
        of = made[-1 - draw.below(len(made))]
        name = f"{'xyz'[number]}{tag}"
        names.append((name, of))
        if of.has_init:
            text.instances(f"{name} = {of.name}({number + 5}, [{number}])")
        else:
            text.instances(f"{name} = {of.name}({of.base.arguments})")
            if of.has_dict or "slots" in of.groups or any("slots" in e.groups for e in of.above):
                text.instances(f"{name}.n = {number + 5}\n{name}.kids = []")
    one, kind = names[0]
    other = names[-1][0]
    for each in made:
        for line in each.afters:
            text.instances(line.replace("$x", one))
    text.walk(*(name for name, _ in names), *(each.name for each in made))
    _relate(draw, text, names)
    for name, of in names:
        for level in (of, *of.above):
            text.probe("\n".join(line.replace("$x", name) for line in level.probes))
    text.probe(f"isinstance({one}, {made[0].name}), issubclass({made[-1].name}, {made[0].name})")
    for level in (kind, *kind.above):
        for change in level.changes:
            if draw.chance(60):
                text.change(change.replace("$x", one))
    if kind.base.change and draw.chance(60):
        text.change(kind.base.change.replace("$x", one))
    _change(draw, text, made, one, other, kind)


def _relate(draw: Draw, text: Text, names: list[tuple[str, Made]]) -> None:
    tag = text.tag
    (one, kind), (other, _) = names[0], names[-1]
    relations = [
        f"{one}.kids.append({other})\n{other}.kids.append({one})",
        f"{one}.kids.append({one})",
        f"{one}.peer = {other}",
        f"{one}.kind = type({one})",
        f"same{tag} = {one}",
        f"pair{tag} = [{one}, {other}, {one}]",
        f"holder{tag} = {{'one': {one}, 'other': [{other}]}}",
        f"keyed{tag} = {{{one}: 'key', 'k': {other}}}",
        f"bag{tag} = {{{one}, {other}}}",
        f"frozen{tag} = frozenset([{one}])",
        f"tupled{tag} = ({one}, [{one}], {kind.name})",
        f"kinds{tag} = {{'A': {kind.name}}}",
        f"calls{tag} = [{one}.who, {kind.name}.who, functools.partial({one}.who)]",
        f"ref{tag} = types.SimpleNamespace(to={one})",
        f"def reader{tag}():\n    return {one}.who()",
        f"copied{tag} = copy.copy({one})",
        f"kid{tag} = {one}.kids",
        f"table{tag} = collections.OrderedDict(a={one}, b=collections.deque([{other}]))",
    ]
    for line in draw.some(relations, 3):
        if ".peer" in line or ".kind" in line:
            if not kind.has_dict:
                continue
        elif line.startswith(("keyed", "bag", "frozen")) and kind.base.name in _UNHASHABLE:
            continue
        text.bind(line)
        text.parts.append(line.split(" = ")[0].split("\n")[0])


_UNHASHABLE = frozenset(
    [
        "list",
        "dict",
        "set",
        "bytearray",
        "collections.deque",
        "collections.defaultdict",
        "collections.OrderedDict",
        "collections.Counter",
        "collections.UserDict",
        "collections.UserList",
    ]
)


def _change(draw: Draw, text: Text, made: list[Made], one: str, other: str, kind: Made) -> None:
    tag = text.tag
    first = made[0].name
    changes = [
        f"{one}.n = 12",
        f"{one}.kids.append('late')",
        f"{first}.later = 'set later'",
        f"def replaced{tag}(self):\n    return 'replaced'\n{kind.name}.who = replaced{tag}",
        f"{kind.name}.who = lambda self: 'lambda'",
        f"del {first}.ver",
        f"class Late{tag}({kind.name}):\n    pass",
        f"class Late{tag}({kind.name}):\n    def who(self):\n        return super().who()\n"
        f"late{tag} = Late{tag}({'9' if kind.has_init else kind.base.arguments})\n"
        f"late{tag}.later = {one}",
        f"{one}.later = {other}",
        f"{one}.who = types.MethodType(lambda self: 'own', {one})",
        f"del {one}.n",
        f"{first}.__doc__ = 'late doc'",
        f"{kind.name}.__repr__ = lambda self: 'late repr'",
        f"{one}.__class__ = type('Dyn{tag}', ({kind.name},), {{'dyn': 1}})",
        f"new{tag} = {kind.name}({'3' if kind.has_init else kind.base.arguments})\n{one}.kids.append(new{tag})",
        f"was{tag} = {one}\n{one} = None",
        f"{kind.name}.prop = property(lambda self: 'prop')",
        f"{other}.kids = {one}.kids",
        f"{first}.everyone2 = [{one}, {other}]",
    ]
    for line in sorted(draw.some(changes, 3), key=lambda line: line.startswith("was")):
        if (
            ("late" in line or ".later = " in line.split("\n")[0])
            and f"{one}.later" in line
            and not kind.has_dict
        ):
            continue
        if not kind.has_dict and ("late" in line or ".who = types" in line or "__class__" in line):
            continue
        text.change(line)
        text.parts.append(line.split("\n")[0])
