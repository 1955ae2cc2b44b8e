"""A restored step's values wait until a cell may need them, and nobody can tell."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbclient.util import run_sync

from mundane_ipython.session import loading
from mundane_ipython.session.deferred import Deferred
from mundane_ipython.session.loading import Loader

from ..support.kernels import open_notebook, wait_for
from ..support.shells import Shell

Restart = Callable[[], Shell]

# A module that says when it is imported, by a file, and prints.
NOISY = "import pathlib\npathlib.Path('imported').touch()\nprint('hello')\n"


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let values wait in shells of this process as they do in a kernel."""
    monkeypatch.setattr(Deferred, "can_defer", lambda _: True)


def stored(restarted: Restart, *cells: str) -> Shell:
    """Run steps s0, s1 ... in one shell; return the next one, in which none has run yet."""
    shell = restarted()
    for number, cell in enumerate(cells):
        shell.step(f"s{number}", cell)
    return restarted()


@pytest.mark.usefixtures("waiting")
def test_values_come_before_the_next_plain_cell(restarted: Restart) -> None:
    """A restored cell shows all it showed; its names are there for the first plain cell."""
    shell = stored(restarted, "x = {1, 2}\nprint('shown')\nx", "del x\ny = (3,)")
    assert "shown\nOut[" in shell.step("s0", "x = {1, 2}\nprint('shown')\nx").out
    shell.step("s1", "del x\ny = (3,)")
    assert not {"x", "y"} & shell.ns.keys()
    shell.ok("z = y")
    assert shell.ns["z"] is shell.ns["y"]
    assert "x" not in shell.ns


@pytest.mark.usefixtures("waiting")
def test_values_come_before_a_step_that_runs(restarted: Restart) -> None:
    """It finds them, stores what it changes in place, and depends on the steps they are from."""
    shell = stored(restarted, "d = {(1,): 2}")
    shell.step("s0", "d = {(1,): 2}")
    shell.step("change", "d[3] = 4")
    assert shell.ns["d"] == {(1,): 2, 3: 4}
    assert list(shell.record("change").inputs["steps"]) == ["s0"]
    shell = restarted()
    shell.step("s0", "d = {(1,): 2}")
    shell.step("change", "d[3] = 4")
    shell.ok("None")
    assert shell.ns["d"] == {(1,): 2, 3: 4}


@pytest.mark.usefixtures("waiting")
def test_last_values_have_their_numbers(restarted: Restart) -> None:
    """`_`, `__` and Out[n] are what they would be if each had come in its own cell."""
    shell = stored(restarted, "{1}", "{2}", "print('none')")
    for number, cell in enumerate(["{1}", "{2}", "print('none')"]):
        shell.step(f"s{number}", cell)
    first = shell.ip.execution_count - 3
    assert not shell.ns["Out"]
    shell.ok("last = _, __")
    assert shell.ns["last"] == ({2}, {1})
    assert shell.ns["Out"] == {first: {1}, first + 1: {2}}
    shell.ok("{3}")
    assert shell.ns["Out"][first + 4] == {3}


