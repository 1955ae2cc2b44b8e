"""Names within strings that are evaluated: shell commands, queries, formulas, SQL. Pure.

`!echo $k`, `df.query("a > @k")`, `smf.ols("y ~ tr(x)", df)` and `duckdb.sql("from df")` read names
that no `ast.Name` shows.
Only strings that hold a mark are looked at, and these without running anything: a string that the
code puts together first tells what its constant parts tell.
"""

from __future__ import annotations

import ast
import copy
import re
import string
import types
from collections.abc import Collection, Iterator, Sequence, Set

from .magics import MAGIC_CALLS, SHELL_CALLS, commands_of
from .scopes import bound_and_read

_EXPANDING = SHELL_CALLS | MAGIC_CALLS

_QUERIES = frozenset(("query", "eval"))

# These take an expression of Python whose bare names are those of the namespace.
_EVALUATORS = frozenset(
    (("pd", "eval"), ("pandas", "eval"), ("ne", "evaluate"), ("numexpr", "evaluate"))
)

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_AT_NAME = re.compile(r"@\s*([^\W\d]\w*)")

# How a query begins, and what stands before a table, or several, in it.
_SQL = re.compile(
    r"(?:\s|--[^\n]*\n|\()*"
    r"(?:select\b.*\bfrom\b|with\s+(?:recursive\s+)?\w+\s+as\b|insert\s+into\b|delete\s+from\b"
    r"|update\s+\w+\s+set\b|create\b.*\bas\b|copy\b.*\bto\b|explain\b.*\bfrom\b"
    r"|(?:un)?pivot\s+\w+\s+on\b|(?:describe|summarize|table)\s+\w+\s*;?\s*$"
    r"|from\s+\w+\s*(?:;?\s*$|select\b|where\b|limit\b|order\b|group\b|join\b|,))",
    re.IGNORECASE | re.DOTALL,
)
_BEFORE_TABLES = r"(?:from|join|into|update|using|describe|summarize|pivot|unpivot|table|copy)\b"
_TABLE = rf"(?:\w+|\"[^\"]+\"|`[^`]+`)(?:\s+(?:as\s+)?(?!{_BEFORE_TABLES})\w+)?"
_TABLES = re.compile(rf"\b{_BEFORE_TABLES}\s*({_TABLE}(?:\s*,\s*{_TABLE})*)", re.IGNORECASE)
_DEFINED = re.compile(r"\b(\w+)\s+as\s*(?:not\s+materialized\s*|materialized\s*)?\(", re.IGNORECASE)

_TEXTS = (ast.Constant, ast.JoinedStr, ast.Call)

# As IPython finds them: not within single quotes, and `$$name` is for the shell.
_DOLLAR = re.compile(r"\$(\$?[\w.]+)(?=(?:[^']*'[^']*')*[^']*$)")

# Stands for what an f-string puts between its constant parts.
_UNKNOWN = "_part"


def with_names(body: Sequence[ast.stmt], nodes: Sequence[ast.AST]) -> Sequence[ast.stmt]:
    """Return statements that refer to the names in strings as well; the same where there are none.

    Each such string is a tuple there of itself and of the names, so that they are looked up in the
    scope, and at the time, in which the string is evaluated.

    Args:
        body: the statements; they are left as they are.
        nodes: all that is in them.
    """
    called = {_called(node) for node in nodes if isinstance(node, ast.Call)}
    if not any(_names_of(node, called) for node in nodes if isinstance(node, _TEXTS)):
        return body
    module = _WithNames(called).visit(ast.Module(copy.deepcopy(list(body)), []))
    return list(ast.fix_missing_locations(module).body)


def names_in_constants(code: types.CodeType, local: Set[str] = frozenset()) -> Iterator[str]:
    """Yield the names in a function's string constants; the parts of an f-string stand alone.

    Args:
        code: of the function, those within it left aside.
        local: names that are variables of it or of functions around it.
    """
    shell = "get_ipython" in code.co_names and not _EXPANDING.isdisjoint(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, str):
            names = _marked_names(constant, code.co_names)
            if shell:
                names |= command_names(constant)
            yield from names - local


