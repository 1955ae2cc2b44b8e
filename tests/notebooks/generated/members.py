"""What a generated class may have in its body: one part each, as text.

In the text `$A` is the class, `$x` an instance of it, `$L` a list of the notebook that code of the
class writes to. Every instance has a number `n` and a list `kids`, or gets them after it is made.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MEMBERS", "Member"]


@dataclass(frozen=True)
class Member:
    """A part of a class's body.

    Attributes:
        name: for messages.
        body: lines of the class's body.
        probe: expressions, one a line, that are shown before and after the change.
        change: lines of the step that changes things.
        init: lines of `__init__`, or of what makes an instance.
        before: lines before the class.
        after: lines after the class.
        decorator: a decorator of the class.
        group: of the members of one group a class has one at most.
        needs: "dict" where instances must have a `__dict__`, "object" where the class must not be
            one of a builtin's, "init" where it must have an `__init__` of its own.
    """

    name: str
    body: str = ""
    probe: str = ""
    change: str = ""
    init: str = ""
    before: str = ""
    after: str = ""
    decorator: str = ""
    group: str = ""
    needs: str = ""


MEMBERS: list[Member] = [
    Member(
        "property",
        """
@property
def double(self):
    "Twice the number."
    return self.n * 2
@double.setter
def double(self, value):
    self.n = value // 2
""",
        "$x.double",
        "$x.double = 20",
    ),
    Member(
        "cached property",
        """
@functools.cached_property
def slow(self):
    $L.append("slow")
    return [self.n]
""",
        "$x.slow",
        "$x.slow.append(1)",
        needs="dict",
    ),
    Member(
        "class method",
        """
@classmethod
def named(cls, text="t"):
    return cls.__name__ + text
""",
        "$x.named()\n$A.named('u')",
    ),
    Member(
        "static method",
        "@staticmethod\ndef twice(n):\n    return 2 * n",
        "$x.twice(4)",
        "$A.twice = staticmethod(lambda n: 3 * n)",
    ),
    Member(
        "equality and hash",
        """
def __eq__(self, other):
    return type(other) is type(self) and other.n == self.n
def __hash__(self):
    return hash(("h", self.n))
""",
        "$x == $x, $x != 5, hash($x) == hash(('h', $x.n))\n$x in {$x: 1}, $x in [$x]",
        group="eq",
    ),
    Member(
        "equality alone",
        "def __eq__(self, other):\n    return self.n == getattr(other, 'n', None)",
        "$x == $x, $x == 3\n$x is None or hash($x)",
        group="eq",
    ),
    Member(
        "equality that is no bool",
        "def __eq__(self, other):\n    return [self.n, other]\n__hash__ = object.__hash__",
        "$x == 3",
        group="eq",
    ),
    Member(
        "equality that raises",
        "def __eq__(self, other):\n    raise TypeError('no ==')\n__hash__ = object.__hash__",
        "$x == 3",
        group="eq",
    ),
    Member(
        "call",
        "def __call__(self, by=1):\n    self.n = self.n + by\n    return self.n",
        "$x.__call__.__name__",
        "$x(5)",
    ),
    Member(
        "getattr",
        """
def __getattr__(self, name):
    if name.startswith("any_"):
        return name[4:] + str(self.n)
    raise AttributeError(name)
""",
        "$x.any_thing\n$x.nothing",
        group="getattr",
    ),
    Member(
        "getattr that delegates",
        "def __getattr__(self, name):\n    return getattr(self.kids, name)",
        "$x.index\n$x.nothing",
        group="getattr",
    ),
    Member(
        "getattr of keys",
        "def __getattr__(self, name):\n    return self.__dict__['_' + name]",
        "$x.nothing",
        group="getattr",
        needs="dict",
    ),
    Member(
        "getattr that says yes",
        "def __getattr__(self, name):\n    return lambda *a, **k: name",
        "$x.anything()",
        group="getattr",
    ),
    Member(
        "getattribute",
        """
def __getattribute__(self, name):
    if name == "magic":
        return 42
    return super().__getattribute__(name)
""",
        "$x.magic",
        group="getattribute",
    ),
    Member(
        "getattribute that hides",
        """
def __getattribute__(self, name):
    if name in ("__dict__", "hidden"):
        raise AttributeError("hidden")
    return super().__getattribute__(name)
""",
        "$x.hidden",
        group="getattribute",
    ),
    Member(
        "setattr that logs",
        "def __setattr__(self, name, value):\n    if name[0] != '_':  # what pathlib keeps\n"
        "        $L.append(name)\n    super().__setattr__(name, value)",
        "len($L)",
        "$x.n = 6",
        group="setattr",
    ),
    Member(
        "setattr that refuses",
        """
