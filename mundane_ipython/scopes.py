"""Which names of its namespace a piece of code binds and refers to. Pure.

Python's own `symtable` does the scoping. Python 3.12 and later run list, set and dict
comprehensions in the scope that they stand in, and list their variables there, although nothing
outside sees them. So a comprehension is looked at as the generator expression with the same parts,
which has a scope of its own on every Python.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator, Sequence

_INLINED = (ast.ListComp, ast.SetComp, ast.DictComp)


def bound_and_read(statements: Sequence[ast.stmt]) -> tuple[set[str], set[str]]:
    """Return the names that statements bind at the top level, and those that they refer to.

    Both also from within functions: by `global`, and as what is not local there. `x += 1` and
    `del x` refer to nothing here.

    Raises:
        SyntaxError: the statements are no valid module.
    """
    table = symtable.symtable(_outlined(statements), "<step>", "exec")
    bound: set[str] = set()
    read: set[str] = set()
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported():
            bound.add(symbol.get_name())
        if symbol.is_referenced():
            read.add(symbol.get_name())
    for scope in _inner_scopes(table):
        for symbol in scope.get_symbols():
            # A comprehension's walrus target is flagged like a `global` statement's name.
            if symbol.is_declared_global() and symbol.is_assigned():
                bound.add(symbol.get_name())
            if symbol.is_global() and symbol.is_referenced():
                read.add(symbol.get_name())
    return bound, read


def _inner_scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _inner_scopes(child)


def _outlined(statements: Sequence[ast.stmt]) -> str:
    """Return statements as text in which no comprehension shares its surroundings' scope."""
    text = ast.unparse(ast.Module(list(statements), []))
    if not any(isinstance(n, _INLINED) for each in statements for n in ast.walk(each)):
        return text
    # A tree of its own: the statements are going to run.
    return ast.unparse(_Outline().visit(ast.parse(text)))


class _Outline(ast.NodeTransformer):
    """Makes generator expressions of comprehensions."""

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self.generic_visit(ast.GeneratorExp(node.elt, node.generators))

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        return self.generic_visit(ast.GeneratorExp(node.elt, node.generators))

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        pair = ast.Tuple([node.key, node.value], ast.Load())
        return self.generic_visit(ast.GeneratorExp(pair, node.generators))
