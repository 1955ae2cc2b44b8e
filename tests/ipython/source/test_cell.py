"""A cell's source: its key, what it binds and reads; and how a step cell is rewritten."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from mundane_ipython.namespace.snapshot import Snapshot
from mundane_ipython.source.cell import CellSource, analyze
from mundane_ipython.source.code_key import text_key
from mundane_ipython.source.transform import StepWrapper, rewrite_step_line


def analyzed(text: str) -> CellSource:
    return analyze(ast.parse(text).body)


def transformed(body: str) -> str:
    """Return a body as IPython makes Python of it."""
    return TransformerManager().transform_cell(body)


@pytest.mark.parametrize(
    ("body", "bound"),
    [
        ("x = 1", "x"),
        ("x += 1", "x"),
        ("a, (b, *c) = d = e", "a b c d"),
        ("x: int", "x"),
        ("x[0] = y.z = 1", ""),
        ("import a.b, c.d as e\nfrom f import g, h as i", "a e g i"),
        ("for i in x: j = i", "i j"),
        ("with a as b, c as (d, e): pass", "b d e"),
        ("try: pass\nexcept E as e: f = 1", "e f"),
        ("match x:\n    case [a, *b]: pass\n    case {'k': c, **d}: pass", "a b c d"),
        ("[x := i for i in y]", "x"),
        ("def f(a):\n    b = 1\nclass C:\n    d = 1", "f C"),
        (
            "def f():\n    global g\n    g = 1\n    def h():\n        global i\n        i = 1",
            "f g i",
        ),
        ("async def f(): pass\nasync for a in b: pass", "f a"),
        ("del x", "x"),
        ("lambda: (y := 1)", ""),
    ],
)
def test_bound_names(body: str, bound: str) -> None:
    """Every statement that binds a name at the top level is seen."""
    assert analyzed(body).bound == frozenset(bound.split())


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ("x = y + z.w", "y z"),
        ("x += 1", "x"),
        ("del x", "x"),
        ("def f(a): return a + b", "b"),
        ("class C(B):\n    d = e\n    def m(self): return g", "B e g"),
        ("[a for a in b if c]", "b c"),
        ("f'{a} {b!r:{c}}'", "a b c"),
        ("lambda x=y: x + z", "y z"),
        ("x = 1", ""),
    ],
)
def test_read_names(body: str, read: str) -> None:
    """Every name of the namespace that the body refers to is seen, in functions too."""
    assert analyzed(body).read == frozenset(read.split())


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ("!echo {k}", "k"),
        ("!echo $k.n ${l}", "k l"),
        ("x = !echo {a.b[c]:>5} {[i for i in d]}", "a c d"),
        ("!echo $$k '$k' {{k}}", ""),
        ("!echo {k", ""),  # IPython expands nothing of it
        ("!awk '{print k}'", "k print"),
        ("def f(k):\n    !echo $k $j", "j"),
        ("k = 1\n!echo $k", ""),
        ("!echo $k\nk = 1", "k"),
        ("df.query('a > @k')", "df k"),
        ("df.query(f'a > {z} and b < @k')", "df k z"),
        ("df.eval('a * @ k' + '@f(b)')", "df f k"),
        ("pd.eval('k + 1')", "k pd"),
        ("x = 'me@k'", ""),
        ("k = 1\ndf.query('a > @k')", "df"),
        ("df.query('a > @k')\nk = 1", "df k"),
        ("lambda k: df.query('a > @k')", "df"),
        ("ols('y ~ tr(x) + C(z):w', df)", "C df ols tr w x y z"),
        ("ols(f'y ~ tr({x})', df)", "df ols tr x y"),
        ("text = '[a ~ b] - 1'", "a b"),
        ("open('~/k'), '~k/', 'about ~ 5 of k', '~'", "open"),
        ("match x:\n    case 'a ~ b': pass", "x"),
        ("def f():\n    'a ~ b'", ""),
        ("duckdb.sql('select a from df')", "df duckdb"),
        ("q = 'WITH t AS (SELECT * FROM df) SELECT * FROM t JOIN a b, \"c\"'", "a c df"),
        ("con.sql('from df')", "con df"),
        ("con.sql(f'select a from df where a > {k}')", "con df k"),
        ("con.sql(f'select {a} from {b} d')", "a b con"),
        ("con.execute('-- all\\nselect * from (select b from inner_one) as x')", "con inner_one"),
        ("con.sql('insert into big select * from df')", "big con df"),
        ("con.sql('summarize df')", "con df"),
        ("con.sql('create table t as select * from df')", "con df t"),
        ("def f(df):\n    return con.sql('from df')", "con"),
        ("print('data from df to disk', 'from here to there', 'Select one', 'update k')", "print"),
        ("%env K=$k", "k"),
        ("%cd {folder}/{sub}", "folder sub"),
        ("%pip install -q $package", "package"),
        ("%ls k", ""),
        ("%matplotlib inline", ""),
        ("%%html\n<b>{k} $k</b>", ""),
        ("%%markdown\n{k}", ""),
        ("%%javascript\nk", ""),
        ("%%writefile $path\n{k}", "path"),
        ("%%bash -s $k\necho $j {k}", "k"),
        ("%%system\necho $k", "k"),
        ("for i in j:\n    %env K={i} {k}", "j k"),
    ],
)
def test_names_within_strings_are_read(body: str, read: str) -> None:
    """In shell commands, queries and formulas, each where and when it is evaluated."""
    source = analyzed(transformed(body))
    read_first = source.read - source.bound_before_read(source.read)
    assert read_first - {"get_ipython"} == frozenset(read.split())
    assert not source.dynamic


@pytest.mark.parametrize(
    ("body", "mentioned"),
    [
        ("%who", None),
        ("%sql select * from df", "select from df"),
        ("%%sql con\nselect *\nfrom df", "con select from df"),
        ("%store k", None),
        ("%time f(k)", "f k"),
        ("%%capture seen\nf(k)", "seen f k"),
        ("%time f(k)\n%who", None),
    ],
)
def test_what_magics_may_read(body: str, mentioned: str | None) -> None:
    """Anything, but for those that are known to run what stands behind them and no more."""
    source = analyzed(transformed(body))
    assert source.dynamic
    words = None if mentioned is None else frozenset(mentioned.split())
    assert source.mentioned == words


def test_key_is_the_codes() -> None:
    """Comments, blank lines and formatting do not change the key; code does."""
    key = analyzed("x = f(1,\n   2)  # note\n\n").key
    assert analyzed("x=f( 1, 2 )").key == key
    assert analyzed("x = f(1, 3)").key != key
    assert analyzed("y = f(1, 2)").key != key


def test_expression_at_the_end() -> None:
    """Whether the body ends in an expression decides how a script's row is taken."""
    assert analyzed("x = 1\nx").ends_in_expression
    assert not analyzed("x\ny = 1").ends_in_expression
    assert not analyzed("").ends_in_expression