def __setattr__(self, name, value):
    if name not in ("n", "kids", "extra", "peer", "kind", "f", "later", "__orig_class__"):
        raise AttributeError("frozen " + name)
    super().__setattr__(name, value)
""",
        "setattr($x, 'other', 1)",
        group="setattr",
    ),
    Member(
        "setattr that converts",
        """
def __setattr__(self, name, value):
    if name == "n":
        value = value + 100
    super().__setattr__(name, value)
""",
        "$x.n",
        "$x.n = 7",
        group="setattr",
    ),
    Member(
        "counter of the class",
        "made = 0",
        "$A.made",
        "$A.made = 50",
        init="$A.made += 1",
        needs="init",
        group="counter",
    ),
    Member(
        "counter by type",
        "made = 0",
        "$A.made, $x.made",
        init="type(self).made += 1",
        needs="init",
        group="counter",
    ),
    Member(
        "ids from a counter",
        "ids = itertools.count(1)",
        "$x.number\nnext($A.ids)",
        init="self.number = next($A.ids)",
        needs="init dict",
        group="counter",
    ),
    Member(
        "registry of instances",
        "everyone = []",
        "len($A.everyone), [each is $x for each in $A.everyone]",
        "$A.everyone.reverse()",
        init="$A.everyone.append(self)",
        needs="init",
        group="registry",
    ),
    Member(
        "registry by number",
        "by_n = {}",
        "sorted($A.by_n)\n$A.by_n.get($x.n) is $x",
        init="self.by_n[self.n] = self",
        needs="init",
        group="registry",
    ),
    Member(
        "registry of subclasses",
        """
kinds = {}
def __init_subclass__(cls, **options):
    super().__init_subclass__(**options)
    $A.kinds[cls.__name__] = cls
    $L.append("new " + cls.__name__)
""",
        "list($A.kinds), len($L)",
        "class More$t($A):\n    pass",
        group="init_subclass",
    ),
    Member(
        "counter of subclasses",
        """
below = 0
def __init_subclass__(cls, **options):
    super().__init_subclass__(**options)
    $A.below += 1
    cls.rank = $A.below
""",
        "$A.below, getattr($A, 'rank', None)",
        group="init_subclass",
    ),
    Member(
        "data descriptor",
        "level = Field$t(3)",
        "$x.level, $A.level",
        "$x.level = 8",
        before="""
class Field$t:
    def __init__(self, default):
        self.default = default
    def __set_name__(self, owner, name):
        self.name = name
        self.owner = owner
        $L.append("named " + name)
    def __get__(self, thing, owner=None):
        if thing is None:
            return "Field " + self.name
        return thing.__dict__.get("_" + self.name, self.default)
    def __set__(self, thing, value):
        $L.append("set " + self.name)
        thing.__dict__["_" + self.name] = value
""",
        needs="dict",
    ),
    Member(
        "data descriptor of an init",
        "size = Checked$t()",
        "$x.size",
        "$x.size = 80",
        init="self.size = 5",
        before="""
class Checked$t:
    def __set_name__(self, owner, name):
        self.name = name
    def __get__(self, thing, owner=None):
        if thing is None:
            return self
        return vars(thing)[self.name]
    def __set__(self, thing, value):
        if value < 0:
            raise ValueError("negative")
        vars(thing)[self.name] = value + 1
""",
        needs="dict init",
    ),
    Member(
        "non-data descriptor",
        "lazy = Lazy$t(lambda self: self.n + 1)",
        "$x.lazy",
        before="""
class Lazy$t:
    calls = 0
    def __init__(self, make):
        self.make = make
    def __set_name__(self, owner, name):
        self.name = name
    def __get__(self, thing, owner=None):
        if thing is None:
            return self
        Lazy$t.calls += 1
        return self.make(thing)
""",
        after="",
    ),
    Member(
        "descriptor that keeps",
        "kept = Keeps$t()",
        "$x.kept",
        "$x.kept = 9",
        before="""
class Keeps$t:
    def __init__(self):
        self.values = {}
    def __get__(self, thing, owner=None):
        return self if thing is None else len(self.values)
    def __set__(self, thing, value):
        self.values[len(self.values)] = thing
""",
    ),
    Member(
        "reduce",
        "def __reduce__(self):\n    return rebuild$t, (type(self), self.n), dict(vars(self))",
        "$x.n",
        before="""
