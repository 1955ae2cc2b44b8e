"""Whose file is it: the key, signatures, and what becomes of somebody else's records."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import time
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mundane import SchemaError, StorageError
from mundane_ipython.errors import BundleError, UntrustedError
from mundane_ipython.taskfile.signing import find_key, is_signed, key_path, load_key, sign

from ...core.support import forge_journal
from ..support.kernels import open_notebook
from ..support.shells import Shell, new_shell

# A value whose unpickling makes a file.
TRAP = """
class Trap:
    def __reduce__(self):
        return (open, (canary, "w"))
x = Trap()
"""


@pytest.fixture
def their_file(
    task_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """Return a function that runs steps under somebody else's key, and puts the own key back."""

    def make(**steps: str) -> None:
        with monkeypatch.context() as patch:
            patch.setenv("MUNDANE_KEY_FILE", str(tmp_path / "their-key"))
            with new_shell(task_path) as theirs:
                theirs.ns["canary"] = str(tmp_path / "canary")
                for name, body in steps.items():
                    theirs.step(name, body)
        monkeypatch.setenv("MUNDANE_KEY_FILE", str(tmp_path / "my-key"))

    return make


def test_object_of_a_foreign_file_is_refused_and_nothing_runs(
    task_path: Path, tmp_path: Path, their_file: Callable[..., None]
) -> None:
    """A value that is more than data is refused by name and type, and its code does not run."""
    their_file(trap=TRAP)
    with new_shell(task_path) as shell:
        error = shell.fails(f"%%step trap\n{TRAP}")
        assert isinstance(error, UntrustedError)
        assert "'x' holds" in str(error) or "'Trap' holds" in str(error)
        assert "--trust" in str(error)
        assert not (tmp_path / "canary").exists()
        assert "x" not in shell.ns
        assert shell.rows() == {"trap": "done"}


def test_trust_loads_it_and_signs_it_for_good(
    task_path: Path, tmp_path: Path, their_file: Callable[..., None]
) -> None:
    """`--trust` lets the code run, and the next session needs no `--trust`."""
    their_file(trap=TRAP, data="y = {1, 2}")
    with new_shell() as shell:
        opened = shell.ok(f"%mundane_open {task_path} --trust")
        assert "2 of somebody else's are trusted" in opened.out
        shell.ok(f"%%step trap\n{TRAP}")
        assert (tmp_path / "canary").exists()
    with new_shell(task_path) as shell:
        shell.ok(f"%%step trap\n{TRAP}")
        assert "somebody else" not in shell.ok("%%step data\ny = {1, 2}").out


def test_data_of_a_foreign_file_loads_and_the_note_says_whose_it_is(
    task_path: Path, their_file: Callable[..., None]
) -> None:
    """JSON and data types come back from anybody's file, with a note."""
    their_file(data="y = {1, 2}\nz = [1]\nprint('shown')")
    with new_shell(task_path) as shell:
        shown = shell.ok("%%step data\ny = {1, 2}\nz = [1]\nprint('shown')").out
        assert shown.startswith("shown\n")
        assert "the record is somebody else's" in shown
        assert (shell.ns["y"], shell.ns["z"]) == ({1, 2}, [1])


def test_foreign_class_or_function_is_refused(
    task_path: Path, their_file: Callable[..., None]
) -> None:
    """Classes and functions are code: a foreign file's are not loaded."""
    their_file(code="def f(): return 1")
    with new_shell(task_path) as shell:
        error = shell.fails("%%step code\ndef f(): return 1")
        assert isinstance(error, UntrustedError)
        assert "'f' holds" in str(error)
        assert "f" not in shell.ns
        # The way on that the message names.
        shell.ok("%%step code --rerun\ndef f(): return 1")
        assert shell.ns["f"]() == 1


def test_foreign_module_is_not_imported_by_itself(
    task_path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    their_file: Callable[..., None],
) -> None:
    """A foreign record imports no module that the user's own cell does not import."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "sidefx.py").write_text("open('side-effect', 'w')")
    monkeypatch.chdir(tmp_path)
    their_file(mod="import sidefx as m")
    (tmp_path / "side-effect").unlink()
    import sys

    del sys.modules["sidefx"]
    with new_shell(task_path) as shell:
        shell.fails("%%step mod\nm = 1")
        assert not (tmp_path / "side-effect").exists()
        shell.ok("%%step mod\nimport sidefx as m")
        assert (tmp_path / "side-effect").exists()


@pytest.fixture
def edit(task_path: Path) -> Callable[..., None]:
    """Return a function that changes members of a step's record in the file."""

    def change(name: str, **members: object) -> None:
        where = "mundane_ipython_cells WHERE name = ?"
        with closing(sqlite3.connect(task_path)) as connection, connection:
            (text,) = connection.execute(f"SELECT record FROM {where}", (name,)).fetchone()
            text = json.dumps({**json.loads(text), **members})
            connection.execute(
                "UPDATE mundane_ipython_cells SET record = ? WHERE name = ?", (text, name)
            )

    return change


