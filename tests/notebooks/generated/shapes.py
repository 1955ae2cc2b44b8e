"""Generated classes of other shapes: data classes, enumerations, named tuples, protocols, generics."""

from __future__ import annotations

from .drawing import Draw, Text, indented
from .plain import OBJECT, classes, finish, write_class

__all__ = [
    "dataclass", "enumeration", "generic", "in_function", "named_tuple", "protocol", "typed_dict",
]  # fmt: skip


def dataclass(draw: Draw, text: Text) -> None:
    """Write one or two data classes."""
    tag = text.tag
    log = f"LOG{tag}"
    frozen = draw.chance(30)
    options = {"frozen": frozen}
    for name in ("slots", "order", "unsafe_hash", "kw_only"):
        options[name] = draw.chance(25)
    options["weakref_slot"] = options["slots"] and draw.chance(30)
    given = [f"{name}=True" for name, on in options.items() if on]
    for name in ("eq", "repr", "match_args"):
        if draw.chance(12) and not (name == "eq" and options["order"]):
            given.append(f"{name}=False")
    text.parts += ["dataclass", *given]
    header = f"@dataclasses.dataclass({', '.join(given)})" if given else "@dataclasses.dataclass"
    fields = ["n: int = 1", "kids: list = dataclasses.field(default_factory=list)"]
    fields += draw.some(
        [
            "label: str = 'l'",
            "seed: dataclasses.InitVar[int] = 3",
            "total: typing.ClassVar[int] = 0",
            "hidden: int = dataclasses.field(default=4, repr=False, compare=False)",
            "made: list = dataclasses.field(init=False, default_factory=list)",
            "late: int = dataclasses.field(init=False, default=9)",
            "meta: int = dataclasses.field(default=5, metadata={'unit': [1]})",
            "_: dataclasses.KW_ONLY\nonly: int = 6",
            f"peer: 'A{tag} | None' = None",
            "where: tuple = (1, [2])",
        ],
        3,
    )
    has_init_var = any("InitVar" in each for each in fields)
    body = list(fields)
    if has_init_var or draw.chance(30):
        parameter = ", seed" if has_init_var else ""
        put = "object.__setattr__(self, 'n', self.n + 1)" if frozen else "self.n = self.n + 1"
        if draw.chance(50):
            put += f"\n    {log}.append('post')"
        body.append(f"def __post_init__(self{parameter}):\n    {put}")
        text.parts.append("post init")
    if draw.chance(25):
        body.append("@property\ndef double(self):\n    return self.n * 2")
        text.probe(f"x{tag}.double")
    if draw.chance(25) and not options["slots"]:
        body.append(
            f"@functools.cached_property\ndef slow(self):\n    {log}.append(1)\n    return [1]"
        )
        text.probe(f"x{tag}.slow")
    if draw.chance(20):
        body.append("def __hash__(self):\n    return hash(self.n)")
    base = draw.pick(["", "", "", "", "list", "Exception", "abc.ABC", "dict"])
    if base and options["slots"] and base == "abc.ABC":
        base = ""
    heading = f"({base})" if base else ""
    body.append("def who(self):\n    return 'A'")
    text.classes(f"{header}\nclass A{tag}{heading}:\n{indented(chr(10).join(body))}")
    names = [f"A{tag}"]
    if draw.chance(40):
        again = header if draw.chance(75) else ""
        sub = ["more: int = 2", "kids: list = dataclasses.field(default_factory=lambda: [7])"]
        sub = draw.some(sub, 2) or ["pass"]
        if not again and frozen:
            sub = ["pass"]
        if draw.chance(40):
            sub.append(
                f"def who(self):\n    return 'B' + {'super()' if not options['slots'] else f'A{tag}'}.who({'' if not options['slots'] else 'self'})"
            )
        text.classes(f"{again}\nclass B{tag}(A{tag}):\n{indented(chr(10).join(sub))}")
        names.append(f"B{tag}")
    last = names[-1]
    x, y = f"x{tag}", f"y{tag}"
    text.instances(f"{x} = {last}(n=4)\n{y} = {draw.pick(names)}(n=5, kids=[{x}])")
    text.walk(x, y, *names)
    for line in draw.some(
        [
            f"{x}.kids.append({y})",
            f"{x}.kids.append({x})",
            f"keyed{tag} = {{}}\ntry:\n    keyed{tag}[{x}] = 1\nexcept TypeError:\n    pass",
            f"pair{tag} = [{x}, {y}, {x}]",
            f"z{tag} = dataclasses.replace({x}, n=8)" if not has_init_var else "pass",
            f"bound{tag} = {x}.who",
            f"fields{tag} = dataclasses.fields({last})",
        ],
        2,
    ):
        text.bind(line)
    text.probe(
        f"{x} == {y}, {x} != {x}\nhash({x}) == hash({x})\n{x}.who()\n{x}.n, {y}.kids\n"
        f"[f.name for f in dataclasses.fields({last})]\n{x} < {y}\nrepr({last}(n=1))\n"
        f"sorted(dataclasses.asdict({last}(n=2)))\n{last}.__match_args__\n"
        f"[(f.default, f.default is dataclasses.MISSING, f._field_type) for f in dataclasses.fields({last})]"
    )
    for line in draw.some(
        [
            f"try:\n    {x}.n = 40\nexcept dataclasses.FrozenInstanceError as error:\n    print(error)",
            f"{y}.kids.append(3)",
            f"A{tag}.later = 'l'",
            f"A{tag}.who = lambda self: 'late'",
            f"@dataclasses.dataclass({'frozen=True' if frozen else ''})\nclass Late{tag}({last}):\n    deep: int = 3\nlate{tag} = Late{tag}(n=3)",
            f"new{tag} = {last}(n=6)\n{x}.kids.append(new{tag})",
            f"{x} = dataclasses.replace({x}, n=9)" if not has_init_var else "pass",
        ],
        3,
    ):
        text.change(line)


