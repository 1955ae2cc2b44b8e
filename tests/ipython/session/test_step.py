"""One step cell: what it stores, what it shows, how it fails, and its options."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from IPython.core.error import UsageError

import mundane
from mundane import InvalidNameError, SerializationError
from mundane_ipython.errors import NoOpenTaskError, NotebookStepError

from ..support.shells import Shell, new_shell

Restart = Callable[[], Shell]


def test_runs_once_and_is_restored(restarted: Restart, tmp_path: Path) -> None:
    """A stored cell does not run again; its names, its text and its result come back."""
    source = f"open({str(tmp_path / 'log')!r}, 'a').write('ran')\nx = (1, 2)\nprint('shown')\nx"
    assert restarted().step("a", source).out == "shown\nOut[3]: (1, 2)\n"
    shell = restarted()
    shown = shell.step("a", source).out
    assert shown.startswith("shown\nOut[3]: (1, 2)\nstep a: restored, saved ")
    assert shell.ns["x"] == shell.ns["_"] == shell.ns["Out"][3] == (1, 2)
    assert (tmp_path / "log").read_text() == "ran"


def test_row_is_json_for_everybody(shell: Shell, task_path: Path) -> None:
    """Bindings are members of the row; what is not JSON is a reference with type and summary."""
    shell.step("a", "n = 1\nrows = [{'k': None}]\nwhen = (1, 2)\nimport json as j")
    row = shell.row("a")
    assert (row["n"], row["rows"]) == (1, [{"k": None}])
    assert row["when"]["$mundane"]["type"] == "tuple"
    assert row["when"]["$mundane"]["summary"] == "2 items"
    assert row["j"]["$mundane"] == {"type": "module", "size": 0, "summary": "module json"}
    with closing(sqlite3.connect(task_path)) as connection:
        (text,) = connection.execute("SELECT result FROM mundane_steps").fetchone()
    assert json.loads(text) == row


@pytest.mark.parametrize(
    ("body", "options", "row"),
    [
        pytest.param("x = {'a': [1]}", "-o x", {"a": [1]}, id="one-name"),
        pytest.param("x = 1; y = 'z'; w = 2", "-o x,y", {"x": 1, "y": "z"}, id="two-names"),
        pytest.param("x = 1; y = 2", '-o "x y"', {"x": 1, "y": 2}, id="spaces"),
        pytest.param("x = b'raw'", "-o x", b"raw", id="bytes"),
        pytest.param("[1, 2]", "", [1, 2], id="last-expression"),
        pytest.param("b'raw'", "", b"raw", id="bytes-expression"),
        pytest.param("print(1)", "", None, id="nothing"),
        pytest.param("pass", "", None, id="pass"),
        pytest.param("", "", None, id="empty"),
        pytest.param("x = 1\nx + 1", "", {"x": 1}, id="binding-and-expression"),
    ],
)
def test_row_shapes(shell: Shell, body: str, options: str, row: object) -> None:
    """The row is the value of `-o x`, else of a lone expression, else an object of bindings."""
    shell.step("a", body, options)
    stored = shell.row("a")
    assert stored == row or (row is None and stored == {})
    assert type(stored) is type(row) or row is None


def test_a_library_s_own_data_is_imported_again(restarted: Restart) -> None:
    """A copy of matplotlib's parameters would be without effect, and some have no pickle."""
    import matplotlib as mpl

    body = "from matplotlib import *\nfrom matplotlib import rcParams as own, rcParamsOrig"
    restarted().step("a", body)
    shell = restarted()
    shell.step("a", body)
    assert shell.ns["own"] is shell.ns["rcParams"] is mpl.rcParams
    assert shell.ns["rcParamsOrig"] is mpl.rcParamsOrig


def test_value_with_our_key_is_not_taken_for_a_reference(restarted: Restart) -> None:
    """A user's own dict with the key `$mundane` comes back as it was."""
    body = "x = {'$mundane': {'type': 'tuple'}}\ny = [x]"
    restarted().step("a", body)
    shell = restarted()
    shell.step("a", body)
    assert shell.ns["x"] == {"$mundane": {"type": "tuple"}}
    assert shell.ns["y"][0] is shell.ns["x"]


