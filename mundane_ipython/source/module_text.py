"""A module's text: which statements make each of its names, and what these refer to. Pure.

Nothing is imported or run. So the same is said of a module that is loaded and of one that is not.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .code_key import code_key, drop_docstrings
from .scopes import bound_and_read

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)

Paths = frozenset[tuple[str, ...]]
"""What code refers to: ("a", "b") for `a.b`, ("a",) for `a`."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import statement binds a name to.

    Attributes:
        module: the module's name, absolute.
        name: of its member; "" for the module itself, "*" for all of them.
    """

    module: str
    name: str


class ModuleText:
    """One module's text.

    Args:
        text: what stands in its file.
        package: of which it is, for relative imports; "" for none.

    Attributes:
        imports: what its import statements bind, by name; the names of `import *` are not known.
        stars: modules of which it imports all.

    Raises:
        SyntaxError, ValueError: it is no Python.
    """

    def __init__(self, text: str, package: str) -> None:
        self.imports: dict[str, Imported] = {}
        self.stars: list[str] = []
        self._statements: dict[str, list[ast.stmt]] = {}
        tree = ast.parse(text)
        drop_docstrings(tree)
        body = [each for each in tree.body if not _is_no_part(each)]
        found = [(each, _bound(each)) for each in body]
        self._body = body
        for statement, bound in found:
            for name in bound:
                self._statements.setdefault(name, []).append(statement)
        for statement, bound in found:
            if not bound:  # `TABLE.update(...)` makes `TABLE` what it is
                for name in _changed(statement):
                    self._statements.get(name, []).append(statement)
        for node in (node for each in body for node in ast.walk(each)):
            self._note_imports(node, package)

    @property
    def names(self) -> frozenset[str]:
        """The names that its statements bind."""
        return frozenset(self._statements)

    def key(self, name: str) -> str:
        """Return a digest of the statements that make a name, "" where none does.

        Args:
            name: the name; "" for all that the module has.
        """
        statements = self._statements.get(name) if name else self._body
        return code_key(statements) if statements else ""

    def refers_to(self, name: str) -> Paths:
        """Return what the statements that make a name refer to, see `key`."""
        return paths_in(self._statements.get(name, ()) if name else self._body)

    def _note_imports(self, node: ast.AST, package: str) -> None:
        for name, imported in imports_of(node, package):
            if name == "*":
                self.stars.append(imported.module)
            else:
                self.imports[name] = imported


def imports_of(node: ast.AST, package: str = "") -> Iterator[tuple[str, Imported]]:
    """Yield the names that an import statement binds, `*` as it is; nothing for any other node."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            root = alias.name.partition(".")[0]
            yield alias.asname or root, Imported(alias.name if alias.asname else root, "")
    elif isinstance(node, ast.ImportFrom):
        module = _absolute(node.module or "", node.level, package)
        for alias in node.names:
            yield alias.asname or alias.name, Imported(module, alias.name)


def paths_in(statements: Sequence[ast.stmt]) -> Paths:
    """Return what statements refer to outside of themselves."""
    if not statements:
        return frozenset()
    _, read = bound_and_read(statements)
    nodes = [node for each in statements for node in ast.walk(each)]
    read |= {name for node in nodes for name, _ in imports_of(node)}  # in functions too
    inner = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    dotted = (dotted_name(node) for node in nodes if id(node) not in inner)
    return frozenset(path for path in dotted if path and path[0] in read)


@functools.lru_cache(maxsize=256)
def references_in(text: str) -> tuple[Paths, dict[str, Imported]]:
    """Return what a text refers to, and what it imports, by name; nothing where it is no Python."""
    try:
        body = ast.parse(text).body
        imported = dict(
            pair for each in body for node in ast.walk(each) for pair in imports_of(node)
        )
        return paths_in(body), imported
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset(), {}


def dotted_name(node: ast.AST) -> tuple[str, ...]:
    """Return the names of `a.b.c`, none for anything else."""
    if isinstance(node, ast.Name):
        return (node.id,)
    inner = dotted_name(node.value) if isinstance(node, ast.Attribute) else ()
    return (*inner, node.attr) if inner and isinstance(node, ast.Attribute) else ()


def _absolute(module: str, level: int, package: str) -> str:
    if not level:
        return module
    parts = package.split(".")
    above = ".".join(parts[: len(parts) - level + 1])
    return ".".join(filter(None, (above, module)))


def _is_no_part(statement: ast.stmt) -> bool:
    """Return whether a statement does nothing in a module that is imported."""
    match statement:
        case ast.Expr(ast.Constant()):
            return True
        case ast.If(ast.Compare(ast.Name("__name__")), _, []):
            return True
    return False


def _changed(statement: ast.stmt) -> set[str]:
    """Return the names of which a statement changes the values, where it binds none.

    Of `TABLE["a"] = f`, `CONFIG.update(...)` and the like only the first name is changed.
    """
    match statement:
        case ast.Assign(targets) | ast.Delete(targets):
            changed = targets
        case ast.AugAssign(target):
            changed = [target]
        case ast.Expr(ast.Call(ast.Attribute(owner))):
            changed = [owner]
        case _:
            return {path[0] for path in paths_in([statement])}
    return {root for each in changed if (root := _root(each))}


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _bound(statement: ast.stmt) -> set[str]:
    """Return the names that a top-level statement binds, the bodies of functions left aside."""
    found: set[str] = set()
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        else:
            found.update(name for name, _ in imports_of(node))
        if not isinstance(node, _SCOPES):
            todo.extend(ast.iter_child_nodes(node))
    return found