def rebuild$t(kind, n):
    made = kind(n)
    vars(made).clear()  # the state says in which order they come
    return made
""",
        group="pickle",
        needs="object init dict",
    ),
    Member(
        "reduce with a state",
        "def __reduce_ex__(self, protocol):\n    return type(self), (self.n,), dict(vars(self))",
        "$x.n",
        group="pickle",
        needs="object init dict",
    ),
    Member(
        "getstate and setstate",
        """
def __getstate__(self):
    return dict(vars(self))
def __setstate__(self, state):
    helper$t(self, state)
""",
        "$x.n",
        before="""
def helper$t(thing, state):
    for name, value in state.items():
        vars(thing)[name] = value
""",
        group="pickle",
        needs="object dict",
    ),
    Member(
        "getstate drops",
        """
def __getstate__(self):
    state = dict(self.__dict__)
    state["lock"] = None
    return state
def __setstate__(self, state):
    self.__dict__.clear()
    self.__dict__.update(state)
    self.lock = threading.Lock()
""",
        "type($x.lock).__name__",
        init="self.lock = threading.Lock()",
        group="pickle",
        needs="init dict",
    ),
    Member(
        "setstate alone",
        "def __setstate__(self, state):\n    self.__dict__.update(state)",
        "$x.n",
        group="pickle",
        needs="dict object",
    ),
    Member(
        "state that is a tuple",
        """
def __getstate__(self):
    return ("all", vars(self))
def __setstate__(self, state):
    self.__dict__.update(state[1])
""",
        "$x.n",
        group="pickle",
        needs="object dict",
    ),
    Member(
        "copy that refuses",
        """
def __copy__(self):
    raise TypeError("not copied")
def __deepcopy__(self, memo):
    raise TypeError("not copied")
""",
        "copy.copy($x)",
    ),
    Member(
        "class getitem",
        "def __class_getitem__(cls, item):\n    return (cls.__name__, item)",
        "$A[int], $A['x']",
        group="generic",
        needs="object",
    ),
    Member(
        "operators",
        """
def __add__(self, other):
    return self.n + other
def __radd__(self, other):
    return other + self.n
def __iadd__(self, other):
    self.n += other
    return self
def __matmul__(self, other):
    return ("@", other)
""",
        "$x + 1, 1 + $x, $x @ 2",
        "$x += 1",
        needs="object",
    ),
    Member(
        "total ordering",
        "def __lt__(self, other):\n    return self.n < other.n",
        "$x < $x, $x >= $x",
        decorator="@functools.total_ordering",
        needs="object",
    ),
    Member(
        "false",
        "def __bool__(self):\n    return False",
        "bool($x)",
        group="bool",
    ),
    Member(
        "length of nothing",
        "def __len__(self):\n    return 0",
        "bool($x), len($x)",
        group="bool",
    ),
    Member(
        "length that raises",
        "def __len__(self):\n    raise RuntimeError('no length')\ndef __bool__(self):\n    raise ValueError('no bool')",
        "bool($x)\nlen($x)",
        group="bool",
    ),
    Member(
        "iteration",
        "def __iter__(self):\n    return iter([self.n, 'it'])",
        "list($x), 5 in list($x)",
        group="iter",
    ),
    Member(
        "iteration that is counted",
        "def __iter__(self):\n    $L.append('iter')\n    return iter([1])",
        "list($x), len($L)",
        group="iter",
    ),
    Member(
        "endless items",
        "def __getitem__(self, index):\n    return index",
        "$x[3]",
        needs="object",
        group="bool",
    ),
    Member(
        "items",
        """
def __getitem__(self, index):
    if index > 2:
        raise IndexError(index)
    return self.n + index
def __len__(self):
    return 3
""",
        "list($x), $x[1], len($x)",
        needs="object",
        group="bool",
    ),
    Member(
        "nested class",
        """
class Inner:
    "Within."
    value = [1]
    def of(self):
        return type(self).__qualname__
""",
        "$A.Inner().of(), $A.Inner.value",
        "$A.Inner.value.append(2)",
    ),
    Member(
        "instance of a nested class",
        "class Node:\n    def __init__(self, owner):\n        self.owner = owner",
        "$x.node.owner is $x, type($x.node) is $A.Node",
        "$x.node.later = 1",
        init="self.node = $A.Node(self)",
        needs="init dict",
    ),
    Member(
        "traced method",
        "@traced$t\ndef work(self, by=2):\n    return self.n * by",
        "$x.work(3), $x.work.__name__, $x.work.calls",
        before="""
