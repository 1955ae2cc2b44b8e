"""How a `%%step` cell becomes native code, run by IPython once and as it stands.

A source transformer replaces only the first line, so that line numbers, top-level await, `!` and
`%` in the body stay IPython's business; an AST transformer wraps the rest:

    if get_ipython().mundane_cell.begin('NAME OPTIONS', KEY):
        with get_ipython().mundane_cell.running():
            BODY, its last expression shown through mundane_cell.show(...)

Options are parsed when the cell runs: an AST transformer that raises is removed by IPython.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Protocol

from IPython.core.inputtransformer2 import cell_magic

from .cell import CellSource, analyze

HOOK = "mundane_cell"
"""The attribute of the shell through which transformed cells reach the extension."""

_HEAD = re.compile(r"%%step(?:[ \t]+(?P<line>.*))?")


def rewrite_step_line(lines: list[str]) -> list[str]:
    """Replace a leading `%%step LINE` by a marker call on one line; other cells stay as they are.

    An entry of `input_transformers_cleanup`, which sees the cell before its own magics do.
    """
    head = _HEAD.fullmatch(lines[0].rstrip()) if lines else None
    if head is None:
        return lines
    line = (head["line"] or "").strip()
    if line in ("?", "??"):
        return lines
    return [f"get_ipython().{HOOK}({line!r})\n", *_expand_nested_magic(lines[1:])]


# IPython then skips it while it asks whether typed input is complete, and still sees a cell magic,
# which ends with an empty line (IPython.core.inputtransformer2, TransformerManager.check_complete).
rewrite_step_line.has_side_effects = True  # type: ignore[attr-defined]  # IPython's protocol


def _expand_nested_magic(body: list[str]) -> list[str]:
    """Transform `%%bash` and the like as the body's first line; IPython would not see it first."""
    for index, text in enumerate(body):
        if text.startswith("%%"):
            return [*body[:index], *cell_magic(body[index:])]
        if text.strip():
            break
    return body


class Shell(Protocol):
    """What the wrapper needs of IPython's shell."""

    ast_node_interactivity: str


class StepWrapper(ast.NodeTransformer):
    """Wraps the body of a marked cell. An entry of `ast_transformers`.

    Any other cell begins with a call that says so (`Session.attend`), where that is wanted.

    Args:
        shell: whose `ast_node_interactivity` says what is displayed.
        sources: receives each body's analysis under its key, for the cell's first call.
        attends: whether the session wants to know of a plain cell that is about to run.
    """

    def __init__(
        self, shell: Shell, sources: dict[str, CellSource], attends: Callable[[], bool]
    ) -> None:
        self._shell = shell
        self._sources = sources
        self._attends = attends

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Return the module, its body wrapped where the first statement is the marker."""
        line = _marked_line(node)
        if line is None:
            if node.body and self._attends():
                source = _analyze_anyway(node.body)
                self._sources[source.key] = source
                attend = ast.Expr(_hook_call("attend", ast.Constant(source.key)))
                node.body.insert(0, _located(attend, node.body[0]))
            return node
        marker, body = node.body[0], node.body[1:]
        source = _analyze_anyway(body)
        self._sources[source.key] = source
        # A future import must stand first; IPython compiles each top-level statement by itself.
        future = [s for s in body if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
        body = [s for s in body if s not in future] or [ast.Pass()]
        named = self._docstring(body)
        guarded = ast.With([ast.withitem(_hook_call("running"))], self._displayed(body))
        begin = _hook_call("begin", ast.Constant(line), ast.Constant(source.key))
        wrapped = ast.If(begin, [guarded], [])
        node.body = [*future, *named, _located(wrapped, marker)]
        if self._shell.ast_node_interactivity == "last":
            # IPython runs the last statement so that each expression in it shows itself.
            node.body.append(ast.copy_location(ast.Pass(), marker))
        return node

    def _docstring(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Return what sets `__doc__`, as a text at the top of a plain cell does.

        It stands outside, so that a restored cell sets it as well.
        """
        match body:
            case [ast.Expr(ast.Constant(str())) as text, _, *_] if (
                self._shell.ast_node_interactivity != "all"
            ):
                return [text]
        return []

    def _displayed(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Show what IPython would display if the statements stood at the top level."""
        mode = self._shell.ast_node_interactivity
        last = body[-1]
        if mode == "all":
            return [_shown(s) if isinstance(s, ast.Expr) else s for s in body]
        if mode == "none":
            return body
        if isinstance(last, ast.Expr) and mode in ("last", "last_expr", "last_expr_or_assign"):
            return [*body[:-1], _shown(last)]
        target = _assigned_name(last)
        if mode == "last_expr_or_assign" and target is not None:
            value = ast.copy_location(ast.Name(target.id, ast.Load()), target)
            return [*body, _shown(ast.copy_location(ast.Expr(value), last))]
        return body


def _analyze_anyway(body: list[ast.stmt]) -> CellSource:
    """Analyse a body; one that is no valid module is wrapped all the same, and IPython says why."""
    try:
        return analyze(body)
    except SyntaxError:
        return analyze([])


def _marked_line(node: ast.Module) -> str | None:
    match node.body[:1]:
        case [ast.Expr(ast.Call(ast.Attribute(attr=attr), [ast.Constant(str(line))]))] if (
            attr == HOOK
        ):
            return line
    return None


def _located(statement: ast.stmt, place: ast.stmt) -> ast.stmt:
    """Give the parts of a statement that have no place in the cell another one's."""
    for part in ast.walk(statement):
        if "lineno" in part._attributes and not hasattr(part, "lineno"):
            ast.copy_location(part, place)
    return statement


def _assigned_name(statement: ast.stmt) -> ast.Name | None:
    """Return the name that `x = ...`, `x += ...` or `x: T = ...` binds, as IPython shows it."""
    targets: Sequence[ast.expr] = ()
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, (ast.AugAssign, ast.AnnAssign)):
        targets = (statement.target,)
    return targets[0] if len(targets) == 1 and isinstance(targets[0], ast.Name) else None


def _shown(statement: ast.Expr) -> ast.Expr:
    call = ast.copy_location(_hook_call("show", statement.value), statement.value)
    return ast.copy_location(ast.Expr(call), statement)


def _hook_call(method: str, *arguments: ast.expr) -> ast.Call:
    shell = ast.Call(ast.Name("get_ipython", ast.Load()), [], [])
    hook = ast.Attribute(shell, HOOK, ast.Load())
    return ast.Call(ast.Attribute(hook, method, ast.Load()), list(arguments), [])
