"""A step that is run again in the kernel that has its results: nothing is lost, nothing is old."""

from __future__ import annotations

import decimal
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ..support.kernels import open_notebook
from ..support.shells import Shell

Restart = Callable[[], Shell]

LOAD = "d = {'a': list(range(3))}\nsame = d"
CHANGE = "d['b'] = 2\nboth = [d, len(d['a'])]"


def load(shell: Shell, body: str = LOAD, options: str = "") -> None:
    shell.step("load", body, options)


def stored_by_rerun(shell: Shell) -> None:
    shell.step("change", CHANGE)
    shell.step("change", CHANGE, "--rerun")


def stored_by_two_reruns(shell: Shell) -> None:
    stored_by_rerun(shell)
    shell.step("change", CHANGE, "--rerun")


def stored_after_forgetting(shell: Shell) -> None:
    shell.step("change", CHANGE)
    shell.ok("%mundane_forget change")
    shell.step("change", CHANGE)


def stored_after_a_failure(shell: Shell) -> None:
    shell.fails(f"%%step change\n{CHANGE}\n1 / 0")
    shell.step("change", CHANGE)


def stored_after_an_interrupt(shell: Shell) -> None:
    shell.fails(f"%%step change\n{CHANGE}\nraise KeyboardInterrupt")
    shell.step("change", CHANGE)


def stored_after_a_refusal(shell: Shell) -> None:
    shell.fails(f"%%step change -o gone\n{CHANGE}\ngone = (n for n in 'a')")
    shell.step("change", CHANGE)


def stored_after_an_edit(shell: Shell) -> None:
    shell.step("change", CHANGE)
    shell.step("change", f"{CHANGE}\nmore = 1", "--rerun")
    shell.step("change", CHANGE, "--rerun")


@pytest.mark.parametrize(
    "again",
    [
        stored_by_rerun,
        stored_by_two_reruns,
        stored_after_forgetting,
        stored_after_a_failure,
        stored_after_an_interrupt,
        stored_after_a_refusal,
        stored_after_an_edit,
    ],
)
def test_a_change_that_was_there_already_is_stored_again(
    again: Callable[[Shell], None], restarted: Restart
) -> None:
    """A second run changes nothing that the first had not changed; what it stores has it all."""
    shell = restarted()
    load(shell)
    again(shell)
    shell = restarted()
    load(shell)
    assert "STALE" not in shell.step("change", CHANGE).out
    assert shell.ns["d"] == {"a": [0, 1, 2], "b": 2}
    assert shell.ns["both"][0] is shell.ns["d"] is shell.ns["same"]


def test_a_failed_step_that_gets_another_name(restarted: Restart) -> None:
    """The same code under a new name stores what its first try had changed, state as well."""
    body = "if 'b' not in d: d['b'] = 2; random.seed(7)\n1 / divisor"
    shell = restarted()
    shell.ok("import random\nrandom.seed(1)\ndivisor = 0")
    load(shell)
    shell.fails(f"%%step change\n{body}")
    shell.ok("divisor = 1")
    shell.step("renamed", body)
    straight = shell.ok("d, random.random()").result.result
    shell = restarted()
    shell.ok("import random\nrandom.seed(1)\ndivisor = 1")
    load(shell)
    shell.step("renamed", body)
    assert shell.ok("d, random.random()").result.result == straight


def test_a_failed_cell_that_gets_another_name(tmp_path: Path) -> None:
    """So does a cell that was mended, where the front end tells that it is the same one."""
    change = "%%step change\nd['b'] = 2\n1 / 0"
    renamed = "%%step renamed\nd.setdefault('b', 3)"
    with open_notebook(tmp_path, graceful=True) as notebook:
        notebook.ok(f"%%step load\n{LOAD}")
        assert "ZeroDivisionError" in notebook.run_as("cell-1", change).error
        notebook.run_as("cell-1", renamed)
        assert notebook.value("d['b']") == "2"
    with open_notebook(tmp_path) as notebook:
        notebook.ok(f"%%step load\n{LOAD}")
        notebook.run_as("cell-1", renamed)
        assert notebook.value("d['b']") == "2"


STATE = (
    "import decimal, os, random, sys\nrandom.seed(7)\ndecimal.getcontext().prec = 11\n"
    "os.environ['MUNDANE_TEST'] = 'set'\nif 'there' not in sys.path: sys.path.append('there')"
)
LOOK = (
    "import decimal, os, random, sys\nrandom.random(), decimal.getcontext().prec, "
    "os.environ.get('MUNDANE_TEST'), 'there' in sys.path"
)