def traced$t(function):
    @functools.wraps(function)
    def inner(*args, **options):
        inner.calls += 1
        return function(*args, **options)
    inner.calls = 0
    return inner
""",
    ),
    Member(
        "registered class",
        "",
        "[each.__name__ for each in REG$t], $A.registered",
        before="""
REG$t = []
def register$t(kind):
    REG$t.append(kind)
    kind.registered = len(REG$t)
    return kind
""",
        decorator="@register$t",
    ),
    Member(
        "single dispatch",
        """
@functools.singledispatchmethod
def told(self, value):
    return "any"
@told.register
def _(self, value: int):
    return "int"
""",
        "$x.told(1), $x.told('s')",
    ),
    Member(
        "cached method",
        "@functools.lru_cache\ndef once(self, by):\n    return by * 2\n__hash__ = object.__hash__",
        "$x.once(4)",
        group="eq",
        needs="object",
    ),
    Member(
        "partial method",
        "def power(self, n):\n    return 2 ** n\ncube = functools.partialmethod(power, 3)",
        "$x.cube()",
    ),
    Member(
        "shared list of the class",
        "shared = []",
        "$A.shared, $x.shared is $A.shared",
        "$A.shared.append($x)",
    ),
    Member(
        "shared dict of the class",
        "config = {'k': [1]}",
        "$A.config, $x.config is $A.config",
        "$x.config['k'].append(2)",
    ),
    Member("constant", "ver = 1\nNAME = 'name'", "$A.ver, $x.NAME", "$A.ver = 2"),
    Member(
        "annotations",
        "label: str\nlimit: typing.ClassVar[int] = 3\nof: 'list[$A] | None' = None",
        "$A.__annotations__, $x.limit, $x.of",
    ),
    Member("docstring", '"A class."', "$A.__doc__, $x.__doc__", group="doc"),
    Member(
        "doc is a property",
        "@property\ndef __doc__(self):\n    return 'doc of ' + str(self.n)",
        "$x.__doc__",
        group="doc",
    ),
    Member(
        "repr",
        "def __repr__(self):\n    return f'<{type(self).__name__} {self.n}>'",
        "repr($x), str($x), f'{$x}'",
        group="repr",
    ),
    Member(
        "repr that raises",
        "def __repr__(self):\n    raise RuntimeError('no repr')",
        "repr($x)",
        group="repr",
    ),
    Member(
        "repr that is counted",
        "def __repr__(self):\n    $L.append('repr')\n    return 'r'",
        "len($L)",
        group="repr",
    ),
    Member(
        "str and format",
        "def __str__(self):\n    return 's' + str(self.n)\ndef __format__(self, spec):\n    return spec * 2",
        "str($x), f'{$x:ab}'",
    ),
    Member(
        "dir and sizeof",
        "def __dir__(self):\n    return ['n']\ndef __sizeof__(self):\n    return 5",
        "dir($x)",
    ),
    Member(
        "slots that are private",
        "__slots__ = ('__hidden', 'shown', 'n', 'kids')\ndef tell(self):\n    return self.__hidden",
        "$x.tell(), $x.shown\n$x.__dict__",
        init="self.__hidden = [7]\nself.shown = 1",
        group="slots",
        needs="init object slots",
    ),
    Member(
        "slots",
        "__slots__ = ('n', 'kids', 'extra')",
        "$x.extra\n$x.__dict__",
        "$x.extra = [1]",
        group="slots",
        needs="slots",
    ),
    Member(
        "slots and dict",
        "__slots__ = ('n', 'kids', 'extra', '__dict__', '__weakref__')",
        "$x.__dict__",
        "$x.other = [1]\n$x.extra = 2",
        group="slots",
        needs="slots",
    ),
    Member(
        "bound method kept",
        "def bump(self):\n    self.n += 1\n    return self.n",
        "$x.f.__self__ is $x, $x.f.__name__",
        "$x.f()",
        init="self.f = self.bump",
        needs="init dict",
    ),
    Member(
        "function kept",
        "",
        "$x.f(3)",
        init="self.f = lambda by, me=self: me.n + by",
        needs="init dict",
    ),
    Member(
        "operator of a library",
        "get = operator.attrgetter('n')\nnumber = property(operator.attrgetter('n'))",
        "$x.number, $A.get($x)",
    ),
    Member("alias of another class", "Kind = dict\nOther = collections.OrderedDict", "$A.Kind()"),
    Member(
        "default instance",
        "",
        "type($A.default) is $A, $A.default is $x",
        after="$A.default = $x",
    ),
    Member("class attribute that is the class", "", "$A.me is $A", after="$A.me = $A"),
    Member(
        "singleton",
        """
