"""Objects that do not bear looking at: whatever a step asks of them is missing, odd, or raises."""

from __future__ import annotations

from textwrap import dedent, indent

from . import Kind, kind

# How many classes one book has: few books are run in less time than many.
_IN_ONE = 12


def _class(body: str, bases: str = "", before: str = "") -> str:
    """Return code that makes `odd`, an instance of `class Odd(BASES): BODY`."""
    head = f"class Odd({bases}):\n" if bases else "class Odd:\n"
    text = indent(dedent(body), "    ")
    return f"{before}{head}{text}\n    mark = 3\nodd = Odd()\n"


def _of_metaclass(body: str) -> str:
    """Return code that makes `odd`, an instance of a class whose metaclass has a body."""
    return _class("pass", "metaclass=Meta", f"class Meta(type):\n{indent(dedent(body), '    ')}\n")


def _raising(method: str, error: str = "ValueError", bases: str = "", before: str = "") -> str:
    return _class(f"def {method}(self, *_):\n    raise {error}('no')", bases, before)


def _named(code: str, n: int) -> str:
    for name in ("Odd", "Meta", "Bad", "odd"):
        code = code.replace(name, f"{name}{n}")
    return code


def _books(name: str, codes: list[str], *, left_out: str = "") -> list[Kind]:
    """Return books of some odd objects each: made, used by other steps, and all looked at.

    Args:
        name: of the books.
        codes: each binds `odd`.
        left_out: the names, of `odd` and `Odd`, that cannot be stored.
    """
    found = []
    for first in range(0, len(codes), _IN_ONE):
        numbered = list(enumerate(codes))[first : first + _IN_ONE]
        make = "".join(_named(code, n) for n, code in numbered) + "plain = [1, 2]"
        looked_at = "seen = 'plain' in globals() or True"
        title = f"{name} {first}" if len(codes) > _IN_ONE else name
        odd = ", ".join(f"odd{n}" for n, _ in numbered)
        if left_out:
            names = " ".join(_named(left_out, n) for n, _ in numbered)
            found.append(kind(title, f"{make}\n---\n{looked_at}", "", left_out=names))
        else:
            probe = (
                f"for one, other in zip(box, [{odd}]):\n"
                "    print(one is other, type.__dict__['__name__'].__get__(type(other)))"
            )
            use = f"box = [{odd}]"
            made = f"{make}\n---\n{use}\n---\n{looked_at}"
            found.append(kind(title, made, probe, "plain.append(3)"))
    return found


_CLASSES = [
    *(
        _class(body)
        for body in (
            "__module__ = None",
            "__module__ = 5",
            "__module__ = property(lambda self: 1 / 0)",
            "__module__ = 'no.such.module'",
            "__module__ = ''",
            "__qualname__ = 'a.b.<locals>.c'",
            "__slots__ = ('a', 'b')",
            "__dict__ = property(lambda self: {})",
            "__dict__ = 4",
            "shape = property(lambda self: 1 / 0)",
            "__array_finalize__ = 5",
            "__wrapped__ = property(lambda self: self)",
            "__dataclass_fields__ = 5",
            "def __hash__(self):\n    return 'x'",
            "def __eq__(self, other):\n    return 'x'",
            "def __eq__(self, other):\n    return __import__('numpy').zeros(3) == 0",
            "def __getattr__(self, name):\n    return self",
            "def __getattr__(self, name):\n    return 3",
            "def __getattribute__(self, name):\n    return 3",
            "def __len__(self):\n    return -1",
        )
    ),
    *(
        _class(f"__class__ = property(lambda self: {answer})")
        for answer in ("int", "list", "type", "type(lambda: 0)", "3", "1 / 0")
    ),
    *map(
        _raising,
        [
            "__hash__",
            "__eq__",
            "__getattr__",
            "__getattribute__",
            "__repr__",
            "__str__",
            "__len__",
            "__bool__",
            "__iter__",
            "__contains__",
            "__sizeof__",
            "__dir__",
            "__del__",
            "__array__",
            "__index__",
            "__call__",
        ],
    ),
    _class("_fields = (1, 2)", "tuple"),
    _raising("__len__", bases="list"),
    _raising("__repr__", bases="int"),
    _raising("__hash__", bases="str"),
    _raising("__eq__", bases="str"),
    _raising("__len__", bases="dict"),
    _raising("values", bases="dict"),
    _of_metaclass("def __instancecheck__(cls, other):\n    raise ValueError"),
    _of_metaclass("def __subclasscheck__(cls, other):\n    raise ValueError"),
    _of_metaclass("def __len__(cls):\n    raise ValueError"),
    _of_metaclass("def __bool__(cls):\n    raise ValueError"),
    _of_metaclass("def __repr__(cls):\n    raise ValueError"),
    _of_metaclass("def __getattr__(cls, name):\n    return 3"),
    _of_metaclass("__name__ = property(lambda cls: 1 / 0)"),
    _of_metaclass("__bases__ = property(lambda cls: 1 / 0)"),
    _of_metaclass("def __eq__(cls, other):\n    return 'x'\ndef __hash__(cls):\n    return 3"),
]

