"""Which names a cell surely binds before it can read them: no inputs of it. Pure.

A cell that is mended and run again finds the names of its first try in the namespace. Static, and
in doubt a name counts as read: a branch, a loop and a `try` bind for what stands in them only, but
for what every way through them binds. A function's body reads when something is called.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce

from .scopes import bound_and_read

_Names = frozenset[str]

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SCOPES = (*_DEFINITIONS, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def bound_first(body: Sequence[ast.stmt]) -> frozenset[str]:
    """Return the names that a body's top level binds and never reads before."""
    scan = _Scan()
    scan.read_deferred(scan.block(body, frozenset()))
    stored = {name for statement in body for name in _stored(statement)}
    return frozenset(stored - scan.early)


# What consists of these alone calls nothing.
_INERT = (ast.Assign, ast.Name, ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.expr_context)


class _Scan:
    """Walks statements in order.

    Attributes:
        early: names that were read where nothing had surely bound them.
    """

    def __init__(self) -> None:
        self.early: set[str] = set()
        self._deferred: set[str] = set()

    def block(self, statements: Sequence[ast.stmt], bound: _Names) -> _Names:
        """Walk statements; return what is bound after them, `bound` being so before."""
        for statement in statements:
            bound = self._statement(statement, bound)
        return bound

    def read_deferred(self, bound: _Names) -> None:
        """Take what the functions defined so far refer to as read here."""
        self.early |= self._deferred - bound
        self._deferred.clear()

    def _read(self, node: ast.AST | None, bound: _Names) -> _Names:
        """Take a node's names as read; return what is bound once it was evaluated."""
        if node is None:
            return bound
        if not all(isinstance(inner, _INERT) for inner in ast.walk(node)):
            self.read_deferred(bound)
        self.early |= _loaded(node) - bound
        return bound | {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}

    def _statement(self, statement: ast.stmt, bound: _Names) -> _Names:  # noqa: C901 (a case for each statement)
        match statement:
            case ast.Import(names) | ast.ImportFrom(names=names):
                return bound | {alias.asname or alias.name.split(".")[0] for alias in names}
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                return self._definition(statement, name, bound)
            case ast.AugAssign(target, _, value):
                self.early |= _stored(target) - bound  # read as well, and no Load in the tree
                return self._read(value, self._read(target, bound)) | _stored(target)
            case ast.For(target, source, body, orelse) | ast.AsyncFor(target, source, body, orelse):
                bound = self._read(source, bound)
                self._read(target, bound)  # `a[i]` as a target reads
                self.block(body, bound | _stored(target))
                self.block(orelse, bound)
                return bound
            case ast.While(test, body, orelse):
                bound = self._read(test, bound)
                self.block(body, bound)
                self.block(orelse, bound)
                return bound
            case ast.If(test, body, orelse):
                bound = self._read(test, bound)
                return self.block(body, bound) & self.block(orelse, bound)
            case ast.With(items, body) | ast.AsyncWith(items, body):
                for item in items:
                    bound = self._read(item.context_expr, bound)
                    bound |= _stored(item.optional_vars) if item.optional_vars else frozenset()
                return self.block(body, bound)
            case ast.Try() | ast.TryStar():
                return self._try(statement, bound)
            case ast.Match(subject, cases):
                bound = self._read(subject, bound)
                for case in cases:
                    self._read(case.pattern, bound)
                    inside = self._read(case.guard, bound | _stored(case.pattern))
                    self.block(case.body, inside)
                return bound
            case ast.Delete():
                return self._read(statement, bound) - _stored(statement)
            case _:
                return self._read(statement, bound) | _stored(statement)

    def _definition(self, statement: ast.stmt, name: str, bound: _Names) -> _Names:
        now = [*getattr(statement, "decorator_list", []), *getattr(statement, "bases", [])]
        arguments = getattr(statement, "args", None)
        if arguments is not None:
            now += [*arguments.defaults, *filter(None, arguments.kw_defaults)]
        for node in now:
            bound = self._read(node, bound)
        self._deferred |= _loaded(statement) - {name}
        return bound | {name}

    def _try(self, statement: ast.Try | ast.TryStar, bound: _Names) -> _Names:
        ends = [self.block(statement.orelse, self.block(statement.body, bound))]
        for handler in statement.handlers:
            named = frozenset((handler.name,)) if handler.name else frozenset()
            end = self.block(handler.body, self._read(handler.type, bound) | named)
            if not (handler.body and isinstance(handler.body[-1], ast.Raise)):
                ends.append(end - named)
        return self.block(statement.finalbody, reduce(frozenset.__and__, ends))


def _stored(node: ast.AST) -> frozenset[str]:
    """Return the names that a node binds or deletes, nested functions left aside."""
    return frozenset(_stored_names([node]))


def _stored_names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Name(name, ast.Store() | ast.Del()):
                yield name
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                yield name
            case ast.Import(names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name.split(".")[0] for alias in names)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield name
            case ast.MatchStar(str(name)) | ast.MatchMapping(rest=str(name)):
                yield name
        if not isinstance(node, _SCOPES):
            yield from _stored_names(ast.iter_child_nodes(node))


def _loaded(node: ast.AST) -> set[str]:
    """Return the names of the namespace that a node refers to, from nested functions too."""
    if not any(isinstance(inner, _SCOPES) for inner in ast.walk(node)):
        names = (inner for inner in ast.walk(node) if isinstance(inner, ast.Name))
        return {name.id for name in names if not isinstance(name.ctx, ast.Store)}
    statement = node if isinstance(node, ast.stmt) else ast.Expr(node)  # type: ignore[arg-type]
    return bound_and_read([statement])[1]