@pytest.mark.parametrize("waits", [True, False])
def test_a_result_that_is_not_stored_leaves_no_older_one_under_its_name(
    restarted: Restart, monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    """The note says so, and `_` and Out[n] are not there; later results come as ever."""
    cells = ["{1}", "(each for each in 'ab')", "{3}"]
    monkeypatch.setattr(Deferred, "can_defer", lambda _: waits)
    shell = stored(restarted, *cells)
    for number, cell in enumerate(cells[:2]):
        ran = shell.step(f"s{number}", cell)
    assert "not stored, and so not defined: its last expression's value, _ (TypeError" in ran.out
    first = shell.ip.execution_count - 2
    shell.ok("None")
    assert "_" not in shell.ns
    assert shell.ns["Out"] == {first: {1}}
    shell.step("s2", cells[2])
    shell.ok("last = _, repr(__), ___")
    assert shell.ns["last"][::2] == ({3}, {1})
    assert "could not be stored" in shell.ns["last"][1]


def test_a_result_that_has_a_name_is_told_of_once(restarted: Restart) -> None:
    """Where a value without a pickle is a variable and what its cell shows, one note names it."""
    first = restarted().step("s", "import threading\nlock = threading.Lock()\nlock")
    assert "stored, but for lock (TypeError: cannot pickle '_thread.lock' object)" in first.out
    again = restarted().step("s", "import threading\nlock = threading.Lock()\nlock")
    for ran in (first, again):
        assert "last expression" not in ran.out


@pytest.mark.usefixtures("waiting")
def test_staleness_is_seen_through_values_that_wait(restarted: Restart) -> None:
    """An input that a waiting step changes in place is compared as it is afterwards."""
    cells = "n.append((2,))", "m = [len(n), n]"

    def run(first: str) -> list[str]:
        shell = restarted()
        shell.ok(f"n = [{first}]")
        return [shell.step(f"s{i}", cell).out for i, cell in enumerate(cells)]

    run("1")
    assert "STALE" not in "".join(run("1"))
    stale = run("2")
    assert "STALE: input n changed" in stale[0]
    # The list itself is that of then: s0, restored, has brought it.
    assert "STALE: step s0, whose results it uses, is stale. To run" in stale[1]


@pytest.mark.usefixtures("waiting")
def test_a_step_that_is_stale_comes_at_once(restarted: Restart) -> None:
    """And so does everything before it, in order."""
    shell = stored(restarted, "a = {1}", "b = {2}", "c = {3}")
    shell.step("s0", "a = {1}")
    shell.step("s1", "b = {22}")
    assert shell.ns["a"] == {1}
    assert shell.ns["b"] == {2}
    shell.step("s1", "b = {22}", "--rerun")
    assert shell.ns["b"] == {22}


def restore_broken(shell: Shell, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Restore s0, s1 and s2 of a file; the value of s1 cannot be made."""
    make = Loader.make

    def failing(self: Any, name: str, *arguments: Any) -> Any:
        if name == "s1":
            raise error
        return make(self, name, *arguments)

    monkeypatch.setattr(Loader, "make", failing)
    for number in range(3):
        shell.step(f"s{number}", f"x{number} = {{{number}}}")


@pytest.mark.usefixtures("waiting")
def test_a_value_that_cannot_be_made(restarted: Restart, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next cell runs, under a note that says whose it is; it is said once."""
    shell = stored(restarted, "x0 = {0}", "x1 = {1}", "x2 = {2}")
    restore_broken(shell, monkeypatch, ValueError("no such class"))
    ran = shell.ok("ran = x0 | x2")
    assert "step s1: its outputs were restored, but its values cannot be: x1 is not" in ran.out
    assert "ValueError: no such class: '%%step s1 --rerun' runs the step again" in ran.out
    assert shell.ns["ran"] == {0, 2}
    assert "step s1" not in shell.ok("ran = x2").out
    error = shell.fails("x1")
    assert "'x1' is of step 's1', and cannot be restored: ValueError" in error.__notes__[0]
    shell.step("s1", "x1 = {1}", "--rerun")
    assert shell.ns["x1"] == {1}
    assert not hasattr(shell.fails("del x1\nx0.none"), "__notes__")


@pytest.mark.usefixtures("waiting")
def test_an_older_value_does_not_pass_for_one_that_cannot_be_made(
    restarted: Restart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a step bound anew, changed or deleted is not there; steps that need it say so."""
    shell = stored(restarted, "x0 = {0}\ny = {3}", "x0 = {1}\ny.add(4)", "z = [y]", "w = {5}")
    cells = "x0 = {0}\ny = {3}", "x0 = {1}\ny.add(4)", "z = [y]", "w = {5}"
    make = Loader.make

    def failing(self: Any, name: str, *arguments: Any) -> Any:
        if name == "s1":
            raise ValueError("no such class")
        return make(self, name, *arguments)

    monkeypatch.setattr(Loader, "make", failing)
    for number, cell in enumerate(cells):
        assert "STALE" not in shell.step(f"s{number}", cell).out
    ran = shell.ok("v = w")
    assert "x0, y are not there" in ran.out
    assert "step s2: its outputs were restored, but its values cannot be: z is not" in ran.out
    assert "it shares objects with 'y', which is not what it was" in ran.out
    assert {"x0", "y", "z"}.isdisjoint(shell.ns)
    assert isinstance(shell.fails("y"), NameError)


@pytest.mark.usefixtures("waiting")
def test_a_step_runs_after_one_that_cannot_be_made(
    restarted: Restart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs, and stores nothing of the note; where it needs the value, the error says whose."""
    shell = stored(restarted, "x0 = {0}", "x1 = {1}", "x2 = {2}")
    restore_broken(shell, monkeypatch, ValueError("no such class"))
    assert "step s1: its outputs" in shell.step("new", "n = len(x2)\nn").out
    assert "no such class" not in str(shell.record("new").outputs)
    assert "is of step 's1'" in shell.fails("%%step other\nx1.add(2)").__notes__[0]


def test_a_name_of_a_step_that_failed_in_its_own_cell(
    restarted: Restart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing waits, the step's own cell raises, and a NameError after it says which step."""
    cell = "class Odd:\n    def __reduce__(self): return str, ()\nx = [Odd()]"
    shell = stored(restarted, cell)

    def broken(*_: Any) -> Any:
        raise ValueError("damaged")

    with monkeypatch.context() as patch:
        patch.setattr("mundane_ipython.pickling.unpickler.NotebookUnpickler.find_class", broken)
        assert "ValueError: damaged" in str(shell.fails(f"%%step s0\n{cell}"))
    assert shell.ok("y = 1").out == ""
    assert "'x' is of step 's0', and cannot be restored" in shell.fails("x").__notes__[0]


@pytest.mark.usefixtures("waiting")
def test_an_interrupt_loses_no_value(restarted: Restart, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values whose making was interrupted still wait: the next cell makes them."""
    shell = stored(restarted, "x0 = {0}", "x1 = {1}", "x2 = {2}")
    with monkeypatch.context() as patch:
        restore_broken(shell, patch, KeyboardInterrupt())
        assert isinstance(shell.fails("ran = True"), KeyboardInterrupt)
        assert "ran" not in shell.ns
    shell.ok("ran = x0 | x1 | x2")
    assert shell.ns["ran"] == {0, 1, 2}


@pytest.mark.usefixtures("waiting")
def test_what_is_known_to_fail_fails_in_its_own_cell(
    restarted: Restart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that is gone is missed by the cell that restores, not by one that has no part."""
    module = tmp_path / "gone_by_then.py"
    module.write_text("class Value: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    cell = "import gone_by_then\nvalue = gone_by_then.Value()"
    shell = stored(restarted, cell)
    module.unlink()
    sys.modules.pop("gone_by_then")
    error = shell.fails(f"%%step s0\n{cell}")
    assert "imported 'gone_by_then', which cannot be imported here" in str(error)


@pytest.mark.usefixtures("waiting")
def test_a_bundle_of_other_versions_does_not_wait(
    restarted: Restart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it can be loaded is not known before."""
    shell = stored(restarted, "x = {1}")
    monkeypatch.setattr(loading, "_version", lambda package: f"another {package}")
    shell.step("s0", "x = {1}")
    assert shell.ns["x"] == {1}


@pytest.mark.parametrize(
    ("cell", "check"),
    [
        ("import os\nos.environ['DEFERRED'] = 'set'", lambda _: os.environ["DEFERRED"] == "set"),
        ("%load_ext tests.ipython.support.noisy_extension", lambda shell: shell.ip.noisy),
        ("big = bytearray(65 << 20)", lambda shell: len(shell.ns["big"]) == 65 << 20),
    ],
    ids=["process", "settings", "large"],
)
@pytest.mark.usefixtures("waiting")
def test_what_does_not_wait(
    restarted: Restart, cell: str, check: Callable[[Shell], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folder and environment, settings that change how the next cell is read, large values."""
    shell = stored(restarted, cell)
    monkeypatch.delenv("DEFERRED", raising=False)
    shell.step("s0", cell)
    assert check(shell)


@pytest.mark.usefixtures("waiting")
def test_only_so_much_waits_at_once(restarted: Restart) -> None:
    """A value that is bound anew by step after step is not held in every one of its states."""
    cells = [f"big = bytearray(30 << 20)\nmark = [{number}]" for number in range(4)]
    shell = stored(restarted, *cells)
    marks = []
    for number, cell in enumerate(cells):
        shell.step(f"s{number}", cell)
        marks.append(shell.ns.get("mark"))
    assert marks == [None, None, [2], [2]]
    shell.ok("mark")
    assert shell.ns["mark"] == [3]


@pytest.mark.usefixtures("waiting")
def test_a_file_of_somebody_else_does_not_wait(
    restarted: Restart, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is refused of it is refused in the cell that restores it."""
    shell = stored(restarted, "x = {1}", "class C: pass\ny = C()")
    monkeypatch.setenv("MUNDANE_KEY_FILE", str(tmp_path / "other-key"))
    shell = restarted()
    shell.step("s0", "x = {1}")
    assert shell.ns["x"] == {1}
    assert "UntrustedError" in repr(shell.fails("%%step s1\nclass C: pass\ny = C()"))


@pytest.mark.usefixtures("waiting")
def test_a_stream_is_the_stream(restarted: Restart) -> None:
    """Streams are muted while values come, and stay the objects that they are."""
    cell = "import sys\nkept = [sys.stdout]"
    shell = stored(restarted, cell)
    shell.step("s0", cell)
    assert shell.ok("same = kept[0] is sys.stdout").out == ""
    assert shell.ns["same"]


# In a kernel.


def two_kernels(tmp_path: Path, *cells: str, **options: Any) -> Any:
    """Run steps in one kernel, and return the context of the next one."""
    with open_notebook(tmp_path, graceful=True, **options) as first:
        for cell in cells:
            first.ok(cell)
    return open_notebook(tmp_path, **options)


def asked(request: Callable[..., Any], *arguments: Any, **options: Any) -> dict[str, Any]:
    """Return the content of the kernel's reply to a request that runs no cell of the notebook."""

    async def ask() -> Any:
        return await request(*arguments, **options, reply=True, timeout=60)

    content: dict[str, Any] = run_sync(ask)()["content"]
    return content


def test_an_import_waits_and_an_idle_kernel_makes_it(tmp_path: Path) -> None:
    """Nothing is imported while cells are restored; soon after, without any cell, it is."""
    (tmp_path / "noisy.py").write_text(NOISY)
    cell = "%%step load\nimport noisy\nvalue_of_it = {1}\nvalue_of_it"
    with two_kernels(tmp_path, cell) as notebook:
        (tmp_path / "imported").unlink()
        # The second restored cell sees what the first one has not done yet.
        shown = notebook.ok(cell)
        assert not (tmp_path / "imported").exists()
        assert shown.plain[0]["text"] == "hello\n"
        assert shown.text == "hello\n{1}"
        wait_for((tmp_path / "imported").exists)
        completed = asked(notebook.client.kc.complete, "value_of", 8)
        assert completed["matches"] == ["value_of_it"]
        assert notebook.ok("value_of_it").text == "{1}"


def test_a_plain_cell_in_a_kernel_finds_everything(tmp_path: Path) -> None:
    """Run All goes on at once; what imports print is shown once, where it was shown."""
    (tmp_path / "noisy.py").write_text(NOISY)
    cells = "%%step load\nimport noisy\nd = {(1,): 2}", "%%step last\nd"
    with two_kernels(tmp_path, *cells) as notebook:
        shown = [notebook.ok(cell).text for cell in cells]
        assert shown == ["hello\n", "{(1,): 2}"]
        assert notebook.ok("print(d, noisy.__name__, _)").text == "{(1,): 2} noisy {(1,): 2}\n"


def test_user_expressions_find_their_names(tmp_path: Path) -> None:
    """A client that asks for expressions with a restored cell gets them."""
    cell = "%%step load\nd = {(1,): 2}"
    with two_kernels(tmp_path, cell) as notebook:
        expressions = {"length": "len(d)"}
        reply = asked(notebook.client.kc.execute, cell, user_expressions=expressions)
        assert reply["user_expressions"]["length"]["data"]["text/plain"] == "1"


def test_an_interrupt_while_an_idle_kernel_loads(tmp_path: Path) -> None:
    """The kernel lives, and the next cell has the values."""
    slow = "import pathlib, time\npathlib.Path('imported').touch()\ntime.sleep(1.5)\n"
    (tmp_path / "slow.py").write_text(slow)
    cell = "%%step load\nimport slow\nd = {(1,): 2}"
    with two_kernels(tmp_path, cell) as notebook:
        (tmp_path / "imported").unlink()
        notebook.ok(cell)
        wait_for((tmp_path / "imported").exists)
        notebook.client.km.provisioner.process.send_signal(signal.SIGINT)
        assert notebook.ok("print(d, slow.__name__)").text == "{(1,): 2} slow\n"


def test_in_a_kernel_the_next_cell_runs_without_what_cannot_be_made(tmp_path: Path) -> None:
    """Run All goes on; the cell that uses the value fails, and says which step it is of."""
    (tmp_path / "server").touch()
    connect = (
        "%%step connect\nimport pathlib\nclass Link:\n"
        "    def __init__(self): self.n = 1\n"
        "    def __setstate__(self, state):\n"
        "        pathlib.Path('server').read_text()\n"
        "        self.__dict__.update(state)\nlink = Link()\nprint('connected')"
    )
    other = "%%step other\nd = {(1,): 2}"
    with two_kernels(tmp_path, connect, other) as notebook:
        (tmp_path / "server").unlink()
        assert notebook.ok(connect).text == "connected\n"
        notebook.ok(other)
        later = notebook.ok("print(d)")
        assert later.text == "{(1,): 2}\n"
        (note,) = later.notes
        assert note.startswith("step connect: its outputs were restored, but its values cannot be")
        assert "'link' cannot be loaded here (FileNotFoundError" in note
        assert notebook.ok("print(d)").notes == []
        used = notebook.run("link.n")
        assert used.error.startswith("NameError")
        hint = "__import__('sys').last_value.__notes__"  # IPython 7 does not show it
        assert "'link' is of step 'connect', and cannot be restored" in notebook.value(hint)
        notebook.ok(f"{connect.replace('connect', 'connect --rerun', 1)}")
        assert notebook.value("link.n") == "1"


def test_with_a_live_widget_nothing_waits(tmp_path: Path) -> None:
    """Its callbacks run without a cell; a widget that was only drawn again has none."""
    cell = "%%step load\nd = {(1,): 2}"
    drawn = "%%step draw\nimport ipywidgets\nslider = ipywidgets.IntSlider()\nslider"
    with two_kernels(tmp_path, cell, drawn) as notebook:
        notebook.ok(drawn)
        waits = "get_ipython().mundane_cell.session.deferred.can_defer()"
        assert notebook.value(waits) == "True"
        notebook.ok("import ipywidgets\nlive = ipywidgets.IntSlider()")
        assert notebook.value(waits) == "False"
