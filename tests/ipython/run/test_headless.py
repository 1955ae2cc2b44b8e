"""`mundane run`: real kernels, killed, interrupted, locked, timed out; exit codes and notebooks."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

import mundane
from mundane_ipython.run.command import main

from ..support.jobs import (
    OPEN,
    cells,
    command,
    environment,
    notes,
    run_job,
    start_job,
    texts,
    write_notebook,
)
from ..support.kernels import wait_for

STEPS = (
    "%%step first\nprint('first runs')\nx = 1",
    "%%step second\nimport os, pathlib\nprint('second', flush=True)\n"
    "if not pathlib.Path('killed').exists():\n"
    "    pathlib.Path('killed').touch()\n    os.kill(os.getpid(), 9)\ny = x + 1\nprint(y)\ny",
    "print('the end', y)",
)
# Writes its pid, so that a test sees it at work and gone.
WORKS = (
    "%%step works\nimport os, pathlib, time\nprint('at work', flush=True)\n"
    "pathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(60)"
)


def steps(path: Path) -> dict[str, mundane.StepRecord]:
    """Return the rows of a task file by name."""
    with mundane.read(path) as view:
        return {step.name: step for step in view.steps()}


def kernel_pid(folder: Path) -> int:
    """Return the pid of the kernel that runs the cell `WORKS`, once it does."""
    wait_for(lambda: (folder / "pid").exists() and (folder / "pid").read_text())
    return int((folder / "pid").read_text())


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_killed_kernel_is_restarted(tmp_path: Path) -> None:
    """The run goes on behind the stored step; but for notes the notebook is an undisturbed run's.

    The first step is not run again.
    """
    for folder in ("killed", "straight"):
        (tmp_path / folder).mkdir()
        write_notebook(tmp_path / folder / "n.ipynb", *STEPS)
    (tmp_path / "straight" / "killed").touch()
    straight = run_job(tmp_path / "straight" / "n.ipynb")
    killed = run_job(tmp_path / "killed" / "n.ipynb", "--restarts", "2")
    assert (straight.returncode, killed.returncode) == (0, 0), killed.stderr
    assert "the kernel died in cell 3 (step second): SIGKILL" in killed.stderr
    assert "restarting it (1 of 2)" in killed.stderr
    assert killed.stderr.count("[2/4] step first ") == 2
    assert ": restarting" not in straight.stderr
    output = tmp_path / "killed" / "n.out.ipynb"
    restored = [note["step"] for note in notes(output) if note["event"] == "restored"]
    assert restored == ["first"]
    assert cells(output) == cells(tmp_path / "straight" / "n.out.ipynb")
    assert texts(output) == ["", "first runs\n", "second\n2\n2", "the end 2\n"]
    nbformat.validate(nbformat.read(output, as_version=4))
    assert {entry.name for entry in output.parent.iterdir()} == {
        "n.ipynb",
        "n.out.ipynb",
        "n.task.db",
        "killed",
    }


def test_a_kernel_that_dies_too_often(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 3, the notebook shows in which cell, and what was done is stored."""
    notebook = write_notebook(tmp_path / "n.ipynb", STEPS[0], "import os\nos.abort()")
    assert main([str(notebook), "--restarts", "0"]) == 3
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "mundane run: the kernel died in cell 3 (import os): SIGABRT"
    (error,) = cells(tmp_path / "n.out.ipynb")[2]["outputs"]
    assert (error["ename"], error["evalue"]) == ("DeadKernelError", "SIGABRT")
    assert steps(tmp_path / "n.task.db")["first"].status == "done"