@pytest.mark.parametrize("first", ["ran", "failed", "restored"])
def test_state_outside_of_variables_is_stored_again(
    first: str, restarted: Restart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is what it set of the process and its libraries, though the next run finds it set."""

    def restart() -> Shell:
        random.seed(1)
        decimal.getcontext().prec = 28
        monkeypatch.setenv("MUNDANE_TEST", "gone")
        monkeypatch.delenv("MUNDANE_TEST")
        monkeypatch.setattr(sys, "path", [each for each in sys.path if each != "there"])
        return restarted()

    shell = restart()
    if first == "failed":
        shell.fails(f"%%step state\n{STATE}\n1 / 0")
    else:
        shell.step("state", STATE)
    if first == "restored":
        shell = restart()
        shell.step("state", STATE)
    shell.step("state", STATE, "--rerun")
    straight = shell.ok(LOOK).result.result
    shell = restart()
    shell.step("state", STATE)
    assert shell.ok(LOOK).result.result == straight
    assert straight[1:] == (11, "set", True)
    restart()


def test_a_restored_step_is_run_again(restarted: Restart) -> None:
    """The same where it was restored in this kernel, and not run."""
    shell = restarted()
    load(shell)
    shell.step("change", CHANGE)
    shell = restarted()
    load(shell)
    shell.step("change", CHANGE)
    shell.step("change", CHANGE, "--rerun")
    shell = restarted()
    load(shell)
    shell.step("change", CHANGE)
    assert shell.ns["d"] == {"a": [0, 1, 2], "b": 2}


def test_a_later_steps_changes_stay(restarted: Restart) -> None:
    """A step that is run again below a later one stores the value as it is by then."""
    shell = restarted()
    load(shell)
    shell.step("change", CHANGE)
    shell.step("later", "d['c'] = 3")
    shell.step("change", CHANGE, "--rerun")
    shell = restarted()
    load(shell)
    shell.step("change", CHANGE)
    assert shell.ns["d"].keys() == {"a", "b", "c"}
    shell.step("later", "d['c'] = 3")
    assert shell.ns["d"].keys() == {"a", "b", "c"}


def test_a_value_that_was_bound_anew_is_not_the_steps(restarted: Restart) -> None:
    """What a step once changed is no part of it after another cell has replaced the value."""
    shell = restarted()
    load(shell, "d = {'a': [1]}")
    shell.step("change", "d['b'] = 2")
    load(shell, "d = {'a': []}", "--rerun")
    shell.step("change", "other = 1", "--rerun")
    assert [name for name, _ in shell.record("change").bindings] == ["other"]


def fresh(shell: Shell) -> None:
    """Run `load` again on twice as much, and restore what is stale by that."""
    load(shell, "d = {'a': list(range(6))}", "--rerun")
    assert "STALE: step load was run again" in shell.step("change", CHANGE).out


def test_the_advice_for_a_stale_step_uses_what_is_fresh(restarted: Restart) -> None:
    """`--rerun` after a stale restore runs on what was there before it, not on what it brought."""
    shell = restarted()
    load(shell)
    shell.step("change", CHANGE)
    for again in (False, True):
        shell = restarted() if again else shell
        fresh(shell)
        assert shell.ns["both"][1] == 3
        shell.step("change", CHANGE, "--rerun")
        assert shell.ns["both"][1] == len(shell.ns["d"]["a"]) == 6
        assert shell.ns["both"][0] is shell.ns["d"]
        assert "STALE" not in shell.step("change", CHANGE).out
        load(shell, LOAD, "--rerun")
        shell.step("change", CHANGE, "--rerun")
        assert shell.ns["both"][1] == 3


def test_a_chain_of_stale_steps(restarted: Restart) -> None:
    """Each of several stale steps may be run again in its turn; each sees what came before it."""
    second = "d['c'] = d['b'] + len(d['a'])\nd = dict(d)"
    third = "total = d['c']\ndel d"
    shell = restarted()
    load(shell)
    for name, body in (("change", CHANGE), ("second", second), ("third", third)):
        shell.step(name, body)
    shell = restarted()
    load(shell, "d = {'a': list(range(6))}", "--rerun")
    for name, body in (("change", CHANGE), ("second", second), ("third", third)):
        shell.step(name, body)
    assert shell.ns["total"] == 5
    for name, body in (("change", CHANGE), ("second", second), ("third", third)):
        shell.step(name, body, "--rerun")
    assert shell.ns["total"] == 8


def test_what_a_user_bound_after_a_stale_restore_stays(restarted: Restart) -> None:
    """Only what the restore itself has brought is taken back."""
    shell = restarted()
    load(shell)
    shell.step("change", CHANGE)
    fresh(shell)
    shell.ok("d = {'a': [1]}")
    shell.step("change", CHANGE, "--rerun")
    assert shell.ns["both"] == [{"a": [1], "b": 2}, 1]


def test_stale_after_a_rerun_as_before(restarted: Restart) -> None:
    """A step that ran twice depends on what it depended on when it ran once."""
    shell = restarted()
    load(shell)
    stored_by_rerun(shell)
    fresh(shell)


def test_shared_with_a_value_that_is_another_now(restarted: Restart) -> None:
    """The error names the value, and not what a placeholder of it has failed at."""
    shell = restarted()
    shell.ok("import numpy as np")
    shell.step("make", "box = [np.arange(3)]")
    shell.step("view", "part = (box[0], np.ma.array(box[0]))")
    shell = restarted()
    shell.ok("import numpy as np\nbox = []")
    error = shell.fails("%%step view\npart = (box[0], np.ma.array(box[0]))")
    assert "it shares objects with 'box', which is not what it was" in str(error)


def test_steps_within_a_step_are_not_run_again_silently(restarted: Restart) -> None:
    """A note tells which were restored in a cell that was run again; forgotten, they run."""
    helper = "def item(n): return n * {}"
    body = "many = task.map('m', item, range(5))\none = task.step('s', lambda: item(1))"
    shell = restarted()
    shell.ok(f"%mundane_open {shell.task_path} --as task")
    shell.ok(helper.format(2))
    assert shell.step("cell", body).out == ""
    shell.ok(helper.format(3))
    assert "STALE: helper item() changed" in shell.step("cell", body).out
    said = shell.step("cell", body, "--rerun").out
    assert "did not run again: m.0, m.1, m.2 and 3 more; '%mundane_forget' lets them" in said
    assert shell.ns["many"] == [0, 2, 4, 6, 8]
    shell.ok("%mundane_forget m.* s")
    assert "did not run" not in shell.step("cell", body, "--rerun").out
    assert (shell.ns["many"], shell.ns["one"]) == ([0, 3, 6, 9, 12], 3)


def test_a_failed_cell_goes_on_with_the_steps_within_it(shell: Shell) -> None:
    """Where it had failed, that they do not run again is what they are for."""
    shell.ok(f"%mundane_open {shell.task_path} --as task")
    shell.fails("%%step cell\nx = task.step('s', lambda: 1)\n1 / 0")
    assert shell.step("cell", "x = task.step('s', lambda: 1)").out == ""


@pytest.mark.parametrize(
    ("body", "stale"),
    [
        ("%time y = 3", ""),
        ("%time y = n + 1", "input n changed: 1 -> 2"),
        ("%timeit -n1 -r1 f(1)", "input n changed: 1 -> 2"),
        ("%who", "input n changed: 1 -> 2"),
    ],
)
def test_a_magic_depends_on_what_it_may_read(restarted: Restart, body: str, stale: str) -> None:
    """One that runs the code behind it, on the names in that; another one, on all."""
    for n in (1, 2):
        shell = restarted()
        shell.ok(f"n = {n}\ndef f(a): return n")
        said = shell.step("magic", body).out
    assert ("STALE" in said) == bool(stale)
    assert stale in said


def test_what_an_earlier_run_registered_with_ipython(restarted: Callable[[], Shell]) -> None:
    """A step that runs again registers the same: it is stored with it, and comes back."""
    code = """from IPython.core.magic import register_line_magic
@register_line_magic
def hello(line):
    print('hi', line)
class Money: pass
get_ipython().display_formatter.formatters['text/html'].for_type(Money, len)
"""
    shell = restarted()
    shell.step("registers", code)
    shell.step("registers --rerun", code)
    shell = restarted()
    assert "restored" in shell.step("registers", code).out
    assert "hi there" in shell.ok("%hello there").out
    html = "get_ipython().display_formatter.formatters['text/html']"
    shell.ok(f"assert {html}.lookup_by_type(Money) is len")
