"""Which of the notebook's names a use of IPython can get at, by the magic. Pure.

`%%html` shows its text and `%env X=$k` reads `k`; `%store`, or a magic that nobody knows, may read
anything. A magic that is in no table here counts as one of these.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

MAGIC_CALLS = frozenset(("run_line_magic", "run_cell_magic"))
"""What IPython makes of a line and of a cell magic."""

SHELL_CALLS = frozenset(("system", "getoutput"))
"""What IPython makes of `!command` and `x = !command`."""

# They set up the shell and cost nothing.
_SETTINGS = frozenset(
    """aimport alias alias_magic autoreload colors config load_ext matplotlib
    precision pylab""".split()  # noqa: SIM905 (a list of strings reads worse)
)

# They run only the code, or the query, that stands behind them, and look up what it names.
_RUN_WHAT_FOLLOWS = frozenset(("capture", "prun", "sql", "time", "timeit"))

# They read what IPython expands in their line, `$name` and `{expression}`, and nothing else. What
# stands below that line is a text, or a program of another process.
_READ_THEIR_LINE = frozenset(
    """HTML SVG html javascript js latex markdown svg
    file writefile
    bash cmd perl pypy python python2 python3 ruby script sh
    conda mamba micromamba pip uv
    bookmark cd dhist dirs popd pushd pwd
    env set_env
    gui lsmagic magic pdb quickref reload_ext unalias unload_ext xmode
    cat cp ldir less lf lk ll ls lx man mkdir more mv rm rmdir
    ! sc sx system""".split()  # noqa: SIM905 (a list of strings reads worse)
)

# These expand what stands below their line as well.
_READ_THEIR_CELL = frozenset(("!", "sx", "system"))


# A file that it runs is an input of its own. With `-i` that reads the notebook's names.
_RUN, _RUN_INSIDE = "run", "-i"


def scripts_in(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield what stands behind each `%run`, as far as that is known before it runs."""
    for node in nodes:
        match node:
            case ast.Call(
                ast.Attribute(ast.Call(ast.Name("get_ipython")), "run_line_magic"),
                [ast.Constant("run"), ast.Constant(str(line))],
            ):
                yield line


def _reads_its_line(magic: str, texts: Sequence[ast.expr]) -> bool:
    """Return whether a magic reads nothing but what IPython expands in its line."""
    if magic == _RUN and texts and isinstance(texts[0], ast.Constant):
        return _RUN_INSIDE not in str(texts[0].value).split()
    return magic in _READ_THEIR_LINE


def uses_ipython(nodes: Sequence[ast.AST]) -> bool:
    """Return whether code uses IPython, as magics and shell commands do."""
    return any(isinstance(node, ast.Name) and node.id == "get_ipython" for node in nodes)


def settings(body: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Yield the magics that set up the shell, each with its arguments."""
    for statement in body:
        match statement:
            case ast.Expr(
                ast.Call(
                    ast.Attribute(ast.Call(ast.Name("get_ipython")), "run_line_magic"),
                    [ast.Constant(str(magic)), ast.Constant(str(line))],
                )
            ) if magic in _SETTINGS:
                yield magic, line


def commands_of(node: ast.Call) -> list[str]:
    """Return what IPython expands for a use of it before that runs: texts such as `echo {k}`."""
    match node:
        case ast.Call(
            ast.Attribute(ast.Call(ast.Name("get_ipython")), attr), [ast.Constant(str(text)), *_]
        ) if attr in SHELL_CALLS:
            return [text]
        case ast.Call(
            ast.Attribute(ast.Call(ast.Name("get_ipython")), attr),
            [ast.Constant(str(magic)), *texts],
        ) if attr in MAGIC_CALLS and _reads_its_line(magic, texts):
            expanded = texts if magic in _READ_THEIR_CELL else texts[:1]
            return [str(each.value) for each in expanded if isinstance(each, ast.Constant)]
    return []


def texts_behind(body: Sequence[ast.stmt]) -> Iterator[str | None]:
    """Yield the code behind each use of IPython that may change names which are not seen in it.

    None where it may be any code, as with magics that run more than what stands behind them.
    Nothing of shell commands, settings, and magics that read their line alone.
    """
    for statement in body:
        if list(settings([statement])):
            continue
        nodes = list(ast.walk(statement))
        harmless: set[int] = set()
        texts: dict[int, str] = {}
        for node in nodes:
            match node:
                case ast.Call(
                    ast.Attribute(ast.Call(ast.Name("get_ipython") as shell)),
                    [ast.Constant(str(magic)), *behind],
                ) if magic in _RUN_WHAT_FOLLOWS:
                    texts[id(shell)] = " ".join(map(ast.unparse, behind)).replace("\\n", " ")
                case ast.Call(
                    ast.Attribute(ast.Call(ast.Name("get_ipython") as shell), attr),
                    [ast.Constant(str(magic)), *behind],
                ) if attr in MAGIC_CALLS and _reads_its_line(magic, behind):
                    harmless.add(id(shell))
                case ast.Attribute(ast.Call(ast.Name("get_ipython") as shell), attr) if (
                    attr in SHELL_CALLS
                ):
                    harmless.add(id(shell))
        for node in nodes:
            if isinstance(node, ast.Name) and node.id == "get_ipython" and id(node) not in harmless:
                yield texts.get(id(node))


def words_in(texts: Sequence[str | None]) -> frozenset[str] | None:
    """Return the words in texts, None where one of these is None."""
    if None in texts:
        return None
    return frozenset(re.findall(r"\w+", " ".join(filter(None, texts))))