def enumeration(draw: Draw, text: Text) -> None:
    """Write an enumeration."""
    tag = text.tag
    log = f"LOG{tag}"
    a = f"A{tag}"
    kind = draw.pick(["enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag",
                      "str, enum.Enum", "float, enum.Enum", "Mixed", "Data", "enum.ReprEnum"])  # fmt: skip
    text.parts.append(kind)
    is_flag = kind.endswith("Flag")
    is_str = kind in ("enum.StrEnum", "str, enum.Enum")
    body: list[str] = []
    values = ["1", "2", "4"]
    if is_str:
        values = ["'one'", "'two'", "'three'"]
    if kind == "enum.ReprEnum":
        kind = "int, enum.ReprEnum"
    if kind == "Mixed":
        text.classes(f"class Mixed{tag}:\n    def mixed(self):\n        return self.name + '!'")
        kind = f"Mixed{tag}, enum.Enum"
        text.probe(f"{a}.X.mixed()")
    elif kind == "Data":
        text.classes(
            f"@dataclasses.dataclass(frozen={draw.pick(['True', 'False'])})\nclass Data{tag}:\n    mass: float\n    radius: list"
        )
        kind = f"Data{tag}, enum.Enum"
        values = ["(1.0, [1])", "(2.0, [2])", "(3.0, [])"]
        text.probe(f"{a}.X.mass, {a}.Y.radius")
    own = ""
    if kind == "enum.Enum" and draw.chance(45):
        own = draw.pick(["init", "new", "init counts"])
        text.parts.append(own)
        values = ["(1, 'a')", "(2, 'b')", "(3, 'c')"]
        if own == "new":
            body.append(
                "def __new__(cls, code, label):\n    self = object.__new__(cls)\n    self._value_ = code\n    self.label = [label]\n    return self"
            )
            text.probe(f"{a}.X.label, {a}(1)")
        elif own == "init":
            body.append(
                "def __init__(self, code, label):\n    self.code = [code]\n    self.label = label"
            )
            text.probe(f"{a}.X.code, {a}.Y.label")
        else:
            body.append(
                f"def __init__(self, code, label):\n    {log}.append(code)\n    self.at = len({log})"
            )
            text.probe(f"{a}.X.at, len({log})")
    elif kind in ("enum.IntEnum", "enum.Flag", "enum.IntFlag") and draw.chance(30):
        text.parts.append("init of a number")
        body.append("def __init__(self, *value):\n    self.seen = list(value)")
        text.probe(f"{a}.X.seen")
    elif draw.chance(20) and "Data" not in kind:
        values = ["enum.auto()"] * 3
        if draw.chance(30) and not is_flag:
            body.insert(
                0,
                "@staticmethod\ndef _generate_next_value_(name, start, count, last):\n    return name.lower() * (count + 1)"
                if is_str or kind.startswith(("enum.Enum", "Mixed"))
                else "pass",
            )
    body += [f"{name} = {value}" for name, value in zip("XYZ", values, strict=True)]
    if draw.chance(30):
        body.append("ALIAS = X" if not is_flag else "BOTH = X | Y")
        text.probe(f"list({a}.__members__)")
    optional = {
        "method": "def told(self):\n    return self.name * 2",
        "property": "@property\ndef upper(self):\n    return self.name.upper()",
        "missing": "@classmethod\ndef _missing_(cls, value):\n    return cls.X",
        "str": "def __str__(self):\n    return 's' + self.name",
        "repr": "def __repr__(self):\n    return 'r' + self.name",
        "nonmember": "extra = enum.nonmember([1])",
        "member function": "@enum.member\ndef CALL(self):\n    return 'called'",
        "private": "__secret = [3]\ndef tell(self):\n    return self.__secret",
        "nested class": "@enum.nonmember\nclass Inner:\n    v = 1",
        "equality": "def __eq__(self, other):\n    return self is other\ndef __hash__(self):\n    return hash(self._name_)",
        "order": "def __lt__(self, other):\n    return self.value < other.value",
        "ignore": "",
        "call": "def __call__(self, by):\n    return self.name * by",
        "class method": "@classmethod\ndef first(cls):\n    return list(cls)[0]",
        "doc": "__doc__ = 'An enumeration.'",
        "format": "def __format__(self, spec):\n    return 'f'",
        "cached": f"@functools.cached_property\ndef slow(self):\n    {log}.append('slow')\n    return 1",
        "reduce": "def __reduce_ex__(self, protocol):\n    return getattr, (type(self), self.name)",
        "partial function member": "WORK = functools.partial(max, 1)",
    }
    probes = {
        "method": f"{a}.X.told()", "property": f"{a}.X.upper", "missing": f"{a}('nothing')",
        "nonmember": f"{a}.extra", "member function": f"{a}.CALL.value('s')",
        "private": f"{a}.X.tell()", "nested class": f"{a}.Inner.v", "order": f"{a}.X < {a}.Y",
        "call": f"{a}.X(2)", "class method": f"{a}.first()", "cached": f"{a}.X.slow, len({log})",
    }  # fmt: skip
    for name in draw.some(
        [k for k in optional if k != "member function" or (kind == "enum.Enum" and not own)], 3
    ):
        if name == "partial function member" and (kind != "enum.Enum" or own):
            continue
        if optional[name]:
            (body.append if name != "doc" else lambda line: body.insert(0, line))(optional[name])
            text.parts.append(name)
        text.probe(probes.get(name, f"str({a}.X), repr({a}.Y)"))
    decorator = "@enum.unique\n" if draw.chance(10) and not any("ALIAS" in b for b in body) else ""
    boundary = ", boundary=enum.KEEP" if is_flag and draw.chance(25) else ""
    if draw.chance(15):
        text.classes(f"class Root{tag}({kind}):\n    def rooted(self):\n        return 'r'")
        text.probe(f"{a}.X.rooted()")
        kind = f"Root{tag}"
    text.classes(f"{decorator}class {a}({kind}{boundary}):\n{indented(chr(10).join(body))}")
    x = f"x{tag}"
    text.instances(f"{x} = {a}.X")
    text.walk(x, a)
    for line in draw.some(
        [
            f"y{tag} = {a}.Y",
            f"pair{tag} = [{a}.X, {a}.Y, {x}]",
            f"keyed{tag} = {{{a}.X: 1, {a}.Y: [2]}}",
            f"bag{tag} = {{{a}.X, {a}.Z}}",
            f"both{tag} = {a}.X | {a}.Y" if is_flag else "pass",
            f"none{tag} = {a}(0)" if is_flag else "pass",
            f"inverse{tag} = ~{a}.X" if is_flag else "pass",
            f"{a}.X.later = ['set']",
            f"{a}.table = {{'k': {a}.X}}",
            f"value{tag} = {a}.X.value",
            f"def pick{tag}(of={a}.Y):\n    return of",
            f"@dataclasses.dataclass\nclass Has{tag}:\n    of: {a} = {a}.Z\nhas{tag} = Has{tag}()",
        ],
        3,
    ):
        text.bind(line)
        if "later" in line:
            text.probe(f"{a}.X.later")
    text.probe(
        f"{x} is {a}.X, {x} == {a}['X'], isinstance({x}, {a})\n[each.name for each in {a}]\n"
        f"{a}({a}.Y.value) is {a}.Y\nlen({a}), {x} in {a}\n{a}.X.value, {a}.Z.value\nhash({x}) == hash({a}.X)"
    )
    for line in draw.some(
        [
            f"{x} = {a}.Z",
            f"{a}.X.changed = 1",
            f"{a}.more = 'class attribute'",
            f"{a}.told = lambda self: 'late'",
            f"new{tag} = [{a}.X, {a}.Y]",
            f"copied{tag} = copy.deepcopy({a}.X)",
        ],
        2,
    ):
        text.change(line)