# pickle itself asks their classes, and they lie, or raise.
_NOT_STORED = [
    _class("__dict__ = property(lambda self: 1 / 0)"),
    *map(_raising, ("__getstate__", "__reduce__", "__reduce_ex__")),
    *(
        _class(f"def __reduce__(self):\n    return {answer}")
        for answer in ("5", "None", "(1,)", "'nowhere'")
    ),
    _raising("__reduce__", "SystemExit"),
    _raising("__reduce__", "GeneratorExit"),
    _raising("__reduce__", "Bad", before="class Bad(BaseException):\n    pass\n"),
    _raising(
        "__reduce_ex__",
        "Bad",
        before="class Bad(Exception):\n    def __str__(self):\n        raise self\n",
    ),
    "import types\nodd = types.ModuleType('m')\ndel odd.__name__\n",
    "import types\nodd = types.ModuleType('m')\nodd.__name__ = 5\n",
]

_CLASS_NOT_STORED = [
    *(
        _of_metaclass(f"{name} = property(lambda cls: 1 / 0)")
        for name in ("__module__", "__dict__", "__class__")
    ),
    _of_metaclass("def __getattribute__(cls, name):\n    raise ValueError(name)"),
    _of_metaclass("def __eq__(cls, other):\n    raise ValueError"),
    _of_metaclass("def __hash__(cls):\n    raise ValueError"),
]

_FUNCTIONS = [
    f"def f(): return {n}\nf.{line}"
    for n, line in enumerate(
        (
            "__module__ = None",
            "__module__ = 5",
            "__module__ = 'no.such'",
            "__qualname__ = 'a.b'",
            "__name__ = '<lambda>'",
            "__wrapped__ = f",
            "__wrapped__ = 5",
            "__doc__ = 5",
        )
    )
]