def rewritten(text: str) -> list[str]:
    return rewrite_step_line(text.splitlines(keepends=True))


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n",
        "",
        "%%stepper a\nx\n",
        "%%step?\n",
        "%%step??\n",
        " %%step a\nx\n",
        "# %%step a\nx\n",
        "%step a 1\n",
        "x = 1\n%%step a\n",
        "%%time\n%%step a\nx\n",
    ],
)
def test_other_cells_are_left_alone(text: str) -> None:
    """Only a cell whose first line is `%%step ...` is rewritten."""
    assert rewritten(text) == text.splitlines(keepends=True)


def test_only_the_first_line_is_rewritten() -> None:
    """The body stays where it is, line for line."""
    first, *rest = rewritten("%%step  fetch -o x  \n\nx = '''\n%%step no\n'''\n")
    assert first == "get_ipython().mundane_cell('fetch -o x')\n"
    assert rest == ["\n", "x = '''\n", "%%step no\n", "'''\n"]
    assert rewritten("%%step") == ["get_ipython().mundane_cell('')\n"]
    assert rewritten("%%step a'b\\\n1\n")[0] == 'get_ipython().mundane_cell("a\'b\\\\")\n'


def test_line_numbers_survive_the_transformers() -> None:
    """Through IPython's own transformers each statement keeps its line."""
    manager = TransformerManager()
    manager.cleanup_transforms.append(rewrite_step_line)
    text = manager.transform_cell("%%step a\n\n!ls\nx = %pwd\n\n1 / 0\n")
    assert text.splitlines()[5] == "1 / 0"


class _Shell:
    ast_node_interactivity = "last_expr"


