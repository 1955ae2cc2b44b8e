"""The command line: tables for people, JSON for programs, exit codes for scripts."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mundane
from mundane._cli.outline import stretches
from mundane._clock import iso
from mundane.cli import main

from .support import BoomError, Child, sql

HOSTILE = "\x1b]0;owned\x07\x1b[31m\x9b1m\u202e\u2066\r\x7f"


@pytest.fixture
def task_file(path: Path) -> Path:
    """A task file with a step in every state."""
    with mundane.open(path) as task:
        task.step("fetch", lambda: {"name": "Zoë", "n": [1]})
        task.step("raw", lambda: b"\0\xff\x1b")
        task.sleep("nap", 0)
        task.begin("bad").failed(BoomError("no network"))
        task.begin("running")
    return path


def cli(*arguments: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "mundane", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, **options)


def test_status(task_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """How far the task is, as lines of name and value."""
    assert main(["status", str(task_file)]) == 0
    facts = dict(re.split("  +", line, maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert (facts["done"], facts["failed"], facts["pending"]) == ("3", "1", "1")
    assert (facts["task"], facts["open in pid"]) == (str(task_file), "-")


def test_status_as_json(task_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object, with the counts, the ids, and who has the file open."""
    with mundane.open(task_file) as task:
        assert main(["status", "--json", str(task_file)]) == 0
        facts = json.loads(capsys.readouterr().out)
        assert facts["task_id"] == task.task_id
        assert facts["open_in_pid"] == os.getpid()
    assert (facts["task"], facts["done"], facts["failed"], facts["pending"]) == (
        str(task_file),
        3,
        1,
        1,
    )
    assert main(["status", "--json", str(task_file)]) == 0
    assert json.loads(capsys.readouterr().out)["open_in_pid"] is None


