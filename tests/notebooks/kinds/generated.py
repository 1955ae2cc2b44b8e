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
]