def command_names(command: str) -> set[str]:
    """Return the names that IPython looks up to expand a shell command.

    `$name`, `${name}` and `{expression}`; where an expression is none, the words in it.
    """
    if "$" not in command and "{" not in command:
        return set()
    try:
        parts = list(string.Formatter().parse(command))
    except ValueError:  # then IPython leaves the command as it is
        return set()
    found: set[str] = set()
    for text, expression, spec, _ in parts:
        fields = [field for field in _DOLLAR.findall(text) if not field.startswith("$")]
        found.update(name for field in fields for name in _IDENTIFIER.findall(field)[:1])
        found |= expression_names(expression or "") | command_names(spec or "")
    return found


def expression_names(text: str) -> set[str]:
    """Return the names that an expression refers to; where it is no Python, the words in it."""
    tree = _parsed(text.strip())
    return set(_IDENTIFIER.findall(text)) if tree is None else bound_and_read(tree.body)[1]


def formula_names(text: str) -> set[str]:
    """Return the names in a formula such as `y ~ C(x) + tr(z):w`, none of any other text."""
    tree = _parsed(text.strip().replace("~", "+~").replace(":", "*"))
    if tree is None or [type(statement) for statement in tree.body] != [ast.Expr]:
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - {_UNKNOWN}


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def sql_names(text: str) -> set[str]:
    """Return the tables that a query names, those that it defines itself left aside.

    DuckDB, Polars and others find a frame by the name of its variable. Of any other text nothing.
    """
    if _SQL.match(text) is None:
        return set()
    found: set[str] = set()
    for tables in _TABLES.findall(text):
        for table in tables.split(","):
            found.update(word.strip('"`') for word in table.split()[:1])
    return {name for name in found if name.isidentifier()} - {*_DEFINED.findall(text), _UNKNOWN}


def _marked_names(text: str, called: Collection[str | None]) -> set[str]:
    found = sql_names(text)
    if "~" in text:
        found |= formula_names(text)
    if "@" in text and not _QUERIES.isdisjoint(called):
        found.update(_AT_NAME.findall(text))
    return found


def _called(node: ast.Call) -> str | None:
    """Return the last name of what is called."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else None


def _names_of(node: ast.AST, called: Collection[str | None]) -> set[str]:
    """Return the names in a node that is a string, or a call that evaluates its arguments."""
    match node:
        case ast.Constant(str(text)):
            return _marked_names(text, called)
        case ast.JoinedStr(parts):
            text = "".join(
                str(part.value) if isinstance(part, ast.Constant) else _UNKNOWN for part in parts
            )
            return _marked_names(text, called)
        case ast.Call(ast.Attribute(ast.Name(owner), attr), [ast.Constant(str(text)), *_]) if (
            owner,
            attr,
        ) in _EVALUATORS:
            return expression_names(text)
        case ast.Call():
            return {name for text in commands_of(node) for name in command_names(text)}
    return set()


class _WithNames(ast.NodeTransformer):
    """Puts the names in strings beside them, where an expression may stand."""

    def __init__(self, called: Collection[str | None]) -> None:
        super().__init__()
        self._called = called

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return _beside(node, _names_of(node, self._called))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        names = _names_of(node, self._called)
        for part in node.values:  # its texts and formats can be nothing else
            if isinstance(part, ast.FormattedValue):
                part.value = self.visit(part.value)
        return _beside(node, names)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        names = _names_of(node, self._called)
        visited = self.generic_visit(node)
        if names:
            node.args[0] = _beside(node.args[0], names)
        return visited

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        # A docstring is not evaluated, and must stay one.
        return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        node.guard = self.visit(node.guard) if node.guard else None
        node.body = [self.visit(statement) for statement in node.body]
        return node  # a tuple in its pattern would bind


def _beside(node: ast.expr, names: set[str]) -> ast.expr:
    if not names:
        return node
    return ast.Tuple([node, *(ast.Name(name, ast.Load()) for name in sorted(names))], ast.Load())