def wrapped(body: str) -> ast.Module:
    sources: dict[str, CellSource] = {}
    module = ast.parse(f"get_ipython().mundane_cell('a')\n{body}")
    module = StepWrapper(_Shell(), sources, lambda: False).visit(module)
    assert len(sources) == 1
    compile(module, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return module


def test_wrapped_body_keeps_its_lines() -> None:
    """The wrapper adds no line and moves none."""
    module = wrapped("x = 1\n\nx + (\n1)")
    lines = {
        type(node).__name__: node.lineno for node in ast.walk(module) if hasattr(node, "lineno")
    }
    assert lines["Assign"] == 2
    assert lines["BinOp"] == 4


@pytest.mark.parametrize(
    "body", ["", "pass", "await f()", "async with a: pass", "x = yield_", "x;"]
)
def test_any_body_compiles(body: str) -> None:
    """Whatever the body, the wrapped cell compiles."""
    wrapped(body)


def test_future_imports_stand_first() -> None:
    """`from __future__` is put before the wrapper."""
    module = wrapped("from __future__ import annotations\nx = 1")
    assert isinstance(module.body[0], ast.ImportFrom)


def test_plain_cells_are_not_wrapped() -> None:
    """A cell without the marker is the same tree afterwards."""
    module = ast.parse("x = 1\nget_ipython().mundane_cell('a')")
    before = ast.dump(module)
    assert ast.dump(StepWrapper(_Shell(), {}, lambda: False).visit(module)) == before


@pytest.mark.parametrize("body", ["x = 1", "from __future__ import annotations", "await f()"])
def test_a_plain_cell_first_says_that_it_begins(body: str) -> None:
    """One call stands in front, on the first line; the rest is the same tree."""
    module, before = ast.parse(body), ast.dump(ast.parse(body))
    sources: dict[str, CellSource] = {}
    StepWrapper(_Shell(), sources, lambda: True).visit(module)
    first = module.body.pop(0)
    (key,) = sources
    assert (ast.unparse(first), first.lineno) == (f"get_ipython().mundane_cell.attend({key!r})", 1)
    assert ast.dump(module) == before
    empty = ast.parse("# nothing")
    assert StepWrapper(_Shell(), {}, lambda: True).visit(empty).body == []


def test_namespace_changes() -> None:
    """Bound is what is new, another object, or said by the source; deleted is what is gone."""
    kept, one = [1], object()
    before = {"kept": kept, "gone": 1, "same": 1, "other": one, "_": 5, "_3": 6, "hidden": one}
    hidden = {"hidden": one, "_": 5}
    snapshot = Snapshot(before, hidden)
    after = {"kept": kept, "same": 1, "other": object(), "new": 2, "_": 7, "_4": 8, "hidden": one}
    hidden["_"] = 7  # as IPython does
    changes = snapshot.changes(after, {"same", "missing"})
    assert changes.bound == ["same", "other", "new"]
    assert changes.deleted == ["gone"]
    assert snapshot.older(after, changes) == {"kept": kept}


def test_hidden_name_that_the_user_binds_anew() -> None:
    """A name that IPython hides is the user's once it holds another object."""
    one = object()
    snapshot = Snapshot({"open": one}, {"open": one})
    assert snapshot.changes({"open": 5}, set()).bound == ["open"]


CODE_KEYS = json.loads((Path(__file__).parents[1] / "frozen" / "code-keys.json").read_text("ascii"))


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("text", CODE_KEYS)
def test_key_is_equal_on_every_python(text: str) -> None:
    """Keys that Python 3.11 made are those that this Python makes."""
    assert text_key(text) == CODE_KEYS[text]


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_code_that_differs_has_another_key() -> None:
    """Pieces of code that are not the same have keys that are not."""
    same: dict[str, set[str]] = {}
    for text, key in CODE_KEYS.items():
        same.setdefault(key, set()).add(ast.dump(ast.parse(text)).replace(", kind='u'", ""))
    assert all(len(trees) == 1 for trees in same.values())


def test_key_of_what_is_no_python() -> None:
    """Stored text of a later Python, or of nobody, has no key."""
    assert text_key("x = = 1") is None
    assert text_key("x\0") is None


@pytest.mark.parametrize(
    "text",
    [
        "out = [i for i in y if i]",
        "out = {i for i in y}",
        "out = {i: j for i, j in y}",
        "out = [[i for i in r] for r in y]",
        "out = [lambda: i for i in y]",
        "out = [i async for i in y]",
        "out = [await i for i in y]",
        "out = await (lambda: y)()",
        "async with y: out = (i async for i in y)",
        "async for k in y: out = k",
        "out = f'{[i for i in y]}'",
        "for k in [i for i in y]: out = k",
    ],
)
def test_variables_of_a_comprehension_are_nobodys_else(text: str) -> None:
    """They are neither bound nor read at the top level, whatever scope Python gives them."""
    source = analyzed(text)
    assert source.bound == {"out"} | ({"k"} & source.bound)
    assert source.bound_before_read(source.bound) == source.bound
    assert source.read - {"k"} == {"y"}
