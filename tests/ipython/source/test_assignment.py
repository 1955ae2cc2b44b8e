"""Which names a cell binds before it can read them."""

from __future__ import annotations

import ast

import pytest

from mundane_ipython.source.assignment import bound_first


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("x = 1\ny = x", "x y"),
        ("y = x\nx = 1", "y"),
        ("x += 1", ""),
        ("x = 1\nx += 1", "x"),
        ("x: int = 1\nx", "x"),
        ("a, (b, *c) = d\na, b, c", "a b c"),
        ("x[0] = 1", ""),
        ("x = []\nx[0] = 1\nx.y = 2", "x"),
        ("import a.b, c as d\nfrom e import f as g\na, d, g", "a d g"),
        ("for i in range(3):\n    print(i)", "i"),
        ("for i in xs:\n    t = i\nprint(t)", "i"),
        ("for i in i:\n    pass", ""),
        ("while (c := f()):\n    print(c)", "c"),
        ("if a:\n    x = 1\nelse:\n    x = 2\nx", "x"),
        ("if a:\n    x = 1\nx", ""),
        ("with open(p) as f:\n    d = f.read()\nd", "f d"),
        ("try:\n    import q\nexcept ImportError:\n    q = None\nq", "q"),
        ("try:\n    q = f()\nexcept E as e:\n    print(e)\nq", "e"),
        ("try:\n    q = f()\nexcept E:\n    raise\nq", "q"),
        ("try:\n    pass\nfinally:\n    q = 1\nq", "q"),
        (
            "match s:\n    case [a, *b] if a > t:\n        a, b\n    case C(x=z):\n        z",
            "a b z",
        ),
        ("def f(x):\n    return x + k\nx = f(1)", "f x"),
        ("def f():\n    return x\nf()\nx = 1", "f"),
        ("def f():\n    return x\nx = 1\nf()", "f x"),
        ("def even(n): return odd(n)\ndef odd(n): return even(n)\nodd(1)", "even odd"),
        ("def f(n): return f(n - 1)\nf(1)", "f"),
        ("def f(a=x): pass\nx = 1", "f"),
        ("@deco\ndef f(): pass\ndeco = 1", "f"),
        ("class A:\n    def m(self): return B\nclass B(A): pass\nA().m()", "A B"),
        ("class A(x): pass\nx = 1", "A"),
        ("squares = [k * k for k in range(n)]\nk = 1\nk", "squares k"),
        ("ys = [x for _ in a]\nx = 1", "ys"),
        ("x = 1\ndel x", "x"),
        ("del x\nx = 1", ""),
        ("x = await f(x)", ""),
        ("", ""),
    ],
)
def test_names_bound_first(body: str, names: str) -> None:
    """A name counts where every way to a read of it leads past a binding; in doubt it does not."""
    assert bound_first(ast.parse(body).body) == frozenset(names.split())