KINDS: list[Kind] = [
    *_books("odd classes", _CLASSES),
    *_books("odd pickles", _NOT_STORED, left_out="odd"),
    *_books("odd metaclasses", _CLASS_NOT_STORED, left_out="odd Odd"),
    kind(
        "odd metaclass of a plain cell",
        "#plain\nclass Meta(type):\n    __module__ = property(lambda cls: 'abc')\n"
        "class Odd(metaclass=Meta):\n    pass\n---\nodd = Odd()\n---\nbox = [odd]",
        "print(type(odd) is Odd, box[0] is odd, vars(odd))",
        "odd.x = 3",
    ),
    kind(
        "odd functions",
        "made = []\n"
        + "\n".join(f"{code}\nmade.append(f)" for code in _FUNCTIONS)
        + "\n---\nfirst = [f() for f in made]",
        "print([f() for f in made], first, [f.__module__ for f in made])\n"
        "print(made[5].__wrapped__ is made[5])",
        "made[0].x = 3",
    ),
    kind(
        "name that is none",
        "globals()[5] = 1\nglobals()['a b'] = 2\nx = [1]\n---\ny = globals()['a b']",
        "print(x, y)",
    ),
    kind(
        "sympy function",
        "import sympy as sp\nt = sp.Symbol('t')\nf = sp.Function('f')\nx = f(t).diff(t) + f(t)\n"
        "---\ny = sp.dsolve(x)",
        "print(f, x, y, y.lhs.func == f, x.subs(f(t), t))",
        "z = x.subs(f(t), sp.sin(t)).doit()",
    ),
    kind(
        "function that calls itself",
        "def make(n):\n    def f(k):\n        return 1 if k < 2 else k * f(k - 1) + len(seen)\n"
        "    seen = []\n    return f\nfact = make(3)\n---\nfirst = fact(5)",
        "print(fact(4), first)",
        "second = fact(6)",
    ),
    kind(
        "text with attributes",
        "class Label(str):\n    pass\nlabel = Label('a')\nlabel.size = 3\n---\nother = [label]",
        "print(label, label.size, other[0] is label)",
        "label.size = 4",
    ),
    kind(
        "functions of numba",
        "import numba as nb, numpy as np\n@nb.vectorize\ndef f(x, y):\n    return x + 2 * y\n"
        "@nb.njit\ndef h(x):\n    return x + 1\n@nb.njit\ndef g(x):\n    return h(x) * 3\n"
        "a = f(np.arange(3.), 1.0)\nb = g(3)",
        "print(f(np.arange(4.), 2.0), g(2.5), g(3), h(1), a, b)",
        "c = f(2, 3)",
        libraries="numba",
    ),
    kind(
        "decorator of wrapt",
        "import wrapt\n@wrapt.decorator\ndef deco(wrapped, instance, args, kwargs):\n"
        "    return wrapped(*args, **kwargs) + 1\n@deco\ndef f(x):\n    return x\ny = f(3)\n"
        "---\nn = len(globals()) * 0",
        "",
        left_out="deco f",
        libraries="wrapt",
    ),
    kind(
        "proxy of wrapt",
        "import wrapt\np = wrapt.ObjectProxy([1, 2])\nn = len(p)\n---\nm = len(globals()) * 0",
        "",
        left_out="p",
        libraries="wrapt",
    ),
    kind(
        "local proxies",
        "from werkzeug.local import LocalProxy\ndata = [1]\np = LocalProxy(lambda: data)\n"
        "q = LocalProxy(lambda: 1 / 0)\n---\nn = len(globals()) * 0",
        "",
        left_out="p q",
        libraries="werkzeug",
    ),
    kind(
        "weak proxies",
        "import weakref\nclass Node:\n    pass\nnode = Node()\np = weakref.proxy(node)\n"
        "q = weakref.proxy(Node())\n---\nn = len(globals()) * 0",
        "",
        left_out="p q",
    ),
    kind(
        "lines of restored functions",
        "#plain\nimport inspect, linecache, traceback, warnings\n---\n"
        "def warn():\n    warnings.warn('odd')  # here\n\ndef fail():\n    return 1 / 0  # there",
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n    warn()\n"
        "print(linecache.getline(caught[0].filename, caught[0].lineno))\n"
        "print(inspect.getsource(warn))\ntry:\n    fail()\nexcept ZeroDivisionError as error:\n"
        "    print(traceback.extract_tb(error.__traceback__)[-1].line)",
    ),
    kind(
        "pylab",
        "%pylab inline\nx = arange(3)\n---\ny = linspace(0, 1, 3)",
        "print(x, y, cos(0))",
    ),
    kind(
        "variable that a library adds to",
        "import polars\nimport os\nvalue = os.environ.get('_RJEM_MALLOC_CONF')",
        "print(value == os.environ.get('_RJEM_MALLOC_CONF'), value)",
        libraries="polars",
    ),
    kind(
        "read-only arrays",
        "import numpy as np, pandas as pd\ns = pd.Series([1.0, 2.0])\nv = s.values\n"
        "days = pd.date_range('2020', periods=3).values\nw = np.arange(3)\n"
        "objects = np.array([1, 'a', None], dtype=object)\nnarrow = np.arange(20)[::2].copy()\n"
        "for each in (w, objects, narrow):\n    each.flags.writeable = False\n"
        "wide = np.broadcast_to(np.arange(3), (4, 3))\n"
        "mixed = pd.DataFrame({'a': [1], 'b': ['x']}).values\n"
        "arrays = [v, days, w, objects, narrow, wide, mixed]",
        "print([a.flags.writeable for a in arrays], arrays, w is arrays[2])",
    ),
    kind(
        "logger and its handler",
        "import logging\nlog = logging.getLogger('looked.at')\n"
        "log.addHandler(logging.StreamHandler())\nhandler = log.handlers[0]",
        "",
        left_out="handler",
    ),
    kind(
        "registry of units",
        "#plain\nimport pint\nureg = pint.UnitRegistry()\n---\nd = (3 * ureg.meter).to('km')",
        "print(d.magnitude, (2 * ureg.second).to('ms').magnitude)",
        "e = d.magnitude * 2",
        libraries="pint",
    ),
    kind(
        "iterators half way",
        "import io, itertools\nlines = io.StringIO('a\\nb\\nc\\nd\\n')\n"
        "numbers, turns = itertools.count(3), itertools.cycle('xy')\n"
        "pairs, back = zip('abcdef', range(6)), reversed([1, 2, 3, 4, 5])\n"
        "kept = [next(each) for each in (lines, numbers, turns, pairs, back)]\n---\n"
        "more = [next(each) for each in (lines, numbers, turns, pairs, back)]",
        "print(kept, more, lines.tell(), numbers, list(itertools.islice(turns, 2)))",
        "print([next(each) for each in (lines, numbers, turns, pairs, back)])",
    ),
    kind(
        "path that is no text",
        "import sys, pathlib\nsys.path.append(pathlib.Path('x'))\nsys.path.append('y')\nx = [1]",
        "print(x, sys.path[-1])",
        "x.append(2)",
    ),
]