@pytest.mark.parametrize("program", ["no-such-program", "false"])
def test_a_kernel_that_does_not_start(
    program: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The exit code is 3 as well, and no output notebook is written."""
    spec = tmp_path / "jupyter" / "kernels" / "broken"
    spec.mkdir(parents=True)
    described = {"argv": [program, "{connection_file}"], "display_name": "x", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(described))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    notebook = write_notebook(tmp_path / "n.ipynb")
    assert main([str(notebook), "--kernel", "broken", "--restarts", "0"]) == 3
    assert capsys.readouterr().err.startswith("mundane run: the kernel did not start: ")
    assert not (tmp_path / "n.out.ipynb").exists()


def test_a_cell_that_raises(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 1, its traceback is shown, no cell behind it runs; `--quiet` is brief."""
    notebook = write_notebook(tmp_path / "n.ipynb", "%%step bad\n1 / 0", "print('not reached')")
    assert main([str(notebook)]) == 1
    err = capsys.readouterr().err
    assert "----> 2 1 / 0" in err
    assert "\x1b" not in err
    last = "mundane run: cell 2 (step bad) failed: ZeroDivisionError: division by zero"
    assert err.splitlines()[-1] == last
    found = cells(tmp_path / "n.out.ipynb")
    assert [output["ename"] for output in found[1]["outputs"]] == ["ZeroDivisionError"]
    assert (found[2]["outputs"], found[2]["execution_count"]) == ([], None)
    assert steps(tmp_path / "n.task.db")["bad"].status == "failed"
    assert main([str(notebook), "--quiet"]) == 1
    assert capsys.readouterr().err == f"{last}\n"


@pytest.mark.parametrize("redirection", ["<&- >&- 2>&-", "2>&1 | true"])
def test_a_run_that_nobody_listens_to(tmp_path: Path, redirection: str) -> None:
    """Streams that are closed, full or read by nobody end no run."""
    notebook = write_notebook(tmp_path / "n.ipynb", *STEPS[:1], "print('end')")
    words = shlex.join(command(notebook))
    script = f"set -o pipefail; {words} {redirection}"
    ran = subprocess.run(["bash", "-c", script], env=environment(), check=False, timeout=120)
    assert ran.returncode == 0
    assert texts(tmp_path / "n.out.ipynb")[-1] == "end\n"
    assert steps(tmp_path / "n.task.db")["first"].status == "done"


@pytest.fixture
def hangs_up() -> Iterator[None]:
    """Let SIGHUP end what is started, though the tests themselves may run under `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hangs_up")
@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name
)
def test_a_signal_ends_the_run(tmp_path: Path, number: signal.Signals) -> None:
    """The kernel is interrupted, the notebook saved, the step `pending`; each has its code."""
    notebook = write_notebook(tmp_path / "n.ipynb", STEPS[0], WORKS)
    with start_job(notebook) as process:
        pid = kernel_pid(tmp_path)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert err.splitlines()[-1] == f"mundane run: stopped by {number.name}"
    assert not is_alive(pid)
    first, works = cells(tmp_path / "n.out.ipynb")[1:]
    assert first["outputs"][0]["text"] == "first runs\n"
    assert works["outputs"][0]["text"] == "at work\n"
    assert works["outputs"][1]["ename"] == "KeyboardInterrupt"
    assert steps(tmp_path / "n.task.db")["works"].status == "pending"


# No thread of the kernel's can run any more, after what was printed has been sent.
PAUSE_THEN_HANG = "import ctypes\ntime.sleep(2)\nctypes.PyDLL(None).sleep(600)"


def test_a_second_run_at_once(tmp_path: Path) -> None:
    """Is refused with 75 and one line that names the first's pid, and touches no output.

    So is one of another notebook with the same task, by --task or by what it opens. The kernel of a
    run that is killed dies with it, though no thread of it can run, and the task is free at once.
    """
    hangs = WORKS.replace("time.sleep(60)", PAUSE_THEN_HANG)
    notebook = write_notebook(tmp_path / "n.ipynb", hangs)
    other = write_notebook(tmp_path / "other.ipynb", STEPS[0])
    named = write_notebook(tmp_path / "named.ipynb")
    named.write_text(named.read_text().replace("%mundane_open", "%mundane_open n.task.db"))
    late = write_notebook(tmp_path / "late.ipynb", "%mundane_open 'n.task.db'")
    task = tmp_path / "n.task.db"
    with start_job(notebook) as first:
        pid = kernel_pid(tmp_path)
        output = tmp_path / "n.out.ipynb"
        # Its source, and its output.
        wait_for(lambda: output.read_text().count("at work") == 2, seconds=120)
        saved = output.read_bytes()
        for words in ((notebook,), (notebook, "-o", "x"), (other, "--task", task), (named,)):
            second = run_job(*words)
            assert (second.returncode, second.stdout) == (75, "")
            assert f"locked by process {first.pid}:" in second.stderr
            assert len(second.stderr.splitlines()) == 1
        assert output.read_bytes() == saved
        assert not (tmp_path / "other.out.ipynb").exists()
        assert not (tmp_path / "named.out.ipynb").exists()
        # Where that is only known when it runs, the kernel finds out.
        found = run_job(late)
        assert found.returncode == 75
        assert f"n.task.db: locked by process {pid}:" in found.stderr.splitlines()[-1]
        first.kill()
        assert run_job(other, "--task", task).returncode == 0
        assert not is_alive(pid)


def test_a_cell_that_takes_too_long(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Is interrupted, in an `await` too; the time of a durable sleep does not count."""
    notebook = write_notebook(
        tmp_path / "n.ipynb", "%mundane_sleep nap 1.5s", "import asyncio\nawait asyncio.sleep(60)"
    )
    assert main([str(notebook), "--timeout", "1s"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "mundane run: cell 3 (import asyncio): took longer than 1.0s"
    assert any(line.startswith("[2/3] sleep nap: until ") for line in lines)


def test_a_run_that_ends_where_a_sleep_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--exit-on-sleep`: 75 and when to come back; later the sleep is over, nothing was lost."""
    notebook = write_notebook(
        tmp_path / "n.ipynb", STEPS[0], "%mundane_sleep nap 1.5s", "%%step after\nz = x + 1"
    )
    words = [str(notebook), "--exit-on-sleep", "200ms"]
    assert main(words) == 75
    said = capsys.readouterr().err
    assert "asleep" in said
    assert "failed" not in said
    last = said.splitlines()[-1]
    assert last.startswith("mundane run: n.task.db: sleep 'nap' ends at ")
    assert last.endswith("run again after that")
    assert texts(tmp_path / "n.out.ipynb")[1] == "first runs\n"
    before = steps(tmp_path / "n.task.db")
    code = 75
    while code == 75:
        code = main(words)
    assert code == 0
    after = steps(tmp_path / "n.task.db")
    assert {name: after[name] for name in before} == before
    with mundane.read(tmp_path / "n.task.db") as view:
        assert view.get("after") == {"z": 2}


def test_the_notebook_is_saved_while_a_cell_runs(tmp_path: Path) -> None:
    """What a long cell shows can be read in the output notebook before the cell ends."""
    notebook = write_notebook(
        tmp_path / "n.ipynb",
        "import pathlib, time\nprint('shown ' + 'early', flush=True)\n"
        "while 'shown ' + 'early' not in pathlib.Path('n.out.ipynb').read_text():\n"
        "    time.sleep(0.05)",
    )
    assert main([str(notebook), "--timeout", "2m", "--quiet"]) == 0


def test_parameters_and_where_things_lie(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A changed parameter marks the steps that read it; files lie where the options say."""
    notebook = write_notebook(
        tmp_path / "n.ipynb",
        "%%step uses\nused = n * 2",
        "%%step other\nprint('no n here')",
        "import os\nprint(used, os.getcwd(), get_ipython().get_parent()['metadata'])",
        parameters="n = 1",
    )
    kernel, made = tmp_path / "kernel", tmp_path / "made"
    kernel.mkdir()
    made.mkdir()
    words = [notebook, "--cwd", kernel, "-o", made / "o.ipynb", "--task", made / "t.db"]
    assert main([*map(str, words), "-p", "n", "10", "--log-output"]) == 0
    out, err = capsys.readouterr()
    assert f"20 {kernel} {{'cellId': 'cell-4'}}\n" in out
    assert "STALE" not in err
    assert main([*map(str, words), "-p", "n", "20", "-p", "typo", "1"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "restored, saved " in err
    assert ", STALE: input n changed: 10 -> 20\n" in err
    assert "mundane run: parameter 'typo' is not set in a cell tagged 'parameters'\n" in err
    stale = {n["step"]: n["stale"] for n in notes(made / "o.ipynb") if n["event"] == "restored"}
    assert stale == {"uses": ["input n changed: 10 -> 20"], "other": []}
    found = cells(made / "o.ipynb")
    assert found[2]["source"] == ["# Parameters\n", "n = 20\n", "typo = 1"]
    assert found[2]["metadata"]["tags"] == ["injected-parameters"]
    assert {entry.name for entry in made.iterdir()} == {"o.ipynb", "t.db"}
    assert list(kernel.iterdir()) == []


def test_jupyter_mundane_in_place(tmp_path: Path) -> None:
    """`jupyter mundane` is the same command; `--inplace` keeps the sources and fills in outputs."""
    notebook = write_notebook(tmp_path / "n.ipynb", "1 + 1")
    command = [sys.executable, "-m", "jupyter", "mundane", str(notebook), "--inplace", "--quiet"]
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    process = subprocess.run(command, env=environment(PATH=path), capture_output=True, text=True)
    assert (process.returncode, process.stderr, process.stdout) == (0, "", "")
    assert texts(notebook) == ["", "2"]
    found = cells(notebook)
    assert ["".join(cell["source"]) for cell in found] == [OPEN, "1 + 1"]
    assert {entry.name for entry in tmp_path.iterdir()} == {"n.ipynb", "n.task.db"}


def test_a_task_file_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Is a usage error; another library's error of the same name is not."""
    (tmp_path / "text.db").write_text("no database, but long enough to be read as one\n" * 20)
    notebook = write_notebook(tmp_path / "n.ipynb", "class SchemaError(Exception): pass\n"
                              "raise SchemaError('x')")  # fmt: skip
    assert main([str(notebook), "--task", str(tmp_path / "text.db"), "--quiet"]) == 2
    assert "text.db: is not a task file" in capsys.readouterr().err
    assert main([str(notebook), "--quiet"]) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["missing.ipynb"], "missing.ipynb: cannot be read as a notebook"),
        (["text.ipynb"], "text.ipynb: cannot be read as a notebook"),
        (["n.ipynb", "-o", "n.ipynb"], "say --inplace"),
        (["n.ipynb", "-o", "missing/o.ipynb"], "missing: there is no such folder"),
        (["n.ipynb", "--cwd", "missing"], "missing: there is no such folder"),
        (["n.ipynb", "--timeout", "60"], "duration '60' cannot be read"),
        (["n.ipynb", "--exit-on-sleep", "soon"], "duration 'soon' cannot be read"),
        (["n.ipynb", "-p", "a b", "1"], "is no Python name"),
        (["n.ipynb", "-f", "missing.yaml"], "missing.yaml: cannot be read"),
        (["n.ipynb", "--task", "missing/t.db", "--kernel", "missing"], "no kernel is named"),
        (["n.ipynb", "--kernel", "missing"], "no kernel is named 'missing'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_usage_errors(
    words: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each is one line and code 2, before any kernel is started or any file is made."""
    monkeypatch.chdir(tmp_path)
    write_notebook(tmp_path / "n.ipynb")
    (tmp_path / "text.ipynb").write_text("text")
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert len(err.splitlines()) == 1
    assert {entry.name for entry in tmp_path.iterdir()} == {"n.ipynb", "text.ipynb"}


@pytest.mark.parametrize("words", [["--restarts", "-1"], ["-o", "x", "--inplace"], ["-p", "a"]])
def test_options_that_argparse_refuses(words: list[str], tmp_path: Path) -> None:
    """They end the process with 2."""
    with pytest.raises(SystemExit, match="2"):
        main([str(write_notebook(tmp_path / "n.ipynb")), *words])
