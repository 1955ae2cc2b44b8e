"""Which names of its namespace a piece of code binds and refers to. Pure.

Python's own `symtable` does the scoping, of code that is first made the same to every version:

* 3.12 and later run list, set and dict comprehensions in the scope that they stand in, and list
  their variables there, although nothing outside sees them. The generator expression with the same
  parts has a scope of its own on each.
* 3.14 refuses `await`, `async for` and `async with` at the top level, where IPython allows them.
  Without these words the names are the same.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator, Sequence

_MADE_SAME = (
    *(ast.ListComp, ast.SetComp, ast.DictComp),
    *(ast.Await, ast.AsyncFor, ast.AsyncWith, ast.comprehension),
)


def bound_and_read(statements: Sequence[ast.stmt]) -> tuple[set[str], set[str]]:
    """Return the names that statements bind at the top level, and those that they refer to.

    Both also from within functions: by `global`, and as what is not local there. `x += 1` and
    `del x` refer to nothing here.

    Raises:
        SyntaxError: the statements are no valid module.
    """
    table = symtable.symtable(_same_to_all(statements), "<step>", "exec")
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


def _same_to_all(statements: Sequence[ast.stmt]) -> str:
    """Return statements as text whose names have the same scopes to each Python's `symtable`."""
    text = ast.unparse(ast.Module(list(statements), []))
    if not any(isinstance(n, _MADE_SAME) for each in statements for n in ast.walk(each)):
        return text
    # A tree of its own: the statements are going to run.
    return ast.unparse(ast.fix_missing_locations(_MakeSame().visit(ast.parse(text))))


class _MakeSame(ast.NodeTransformer):
    """Makes generator expressions of comprehensions, and synchronous code of asynchronous."""

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self.generic_visit(ast.GeneratorExp(node.elt, node.generators))

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        return self.generic_visit(ast.GeneratorExp(node.elt, node.generators))

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        pair = ast.Tuple([node.key, node.value], ast.Load())
        return self.generic_visit(ast.GeneratorExp(pair, node.generators))

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        node.is_async = 0
        return self.generic_visit(node)

    def visit_Await(self, node: ast.Await) -> ast.AST:
        visited: ast.AST = self.visit(node.value)
        return visited

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        return self.generic_visit(ast.For(node.target, node.iter, node.body, node.orelse))

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        return self.generic_visit(ast.With(node.items, node.body))
