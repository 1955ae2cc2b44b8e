"""Code as a digest that every Python computes alike; comments and formatting do not count. Pure.

A task file may be resumed by another Python. Neither `ast.unparse` nor `ast.dump` would do: the
one writes `f"{row['n']}"` in one way on Python 3.12 and 3.13 and in another on 3.11 and 3.14, the
other shows each field that a version adds. tests/ipython/frozen/code-keys.json must not change.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Sequence

# Spelling (`u"x"`, type comments) and what the place of an expression already says.
_NOT_CODE = frozenset(("ctx", "kind", "type_comment", "type_ignores"))


def code_key(statements: Sequence[ast.stmt]) -> str:
    """Return the digest of statements: SHA-256, in hexadecimal."""
    state = hashlib.sha256()
    for part in _parts(list(statements)):
        state.update(part.encode("utf-8", "surrogatepass"))
    return state.hexdigest()


def text_key(text: str, *, docstrings: bool = True) -> str | None:
    """Return the digest of a module's text, None where it is no Python of this version.

    Args:
        text: the module.
        docstrings: whether those of functions and classes count.
    """
    try:
        tree = ast.parse(text)
        if not docstrings:
            drop_docstrings(tree)
        return code_key(tree.body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def drop_docstrings(tree: ast.Module) -> None:
    """Take the docstrings of functions and classes out of a tree."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            match node.body:
                case [ast.Expr(ast.Constant(str())), *others]:
                    node.body = others or [ast.Pass()]


def _parts(part: object) -> Iterator[str]:
    """Yield text that is equal for equal code, and for that only."""
    if isinstance(part, ast.AST):
        yield f"{type(part).__name__}("
        for name in part._fields:
            value = getattr(part, name, None)
            # An absent field and an empty one are the same, so that later Pythons may add some.
            if name in _NOT_CODE or value is None or value == []:
                continue
            yield f"{name}="
            yield from _parts(_without_empty(value) if isinstance(part, ast.JoinedStr) else value)
        yield ")"
    elif isinstance(part, list):
        yield "["
        for item in part:
            yield from _parts(item)
        yield "]"
    else:
        # Decimal numbers of thousands of digits are refused by Python.
        text = hex(part) if type(part) is int else repr(part)
        yield f"{type(part).__name__}:{len(text)}:{text}"


def _without_empty(values: list[ast.expr]) -> list[ast.expr]:
    """Return the parts of an f-string without the empty texts that Python 3.12 puts there."""
    return [v for v in values if not (isinstance(v, ast.Constant) and v.value == "")]