@pytest.mark.parametrize(
    "value",
    [
        "float('nan')", "float('inf')", "-0.0", "10**30", "'\\ud800'", "{1: 2}", "True", "[]",
        "{'a': (1,)}", "1e308", "type('S', (str,), {})('x')", "b''", "None", "...", "int", "len",
        "range(3)", "[[]] * 2", "{'a': {'b': [1.0, 'x', False]}}", "'x' * 100_000",
    ],
)  # fmt: skip
def test_values_come_back_equal_and_of_equal_type(restarted: Restart, value: str) -> None:
    """Whatever the value, JSON or not, it comes back as it was."""
    first = restarted()
    first.step("a", f"x = {value}")
    expected = repr(first.ns["x"]), type(first.ns["x"]).__name__
    second = restarted()
    second.step("a", f"x = {value}")
    assert (repr(second.ns["x"]), type(second.ns["x"]).__name__) == expected


def test_shared_objects_stay_shared(restarted: Restart) -> None:
    """Names of one step that hold the same object hold the same object after a restore."""
    body = (
        "a = [1]\nb = {'a': a}\nc = (a, b)\nd = [[], []]\ne = [d[0]] * 2\n"
        "cyclic = []\ncyclic.append(cyclic)\na"
    )
    restarted().step("s", body)
    shell = restarted()
    shell.step("s", body)
    ns = shell.ns
    assert ns["b"]["a"] is ns["a"] is ns["c"][0] is ns["_"]
    assert ns["c"][1] is ns["b"]
    assert ns["e"][0] is ns["e"][1] is ns["d"][0]
    assert ns["d"][0] is not ns["d"][1]
    assert ns["cyclic"][0] is ns["cyclic"]


@pytest.mark.parametrize(
    "body",
    [
        "c = [1]\nc.append(c)\nc",
        "d = {}\nd['d'] = d\nx = [1]\nd",
        "c = [1]\nc.append(c)\n[c, c]",
        "x = 1\ny = []\ny.append(y)\n(y,)",
    ],
)
def test_values_that_hold_themselves(restarted: Restart, body: str) -> None:
    """A cyclic list or dict is stored, shown and restored, as the last value too."""
    first = restarted().step("s", body).out
    shell = restarted()
    assert shell.step("s", body, "--quiet").out == first
    assert shell.rows() == {"s": "done"}


def test_objects_of_earlier_steps_and_cells_stay_the_same_objects(restarted: Restart) -> None:
    """A name that is an older name's value is restored as that object, not as a copy."""
    shell = restarted()
    for again in (False, True):
        shell = restarted() if again else shell
        shell.ok("plain = [0]")
        shell.step("one", "import numpy as np\nlst = [1]\narr = np.arange(3)\nst = {1}")
        shell.step("two", "same = lst\nbox = (arr, st, plain)\nview = arr[1:]")
        ns = shell.ns
        assert ns["same"] is ns["lst"]
        assert ns["box"][0] is ns["arr"]
        assert ns["box"][1] is ns["st"]
        assert ns["box"][2] is ns["plain"]
        ns["arr"][1] = 50
        assert ns["view"][0] == 50


def test_deleted_names_are_deleted(restarted: Restart) -> None:
    """`del` is part of what a step does."""
    for _ in range(2):
        shell = restarted()
        shell.ok("x = 1; y = 2")
        shell.step("a", "del x\nz = 3")
        assert "x" not in shell.ns
        assert (shell.ns["y"], shell.ns["z"]) == (2, 3)


