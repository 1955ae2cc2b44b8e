"""Passes, names and the line magics: which cell may use which name, and when."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from IPython.core.error import UsageError

import mundane
from mundane import (
    ClosedTaskError,
    DuplicateStepError,
    LockedError,
    SchemaError,
    StepFailedError,
    StepKindError,
    StorageError,
    UnknownStepError,
)
from mundane_ipython.errors import NotebookStepError, RowMismatchError

from ..support.shells import Shell, new_shell

Restart = Callable[[], Shell]


def test_same_cell_twice_is_a_restore(shell: Shell) -> None:
    """The same source under the same name is restored, however often it is run."""
    shell.step("a", "x = {1}")
    shell.ok("x = None")
    for _ in range(2):
        assert "restored" in shell.step("a", "x = {1}  # a comment does not count").out
        assert shell.ns["x"] == {1}


def test_other_cell_with_the_same_name_is_refused(shell: Shell) -> None:
    """Another cell is DuplicateStepError, which names the cell that has it; nothing is touched."""
    shell.step("a", "x = 1")
    ran = shell.run("%%step a\nx = 2")
    assert isinstance(ran.error, DuplicateStepError)
    assert "In[3]" in str(ran.error)
    assert "Traceback" not in ran.out
    assert shell.ns["x"] == 1
    assert shell.row("a") == {"x": 1}
    # Both ways on that the message names.
    shell.step("a", "x = 3", "--rerun")
    shell.ok("%mundane_forget a")
    shell.step("a", "x = 4")
    assert shell.row("a") == {"x": 4}


def test_mended_cell_runs_after_a_failure(shell: Shell) -> None:
    """A cell that failed may be changed and run again without more ado."""
    shell.fails("%%step a\nx = 1 / 0")
    shell.step("a", "x = 1 / 1")
    assert shell.rows() == {"a": "done"}


def test_mended_cell_is_no_stale_step_in_the_next_session(restarted: Restart) -> None:
    """What the first try of a cell left in the namespace is no input of the second."""
    body = "def f(n): return n and f(n - 1)\nx = [f(2)]\n{}y = x"
    shell = restarted()
    shell.fails("%%step a\n" + body.format("1 / 0\n"))
    shell.step("a", body.format(""))
    shell.step("a", body.format(""), "--rerun")
    assert "STALE" not in restarted().step("a", body.format("")).out


def test_names_of_a_reopened_file_start_a_new_pass(shell: Shell, task_path: Path) -> None:
    """After `%mundane_open` of the same file, another cell of that name is a restore."""
    shell.step("a", "x = 1")
    assert "1 done" in shell.ok(f"%mundane_open {task_path}").out
    assert "restored" in shell.step("a", "x = 2").out
    assert shell.ns["x"] == 1


def test_opening_another_file_closes_the_first(shell: Shell, tmp_path: Path) -> None:
    """Steps go to the file that was opened last; the first one is free for others."""
    shell.step("a", "x = 1")
    shell.ok(f"%mundane_open '{tmp_path}/other one.db'")
    assert shell.task_path is not None
    with mundane.open(shell.task_path) as task:
        assert task.get("a") == {"x": 1}
    shell.step("a", "x = 2")
    with mundane.read(tmp_path / "other one.db") as view:
        assert view.get("a") == {"x": 2}


def test_failed_open_leaves_the_open_task(shell: Shell, tmp_path: Path) -> None:
    """A file that cannot be opened changes nothing about the one that is open, as a line says."""
    (tmp_path / "notes.txt").write_text("no database, but long enough to look at" * 10)
    ran = shell.run(f"%mundane_open {tmp_path}/notes.txt")
    assert isinstance(ran.error, SchemaError)
    assert ran.out.splitlines()[-1] == f"{shell.task_path} stays open."
    shell.step("a", "x = 1")
    assert shell.rows() == {"a": "done"}


def test_close_frees_the_file(shell: Shell, task_path: Path) -> None:
    """After `%mundane_close` another process may open it; closing twice is no error."""
    shell.step("a", "x = 1")
    shell.ok("%mundane_close")
    shell.ok("%mundane_close")
    with mundane.open(task_path):
        ran = shell.run(f"%mundane_open {task_path}")
        assert isinstance(ran.error, LockedError)
        assert "mundane_close" not in ran.out  # the holder is this process
    shell.ok(f"%mundane_open {task_path}")
    assert not list(task_path.parent.glob("task.db-*"))


def test_a_task_that_a_cell_closed_is_opened_again(shell: Shell, task_path: Path) -> None:
    """`task.close()` needs no `%mundane_close` before the next `%mundane_open`."""
    shell.ok(f"%mundane_open {task_path} --as task\ntask.close()")
    assert shell.ns["task"].closed
    assert isinstance(shell.fails("%%step a\nx = 1"), ClosedTaskError)
    shell.ok(f"%mundane_open {task_path}")
    shell.step("a", "x = 1")


@pytest.mark.parametrize("line", ["%mundane_close", "%mundane_open other.db"])
def test_a_step_that_runs_keeps_its_file(
    shell: Shell, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To close it in the middle of a step's cell is refused, with the notebook's advice."""
    monkeypatch.chdir(tmp_path)
    ran = shell.run(f"%%step a\n{line}\nx = 1")
    assert isinstance(ran.error, NotebookStepError)
    assert str(ran.error).endswith(
        "step 'a': its cell runs and needs the task file: open and close files in other cells"
    )
    assert len(ran.out.strip().splitlines()) == 1
    assert shell.rows() == {"a": "failed"}
    assert not (tmp_path / "other.db").exists()
    shell.step("a", "x = 1")
    shell.ok(line)


