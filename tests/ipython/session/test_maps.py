"""Maps in notebooks: in steps and in plain cells, killed and resumed, interrupted, with a bar."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

import mundane

from ..support.kernels import Notebook, open_notebook, wait_for
from ..support.shells import Shell
from ..support.terminals import open_terminal

OPEN_AS = "%load_ext mundane_ipython\n%mundane_open task.db --as task"

# Item 30 kills the kernel, or waits for an interrupt, as long as a file says so.
SETUP = f"""{OPEN_AS}
import os, pathlib, signal, time
from concurrent.futures import ThreadPoolExecutor

def item(i):
    with open("log", "a") as log:
        log.write(f"{{i}}\\n")
    if i == 30 and os.path.exists("kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    if i == 30 and os.path.exists("wait"):
        print("READY", flush=True)
        time.sleep(300)
    return i * i
"""

BODIES = {
    "plain": "found = task.map('m', item, range(60))\nprint(sum(found))",
    "step": "%%step all\nfound = task.map('m', item, range(60))\nprint(sum(found))",
    "threads": "%%step all\nwith ThreadPoolExecutor(4) as pool:\n"
    "    found = task.map('m', item, range(60), executor=pool)\nprint(sum(found))",
    "coroutines": "%%step all\nasync def aitem(i):\n    return item(i)\n"
    "found = await task.amap('m', aitem, range(60), limit=4)\nprint(sum(found))",
}
SUM = f"{sum(i * i for i in range(60))}\n"


def statuses(folder: Path) -> Counter[str]:
    with closing(sqlite3.connect(folder / "task.db")) as connection:
        rows = connection.execute("SELECT status FROM mundane_steps WHERE name GLOB 'm.*'")
        return Counter(status for (status,) in rows)


def runs(folder: Path) -> Counter[str]:
    return Counter((folder / "log").read_text().split())


@pytest.mark.parametrize("kind", BODIES)
def test_a_map_is_killed_and_resumed(kind: str, tmp_path: Path) -> None:
    """What was done is restored, the rest runs, and the outputs are those of a straight run."""
    (tmp_path / "kill").touch()
    with open_notebook(tmp_path, open_task=False) as notebook:
        notebook.ok(SETUP)
        assert notebook.run(BODIES[kind]).died
    done = statuses(tmp_path)["done"]
    (tmp_path / "kill").unlink()
    with open_notebook(tmp_path, open_task=False) as notebook:
        notebook.ok(SETUP)
        cell = notebook.ok(BODIES[kind])
        assert [output["text"] for output in cell.plain] == [SUM]
        assert statuses(tmp_path) == {"done": 60}
        assert done <= 30 + 4
        once_more = [name for name, count in runs(tmp_path).items() if count > 1]
        assert len(once_more) <= 60 - done
        assert max(runs(tmp_path).values()) <= 2
        before = runs(tmp_path)
        again = notebook.ok(BODIES[kind])
        assert [output["text"] for output in again.plain] == [SUM]
        assert runs(tmp_path) == before


@pytest.mark.parametrize("kind", BODIES)
def test_a_map_is_interrupted_and_run_again(kind: str, tmp_path: Path) -> None:
    """The cell ends with KeyboardInterrupt, nothing half-done is stored, the cell runs again."""
    (tmp_path / "wait").touch()
    with open_notebook(tmp_path, open_task=False) as notebook:
        notebook.ok(SETUP.replace("time.sleep(300)", "wait()"))
        # Threads cannot be interrupted: theirs ends when the file is gone.
        notebook.ok("def wait():\n    while os.path.exists('wait'): time.sleep(0.01)")

        def interrupt() -> None:
            notebook.interrupt()
            if kind == "threads":
                wait_for(lambda: statuses(tmp_path)["done"] >= 30)
                # On a busy machine the kernel takes the signal late, and the file must be there
                # until then: else all items are done before it.
                time.sleep(1)
                (tmp_path / "wait").unlink()

        cell = notebook.run_until(BODIES[kind], "READY", interrupt)
        assert cell.error.startswith("KeyboardInterrupt")
        counts = statuses(tmp_path)
        assert counts["failed"] == 0
        assert 30 <= counts["done"] < 60
        assert counts["pending"] >= 1
        (tmp_path / "wait").unlink(missing_ok=True)
        assert notebook.ok(BODIES[kind]).text.endswith(SUM)
        assert statuses(tmp_path) == {"done": 60}
        assert max(runs(tmp_path).values()) <= 2


@pytest.mark.parametrize("magic", ["", "%%step all\n"], ids=["plain", "step"])
def test_a_failing_map_is_mended(shell: Shell, magic: str) -> None:
    """Mend the function and run the cell: only the failed items run, and a third time none."""
    shell.ok(f"%mundane_open {shell.task_path} --as task\nran = []")
    body = "{}def f(i):\n    ran.append(i)\n    return i {} 1\nfound = task.map('m', f, [1, 'a'])"
    assert isinstance(shell.fails(body.format(magic, "+")), mundane.MapFailedError)
    assert shell.ns["ran"] == [1, "a"]
    shell.ok(body.format(magic, "*"))
    assert (shell.ns["ran"], shell.ns["found"]) == ([1, "a", "a"], [2, "a"])
    shell.ok(body.format(magic, "*"))
    assert len(shell.ns["ran"]) == 3


def test_a_maps_names_belong_to_their_cell(shell: Shell) -> None:
    """The same cell may use them again, another may not, nor the same one twice."""
    shell.ok(f"%mundane_open {shell.task_path} --as task")
    cell = "found = task.map('m', abs, [-1, -2])"
    shell.ok(cell)
    shell.ok(cell)
    assert isinstance(shell.fails("task.map('m', abs, [-1])"), mundane.DuplicateStepError)
    assert isinstance(shell.fails(f"{cell}\n{cell}"), mundane.DuplicateStepError)
    assert shell.ns["found"] == [1, 2]


def test_without_a_terminal_there_is_no_bar(shell: Shell) -> None:
    """Nothing is written to a stderr that is none."""
    shell.ok(f"%mundane_open {shell.task_path} --as task")
    ran = shell.ok("found = task.map('m', abs, range(10))")
    assert (ran.out, ran.err) == ("", "")


def test_a_bar_in_a_terminal(tmp_path: Path) -> None:
    """It is tqdm's own, and cleared when the map ends."""
    with open_terminal(tmp_path) as terminal:
        terminal.run("%load_ext mundane_ipython")
        terminal.run("%mundane_open task.db --as task")
        text = terminal.run("found = task.map('bars', abs, range(10))")
    assert "bars:" in text
    assert "/10 [" in text


@pytest.mark.parametrize("magic", ["", "%%step all\n"], ids=["plain", "step"])
def test_the_bar_is_a_note(notebook: Notebook, magic: str) -> None:
    """It counts what is restored too, is one output, and no output of the cell's own."""
    notebook.ok("%mundane_open task.db --as task")
    notebook.ok("import time\ntask.map('m', abs, range(5)), task.release()")
    body = (
        f"{magic}def slow(i):\n    time.sleep(0.02)\n    return i\n"
        "found = task.map('m', slow, range(20))"
    )
    cell = notebook.ok(body)
    (fact,) = cell.facts
    assert fact == {"event": "progress", "map": "m", "done": 20, "total": 20}
    assert cell.notes[0].startswith("m: 100%|")
    assert "| 20/20 [" in cell.notes[0]
    assert cell.plain == []
    again = notebook.ok(body)
    assert again.plain == []
    if magic:  # as it was shown then
        assert again.notes[0] == cell.notes[0]
        assert "restored" in again.notes[1]
    else:  # nothing was left to do
        assert again.notes == []


def test_the_bar_of_a_failing_map(notebook: Notebook) -> None:
    """It stays with how far the map came; what was asked for is shown instead of it."""
    notebook.ok("%mundane_open task.db --as task")
    cell = notebook.run("task.map('m', lambda i: 1 / (i - 3), range(5))")
    assert cell.error.startswith("MapFailedError: task.db: 1 item of map 'm' failed (3)")
    assert cell.facts[0]["done"] == 5
    assert notebook.ok("found = task.map('n', abs, range(5), progress=False)").notes == []
    own = notebook.ok("found = task.map('o', abs, range(2), progress=print)")
    assert own.notes == []
    assert own.text.splitlines()[-1] == "2 2"