def test_steps(task_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each step, in the order of their start, under a header."""
    assert main(["steps", str(task_file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["NAME", "KIND", "STATUS"],
        ["fetch", "step", "done"],
        ["raw", "step", "done"],
        ["nap", "sleep", "done"],
        ["bad", "step", "failed"],
        ["running", "step", "pending"],
    ]
    assert lines[4].endswith("BoomError('no network')")
    starts = {line.index(line.split()[2]) for line in lines}
    assert len(starts) == 1


def test_a_sleep_that_lasts(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`steps` and `status` say until when; for what somebody else wrote there, nothing."""
    with mundane.open(path) as task:
        task.begin_sleep("over", 0)
        task.begin_sleep("nap", "2h")
        wake_at = iso(task.get("nap"))
        task.begin_sleep("later", "3h")
        for name in ("no-json", "endless"):
            task.begin_sleep(name, "1d")
    sql(path, "UPDATE mundane_steps SET result = 'soon' WHERE name = 'no-json'")
    sql(path, "UPDATE mundane_steps SET result = '9' || hex(zeroblob(7)) WHERE name = 'endless'")
    assert main(["steps", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[2] for line in lines] == ["done", "sleeping", "sleeping", "done", "done"]
    assert lines[1].endswith(f"sleeps until {wake_at[:10]} {wake_at[11:19]} UTC")
    assert main(["status", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sleeps_until"] == wake_at


def test_status_of_a_script_knows_nothing_stale(
    task_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only a package with tables of its own tells; nor does anything sleep."""
    assert main(["status", "--json", str(task_file)]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["stale"], facts["sleeps_until"]) == (None, None)


def test_steps_as_json(task_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object a line, with everything but the value."""
    assert main(["steps", "--json", str(task_file)]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    with mundane.read(task_file) as view:
        assert [mundane.StepRecord(**record) for record in records] == view.steps()


REFERENCES = {
    "an object": (
        {
            "$mundane": {
                "type": "pandas.DataFrame",
                "size": 81920,
                "summary": "1000 rows x 4 columns",
            }
        },
        "<pandas.DataFrame, 1000 rows x 4 columns, 80.0 KiB>",
    ),
    "among names": (
        {"n": 1, "data": {"$mundane": {"type": "set", "size": 500}}},
        '{\n  "n": 1,\n  "data": <set, 500 B>\n}',
    ),
    "not stored": (
        {"conn": {"$mundane": {"type": "Conn", "size": 0, "left_out": "TypeError: no"}}},
        '{\n  "conn": <Conn, not stored: TypeError: no>\n}',
    ),
    "a class": (
        {"$mundane": {"type": "abc.ABCMeta", "size": 512, "summary": "class Report"}},
        "<class Report, 512 B>",
    ),
    "an imported function": (
        {"f": {"$mundane": {"type": "function", "size": 0, "summary": "function report"}}},
        '{\n  "f": <function report>\n}',
    ),
    "without bytes": ({"$mundane": {"type": "Options", "size": 0}}, "<Options>"),
    "not ours": ({"$mundane": "text"}, '{\n  "$mundane": "text"\n}'),
}


@pytest.mark.parametrize(("value", "text"), REFERENCES.values(), ids=REFERENCES)
def test_get_shows_references_for_people(
    path: Path, value: Any, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A value without JSON is told by its type, size and summary; `--json` gives the row."""
    mundane.run(path, lambda task: task.step("a", lambda: value))
    assert main(["get", str(path), "a"]) == 0
    assert capsys.readouterr().out == text + "\n"
    assert main(["get", str(path), "a", "--json"]) == 0
    out = capsys.readouterr().out
    assert (json.loads(out), len(out.splitlines())) == (value, 1)


FOLLOWED = """
    import sys, mundane
    with mundane.open(sys.argv[1]) as task:
        for line in sys.stdin:
            print(task.step(line.strip(), lambda: line.strip().upper()), flush=True)
"""


def test_a_map_of_many_items_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what its items are, and how to list them; other steps have a line each."""
    path = tmp_path / "task.db"
    with mundane.open(path) as task:
        task.step("before", lambda: 1)
        with pytest.raises(mundane.MapFailedError):
            task.map("fetch", lambda n: 1 // (n != 7), range(101))
        task.map("few", str, range(100))
        task.step("fetch.last", lambda: 2)
    assert main(["steps", str(path)]) == 0
    lines = [line.split(maxsplit=5) for line in capsys.readouterr().out.splitlines()]
    names = [line[0] for line in lines]
    assert names == ["NAME", "before", "fetch.*", *(f"few.{n}" for n in range(100))]
    assert lines[2][1:3] == ["map", "failed"]
    assert lines[2][-1].endswith("102 items (--all lists them): 1 failed")
    assert main(["steps", "--all", str(path)]) == 0
    assert capsys.readouterr().out.count("\nfetch.") == 102
    assert main(["steps", "--json", str(path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 203


@pytest.mark.parametrize(
    ("times", "found"),
    [
        ([], []),
        ([("x", "y")], []),
        ([("2026-01-01T00:00:00Z", None)], [(0, 0)]),
        ([("2026-01-01T00:00:05Z", "2026-01-01T00:00:01Z")], [(5000, 5000)]),
        (
            [(f"2026-01-01T00:00:00.{n}00000Z", f"2026-01-01T00:00:0{n}.5Z") for n in range(9)],
            [(0, 8500)],
        ),
        (  # of other runtimes, and of another zone
            [("2026-01-01T00:00:00+00:00", "2026-01-01T01:00:04+01:00"),
             ("2026-01-01T00:00:04.5Z", "2026-01-01T00:00:06Z"),
             ("2026-01-01T02:00:00+01:00", "2026-01-01T02:00:01+01:00")],
            [(0, 6000), (3_600_000, 3_601_000)],
        ),
    ],
    ids=["none", "no times", "pending", "backwards", "overlapping", "zones"],
)  # fmt: skip
def test_when_items_of_a_map_ran(
    times: list[tuple[str, str | None]], found: list[tuple[int, int]]
) -> None:
    """In stretches, from the new year on."""
    year_ms = 1_767_225_600_000
    assert [(a - year_ms, b - year_ms) for a, b in stretches(times)] == found


def test_only_the_longest_pauses_between_items_are_told() -> None:
    """Each item an hour later, and five a day later."""
    hours = [n + 24 * (n // 20) for n in range(100)]
    times = [(f"2026-01-{1 + h // 24:02}T{h % 24:02}:00:00Z", None) for h in hours]
    found = stretches(times)
    assert len(found) <= 20
    lengths = [(b - a) // 3_600_000 for a, b in found]
    assert lengths.count(19) == 5


@pytest.mark.parametrize("command", ["steps", "status", "get"])
def test_following_shows_each_change_and_ends_with_the_writer(path: Path, command: str) -> None:
    """What is there, then what changes; the end is the writer's, or for `get` the step's."""
    with Child(FOLLOWED, path) as child:
        child.say("first")
        assert child.line() == "FIRST"
        arguments = [command, path, *(["last"] if command == "get" else []), "--follow", "--json"]
        words = [sys.executable, "-m", "mundane", *map(str, arguments)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None
            seen = [] if command == "get" else [json.loads(run.stdout.readline())]
            child.say("last")
            assert child.line() == "LAST"
            if command == "steps":
                while (record := json.loads(run.stdout.readline()))["status"] != "done":
                    assert record["name"] == "last"
                assert (seen[0]["name"], record["name"]) == ("first", "last")
            elif command == "status":
                while (record := json.loads(run.stdout.readline()))["done"] != 2:
                    assert record["done"] == 1
                assert (seen[0]["done"], record["open_in_pid"]) == (1, child.pid)
            else:
                assert json.loads(run.stdout.readline()) == "LAST"
                assert run.wait() == 0
            child.kill()
            run.stdout.read()
            assert run.wait() == 0


def test_following_a_task_that_nobody_has_open(task_file: Path) -> None:
    """It shows what is there and ends; a step that will not come is an error."""
    assert len(cli("steps", task_file, "--follow").stdout.splitlines()) == 6
    assert b"3 done, 1 failed, 1 pending: running" in cli("status", task_file, "--follow").stdout
    run = cli("get", task_file, "running", "--follow")
    assert (run.returncode, run.stdout) == (1, b"")


def test_following_is_ended_by_an_interrupt(path: Path) -> None:
    """Ctrl-C ends it without a traceback."""
    with mundane.open(path) as task:
        task.step("a", lambda: 1)
        words = [sys.executable, "-m", "mundane", "steps", str(path), "--follow"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
            assert run.stdout is not None
            assert run.stderr is not None
            run.stdout.readline()
            run.send_signal(signal.SIGINT)
            assert run.wait() == 130
            assert run.stderr.read() == b""


def test_a_task_without_steps(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A header, and no activity."""
    mundane.open(path).close()
    assert main(["steps", str(path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert main(["status", "--json", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["last_activity"] is None


def test_get(task_file: Path) -> None:
    """A value as indented JSON in the terminal's own letters; bytes as they are."""
    assert cli("get", task_file, "fetch", env={**os.environ, "PYTHONUTF8": "1"}).stdout == (
        '{\n  "name": "Zoë",\n  "n": [\n    1\n  ]\n}\n'.encode()
    )
    assert cli("get", task_file, "raw").stdout == b"\0\xff\x1b"


@pytest.mark.parametrize("command", ["steps", "status", "get"])
def test_a_terminal_without_unicode(path: Path, command: str) -> None:
    """What it cannot show is escaped, and what `get` prints is still JSON."""
    with mundane.open(path) as task:
        task.step("a", lambda: "Zoë 🎉")
        task.begin("b").failed(ValueError("Zoë 🎉"))
    arguments = [command, path, *(["a"] if command == "get" else [])]
    run = cli(*arguments, env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert (run.returncode, run.stderr) == (0, b"")
    assert run.stdout.isascii()
    if command == "get":
        assert json.loads(run.stdout) == "Zoë 🎉"


EXIT_CODES = {
    "no file": (["status", "none.db"], 2, "there is no such task file"),
    "not a task": (["steps", "text.db"], 2, "is not a task file"),
    "no such step": (["get", "task.db", "none"], 1, "'none' is not in the task file"),
    "failed step": (["get", "task.db", "bad"], 1, "'bad' is failed"),
    "pending step": (["get", "task.db", "running"], 1, "'running' is pending"),
    "folder": (["status", "."], 1, "is a folder"),
    "bytes as JSON": (["get", "task.db", "raw", "--json"], 2, "leave out --json"),
    "forget nothing": (["forget", "task.db"], 2, "--from"),
    "forget both": (["forget", "task.db", "raw", "--from", "raw"], 2, "--from"),
    "forget an unknown step": (["forget", "task.db", "none", "--yes"], 1, "'none' is not in"),
    "forget from an unknown step": (["forget", "task.db", "--from", "none"], 1, "'none' is not"),
    "forget in no file": (["forget", "none.db", "a", "--yes"], 2, "there is no such task file"),
    "vacuum no file": (["vacuum", "none.db"], 2, "there is no such task file"),
    "no command": ([], 2, "usage:"),
    "unknown command": (["frobnicate", "task.db"], 2, "'report', 'run'"),
    "no task": (["steps"], 2, "required"),
    "unknown option": (["steps", "--xml", "task.db"], 2, "unrecognized"),
}


@pytest.mark.parametrize(("arguments", "code", "message"), EXIT_CODES.values(), ids=EXIT_CODES)
def test_exit_codes(task_file: Path, arguments: list[str], code: int, message: str) -> None:
    """The code says what kind of trouble it was; one message goes to standard error."""
    task_file.with_name("text.db").write_text("hello")
    run = cli(*arguments, cwd=task_file.parent)
    assert run.returncode == code
    assert message in run.stderr.decode()
    assert b"Traceback" not in run.stderr
    assert run.stdout == b""


@pytest.mark.parametrize("argument", ["--help", "-h"])
def test_help(argument: str) -> None:
    """It tells the commands and the exit codes."""
    run = cli(argument)
    assert run.returncode == 0
    text = b" ".join(run.stdout.split())
    for word in (b"status", b"steps", b"get", b"forget", b"vacuum", b"exit codes", b"75"):
        assert word in text


def test_a_locked_task_can_be_looked_into(path: Path) -> None:
    """Looking takes no lock."""
    script = "import sys, mundane\nwith mundane.open(sys.argv[1]):\n print(flush=True); input()"
    with Child(script, path) as child:
        child.line()
        run = cli("status", "--json", path)
        assert json.loads(run.stdout)["open_in_pid"] == child.pid


@pytest.mark.parametrize(
    "arguments", [["steps"], ["steps", "--json"], ["get", "text"], ["get", "bytes"]], ids=" ".join
)
def test_a_reader_that_has_seen_enough(path: Path, arguments: list[str]) -> None:
    """A pipe that is closed early, as by `head`, is no error and no traceback."""
    with mundane.open(path) as task:
        task.step("text", lambda: ["x" * 1000] * 1000)
        task.step("bytes", lambda: b"x" * 1_000_000)
        task.commit(
            lambda c: c.executemany(
                "INSERT INTO mundane_steps (name, kind, encoding, status, started_at)"
                " VALUES (?, 'step', 'json', 'done', '')",
                [(f"s{i}",) for i in range(20_000)],
            )
        )
    command = [sys.executable, "-m", "mundane", arguments[0], str(path), *arguments[1:]]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stdout is not None
    assert run.stderr is not None
    assert run.stdout.read(10)
    run.stdout.close()
    assert run.stderr.read() == b""
    assert run.wait() == 0


def rows(path: Path) -> list[str]:
    """Return the names of the steps in a task file."""
    with mundane.read(path) as view:
        return [step.name for step in view.steps()]


def test_forget(task_file: Path) -> None:
    """It lists what it will remove, removes that and says so."""
    run = cli("forget", task_file, "bad", "fetch", "--yes")
    lines = run.stdout.decode().splitlines()
    assert run.returncode == 0
    assert lines[0].endswith("task.db: 2 steps to forget, so that each runs again:")
    assert [line.split()[:2] for line in lines[1:4]] == [
        ["NAME", "STATUS"],
        ["fetch", "done"],
        ["bad", "failed"],
    ]
    assert lines[4:] == ["forgot 2 steps"]
    assert rows(task_file) == ["raw", "nap", "running"]


def test_forget_by_a_pattern(task_file: Path) -> None:
    """A pattern stands for the steps that it fits; one that fits none is refused."""
    assert cli("forget", task_file, "*a*", "--yes").returncode == 0
    assert rows(task_file) == ["fetch", "running"]
    run = cli("forget", task_file, "zzz.*", "--yes")
    assert run.returncode != 0
    assert b"zzz.*" in run.stderr
    assert rows(task_file) == ["fetch", "running"]


def test_forget_from(task_file: Path) -> None:
    """The step, and all that were first started after it."""
    assert cli("forget", task_file, "--from", "nap", "--yes").returncode == 0
    assert rows(task_file) == ["fetch", "raw"]


def test_forget_asks_at_a_terminal_only(task_file: Path) -> None:
    """Without a terminal and without --yes it says what it would do, and changes nothing."""
    run = cli("forget", task_file, "fetch", stdin=subprocess.DEVNULL)
    assert run.returncode == 2
    assert b"fetch" in run.stdout
    assert b"--yes" in run.stderr
    assert "fetch" in rows(task_file)


@pytest.mark.parametrize(("answer", "gone"), [("y", True), ("n", False), ("", False)])
def test_forget_heeds_the_answer(task_file: Path, answer: str, gone: bool) -> None:
    """At a terminal it asks, and only a yes removes."""
    pexpect = pytest.importorskip("pexpect")
    words = ["-m", "mundane", "forget", str(task_file), "fetch"]
    child = pexpect.spawn(sys.executable, words, encoding="utf-8", timeout=30)
    child.expect_exact("Forget 1 step? [y/N] ")
    child.sendline(answer)
    child.expect_exact("forgot 1 step" if gone else "nothing was changed")
    child.expect(pexpect.EOF)
    assert ("fetch" in rows(task_file)) is not gone


@pytest.mark.parametrize("command", [["forget", "a", "--yes"], ["vacuum"]], ids=lambda c: c[0])
def test_a_running_task_is_not_changed(path: Path, command: list[str]) -> None:
    """One writer at a time: exit code 75, and the holder's process is named."""
    with mundane.open(path) as task:
        task.step("a", lambda: 1)
        run = cli(command[0], path, *command[1:])
        assert run.returncode == 75
        assert str(os.getpid()) in run.stderr.decode()
        assert rows(path) == ["a"]


def test_vacuum(path: Path) -> None:
    """The space of what was forgotten goes back; steps and their order stay."""
    with mundane.open(path) as task:
        for name in "abc":
            task.step(name, lambda: b"x" * 1_000_000)
        task.forget("b")
    before = path.stat().st_size
    run = cli("vacuum", path)
    assert (run.returncode, run.stderr) == (0, b"")
    assert b"given back" in run.stdout
    assert path.stat().st_size < before - 900_000
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert rows(path) == ["a", "c"]
    with mundane.open(path) as task:
        assert task.step("a", lambda: b"") == b"x" * 1_000_000
        task.forget("c")
        before, after = task.vacuum()
        assert after == path.stat().st_size < before - 900_000
        task.step("d", lambda: 1)
    assert rows(path) == ["a", "d"]


def unsafe(text: str) -> list[str]:
    """Return the characters that could steer a terminal."""
    return [char for char in text if char != "\n" and not char.isprintable()]


@pytest.mark.parametrize(
    "arguments",
    [["steps"], ["status"], ["steps", "--json"], ["status", "--json"], ["get", "value"]],
    ids=" ".join,
)
def test_hostile_text_does_not_reach_the_terminal(
    path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Control characters in names, errors, values and times of a file are printed as escapes."""
    with mundane.open(path) as task:
        task.step("value", lambda: [HOSTILE, {HOSTILE: HOSTILE}])
        task.step("other", lambda: 1)
    sql(
        path,
        (
            "UPDATE mundane_steps SET name = ?, kind = ?, status = ?, error = ?, started_at = ?,"
            " finished_at = ? WHERE name = 'other'",
            (HOSTILE,) * 6,
        ),
        ("UPDATE mundane_meta SET value = ? WHERE key = 'task_id'", (HOSTILE,)),
    )
    assert main([arguments[0], str(path), *arguments[1:]]) == 0
    out, err = capsys.readouterr()
    assert (unsafe(out), err) == ([], "")
    if arguments[0] == "get":
        assert json.loads(out) == [HOSTILE, {HOSTILE: HOSTILE}]


@pytest.mark.parametrize("damage", ["trigger", "table", "version", "schema"])
def test_a_hostile_refusal_does_not_reach_the_terminal(
    path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor do names that stand in a message."""
    mundane.open(path).close()
    if damage == "trigger":
        sql(
            path,
            f'CREATE TRIGGER "{HOSTILE}" AFTER INSERT ON mundane_steps BEGIN SELECT 1; END',
        )
    elif damage == "table":
        sql(path, "DROP TABLE mundane_meta", f'CREATE TABLE "{HOSTILE}" (x)')
    elif damage == "version":
        sql(path, ("UPDATE mundane_meta SET value = ?", (HOSTILE,)))
    else:
        sql(
            path,
            f'CREATE TABLE "{HOSTILE}" (x)',
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET sql = 'CREATE nonsense' WHERE name LIKE '%owned%'",
        )
    assert main(["status", str(path)]) == 2
    out, err = capsys.readouterr()
    assert (out, unsafe(err)) == ("", [])
    assert err.startswith("mundane: ")


def test_a_step_name_from_the_command_line_is_escaped_too(
    task_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message quotes it."""
    assert main(["get", str(task_file), HOSTILE]) == 1
    assert unsafe(capsys.readouterr().err) == []


@pytest.mark.parametrize("depth", [900, 5000])
def test_a_deep_value_is_printed(
    path: Path, depth: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Deeper than the interpreter's stack, at the price of no indentation."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    mundane.run(path, lambda task: task.step("deep", lambda: value))
    assert main(["get", str(path), "deep"]) == 0
    out = capsys.readouterr().out
    assert "".join(out.split()) == "[" * depth + "1" + "]" * depth


def test_a_lone_surrogate_of_another_runtime_is_printed(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is escaped as JSON escapes it."""
    mundane.run(path, lambda task: task.step("a", lambda: ""))
    sql(path, ("UPDATE mundane_steps SET result = ?", ('"\\ud800"',)))
    assert main(["get", str(path), "a"]) == 0
    assert capsys.readouterr().out == '"\\ud800"\n'


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that registers two commands, one of which cannot be imported."""
    info = tmp_path / "packages" / "other-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[mundane.commands]\nhello = other_command:hello\nbroken = no_such_module:main\n"
        "status = other_command:hello\n"
    )
    (info.parent / "other_command.py").write_text(
        "def hello(words):\n    print(words)\n    return 7"
    )
    monkeypatch.syspath_prepend(info.parent)
    return info


def test_a_command_of_another_package(registered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is called with the words behind its name, and its exit code is the command's."""
    assert main(["hello", "--json", "x"]) == 7
    assert capsys.readouterr().out == "['--json', 'x']\n"


def test_a_command_that_cannot_be_loaded(
    registered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says what is missing."""
    assert main(["broken"]) == 2
    assert "'broken' cannot be loaded (No module named 'no_such_module')" in capsys.readouterr().err


def test_a_registered_command_replaces_none_of_ours(registered: Path, task_file: Path) -> None:
    """A name that the core has is the core's."""
    assert main(["status", str(task_file)]) == 0


def test_an_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Is a usage error."""
    with pytest.raises(SystemExit, match="2"):
        main(["rum"])
    assert "invalid choice: 'rum'" in capsys.readouterr().err


def test_run_without_the_extension() -> None:
    """Where the notebook extension is not installed, the message says what to install."""
    script = (
        "import sys; sys.path.append(sys.argv[1]); from mundane.cli import main;"
        " sys.exit(main(['run', 'n.ipynb']))"
    )
    root = Path(mundane.__file__).parents[1]
    command = [sys.executable, "-I", "-S", "-c", script, str(root)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == (
        "mundane: 'run' cannot be loaded: install mundane-ipython into this Python\n"
    )