def test_every_way_to_bind_a_name(restarted: Restart) -> None:
    """Names bound by any statement, by `global`, by `exec` and by `globals()` come back."""
    body = """
import os.path, json as js
from math import pi as PI, tau
a = b = 1
(c, *d), e = (1, 2, 3), 4
f: int = 5
g: str
a += 1
for h, i in [(1, 2)]: pass
with open(os.devnull) as j: k = 1
j = None
try: 1 / 0
except ZeroDivisionError as l: m = 1
match [1, {"x": 2}]:
    case [n, {"x": o}]: pass
if (p := 3): pass
q = [r := s for s in range(3)]
def t():
    global u
    u = 1
t()
class V: pass
async def w(): pass
exec("x = 1")
globals()["y"] = 2
z = lambda: 0
_private = 1
import sys; sys.modules["__main__"].through_module = 7
"""
    names = "os js PI tau a b c d e f h i k m n o p q r t u V w x y z _private through_module"
    shell = restarted()
    shell.step("all", body)
    expected = {name: repr(type(shell.ns[name])) for name in names.split()}
    shell = restarted()
    shell.step("all", body)
    assert {name: repr(type(shell.ns[name])) for name in names.split()} == expected
    assert shell.ns["q"] == [0, 1, 2]
    assert shell.ns["r"] == 2
    assert "s" not in shell.ns
    assert "l" not in shell.ns
    assert "g" not in shell.ns


def test_ipythons_own_names_are_left_alone(shell: Shell) -> None:
    """`In`, `Out`, `_` and the like are never part of a step."""
    shell.step("a", "x = 1\nx")
    assert [name for name, _ in shell.record("a").bindings] == ["x"]


def test_silenced_expression(restarted: Restart) -> None:
    """With `;` nothing is shown, the first time and at the restore; `_` is what it was."""
    for _ in range(2):
        shell = restarted()
        shell.ok("'before'")
        assert not shell.step("a", "x = 1\nx;", "--quiet").out
        assert shell.ns["_"] == "before"


@pytest.mark.parametrize(
    ("mode", "body"),
    [
        ("all", "1\n2\nx = 3\nx"),
        ("last", "1\nx = 2\n3"),
        ("last_expr", "1\n2"),
        ("none", "1\n2"),
        ("last_expr_or_assign", "1\nx = 5"),
        ("last_expr_or_assign", "x = 1\nx += 5"),
        ("last_expr_or_assign", "x: int = 7"),
        ("last_expr_or_assign", "x, y = 1, 2"),
        ("last_expr_or_assign", "x = 1\nx"),
        ("last_expr", "for i in range(2):\n    i"),
    ],
)
def test_what_is_displayed_follows_the_shells_setting(
    restarted: Restart, mode: str, body: str
) -> None:
    """A step shows the expressions that the same cell without `%%step` would show."""
    shell = restarted()
    shell.ip.ast_node_interactivity = mode
    plain = shell.ok(body).out
    for _ in range(2):
        shell = restarted()
        shell.ip.ast_node_interactivity = mode
        assert shell.step("a", body, "--quiet").out == plain


def test_future_import(restarted: Restart) -> None:
    """`from __future__` works in a step as it does in a cell."""
    for _ in range(2):
        shell = restarted()
        shell.step("a", "'docstring'\nfrom __future__ import annotations\ndef f(x: nope): pass")
        assert shell.ns["f"].__annotations__ == {"x": "nope"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("%%capture cap\nprint('in')\nx = 1", ""),
        ("%%bash\necho in bash", "in bash\n"),
        ("\n%%bash\necho after an empty line", "after an empty line\n"),
        ("%%sh\necho in sh", "in sh\n"),
        ("%precision 3\n1/3", "Out[3]: 0.333\n"),
        ("x = %pwd\nprint('ok')", "ok\n"),
        ("%%python3\nprint('child')", "child\n"),
        ("%%writefile {folder}/f.txt\ntext", None),
    ],
)
def test_nested_magics(restarted: Restart, tmp_path: Path, body: str, expected: str | None) -> None:
    """Magics work in a step's body, a cell magic as its first line."""
    body = body.replace("{folder}", str(tmp_path))
    for _ in range(2):
        shell = restarted()
        shown = shell.step("a", body, "--quiet").out
        assert expected is None or shown == expected