_only = None
def __new__(cls, *args, **options):
    if $A._only is None:
        $A._only = super().__new__(cls)
    return $A._only
""",
        "$A._only is $x, $A() is $A()",
        group="new",
        needs="object init",
    ),
    Member(
        "flyweight",
        """
_known = {}
def __new__(cls, n=1, kids=()):
    if (cls, n) not in $A._known:
        $A._known[cls, n] = super().__new__(cls)
    return $A._known[cls, n]
""",
        "$A(7) is $A(7), len($A._known)",
        group="new",
        needs="object init",
    ),
    Member(
        "new and newargs",
        """
def __new__(cls, n, kids=()):
    $L.append("new")
    self = super().__new__(cls)
    self.born = n
    return self
def __getnewargs__(self):
    return (self.born,)
""",
        "$x.born",
        group="new",
        needs="object init dict",
    ),
    Member(
        "newargs by keyword",
        """
def __new__(cls, n=1, kids=(), *, mode="m"):
    self = super().__new__(cls)
    self.mode = mode
    return self
def __getnewargs_ex__(self):
    return (self.n,), {"mode": self.mode + "!"}
""",
        "$x.mode",
        group="new",
        needs="object init dict",
    ),
    Member(
        "new that needs arguments",
        "def __new__(cls, n, *rest):\n    return super().__new__(cls)",
        "$x.n",
        group="new",
        needs="object init",
    ),
    Member(
        "init that logs",
        "",
        "len($L)",
        init="$L.append('init')",
        needs="init",
    ),
    Member("init that prints", "", "$x.n", init="print('made')", needs="init"),
    Member(
        "borg",
        "_state = {}",
        "$x.__dict__ is $A._state, sorted($A._state)",
        init="self.__dict__ = $A._state\nself.n = n\nself.kids = list(kids)",
        group="dict",
        needs="object init dict",
    ),
    Member(
        "own class of a lie",
        "@property\ndef __class__(self):\n    return dict",
        "isinstance($x, dict), type($x) is dict",
        group="class",
    ),
    Member("module of none", "__module__ = None", "$A.__module__", group="module"),
    Member("module of elsewhere", "__module__ = 'elsewhere'", "$A.__module__", group="module"),
    Member("renamed", "", "$A.__name__, $A.__qualname__", after="$A.__name__ = 'Renamed'"),
    Member(
        "renamed wholly",
        "",
        "$A.__name__, $A.__qualname__",
        after="$A.__name__ = $A.__qualname__ = 'Quite'",
    ),
    Member(
        "weak registry",
        "alive = weakref.WeakSet()\n__hash__ = object.__hash__",
        "len($A.alive)",
        init="$A.alive.add(self)",
        group="eq",
        needs="init object dict",
    ),
    Member(
        "context manager",
        "def __enter__(self):\n    return self\ndef __exit__(self, *error):\n    return True",
        "$x.__enter__() is $x",
    ),
    Member("final", "@typing.final\ndef last(self):\n    return 1", "$x.last()"),
    Member(
        "coroutine and generator",
        "def count(self):\n    yield self.n\nasync def wait(self):\n    return 1",
        "list($x.count())",
    ),
    Member(
        "abstract method",
        "def must(self):\n    return 'done'",
        "$x.must()\nAbstract$t()\nisinstance($x, Abstract$t)",
        before="""
class Abstract$t(abc.ABC):
    @abc.abstractmethod
    def must(self):
        return 1
    @property
    @abc.abstractmethod
    def also(self): ...
""",
        after="Abstract$t.register($A)",
        needs="object",
    ),
    Member(
        "closure over a list",
        "log = staticmethod(closing$t())",
        "$A.log(0)",
        "$A.log(5)",
        before="""
def closing$t():
    items = []
    def log(item):
        items.append(item)
        return list(items)
    return log
""",
    ),
    Member(
        "lock of the class",
        "lock = threading.RLock()",
        "type($A.lock).__name__",
    ),
    Member("pattern", "word = re.compile('a+')", "$A.word.pattern"),
    Member("match args", "__match_args__ = ('n',)", "$A.__match_args__"),
    Member(
        "subclass hook",
        """
@classmethod
def __subclasshook__(cls, other):
    return hasattr(other, "keys") or NotImplemented
""",
        "issubclass(dict, $A)",
        group="meta",
        needs="abc",
    ),
]
