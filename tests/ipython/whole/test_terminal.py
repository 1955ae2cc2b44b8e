"""Steps in terminal IPython: run, killed, restored, as in a kernel."""

from __future__ import annotations

from pathlib import Path

from ..support.kernels import wait_for
from ..support.terminals import open_terminal

CELLS = {
    "values": "%%step values\nx = [1, {'k': (2, 3)}]\nprint('values')\nx",
    "code": "%%step code\n"
    "class P:\n    def __init__(self, v): self.v = v\n    def twice(self): return self.v * F\n"
    "p = P(4)\nprint('code')",
    "await": "%%step await\nimport asyncio, os, signal\nprint('begun')\n"
    "got = await asyncio.gather(asyncio.sleep(0, result='got'))\n"
    "if os.path.exists('die'): os.remove('die'); os.kill(os.getpid(), signal.SIGKILL)\n"
    "got[0] + '!'",
    "shell": "%%step shell\n!echo from the shell\nlines = !echo captured\nlines",
    "display": "%%step display\nfrom IPython.display import HTML, display\n"
    "display({'d': 1}, HTML('<b>'))\nprint('between')\ndisplay('second')",
    "bash": "%%step bash\n%%bash\necho from bash",
}


def test_killed_and_restored(tmp_path: Path) -> None:
    """A terminal session killed inside a step is resumed: same text, values, each step once."""
    (tmp_path / "die").touch()
    first: dict[str, str] = {}
    with open_terminal(tmp_path) as terminal:
        for name, source in CELLS.items():
            terminal.type(source)
            if name == "await":
                terminal.wait()  # it killed itself
                break
            first[name] = terminal.output()
    with open_terminal(tmp_path) as terminal:
        for name, source in CELLS.items():
            shown = terminal.run(source)
            if name in first:
                text, _, note = shown.rpartition("\n")
                assert text.strip() == first[name].strip()
                assert note.startswith(f"step {name}: restored, saved ")
            else:
                assert "restored" not in shown
                first[name] = shown
    assert first["await"].startswith("begun\nOut[5]: 'got!'")
    assert first["shell"] == "from the shell\nOut[6]: ['captured']"
    with open_terminal(tmp_path) as terminal:
        for name, source in CELLS.items():
            text = terminal.run(source).rpartition("\n")[0]
            assert text.strip() == first[name].strip()
        assert terminal.run("F = 10") == ""
        assert terminal.run("x, p.twice(), isinstance(p, P), got, lines") == (
            "Out[10]: ([1, {'k': (2, 3)}], 40, True, ['got'], ['captured'])"
        )
        assert terminal.run("Out[3]") == "Out[11]: [1, {'k': (2, 3)}]"


def test_failed_step_shows_its_own_traceback(tmp_path: Path) -> None:
    """A cell that raises shows the traceback that it would show without mundane."""
    with open_terminal(tmp_path) as terminal:
        shown = terminal.run("%%step bad\nx = 1\n1 / 0")
        assert "----> 3 1 / 0" in shown
        assert shown.endswith("ZeroDivisionError: division by zero")
        assert "mundane_ipython" not in shown.replace("get_ipython().mundane", "")


def test_second_terminal_is_told_who_holds_the_file(tmp_path: Path) -> None:
    """A second process on the same task file is refused at once, by the first one's pid."""
    with open_terminal(tmp_path) as first, open_terminal(tmp_path) as second:
        assert first.run("1") == "Out[3]: 1"
        shown = second.run("%mundane_open task.db")
        assert shown.startswith("LockedError: ")
        held = f"task.db: locked by process {first.child.pid}: wait until it ends, or stop it"
        assert shown.endswith(f"{held}\nWhere a notebook has it open: run '%mundane_close' there.")


def test_real_prompt(tmp_path: Path) -> None:
    """At the prompt with editing, a step cell is stored, and restored in the next session."""
    source = "%%step once\nopen('log', 'a').write('x')\nmade = 6 * 7"
    for _ in range(2):
        with open_terminal(tmp_path, simple=False) as terminal:
            terminal.run(source)
            terminal.type("open('seen', 'w').write(str(made))")
            wait_for((tmp_path / "seen").exists)
            terminal.output()
        assert (tmp_path / "seen").read_text() == "42"
        (tmp_path / "seen").unlink()
    assert (tmp_path / "log").read_text() == "x"


def test_completed(tmp_path: Path) -> None:
    """Tab completes the names of stored steps and the options."""
    with open_terminal(tmp_path, simple=False) as terminal:
        terminal.run("%%step load\nrows = [1]")
        terminal.complete("%%step lo", "ad")
        terminal.clear_line()
        terminal.complete("%%step load --re", "run")