def test_time_and_capture_over_a_step(restarted: Restart) -> None:
    """`%%time` and `%%capture` may stand above `%%step`."""
    for again in (False, True):
        shell = restarted()
        timed = shell.ok("%%time\n%%step t\nx = {1}\nprint('timed')").out
        assert timed.startswith("timed\n")
        assert "Wall time" in timed
        assert not shell.ok("%%capture cap\n%%step c\nprint('captured')\ny = 2").out
        assert shell.ns["cap"].stdout.startswith("captured\n")
        assert (shell.ns["x"], shell.ns["y"]) == ({1}, 2)
        assert ("restored" in timed) == again


def test_events_fire_once(restarted: Restart) -> None:
    """Each of IPython's events fires once for a step, as for any cell."""
    for _ in range(2):
        shell = restarted()
        fired: list[str] = []
        for event in ("pre_execute", "pre_run_cell", "post_execute", "post_run_cell"):
            shell.ip.events.register(event, lambda *_, e=event, f=fired: f.append(e))
        shell.step("a", "x = 1\nx")
        assert fired == ["pre_execute", "pre_run_cell", "post_execute", "post_run_cell"]


def test_history_holds_the_cell_as_typed(shell: Shell) -> None:
    """In[n] is the cell's own text up to IPython's transformation, and Out has one entry."""
    number = shell.ip.execution_count
    shell.step("a", "1 + 1")
    assert shell.ip.execution_count == number + 1
    assert shell.ns["Out"] == {number: 2}


def test_raising_cell(shell: Shell) -> None:
    """The row is failed with the traceback; the error, with the cell's own lines, is shown once."""
    ran = shell.run("%%step bad\nx = 1\ndef f():\n    return 1 / 0\nf()")
    assert isinstance(ran.error, ZeroDivisionError)
    assert ran.out.count("Traceback (most recent call last)") == 1
    assert "----> 4     return 1 / 0" in ran.out
    assert "----> 5 f()" in ran.out
    assert "mundane_ipython" not in ran.out
    assert shell.rows() == {"bad": "failed"}
    assert shell.task_path is not None
    with mundane.read(shell.task_path) as view:
        (step,) = view.steps()
    assert step.error is not None
    assert step.error.startswith("ZeroDivisionError('division by zero')\n\nTraceback")
    assert "line 4, in f" in step.error
    assert "mundane_ipython" not in step.error


def test_syntax_error(shell: Shell) -> None:
    """A cell that is no Python is refused by IPython, at its own line; no row is made."""
    ran = shell.run("%%step bad\nx = 1\ny = = 2")
    assert isinstance(ran.error, SyntaxError)
    assert "line 3" in ran.out
    assert shell.rows() == {}
    for body in ("return 1", "break", "nonlocal x", "yield 1"):
        assert isinstance(shell.fails(f"%%step bad\n{body}"), SyntaxError)
    assert shell.rows() == {}
    shell.step("bad", "fine = 1")


@pytest.mark.filterwarnings("ignore:To exit")
def test_system_exit_leaves_the_row_pending(shell: Shell) -> None:
    """`raise SystemExit` in a step stores nothing."""
    shell.run("%%step a\nx = 1\nraise SystemExit(3)")
    assert shell.rows() == {"a": "pending"}


def test_value_that_cannot_be_stored_is_left_out_and_named(restarted: Restart) -> None:
    """The rest of the step is stored; the note names the value, at the run and at the restore."""
    body = "import threading\nlock = threading.Lock()\nx = {1}\ny = [lock]\ngen = (i for i in x)"
    shell = restarted()
    shown = shell.step("a", body).out
    assert "step a: stored, but for lock (" in shown
    assert "gen (" in shown
    assert shell.row("a")["lock"]["$mundane"]["left_out"]
    assert shell.ns["lock"].locked() is False
    shell = restarted()
    shell.ok("lock = 'stale'")
    shown = shell.step("a", body).out
    assert "not stored, and so not defined: gen (" in shown
    assert "lock (" in shown
    assert shell.ns["x"] == {1}
    assert not {"lock", "y", "gen"} & shell.ns.keys()