def foreign_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")


def truncated(path: Path) -> None:
    with mundane.open(path) as task:
        task.step("big", lambda: "x" * 200_000)
    path.write_bytes(path.read_bytes()[: 100 * 1024])


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        pytest.param(lambda p: p.write_text("text " * 100), SchemaError, "not SQLite", id="text"),
        pytest.param(foreign_database, SchemaError, "", id="other-database"),
        pytest.param(truncated, SchemaError, "damaged", id="truncated"),
        pytest.param(lambda p: p.mkdir(), (StorageError, ValueError, OSError), "", id="folder"),
        pytest.param(lambda p: p.parent.joinpath("t.db").touch(), None, "", id="empty-file"),
    ],
)
def test_files_that_are_no_task_files(
    tmp_path: Path, make: Callable[[Path], None], kind: type | None, words: str
) -> None:
    """Each is refused in one line that says what it is, and is not changed."""
    path = tmp_path / "t.db"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with new_shell() as shell:
        ran = shell.run(f"%mundane_open {path}")
        if kind is None:
            assert ran.error is None
            return
        assert isinstance(ran.error, kind), repr(ran.error)
        assert words in str(ran.error)
        assert "Traceback" not in ran.out
        assert len(ran.out.strip().splitlines()) == 1
        assert isinstance(shell.fails("%%step a\n1"), RuntimeError)
    assert not path.is_file() or path.read_bytes() == before


def test_missing_folder(tmp_path: Path) -> None:
    """A task file in a folder that is not there is refused in one line."""
    with new_shell() as shell:
        ran = shell.run(f"%mundane_open {tmp_path}/no/such/t.db")
        assert isinstance(ran.error, StorageError)
        assert "Traceback" not in ran.out


def test_which_file_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: Shell
) -> None:
    """MUNDANE_TASK, else the notebook's name, else an error that says so."""
    monkeypatch.chdir(tmp_path)
    error = shell.fails("%mundane_open")
    assert isinstance(error, UsageError)
    assert "MUNDANE_TASK" in str(error)
    monkeypatch.setenv("JPY_SESSION_NAME", "/srv/notebooks/analysis.ipynb")
    assert "analysis.task.db" in shell.ok("%mundane_open").out
    monkeypatch.setenv("MUNDANE_TASK", str(tmp_path / "named.db"))
    assert "named.db" in shell.ok("%mundane_open").out
    shell.step("a", "x = 1")
    assert {p.name for p in tmp_path.glob("*.db")} >= {"analysis.task.db", "named.db"}