def named_tuple(draw: Draw, text: Text) -> None:
    """Write a named tuple, and perhaps a subclass of it."""
    tag = text.tag
    a, x = f"A{tag}", f"x{tag}"
    form = draw.below(4)
    body = "    n: int\n    kids: list = []\n    def who(self):\n        return [self.n]"
    if form == 0:
        text.classes(f"class {a}(typing.NamedTuple):\n    'Doc.'\n{body}")
    elif form == 1:
        text.classes(
            f"T{tag} = typing.TypeVar('T{tag}')\nclass {a}(typing.NamedTuple, typing.Generic[T{tag}]):\n{body}"
        )
    elif form == 2:
        text.classes(
            f"class {a}(collections.namedtuple('{a}', 'n kids', defaults=([],))):\n    {draw.pick(['__slots__ = ()', 'extra = [1]'])}\n    def who(self):\n        return [self.n]"
        )
    else:
        text.classes(
            f"class Base{tag}(typing.NamedTuple):\n{body}\nclass {a}(Base{tag}):\n    def __new__(cls, n, kids=()):\n        LOG{tag}.append('new')\n        return super().__new__(cls, n * 2, list(kids))\n    def who(self):\n        return super().who() + ['A']"
        )
    text.parts.append(f"named tuple {form}")
    text.instances(f"{x} = {a}(4, [1])\ny{tag} = {a}(5)")
    text.walk(x, f"y{tag}", a)
    for line in draw.some(
        [f"{x}.kids.append({x})", f"keyed{tag} = {{{a}: {x}}}", f"rows{tag} = [{x}, y{tag}, {x}]",
         f"make{tag} = {a}._make", f"z{tag} = {x}._replace(n=7)", f"y{tag}.kids.append(3)"], 3
    ):  # fmt: skip
        text.bind(line)
    text.probe(
        f"{x}.n, {x}[0], len({x})\n{x}.who()\n{a}._fields, {a}._field_defaults\nrepr(y{tag})\n{x}.kids is {x}[1]\n{a}.__doc__\n{x}.__dict__\n{a}.__annotations__"
    )
    for line in draw.some(
        [
            f"{x} = {x}._replace(n=9)",
            f"{a}.later = 1",
            f"{x}.kids.append('l')",
            f"{a}.who = lambda self: 'late'",
        ],
        2,
    ):
        text.change(line)


