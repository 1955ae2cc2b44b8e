"""What the generator of classes found (`tests/bench/classes.py`) that nobody had thought of."""

from __future__ import annotations

from . import Kind, kind

_TRACED = """
import functools

def traced(function):
    @functools.wraps(function)
    def inner(*args):
        inner.calls += 1
        return function(*args)
    inner.calls = 0
    return inner
"""

KINDS: list[Kind] = [
    kind(
        "static method over a closure that keeps",
        """
def closing():
    items = []
    def log(item):
        items.append(item)
        return list(items)
    return log
class A:
    log = staticmethod(closing())
""",
        "print(A.log(0))",
        "A.log(5)",
    ),
    kind(
        "class method over a closure that counts",
        """
def outer():
    count = 0
    class A:
        @classmethod
        def bump(cls):
            nonlocal count
            count += 1
            return count
        def told(self):
            return count
    return A
A = outer()
a = A()
""",
        "print(a.told(), A.bump(), a.told())",
        "A.bump()",
    ),
    kind(
        "property over a closure that keeps",
        """
def keeping():
    values = {}
    def get(self):
        return values.get("v")
    def put(self, value):
        values["v"] = value
    return property(get, put)
class A:
    v = keeping()
a = A()
""",
        "print(a.v)",
        "a.v = 5",
    ),
    kind(
        "method that counts its calls",
        f"{_TRACED}\nclass A:\n    @traced\n    def work(self):\n        return 1\na = A()",
        "print(a.work.calls)",
        "a.work()",
    ),
    kind(
        "function that counts its calls",
        f"{_TRACED}\n@traced\ndef work():\n    return 1",
        "print(work.calls)",
        "work()",
    ),
    kind(
        "inner function that calls itself and shares a list",
        """
def outer():
    seen = []
    def inner(n):
        seen.append(n)
        return inner(n - 1) if n else len(seen)
    return inner, seen
walk, seen = outer()
""",
        "print(seen, len(seen))",
        "walk(3)",
    ),
    kind(
        "typed dictionaries that inherit",
        """
import typing
T = typing.TypeVar("T")
class Base(typing.TypedDict):
    n: int
class More(Base, total=False):
    "More."
    text: typing.Required[str]
    rest: "list"
class Of(typing.TypedDict, typing.Generic[T]):
    item: T
row: More = More(n=1, text="t")
rows = [row, Base(n=2), Of(item=3)]
""",
        """
print(row, rows, rows[0] is row, More.__total__, More.__doc__, More.__mro__, More.__bases__)
print(More.__annotations__, typing.get_type_hints(More), Of[int], Of.__parameters__)
print(sorted(More.__required_keys__), sorted(More.__optional_keys__))
print(*(getattr(each, "__orig_bases__", None) for each in (Base, More, Of)))
""",
        "row['rest'] = [3]\nclass Most(More):\n    last: int",
    ),
    kind(
        "class with another name",
        "class A:\n    pass\na = A()",
        "print(A, A.__name__, A.__qualname__, a)",
        "A.__name__ = 'Other'",
    ),
    kind(
        "dict whose keys count their reprs",
        """
shown = []
class A:
    def __repr__(self):
        shown.append("repr")
        return "A()"
a = A()
keyed = {a: 1}
rows = [{a: [a]}]
""",
        "print(len(shown), keyed[a], rows[0][a][0] is a)",
        "keyed[a] = 2\na.n = 1",
    ),
]