def test_a_line_names_the_file_with_variables_and_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: Shell
) -> None:
    """A variable that is missing is an error: no file gets its name; locals and `~` count."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    for line in ("x-{rate}.db", "x-$rate.db"):
        assert isinstance(shell.fails(f"%mundane_open {line}"), NameError)
    assert not list(tmp_path.glob("*x-*"))
    shell.ok("rate = 0.5\n%mundane_open x-{rate:.2f}.db")
    shell.ok("def opens(rate):\n    %mundane_open x-{rate}.db\nopens('local')")
    shell.ok("%mundane_open ~/x.db")
    found = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*x*.db"))
    assert found == [Path("home/x.db"), Path("x-0.50.db"), Path("x-local.db")]


def test_a_notebook_leaves_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: Shell
) -> None:
    """The open file is found from any folder, and the line that opened it means it still."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    shell.ok("%mundane_open here.db")
    shell.step("a", "import os\nos.chdir('other')")
    shell.step("b", "x = 1")
    assert "2 done" in shell.ok("%mundane_status").out
    assert "a" in shell.ok("%mundane_steps").out
    assert "2 done" in shell.ok("%mundane_open here.db").out
    assert "2 done" in shell.ok(f"%mundane_open {tmp_path}/here.db").out
    assert "2 done" in shell.ok("%mundane_open ../here.db").out
    assert "restored" in shell.step("b", "x = 1").out
    shell.ok("%mundane_close")
    assert "no steps" in shell.ok("%mundane_open here.db").out
    assert {path.relative_to(tmp_path) for path in tmp_path.rglob("here.db")} == {
        Path("here.db"),
        Path("other/here.db"),
    }


def test_forget(shell: Shell) -> None:
    """Forgotten steps run again; an unknown name is refused and nothing is forgotten."""
    for name in "abc":
        shell.step(name, f"{name} = {{1}}")
    assert isinstance(shell.fails("%mundane_forget a nope"), UnknownStepError)
    assert list(shell.rows()) == ["a", "b", "c"]
    assert isinstance(shell.fails("%mundane_forget"), UsageError)
    assert isinstance(shell.fails("%mundane_forget x*"), UnknownStepError)
    assert "forgot b, c" in shell.ok("%mundane_forget --from b").out
    assert shell.rows() == {"a": "done"}
    assert "restored" not in shell.step("b", "b = {1}").out


def test_forgotten_step_leaves_no_bytes_behind(shell: Shell, task_path: Path) -> None:
    """With the row go its record and its bundle."""
    shell.step("a", "import numpy as np\nx = np.arange(100_000)")
    shell.ok("%mundane_forget a")
    with closing(sqlite3.connect(task_path)) as connection:
        for table in ("steps", "ipython_cells", "ipython_chunks"):
            assert connection.execute(f"SELECT count(*) FROM mundane_{table}").fetchone() == (0,)


def test_steps_and_status(shell: Shell, task_path: Path) -> None:
    """`%mundane_steps` is a table as text and as HTML, escaped; `%mundane_status` one line."""
    shell.step("a", "x = 1")
    shell.fails("%%step b\nraise ValueError('<script>')")
    table = shell.ok("%mundane_steps").result.result
    lines = repr(table).splitlines()
    assert lines[1].split()[:2] == ["a", "done"]
    assert lines[2].split()[:2] == ["b", "failed"]
    assert "<script>" in repr(table)
    html = table._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    status = shell.ok("%mundane_status").out
    assert status.startswith(f"{task_path}: steps 1 done, 1 failed")


def test_notes_are_escaped_in_html(shell: Shell) -> None:
    """A note's HTML holds what comes out of a file as text."""
    notes = []
    shell.ip.display_pub.publish = lambda data, *_, **__: notes.append(data)
    shell.step("a", "class E(Exception): pass\nimport threading\nx = threading.Lock()")
    (note,) = notes
    assert "<" not in note["text/plain"] or "&lt;" in note["text/html"]


# The line form.