def typed_dict(draw: Draw, text: Text) -> None:
    """Write a typed dictionary."""
    tag = text.tag
    a, x = f"A{tag}", f"x{tag}"
    total = draw.pick(["", ", total=False"])
    text.classes(
        f"class {a}(typing.TypedDict{total}):\n    n: int\n    kids: {draw.pick(['list', 'typing.Required[list]', 'typing.NotRequired[list]'])}"
    )
    last = a
    if draw.chance(50):
        last = f"B{tag}"
        text.classes(f"class {last}({a}):\n    more: 'str'")
    text.parts.append("typed dict")
    text.instances(f"{x} = {last}(n=1, kids=[2])\nrows{tag} = [{x}, {a}(n=2)]")
    text.walk(x, a, last, f"rows{tag}")
    text.probe(
        f"{last}.__total__, sorted({last}.__required_keys__), sorted({last}.__optional_keys__)\n{last}.__annotations__\ntype({x}), {x}['kids']\n{last}.__orig_bases__\ntyping.get_type_hints({a})"
    )
    text.change(f"{x}['kids'].append(3)")
    if draw.chance(30):
        text.change(f"class C{tag}({last}):\n    late: int")


def protocol(draw: Draw, text: Text) -> None:
    """Write a protocol, and classes that follow it or inherit from it."""
    tag = text.tag
    p, a, x = f"P{tag}", f"A{tag}", f"x{tag}"
    checked = "@typing.runtime_checkable\n" if draw.chance(60) else ""
    generic = draw.chance(30)
    head = "typing.Protocol"
    if generic:
        text.classes(f"T{tag} = typing.TypeVar('T{tag}')")
        head = f"typing.Protocol[T{tag}]"
    data = "    n: int\n" if draw.chance(40) else ""
    text.classes(
        f"{checked}class {p}({head}):\n{data}    def who(self) -> list: ...\n    def both(self):\n        return [*self.who(), 'p']"
    )
    inherits = draw.chance(50)
    text.classes(
        f"class {a}{f'({p})' if inherits else ''}:\n    def __init__(self, n=1):\n        self.n = n\n        self.kids = []\n    def who(self):\n        return [self.n]"
    )
    text.parts += ["protocol", checked, str(inherits)]
    text.instances(
        f"{x} = {a}(3)\n{x}.kids.append({x})\ndef use{tag}(of: {p}):\n    return of.who()"
    )
    text.walk(x, a, p, f"use{tag}")
    text.probe(
        f"isinstance({x}, {p})\nissubclass({a}, {p})\nuse{tag}({x})\n{x}.both()\n{p}()\n{p}.__protocol_attrs__\n{p}.__mro__, {p}._is_protocol, {a}._is_protocol"
    )
    for line in draw.some(
        [
            f"{x}.n = 8",
            f"class B{tag}({p}):\n    def who(self):\n        return []\nb{tag} = B{tag}()",
            f"{a}.who = lambda self: ['l']",
        ],
        2,
    ):
        text.change(line)