def test_named_value_that_cannot_be_stored_is_an_error(shell: Shell) -> None:
    """With -o it is SerializationError, the row is failed, and the live values stay."""
    ran = shell.run("%%step a -o lock\nimport threading\nlock = threading.Lock()\nx = 1")
    assert isinstance(ran.error, SerializationError)
    assert "$.lock" in str(ran.error)
    assert "Traceback" not in ran.out
    assert shell.rows() == {"a": "failed"}
    assert shell.ns["lock"].locked() is False
    assert shell.ns["x"] == 1
    shell.step("a", "lock = None", "-o lock")


def test_only_names_that_the_cell_binds(shell: Shell) -> None:
    """`-o` with a name that is not there is an error in one line."""
    ran = shell.run("%%step a -o nope\nx = 1")
    assert isinstance(ran.error, NotebookStepError)
    assert "'nope'" in str(ran.error)
    assert "Traceback" not in ran.out
    assert shell.rows() == {"a": "failed"}


def test_only_stores_only_these(restarted: Restart) -> None:
    """With -o the other names are not restored."""
    restarted().step("a", "x = {1}\ny = {2}", "-o x")
    shell = restarted()
    shell.step("a", "x = {1}\ny = {2}", "-o x")
    assert shell.ns["x"] == {1}
    assert "y" not in shell.ns


def test_quiet_shows_no_note(restarted: Restart) -> None:
    """`--quiet` leaves the notes out, of a restore and of values that were not stored."""
    body = "import threading\nlock = threading.Lock()\nprint('p')"
    assert restarted().step("a", body, "--quiet").out == "p\n"
    assert restarted().step("a", body, "--quiet").out == "p\n"


def test_rerun(restarted: Restart) -> None:
    """`--rerun` runs a stored cell again and stores what it then gives."""
    restarted().step("a", "x = 1")
    shell = restarted()
    assert "restored" not in shell.step("a", "x = 2", "--rerun").out
    shell.step("a", "x = 2", "--rerun")
    assert shell.ns["x"] == 2
    shell = restarted()
    assert "restored" in shell.step("a", "x = 2").out
    assert shell.ns["x"] == 2


def test_failed_rerun_leaves_no_old_value_behind(restarted: Restart) -> None:
    """A stored step whose rerun fails is failed: the old value does not come back for it."""
    restarted().step("a", "x = {1}")
    shell = restarted()
    shell.fails("%%step a --rerun\nx = {2}\n1/0")
    assert shell.rows() == {"a": "failed"}
    shell = restarted()
    assert "restored" not in shell.step("a", "x = {3}").out
    assert shell.ns["x"] == {3}


@pytest.mark.parametrize(
    ("line", "kind", "words"),
    [
        ("", UsageError, "name"),
        ("bad/name", InvalidNameError, "'bad/name' is not a step name"),
        ("-x", UsageError, "required: name"),
        ("a --nope", UsageError, "--nope"),
        ("a -o", UsageError, "expected one argument"),
        ("a b", UsageError, "b"),
        ('a -o "x', UsageError, "No closing quotation"),
        ("a\u00e9", InvalidNameError, "is not a step name"),
        ("." * 3, InvalidNameError, "is not a step name"),
    ],
)
def test_bad_first_lines(shell: Shell, line: str, kind: type, words: str) -> None:
    """A mistake in the first line is said in a line; the body does not run, no row is made."""
    ran = shell.run(f"%%step {line}\nx = 1")
    assert isinstance(ran.error, kind), repr(ran.error)
    assert words in str(ran.error)
    assert "Traceback" not in ran.out + ran.err
    assert len((ran.out + ran.err).strip().splitlines()) <= 2
    assert "x" not in shell.ns
    assert shell.rows() == {}


def test_no_open_task() -> None:
    """A step without `%mundane_open` says so in one line, and its body does not run."""
    with new_shell() as shell:
        for source in ("%%step a\nx = 1", "%step a 1", "%mundane_steps", "%mundane_sleep a 1s"):
            ran = shell.run(source)
            assert isinstance(ran.error, NoOpenTaskError)
            assert ran.out.strip() == (
                "NoOpenTaskError: no task file is open in this kernel: "
                "run '%mundane_open task.db' first"
            )
        assert "x" not in shell.ns