def test_line_step(restarted: Restart) -> None:
    """`%step NAME EXPRESSION` stores the value of one expression and returns what is stored."""
    shell = restarted()
    shell.ok("calls = []\ndef get(n): calls.append(n); return {'n': n}")
    shell.ok("user = %step user get(42)")
    assert (shell.ns["user"], shell.ns["calls"]) == ({"n": 42}, [42])
    shell = restarted()
    shell.ok("user = %step user get(42)")
    assert shell.ns["user"] == {"n": 42}
    assert "Out" in shell.ok("%step other [1, 2]").out


def test_line_step_in_functions_and_loops(shell: Shell) -> None:
    """The expression sees the locals of the function in which the magic stands."""
    shell.ok(
        "def f(n, k=2):\n    total = %step total sum(n * i * k for i in range(3))\n    return total"
    )
    assert shell.ok("f(5)").result.result == 30
    shell.ok("for i in range(3):\n    %step item-{i} i * 10")
    assert shell.row("item-2") == 20


def test_a_name_is_filled_in_as_in_an_f_string(shell: Shell) -> None:
    """Braces in a step's name may hold an expression and a format, in both magics."""
    shell.ok("for i in range(3):\n    %step page-{i*5:03} i")
    shell.ok("part = 'abc'")
    shell.ok("%%step part-{part[1:]}-{len(part):>02}-$part\nx = 1")
    assert list(shell.rows()) == ["page-000", "page-005", "page-010", "part-bc-03-abc"]
    assert isinstance(shell.fails("%%step part-{gone}\nx = 1"), NameError)
    assert isinstance(shell.fails("%step part-{gone} 1"), NameError)


def test_line_step_braces_are_python(shell: Shell) -> None:
    """Braces and dollars in the expression are Python's, not IPython's."""
    shell.ok("k = 'v'")
    shell.ok("x = %step s {'a': {k: 1}, 'b': '$HOME {k}'}")
    assert shell.ns["x"] == {"a": {"v": 1}, "b": "$HOME {k}"}


def test_line_step_failures(shell: Shell) -> None:
    """An expression that raises is StepFailedError from the original; await and no text refused."""
    error = shell.fails("%step bad 1 / 0")
    assert isinstance(error, StepFailedError)
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert shell.rows() == {"bad": "failed"}
    assert isinstance(shell.fails("%step slow await f()"), UsageError)
    assert isinstance(shell.fails("%step nothing"), UsageError)
    assert isinstance(shell.fails("%step"), UsageError)
    assert isinstance(shell.fails("%step s 1 +"), SyntaxError)
    assert isinstance(shell.fails("%step bad/name 1"), ValueError)
    assert isinstance(shell.fails("%step s {1, 2}"), TypeError)


def test_sleep(restarted: Restart) -> None:
    """`%mundane_sleep` is stored once and over for good; a bad duration is refused."""
    shell = restarted()
    shell.ok("%mundane_sleep nap 1ms")
    assert shell.rows() == {"nap": "done"}
    assert isinstance(shell.fails("%mundane_sleep other soon"), ValueError)
    shell = restarted()
    shell.ok("%mundane_sleep nap 1d")
    assert isinstance(restarted().fails("%%step nap\n1"), StepKindError)


# A Task in cells.


def test_task_in_cells(shell: Shell, task_path: Path) -> None:
    """`--as task` binds the open task, which is no part of any step."""
    shell.ok(f"%mundane_open {task_path} --as task")
    shell.step("cell", "y = task.step('inner', lambda: 5)")
    assert shell.ns["y"] == 5
    assert shell.rows() == {"cell": "done", "inner": "done"}
    assert "task" not in shell.row("cell")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("'no name'", "not a variable's name"),
        ("class", "not a variable's name"),
        ("print", "would hide Python's print"),
    ],
)
def test_a_task_takes_no_name_of_pythons(
    shell: Shell, task_path: Path, name: str, words: str
) -> None:
    """`--as print` is refused before anything is opened; the open pass goes on."""
    shell.step("a", "x = 1")
    error = shell.fails(f"%mundane_open {task_path.with_name('other.db')} --as {name}")
    assert isinstance(error, UsageError)
    assert words in str(error)
    assert "print" not in shell.ns
    assert not task_path.with_name("other.db").exists()
    assert "restored" in shell.step("a", "x = 1").out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%%step my name\n1", "unrecognized arguments: name: a name has no spaces"),
        ("%%step s -o a, b\na = b = 1", "unrecognized arguments: b: .* '-o a,b'"),
        ("%mundane_open my task.db", "unrecognized arguments: task.db: .* in quotes"),
        ("%mundane_sleep nap 2 hours", "unrecognized arguments: hours: .* nor has a duration"),
        ("%mundane_sleep nap 2h --nope", "unrecognized arguments: --nope$"),
    ],
)
def test_a_space_too_many_is_told(shell: Shell, line: str, words: str) -> None:
    """What the words left over mean nearly always; an unknown option speaks for itself."""
    error = shell.fails(line)
    assert isinstance(error, UsageError)
    assert re.search(words, str(error))
    assert shell.rows() == {}