@pytest.mark.parametrize(
    ("bindings", "modules", "name"),
    [
        ([["os", "module"], ["print", "module"]], {"os": "os", "print": "os:system"}, "print"),
        ([["os", "module"], ["tidy", "module"]], {"os": "os", "tidy": "os:system"}, "tidy"),
        ([["__builtins__", "row"]], {}, "__builtins__"),
        ([["get_ipython", "row"]], {}, "get_ipython"),
        ([["mine", "row"]], {}, "mine"),
    ],
)
def test_foreign_record_binds_nothing_that_the_cell_does_not(
    task_path: Path,
    their_file: Callable[..., None],
    edit: Callable[..., None],
    bindings: list[list[str]],
    modules: dict[str, str],
    name: str,
) -> None:
    """Somebody else's record cannot make `os.system` of the `print` of the next cell."""
    body = "import os\ntidy = 1\nx = 'touch me'"
    their_file(data=body)
    edit("data", bindings=bindings, modules=modules)
    with new_shell(task_path) as shell:
        shell.ok("mine = 'kept'")
        before = dict(shell.ns)
        error = shell.fails(f"%%step data\n{body}")
        assert isinstance(error, UntrustedError)
        assert f"it sets {name!r}" in str(error)
        kept = ("mine", "print", "tidy", "get_ipython", "__builtins__", "os")
        assert {n: shell.ns[n] for n in kept if n in shell.ns} == {
            n: before[n] for n in kept if n in before
        }


@pytest.mark.parametrize("member", [{"deleted": ["mine"]}, {"left_out": {"mine": "reason"}}])
def test_foreign_record_deletes_nothing_that_the_cell_does_not(
    task_path: Path,
    their_file: Callable[..., None],
    edit: Callable[..., None],
    member: dict[str, object],
) -> None:
    """Somebody else's record takes no name away from the user's own namespace."""
    their_file(data="y = [1]")
    edit("data", **member)
    with new_shell(task_path) as shell:
        shell.ok("mine = 'kept'")
        assert isinstance(shell.fails("%%step data\ny = [1]"), UntrustedError)
        assert shell.ns["mine"] == "kept"


def test_foreign_record_may_do_what_the_cell_does(
    task_path: Path, their_file: Callable[..., None]
) -> None:
    """Imports of each kind, changes in place, through functions too, and deletions come back."""
    cells = {
        "made": "seen = [1]\ngone = 2",
        "imports": "import os.path as p\nimport xml.dom\nfrom xml import sax\nfrom math import *\n"
        "from math import tau as two_pi\ntry:\n    import nothing as j\nexcept ImportError:\n"
        "    import json as j",
        "changes": "note()\ndel gone",
    }
    helper = "def note():\n    seen.append(len(seen) + 1)"

    def run(shell: Shell) -> None:
        shell.ok(helper)
        for name, body in cells.items():
            shell.step(name, body)
        assert (shell.ns["seen"], "gone" in shell.ns) == ([1, 2], False)
        assert shell.ns["p"] is os.path
        assert shell.ns["two_pi"] == 2 * shell.ns["pi"] == shell.ns["tau"]
        assert shell.ns["floor"](1.5) == 1
        names = [shell.ns[name].__name__ for name in ("j", "xml", "sax")]
        assert names == ["json", "xml", "xml.sax"]

    their_file(**{"def": helper.replace("note", "other")})  # makes the file, and the keys
    task_path.unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUNDANE_KEY_FILE", str(task_path.parent / "their-key"))
        with new_shell(task_path) as theirs:
            run(theirs)
    with new_shell(task_path) as shell:
        run(shell)
        assert "somebody else" in shell.step("changes", cells["changes"]).out