def test_help(shell: Shell) -> None:
    """`%%step?` shows the magic's help."""
    shown: list[str] = []
    shell.ip.set_hook("show_in_pager", lambda _, data, **__: shown.append(str(data)), 0)
    shell.ok("%%step?")
    assert shown
    assert "--rerun" in shown[0]
    assert shell.rows() == {}


def test_magic_called_by_hand(shell: Shell) -> None:
    """`run_cell_magic('step', ...)` runs the step as a typed cell would."""
    shell.ok("get_ipython().run_cell_magic('step', 'hand', 'x = 1')")
    assert shell.ns["x"] == 1
    assert shell.rows() == {"hand": "done"}


def test_top_level_await(restarted: Restart) -> None:
    """A step may await, and its awaited value is its result."""
    body = "import asyncio\nawait asyncio.sleep(0)\nx = await asyncio.sleep(0, result={5})\nx"
    for _ in range(2):
        shell = restarted()
        assert shell.step("a", body, "--quiet").out == "Out[3]: {5}\n"


def test_functions_live_in_the_namespace_after_a_restore(restarted: Restart) -> None:
    """A restored function sees later globals and names; a restored class is the class."""
    body = "def f(): return K\nclass C:\n    def k(self): return K\nc = C()\ng = f"
    for _ in range(2):
        shell = restarted()
        shell.step("a", body)
        shell.ok("K = 5")
        assert shell.ok("f(), c.k(), isinstance(c, C), g is f, f.__module__").out.endswith(
            "(5, 5, True, True, '__main__')\n"
        )


def test_restored_function_shows_its_lines_in_a_traceback(restarted: Restart) -> None:
    """A traceback through a restored function is a traceback, whatever of its source is left."""
    restarted().step("a", "def f():\n    raise KeyError('from f')")
    shell = restarted()
    shell.step("a", "def f():\n    raise KeyError('from f')")
    ran = shell.run("f()")
    assert isinstance(ran.error, KeyError)
    assert "in f()" in ran.out


def test_script_writes_rows_beside_cells(shell: Shell, task_path: Path) -> None:
    """The stored rows are read by `mundane.run` in a script and by `mundane get`."""
    shell.step("one", "x = {'a': [1]}", "-o x")
    shell.step("two", "21 * 2")
    shell.step("three", "a = 1\nb = 'x'")
    shell.ok("%mundane_close")

    def never() -> None:
        raise AssertionError

    def workflow(task: mundane.Task) -> list[object]:
        return [task.step(name, never) for name in ("one", "two", "three")]

    assert mundane.run(task_path, workflow) == [{"a": [1]}, 42, {"a": 1, "b": "x"}]
    command = [sys.executable, "-m", "mundane", "get", str(task_path), "one"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(shown.stdout) == {"a": [1]}


def test_a_value_whose_properties_raise_is_stored(restarted: Restart) -> None:
    """What is told of a value in the row is a courtesy: that it fails loses nothing."""
    body = (
        "class Odd:\n    def __init__(self): self.x = {1}\n"
        "    @property\n    def shape(self): raise NotImplementedError\n"
        "    dtype = columns = size = name = shape\n"
        "odd = Odd()\nodds = [odd, odd]\nodd"
    )
    restarted().step("odd", body)
    shell = restarted()
    shell.step("odd", body)
    assert shell.ns["odds"][1].x == {1}


def test_a_setter_without_a_module_is_called_as_any_other(shell: Shell) -> None:
    """`exec` makes such a function; whose it is, is asked where a step calls `set_...`."""
    shell.ok("made = {'seen': []}\nexec('def set_seed(n): seen.append(n)', made)")
    shell.ok("set_seed = made['set_seed']")
    assert shell.ns["set_seed"].__module__ is None
    shell.step("s", "set_seed(3)\nx = 1")
    assert (shell.ns["x"], shell.ns["made"]["seen"]) == (1, [3])