def test_cell_with_task_steps_may_be_run_again(shell: Shell, task_path: Path) -> None:
    """Running the cell again starts the pass of its names again: what was done is restored."""
    shell.ok(f"%mundane_open {task_path} --as task")
    cell = (
        "done = []\nfor i in range(4):\n"
        "    task.step(f'item-{i}', lambda: done.append(i) or 10 // (i - limit))"
    )
    shell.ok("limit = 2")
    assert isinstance(shell.fails(cell), StepFailedError)
    assert shell.ns["done"] == [0, 1, 2]
    shell.ok("limit = -1")
    shell.ok(cell)
    assert shell.ns["done"] == [2, 3]
    shell.ok(cell)
    assert shell.ns["done"] == []


def test_edited_cell_with_task_steps(shell: Shell, task_path: Path) -> None:
    """A failed cell that was edited may use its names again."""
    shell.ok(f"%mundane_open {task_path} --as task")
    shell.fails("task.step('a', lambda: 1)\n1 / 0")
    assert shell.ok("task.step('a', lambda: 2)").result.result == 1


def test_twice_in_one_execution_is_an_error(shell: Shell, task_path: Path) -> None:
    """A loop that forgets the index in its names is caught."""
    shell.ok(f"%mundane_open {task_path} --as task")
    error = shell.fails("for i in range(2):\n    task.step('item', lambda: i)")
    assert isinstance(error, DuplicateStepError)
    error = shell.fails("for i in range(2):\n    %step other i")
    assert isinstance(error, DuplicateStepError)


def test_step_cell_and_task_step_do_not_share_a_name(shell: Shell, task_path: Path) -> None:
    """A name that a step cell owns cannot be used by `task.step` in the same pass."""
    shell.ok(f"%mundane_open {task_path} --as task")
    shell.step("a", "x = 1")
    assert isinstance(shell.fails("task.step('a', lambda: 2)"), DuplicateStepError)


# Rows that a script stored.

ROWS = {
    "number": 5,
    "members": {"x": 1, "y": [2], "z": 3},
    "raw": b"bytes",
    "none": None,
}


@pytest.mark.parametrize(
    ("row", "options", "body", "names"),
    [
        pytest.param("number", "-o x", "x = 0", {"x": 5}, id="only-binds-the-value"),
        pytest.param("members", "-o x", "x = 0", {"x": ROWS["members"]}, id="only-whole-object"),
        pytest.param("members", "", "x = y = 0", {"x": 1, "y": [2]}, id="members"),
        pytest.param("members", "-o x,z", "x = y = z = 0", {"x": 1, "z": 3}, id="only-two"),
        pytest.param("number", "", "x = 0", {"x": 5}, id="one-name"),
        pytest.param("raw", "", "x = 0", {"x": b"bytes"}, id="bytes"),
        pytest.param("members", "", "w = 0", {"w": ROWS["members"]}, id="one-name-object"),
        pytest.param("none", "", "x = 0", {"x": None}, id="null"),
        pytest.param("number", "", "import json\nx = 0", {"x": 5, "json": ...}, id="imports"),
        pytest.param("none", "", "print(1)", {}, id="no-names"),
    ],
)
def test_rows_of_a_script_fit_the_cell(
    restarted: Restart, task_path: Path, row: str, options: str, body: str, names: dict[str, object]
) -> None:
    """A row that `mundane.run` stored is bound to the names of the cell."""
    mundane.run(task_path, lambda task: task.step("s", lambda: ROWS[row]))
    shell = restarted()
    shown = shell.step("s", body, options).out
    assert "step s: restored" in shown
    for name, value in names.items():
        assert value is ... or shell.ns[name] == value


