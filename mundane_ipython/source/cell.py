"""A cell's source -> its key, the names it binds and reads, the modules it imports. Pure.

Analysis is static and errs on the side of too many names: what was really bound is the union of
this and of a namespace difference (`namespace/snapshot.py`).
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from .assignment import bound_first
from .code_key import code_key
from .magics import settings, texts_behind, uses_ipython, words_in
from .module_text import dotted_name
from .scopes import bound_and_read
from .strings import with_names

# No later cell's code depends on these, as (magic, how its arguments begin), before it runs.
_PATIENT_SETTINGS = (("matplotlib", ""), ("config", "InlineBackend."))


@dataclass(frozen=True, slots=True)
class CellSource:
    """What is known of a step's body before it runs.

    Attributes:
        key: a digest of the code (`code_key`).
        bound: names that the body may bind at the top level, deleted ones included.
        read: names of the namespace that the body refers to, also from within functions, and from
            strings that are evaluated (`strings`).
        text: the body as IPython's transformers left it.
        imports: modules that its import statements name, functions' bodies left aside.
        imported: for `from m import a as b` (b, m, a), wherever it stands; `*` as it is, and for
            `import m as b` (b, m, "").
        set_attributes: for `a.b.c = value`, `del a.b.c` and the like ("a", "b", "c").
        import_text: its top-level import statements alone.
        assigned: `bound` without what import statements bind.
        ends_in_expression: whether its last statement is an expression.
        dynamic: whether it runs magics that can get at names which its text does not show.
        mentioned: the words in its magics, where all of these run only the code behind them, as
            `%time` does; None where one may read anything.
        settings: its `%matplotlib`, `%config` and the like, as (magic, arguments): they set up the
            shell and cost nothing, so a restore runs them again.
    """

    key: str
    bound: frozenset[str]
    read: frozenset[str]
    text: str
    imports: tuple[str, ...]
    imported: tuple[tuple[str, str, str], ...]
    set_attributes: tuple[tuple[str, ...], ...]
    import_text: str
    assigned: frozenset[str]
    ends_in_expression: bool
    dynamic: bool
    mentioned: frozenset[str] | None
    settings: tuple[tuple[str, str], ...]

    @property
    def settings_are_patient(self) -> bool:
        """Whether no later cell's code depends on its settings before it runs."""
        return all(
            any(magic == m and line.startswith(start) for m, start in _PATIENT_SETTINGS)
            for magic, line in self.settings
        )

    def bound_before_read(self, names: Set[str]) -> frozenset[str]:
        """Return those of some names that the body surely binds before it can read them."""
        # In most cells all is told by the names alone, and the way through the body costs more.
        return _bound_first(self.text) & names if self.bound & names else frozenset()


@functools.lru_cache(maxsize=16)
def _bound_first(text: str) -> frozenset[str]:
    body = ast.parse(text).body
    return bound_first(with_names(body, [node for each in body for node in ast.walk(each)]))


def analyze(body: Sequence[ast.stmt]) -> CellSource:
    """Return what a body's statements bind and read.

    Raises:
        SyntaxError: the statements are no valid module.
    """
    text = ast.unparse(ast.Module(list(body), []))
    nodes = [node for statement in body for node in ast.walk(statement)]
    bound, read = bound_and_read(with_names(body, nodes))
    read.update(_updated_names(nodes))
    statements = [s for s in body if isinstance(s, (ast.Import, ast.ImportFrom))]
    magic_texts = list(texts_behind(body)) if uses_ipython(nodes) else []
    imported = {a.asname or a.name.split(".")[0] for s in statements for a in s.names}
    return CellSource(
        key=code_key(body),
        bound=frozenset(bound),
        read=frozenset(read),
        text=text,
        imports=tuple(dict.fromkeys(_imported_modules(body))),
        imported=tuple(_imported_names(nodes)),
        set_attributes=tuple(dict.fromkeys(_set_attributes(nodes))),
        import_text=ast.unparse(ast.Module(list(statements), [])),
        assigned=frozenset(bound - imported),
        ends_in_expression=bool(body) and isinstance(body[-1], ast.Expr),
        dynamic=bool(magic_texts),
        mentioned=words_in(magic_texts),
        settings=tuple(settings(body)),
    )


def _imported_modules(body: Sequence[ast.AST]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module != "__future__":
                yield node.module
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield from _imported_modules(list(ast.iter_child_nodes(node)))


def _imported_names(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, str, str]]:
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, node.module, alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                yield alias.asname or root, alias.name if alias.asname else root, ""


def _set_attributes(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, ...]]:
    for node in nodes:
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            path = dotted_name(node)
            if path:
                yield path


def _updated_names(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Yield the targets of `x += 1` and `del x`, which `scopes` does not call references."""
    for node in nodes:
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.Delete):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