def generic(draw: Draw, text: Text) -> None:
    """Write a generic class."""
    tag = text.tag
    t, a = f"T{tag}", f"A{tag}"
    variable = draw.pick([
        f"{t} = typing.TypeVar('{t}')",
        f"{t} = typing.TypeVar('{t}', bound=int)",
        f"{t} = typing.TypeVar('{t}', int, str)",
        f"{t} = typing.TypeVar('{t}', covariant=True)",
        f"{t} = typing.ParamSpec('{t}')",
        f"{t} = typing.TypeVarTuple('{t}')",
    ])  # fmt: skip
    of = f"typing.Generic[*{t}]" if "Tuple" in variable else f"typing.Generic[{t}]"
    text.parts += ["generic", variable.split(" = ")[1]]
    text.classes(variable)
    extra = (
        f"@classmethod\ndef of(cls, item: '{t}'):\n    return cls(1, [item])"
        if draw.chance(40)
        else ""
    )
    heads = of if draw.chance(75) or "Tuple" in variable or "Param" in variable else f"list[{t}]"
    base = OBJECT
    made = [write_class(draw, text, a, base, extra=extra, bases=heads, most=2)]
    concrete = f"{a}[int]"
    if "Tuple" in variable:
        concrete = f"{a}[int, str]"
    elif "Param" in variable:
        concrete = f"{a}[[int, str]]"
    if heads.startswith("list"):
        concrete = a
    if draw.chance(50):
        made.append(write_class(draw, text, f"B{tag}", base, made[:1], bases="", most=1))
        if draw.chance(60) and concrete != a:
            text.classes(f"class C{tag}({concrete}):\n    pass")
            text.probe(f"C{tag}.__orig_bases__, C{tag}.__parameters__\nC{tag}(2).n")
            text.walk(f"C{tag}")
    finish(draw, text, made)
    alias = f"alias{tag}"
    text.walk(t)
    if "class" not in made[0].groups and "setattr" not in made[0].groups and concrete != a:
        text.instances(f"{alias} = {concrete}\nmade{tag} = {alias}(2)")
        text.walk(alias)
        text.probe(
            f"made{tag}.__orig_class__, made{tag}.n\n{alias}.__origin__ is {a}, {alias} == {concrete}"
        )
    text.probe(f"{a}.__parameters__ == ({t},), {a}.__orig_bases__")


def in_function(draw: Draw, text: Text) -> None:
    """Write a class that a function makes, with what it closes over."""
    tag = text.tag
    inner = Text(tag)
    saved = inner
    classes(draw, saved)
    text.parts += ["local", *saved.parts]
    names = [n for n in saved.names if n[0].isupper()]
    lines = "\n".join(saved._classes)
    closes = draw.chance(50)
    close = ""
    if closes:
        first = f"A{tag}"
        close = f"\n    def bump():\n        nonlocal count\n        count += 1\n        return (count, step)\n    {first}.bump = staticmethod(bump)"
        text.probe(f"A{tag}.bump()")
    text.classes(
        f"def outer{tag}(step):\n    count = 0\n{indented(lines)}{close}\n    return {', '.join(names)},\n{', '.join(names)}, = outer{tag}({draw.below(3)})"
    )
    text.instances("\n".join(saved._instances))
    text.change("\n".join(saved._changes))
    text.probe("\n".join(saved._probes))
    text.walk(*saved.names)