def test_row_of_a_script_is_shown_by_an_expression(restarted: Restart, task_path: Path) -> None:
    """A cell that binds nothing and ends in an expression shows the value, as `_` and Out[n]."""
    mundane.run(task_path, lambda task: task.step("s", lambda: [1, 2]))
    shell = restarted()
    assert shell.step("s", "get()").out.startswith("Out[3]: [1, 2]\n")
    assert shell.ns["_"] == [1, 2]


def test_row_that_does_not_fit_says_what_it_holds(restarted: Restart, task_path: Path) -> None:
    """Anything else is an error that names what the row holds; the cell can then be mended."""
    mundane.run(task_path, lambda task: task.step("s", lambda: {"a": 1, "b": 2}))
    shell = restarted()
    ran = shell.run("%%step s\nx = y = 1")
    assert isinstance(ran.error, RowMismatchError)
    assert "an object with a, b" in str(ran.error)
    assert "x, y" in str(ran.error)
    assert "Traceback" not in ran.out
    shell.step("s", "a = b = 1")
    assert (shell.ns["a"], shell.ns["b"]) == (1, 2)


def test_row_that_a_script_wrote_over_a_cells(restarted: Restart, task_path: Path) -> None:
    """A step that a script ran again since is the script's: the cell's old record is not used."""
    restarted().step("s", "x = {1}\nprint('old')")
    with new_shell():
        pass
    restarted().ok("%mundane_close")
    with mundane.open(task_path) as task:
        task.forget("s")
        task.step("s", lambda: 7)
    shell = restarted()
    assert "old" not in shell.step("s", "x = {1}\nprint('old')").out
    assert shell.ns["x"] == 7


# The extension itself.


def test_load_twice_reload_and_unload(shell: Shell, task_path: Path) -> None:
    """Loading twice or again doubles nothing; after unloading nothing is left, the file is free."""
    ip = shell.ip

    def ours() -> list[str]:
        transformers = [*ip.input_transformers_cleanup, *ip.ast_transformers]
        return [repr(t) for t in transformers if "mundane" in str(getattr(t, "__module__", ""))]

    assert len(ours()) == 2
    assert "already loaded" in shell.ok("%load_ext mundane_ipython").out
    assert len(ours()) == 2
    shell.ok("%reload_ext mundane_ipython")
    assert len(ours()) == 2
    shell.ok(f"%mundane_open {task_path}")
    shell.step("a", "x = {1}")
    callbacks = {e: list(ip.events.callbacks[e]) for e in ("pre_run_cell", "post_run_cell")}
    shell.ok("%unload_ext mundane_ipython")
    assert not ours()
    assert not hasattr(ip, "mundane_cell")
    for event, before in callbacks.items():
        assert len(ip.events.callbacks[event]) == len(before) - 1
    with mundane.open(task_path) as task:
        assert task.status("a") == "done"
    error = shell.fails("%%step a\nx = 2")
    assert isinstance(error, UsageError)
    assert "unloaded" in str(error)
    assert shell.ns["x"] == {1}
    shell.ok("%load_ext mundane_ipython")


def test_task_file_removed_under_an_open_task(shell: Shell, task_path: Path) -> None:
    """A step whose file is gone is not stored and says so; the values stay in the namespace."""
    shell.step("a", "x = 1")
    task_path.unlink()
    ran = shell.run("%%step b\ny = {2}")
    assert ran.error is not None
    assert isinstance(ran.error, mundane.MundaneError), repr(ran.error)
    assert "Traceback" not in ran.out
    for magic in ("%mundane_status", "%mundane_steps"):
        ran = shell.run(magic)
        assert isinstance(ran.error, mundane.TaskNotFoundError)
        assert "Traceback" not in ran.out
    shell.ok("%mundane_close")
    shell.ok(f"%mundane_open {task_path}")
    shell.step("b", "y = {2}")
