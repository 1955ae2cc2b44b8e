"""`mundane run` killed at random and started again, as by a crontab, until the notebook is done."""

from __future__ import annotations

import json
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

import mundane

from ..support.jobs import cells, notes, run_job, start_job, write_notebook

# For each of two seeds, so that two cores share them.
KILLS = 10

STEPS = (
    "%%step a\nimport time\nprint('a begins')\ntime.sleep(0.2)\nnumbers = [1, 2]\nprint('a ends')",
    "import random\nrandom.seed(1)\nprint('plain')",
    "%%step b\nnumbers.append(random.random())\nfor n in range(20):\n"
    "    print(n)\n    time.sleep(0.01)\nlen(numbers)",
    "%mundane_sleep nap 400ms",
    "%%step c -o total\ntotal = sum(numbers)\ntime.sleep(0.2)\ndisplay(total)",
    "print(total, random.random())",
)

Rows = dict[str, mundane.StepRecord]


def done(task: Path) -> Rows:
    """Return the finished rows of a task file, none as long as it is not there or half-made."""
    if not task.exists():
        return {}
    try:
        with mundane.read(task) as view:
            return {step.name: step for step in view.steps() if step.status == "done"}
    except mundane.SchemaError as error:
        if error.reason != "holds no task yet":
            raise
        return {}  # killed before the first commit


def values(task: Path) -> dict[str, Any]:
    """Return each row's kind, status and value; a sleep's value, a time, left aside."""
    with mundane.read(task) as view:
        return {
            step.name: (step.kind, step.status, step.kind == "sleep" or view.get(step.name))
            for step in view.steps()
        }


@contextmanager
def polled(path: Path) -> Iterator[list[int]]:
    """Read a notebook over and over meanwhile: it must be valid JSON whenever it is there.

    The list holds the number of cells with an execution count, as each different read found it.
    """
    seen: list[int] = []
    failures: list[str] = []
    over = threading.Event()

    def read() -> None:
        while not over.wait(0.002):
            if path.exists():
                text = path.read_text(encoding="utf-8")
                try:
                    count = sum(bool(c["execution_count"]) for c in json.loads(text)["cells"])
                except ValueError:
                    failures.append(text)
                    return
                if not seen or seen[-1] != count:
                    seen.append(count)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield seen
    finally:
        over.set()
        reader.join()
    assert failures == []


def check_finished(folder: Path, straight: Path) -> None:
    """A notebook that was killed and resumed, and its task, are those of an undisturbed run."""
    assert cells(folder / "n.out.ipynb") == cells(straight / "n.out.ipynb")
    assert values(folder / "n.task.db") == values(straight / "n.task.db")
    assert {entry.name for entry in folder.iterdir()} == {
        "n.ipynb",
        "n.out.ipynb",
        "n.task.db",
    }
    restored = {n["step"] for n in notes(folder / "n.out.ipynb") if n["event"] == "restored"}
    assert restored <= {"a", "b", "c"}


@pytest.mark.parametrize("seed", [5, 6])
def test_the_run_is_killed_at_random_moments(seed: int, tmp_path: Path) -> None:
    """Started again after each SIGKILL, it ends as an undisturbed run does.

    Where a notebook is done before there were enough kills, another is begun.
    """
    straight = tmp_path / "straight"
    straight.mkdir()
    assert run_job(write_notebook(straight / "n.ipynb", *STEPS)).returncode == 0
    chance = random.Random(seed)
    kills, finished = 0, 0
    while kills < KILLS:
        folder = tmp_path / str(finished)
        folder.mkdir()
        notebook = write_notebook(folder / "n.ipynb", *STEPS)
        code, before = -9, done(folder / "n.task.db")
        with polled(folder / "n.out.ipynb") as seen:
            while code != 0:
                with start_job(notebook) as run:
                    try:
                        code = run.wait(chance.uniform(0.4, 2.2) if kills < KILLS else 60)
                    except subprocess.TimeoutExpired:
                        kills += 1
                        run.kill()
                        code = run.wait()
                assert code in (0, -9, 75)  # 75: the killed kernel is still on its way out
                after = done(folder / "n.task.db")
                assert {name: after[name] for name in before} == before
                before = after
        assert max(seen) == len(STEPS) + 1
        check_finished(folder, straight)
        finished += 1


def test_a_crontab_starts_it_every_second(tmp_path: Path) -> None:
    """While one runs the next is refused; killed at random, or ended by a sleep, it gets done.

    The sleep ends when it was to end at first, and no finished step is run again.
    """
    sources = (*STEPS[:3], "%mundane_sleep nap 4s", "%%step c -o woke\nwoke = time.time()")
    notebook = write_notebook(tmp_path / "n.ipynb", *sources)
    task = tmp_path / "n.task.db"
    chance = random.Random(7)
    codes: list[int] = []
    rows: Rows = {}
    kills = 0
    with ExitStack() as stack:
        runs: list[subprocess.Popen[str]] = []
        while 0 not in codes:
            # On a busy machine each takes seconds to be refused: their number must not grow.
            if len(runs) < 4:
                words = (notebook, "--exit-on-sleep", "500ms")
                runs.append(stack.enter_context(start_job(*words)))
            time.sleep(1)  # a crontab's tick
            # After a first one was refused, or slept: kills alone must not end them all.
            if runs and 75 in codes and kills < KILLS and chance.random() < 0.3:
                chance.choice(runs).kill()
                kills += 1
            codes += [run.wait() for run in runs if run.poll() is not None]
            runs = [run for run in runs if run.poll() is None]
            after = done(task)
            assert {name: after[name] for name in rows} == rows
            rows = after
    assert set(codes) <= {0, -9, 75}
    assert 75 in codes
    with mundane.read(task) as view:
        assert view.get("c") * 1000 >= view.get("nap")
    assert rows.keys() == {"a", "b", "nap", "c"}