MALFORMED: dict[str, dict[str, object]] = {
    "bindings-number": {"bindings": 5},
    "bindings-half": {"bindings": [["x"]]},
    "binding-nowhere": {"bindings": [["x", "nowhere"]]},
    "binding-in-no-slot": {"bindings": [["x", "bundle"]]},
    "binding-of-no-module": {"bindings": [["x", "module"]]},
    "row": {"row": 5},
    "outputs-text": {"outputs": "abc"},
    "output-empty": {"outputs": [{}]},
    "stream-without-text": {"outputs": [{"output_type": "stream", "name": "stdout"}]},
    "display-without-data": {"outputs": [{"output_type": "display_data", "data": 5}]},
    "error-without-lines": {"outputs": [{"output_type": "error", "traceback": 5}]},
    "update": {"updates": {"d": 5}},
    "buffer": {"buffers": [["a", "b"]]},
    "buffer-negative": {"buffers": [[-1, []]]},
    "slot-huge": {"slots": [["x", 10**30]]},
    "inputs": {"inputs": {"values": 1}},
    "took": {"took_ms": 10**400},
    "ran": {"ran_at": 5},
    "imports": {"imports": 5},
    "deleted": {"deleted": [[1]]},
    "value": {"value": 5},
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_record_is_a_damaged_one(
    task_path: Path, their_file: Callable[..., None], edit: Callable[..., None], case: str
) -> None:
    """A record that no version writes is a clear error, before anything is bound."""
    their_file(data="x = 1")
    edit("data", **MALFORMED[case])
    with new_shell(task_path) as shell:
        error = shell.fails("%%step data\nx = 1")
        assert isinstance(error, BundleError), repr(error)
        assert "--rerun" in str(error)
        assert "x" not in shell.ns
        shell.ok("%%step data --rerun\nx = 1")


def test_row_without_a_member_is_a_clear_error(
    task_path: Path, restarted: Callable[[], Shell]
) -> None:
    """A row is not signed: one that another program changed may lack what the record says."""
    shell = restarted()
    shell.step("a", "x, y = 1, 2")
    shell.ok("%mundane_close")
    with closing(sqlite3.connect(task_path)) as connection, connection:
        connection.execute("UPDATE mundane_steps SET result = '{\"x\": 1}'")
    shell = restarted()
    # In a kernel, values may come later than the note; here the next line of code asks for them.
    error = shell.run("%%step a\nx, y = 1, 2").error or shell.fails("x")
    assert isinstance(error, BundleError)
    assert "its row has no 'y'" in str(error)
    assert "x" not in shell.ns


def test_record_that_nests_too_deep(task_path: Path, their_file: Callable[..., None]) -> None:
    """Brackets without end are a damaged record, not the end of the stack."""
    their_file(data="x = 1")
    with closing(sqlite3.connect(task_path)) as connection, connection:
        connection.execute("UPDATE mundane_ipython_cells SET record = ?", ("[" * 200_000,))
    with new_shell(task_path) as shell:
        assert isinstance(shell.fails("%%step data\nx = 1"), BundleError)


@pytest.mark.parametrize(
    "columns",
    [
        "(name TEXT PRIMARY KEY, row_id INTEGER, finished_at TEXT, record AS ('[' || name),"
        " signature TEXT)",
        "(name TEXT PRIMARY KEY, row_id INTEGER, finished_at TEXT, record TEXT, signature TEXT)"
        " WITHOUT ROWID",
    ],
)
def test_forged_table_is_refused(
    task_path: Path, their_file: Callable[..., None], columns: str
) -> None:
    """A table of the extension's name with columns that make their values is none of ours."""
    their_file(data="x = 1")
    with closing(sqlite3.connect(task_path)) as connection, connection:
        connection.execute("DROP TABLE mundane_ipython_cells")
        connection.execute(f"CREATE TABLE mundane_ipython_cells {columns}")
    with new_shell() as shell:
        error = shell.fails(f"%mundane_open {task_path}")
        assert isinstance(error, SchemaError)
        assert "has another mundane_ipython_cells" in str(error)


def test_forged_index_is_refused(task_path: Path, their_file: Callable[..., None]) -> None:
    """An index that nobody of ours made would compute its expression at each write."""
    their_file(data="x = 1")
    with closing(sqlite3.connect(task_path)) as connection, connection:
        connection.execute("CREATE INDEX evil ON mundane_ipython_cells(hex(record))")
    with new_shell() as shell:
        error = shell.fails(f"%mundane_open {task_path}")
        assert isinstance(error, SchemaError)
        assert "has another mundane_ipython_cells" in str(error)


def test_forged_journal_is_refused(
    task_path: Path, tmp_path: Path, their_file: Callable[..., None]
) -> None:
    """A journal that names a file of the user's is not rolled back, which would remove that."""
    their_file(data="x = 1")
    keep = tmp_path / "keep.txt"
    keep.write_text("mine")
    forge_journal(task_path, os.fsencode(keep))
    with new_shell() as shell:
        error = shell.fails(f"%mundane_open {task_path}")
        assert isinstance(error, SchemaError)
        assert "names another file" in str(error)
    assert keep.read_text() == "mine"


STEERING = "\x1b]0;owned\x07\x1b]52;c;ZXZpbA==\x07\x9b2J\u202e"


def test_foreign_text_does_not_steer_the_terminal(
    task_path: Path, their_file: Callable[..., None], edit: Callable[..., None]
) -> None:
    """Of somebody else's text colours are shown, and nothing that a terminal obeys otherwise."""
    their_file(data="x = 1")
    text, colour = f"a{STEERING}b", "\x1b[1;31mred\x1b[0m"
    shown = {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}
    error = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": [text, colour]}
    edit(
        "data",
        outputs=[{"output_type": "stream", "name": "stdout", "text": f"{text}\n"}, shown, error],
        inputs={"values": {"n": "0"}, "shown": {"n": text}},
        ran_at=text,
    )
    with new_shell(task_path) as shell:
        shell.ok("n = 1")
        out = shell.ok("%%step data\nx = 1").out
        assert colour in out
        assert "STALE" in out
        assert not any(mark in out.replace(colour, "") for mark in "\x1b\x07\x9b\u202e")


def test_edited_record_counts_as_foreign(task_path: Path, restarted: Callable[[], Shell]) -> None:
    """A record or an output that was changed in the file is no longer the user's own."""
    shell = restarted()
    shell.step("a", "print('hello')\ndef f(): pass")
    shell.ok("%mundane_close")
    with closing(sqlite3.connect(task_path)) as connection, connection:
        connection.execute(
            "UPDATE mundane_ipython_cells SET record = replace(record, 'hello', 'HELLO')"
        )
    assert isinstance(restarted().fails("%%step a\nprint('hello')\ndef f(): pass"), UntrustedError)


def test_record_moved_to_another_step_or_task_counts_as_foreign(
    task_path: Path, tmp_path: Path, restarted: Callable[[], Shell]
) -> None:
    """A signed record is good for its own step in its own task only."""
    shell = restarted()
    shell.step("a", "def f(): return 'a'")
    shell.step("b", "def f(): return 'b'")
    shell.ok("%mundane_close")
    with closing(sqlite3.connect(task_path)) as connection, connection:
        connection.execute("CREATE TEMP TABLE swap AS SELECT * FROM mundane_ipython_cells")
        connection.execute(
            "UPDATE mundane_ipython_cells SET (record, signature) ="
            " (SELECT record, signature FROM swap WHERE swap.name = 'a') WHERE name = 'b'"
        )
    shell = restarted()
    assert isinstance(shell.fails("%%step b\ndef f(): return 'b'"), BundleError | UntrustedError)
    assert "f" not in shell.ns
    shell.ok("%%step a\ndef f(): return 'a'")


@pytest.mark.parametrize("later", [True, False], ids=["read by a later step", "read by none"])
def test_a_step_that_was_put_back(
    task_path: Path, restarted: Callable[[], Shell], later: bool
) -> None:
    """Its old record is signed as well; what tells is a step that has read a newer result."""
    tables = ("mundane_steps", "mundane_ipython_cells", "mundane_ipython_chunks")
    shell = restarted()
    shell.step("load", "n = {1}")
    shell.ok("%mundane_close")
    with closing(sqlite3.connect(task_path)) as connection:
        old = [connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]
    shell = restarted()
    time.sleep(0.01)
    shell.step("load", "n = {1, 2}", "--rerun")
    if later:
        shell.step("use", "total = sum(n)")
    shell.ok("%mundane_close")
    with closing(sqlite3.connect(task_path)) as connection, connection:
        for table, rows in zip(tables, old, strict=True):
            connection.execute(f"DELETE FROM {table} WHERE name = 'load'")
            places = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
    shell = restarted()
    shown = shell.step("load", "n = {1}").out
    assert "STALE" not in shown
    assert shell.ns["n"] == {1}
    if later:
        shown = shell.step("use", "total = sum(n)").out
        assert "STALE: step load has an older result than then: it was put back" in shown


def test_rich_outputs_of_a_foreign_file_are_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a foreign file's displays only text and bitmaps reach the front end."""
    source = (
        "%%step shown\nfrom IPython.display import HTML, display, publish_display_data\n"
        "publish_display_data({'text/plain': 'p', 'text/html': '<script>', 'image/png': 'aGk=',"
        " 'image/svg+xml': '<svg/>', 'application/javascript': 'x', 'text/latex': 'l',"
        " 'application/vnd.jupyter.widget-view+json': {'model_id': 'm'}}, {'k': 1})\n"
        "publish_display_data({'text/html': '<script>'})\n"
        "HTML('<b>')"
    )
    monkeypatch.setenv("MUNDANE_KEY_FILE", str(tmp_path / "their-key"))
    with open_notebook(tmp_path) as theirs:
        assert "<script>" in str(theirs.ok(source).outputs)
    monkeypatch.setenv("MUNDANE_KEY_FILE", str(tmp_path / "my-key"))
    with open_notebook(tmp_path) as mine:
        outputs = mine.ok(source).plain
    assert [set(output["data"]) for output in outputs] == [
        {"text/plain", "image/png"},
        {"text/plain"},
        {"text/plain"},
    ]
    assert [dict(output["metadata"]) for output in outputs] == [{}, {}, {}]


def test_key_is_made_private_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first use makes a key file that only the user can read; later uses read it."""
    path = tmp_path / "new" / "folder" / "key"
    monkeypatch.setenv("MUNDANE_KEY_FILE", str(path))
    key = load_key()
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key() == key
    assert os.listdir(path.parent) == ["key"]


@pytest.mark.parametrize(
    ("mode", "is_warned_of"),
    [(mode, True) for mode in (0o644, 0o602, 0o620, 0o777)]
    + [(mode, False) for mode in (0o400, 0o440, 0o600)],
)
def test_key_that_others_can_get_at_is_warned_of(
    mode: int, is_warned_of: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who can read or replace the key can sign as the user; a container mounts it for a group."""
    path = tmp_path / "key"
    monkeypatch.setenv("MUNDANE_KEY_FILE", str(path))
    key = load_key()
    path.chmod(mode)
    with warnings.catch_warnings(record=True) as caught:
        assert load_key() == key
    said = f"(mode {mode:o}), and sign task files as you: chmod 600 '{path}'"
    assert [said in str(warning.message) for warning in caught] == [True] * is_warned_of


def test_key_lies_in_jupyters_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without MUNDANE_KEY_FILE the key is in the folder `mundane` of Jupyter's data directory."""
    monkeypatch.delenv("MUNDANE_KEY_FILE")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    assert key_path().parent == tmp_path / "mundane"


def test_unusable_key_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key file that is too short, or a folder, is refused with its path."""
    short = tmp_path / "short"
    short.write_bytes(b"x")
    monkeypatch.setenv("MUNDANE_KEY_FILE", str(short))
    with pytest.raises(StorageError, match="short: is no signing key"):
        load_key()
    monkeypatch.setenv("MUNDANE_KEY_FILE", str(tmp_path))
    with pytest.raises(StorageError, match="MUNDANE_KEY_FILE"):
        load_key()


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "link to a pipe"])
def test_key_that_is_no_regular_file(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused at once: a pipe would be waited for without end, and /dev/zero read."""
    path = tmp_path / "key"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path = Path("/dev/zero")
    else:
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to("pipe")
    monkeypatch.setenv("MUNDANE_KEY_FILE", str(path))
    for load in (load_key, find_key):
        with pytest.raises(StorageError, match=r"is no regular file.*set MUNDANE_KEY_FILE"):
            load()


def test_key_that_is_a_large_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was named by mistake, and is not read whole."""
    path = tmp_path / "data.bin"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    monkeypatch.setenv("MUNDANE_KEY_FILE", str(path))
    with pytest.raises(StorageError, match="is no signing key: over 65536 bytes"):
        load_key()


def test_unusable_key_file_leaves_the_open_task_alone(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`%mundane_open` with a bad key fails in one line, and what was open stays open."""
    monkeypatch.setenv("MUNDANE_KEY_FILE", str(tmp_path))
    assert isinstance(shell.fails(f"%mundane_open {tmp_path}/other.db"), StorageError)
    assert not (tmp_path / "other.db").exists()
    shell.step("a", "x = 1")


def test_signature() -> None:
    """A signature holds for one key and one text only."""
    signature = sign(b"k" * 32, "text")
    assert is_signed(b"k" * 32, "text", signature)
    assert not is_signed(b"l" * 32, "text", signature)
    assert not is_signed(b"k" * 32, "Text", signature)
    assert not is_signed(b"k" * 32, "text", "")
    assert not is_signed(b"k" * 32, "text", "\ud800")


def test_key_never_enters_the_task_file(shell: Shell, task_path: Path) -> None:
    """Neither the key nor its hexadecimal form is in the file."""
    shell.step("a", "x = {1}")
    data = task_path.read_bytes()
    assert load_key() not in data
    assert load_key().hex().encode() not in data
    assert json.loads(json.dumps(shell.row("a")))["x"]["$mundane"]["type"] == "set"
