"""Compatibility with mundane-sdk 0.1.0, in both directions, and with rows of other runtimes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import mundane

from .support import BoomError, Calls, Child, beside, python, rows, sql

VALUES: dict[str, Any] = {
    "null": None,
    "bool": True,
    "int": 2**70,
    "float": 0.1,
    "minus-zero": -0.0,
    "text": 'Zoë "🎉"\n\0',
    "list": [1, [2.5, []]],
    "object": {"ä": {"b": [None, False]}, "a": 1, "": {}},
}

# Every script of the other runtime starts so: it must not be this repository's `mundane`.
SDK = """
    import json, sys, mundane
    assert mundane.__version__ == "0.1.0"
    path = sys.argv[1]
"""


@pytest.fixture
def theirs(sdk: Path, tmp_path: Path) -> dict[str, Any]:
    """How to run a script with mundane-sdk 0.1.0."""
    return {"flags": ("-P", "-s"), "env": {"PYTHONPATH": str(sdk)}, "cwd": tmp_path}


def schema(path: Path) -> dict[str, Any]:
    """Return what SQLite knows of tables and indices: columns, types, keys."""
    found: dict[str, Any] = {}
    with closing(sqlite3.connect(path)) as connection:
        objects = connection.execute("SELECT type, name, tbl_name FROM sqlite_master").fetchall()
        for kind, name, table in objects:
            pragma = "table_xinfo" if kind == "table" else "index_xinfo"
            columns = connection.execute(f"PRAGMA {pragma}({name})").fetchall()
            found[name] = kind, table, columns
        for table in ("mundane_meta", "mundane_steps"):
            found[f"indices of {table}"] = sorted(
                row[1:] for row in connection.execute(f"PRAGMA index_list({table})")
            )
            sql_text = connection.execute(
                "SELECT sql FROM sqlite_master WHERE name = ?", (table,)
            ).fetchone()[0]
            found[f"autoincrement of {table}"] = "AUTOINCREMENT" in sql_text
    return found


def write_theirs(path: Path, theirs: dict[str, Any]) -> None:
    """Write a task file with mundane-sdk 0.1.0: values, a sleep, a failed and a pending step."""
    script = f"""{SDK}
    values = json.loads(sys.argv[2])
    def work(ctx):
        for name, value in values.items():
            ctx.step(name, lambda: value)
        ctx.sleep("nap", "1ms")
        try:
            ctx.step("failed", lambda: 1 // 0)
        except mundane.StepFailedError:
            pass
        ctx.step("pending", sys.exit)
    mundane.run(path, work)
    """
    python(script, path, json.dumps(VALUES), **theirs)


def write_ours(path: Path) -> None:
    """Write the same with this library."""
    with mundane.open(path) as task:
        for name, value in VALUES.items():
            task.step(name, lambda value=value: value)
        task.sleep("nap", "1ms")
        task.begin("failed").failed(ZeroDivisionError())
        task.begin("pending")


def test_the_tables_are_the_same(path: Path, theirs: dict[str, Any]) -> None:
    """Tables, columns, types, keys and indices of a new file are those of mundane-sdk 0.1.0."""
    other = path.with_name("theirs.db")
    python(f"{SDK}\n    mundane.run(path, lambda ctx: None)", other, **theirs)
    mundane.open(path).close()
    assert schema(path) == schema(other)


def test_the_rows_are_the_same(path: Path, theirs: dict[str, Any]) -> None:
    """Names, kinds, encodings, statuses and JSON texts are equal; only times and errors differ."""
    other = path.with_name("theirs.db")
    write_theirs(other, theirs)
    write_ours(path)
    ours = [row[:4] if row[1] == "sleep" else row for row in rows(path)]
    assert ours == [row[:4] if row[1] == "sleep" else row for row in rows(other)]
    assert [type(row[4]) for row in rows(path)] == [type(row[4]) for row in rows(other)]


def test_we_resume_their_file(path: Path, theirs: dict[str, Any]) -> None:
    """What mundane-sdk 0.1.0 stored is replayed; what failed or was pending runs."""
    write_theirs(path, theirs)
    with mundane.open(path) as task:
        for name, value in VALUES.items():
            assert repr(task.step(name, Calls())) == repr(value)
        task.sleep("nap", "1d")
        assert (task.status("failed"), task.status("pending")) == ("failed", "pending")
        assert task.step("failed", lambda: 1) == 1
        assert task.step("pending", lambda: 2) == 2
        assert task.step("new", lambda: 3) == 3
    assert {status for *_, status, _ in rows(path)} == {"done"}
    assert beside(path) == []


def test_they_resume_our_file(path: Path, theirs: dict[str, Any]) -> None:
    """What this library stored, mundane-sdk 0.1.0 replays; what failed or was pending runs."""
    write_ours(path)
    script = f"""{SDK}
    values = json.loads(sys.argv[2])
    def never():
        raise AssertionError("ran again")
    def work(ctx):
        for name, value in values.items():
            assert repr(ctx.step(name, never)) == repr(value), name
        ctx.sleep("nap", "1d")
        return [ctx.step(name, lambda: name) for name in ("failed", "pending", "new")]
    print(mundane.run(path, work))
    """
    assert python(script, path, json.dumps(VALUES), **theirs) == "['failed', 'pending', 'new']\n"
    with mundane.read(path) as view:
        assert view.get("new") == "new"
        assert {step.status for step in view.steps()} == {"done"}


def test_turn_by_turn(path: Path, theirs: dict[str, Any]) -> None:
    """The two take turns on one task: each replays all and adds a step; the id stays."""
    script = f"""{SDK}
    def work(ctx):
        return [ctx.step(f"s{{i}}", lambda: ["theirs", i]) for i in range(int(sys.argv[2]))]
    print(json.dumps(mundane.run(path, work)))
    """
    expected: list[Any] = []
    ids = set()
    for turn in range(6):
        who = "ours" if turn % 2 else "theirs"
        expected.append([who, turn])
        if who == "theirs":
            values = json.loads(python(script, path, turn + 1, **theirs))
        else:
            with mundane.open(path) as task:
                values = [task.step(f"s{i}", lambda i=i: ["ours", i]) for i in range(turn + 1)]
        assert values == expected
        ids.add(mundane.read(path).task_id)
    assert len(ids) == 1


def test_they_read_our_bytes(path: Path, theirs: dict[str, Any]) -> None:
    """A value of ours that is bytes is bytes to them."""
    mundane.run(path, lambda task: task.step("raw", lambda: b"\0\xff"))
    script = f"{SDK}\n    print(mundane.run(path, lambda ctx: ctx.step('raw', sys.exit)))"
    assert python(script, path, **theirs) == "b'\\x00\\xff'\n"


def test_they_resume_our_sleep_and_we_theirs(path: Path, theirs: dict[str, Any]) -> None:
    """The stored end is the same number of milliseconds since the epoch."""
    mundane.run(path, lambda task: task.sleep("ours", 0))
    python(f"{SDK}\n    mundane.run(path, lambda ctx: ctx.sleep('theirs', 0))", path, **theirs)
    script = f"""{SDK}
    import time
    time.sleep = None  # a sleep that is over sleeps no more
    mundane.run(path, lambda ctx: (ctx.sleep("ours", "1d"), ctx.sleep("theirs", "1d")))
    """
    python(script, path, **theirs)
    with mundane.open(path) as task:
        task.sleep("theirs", "1d")
        assert abs(task.get("theirs") - task.get("ours")) < 600_000


# Rows as the Go, TypeScript and shell runtimes write them: a result is TEXT or BLOB, by driver.

OTHER_ROWS = [
    ("json-text", "json", '{"a":[1,2.5,null]}', {"a": [1, 2.5, None]}),
    ("json-blob", "json", b'{"a":[1,2.5,null]}', {"a": [1, 2.5, None]}),
    ("json-utf8", "json", '"Zoë 🎉"'.encode(), "Zoë 🎉"),
    ("json-spaces", "json", ' [ 1 ,\n2 ] \n', [1, 2]),
    ("bytes-blob", "bytes", b"line\n\xff", b"line\n\xff"),
    ("bytes-text", "bytes", "line Zoë\n", "line Zoë\n".encode()),
    ("bytes-empty", "bytes", b"", b""),
    ("null", "json", None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "encoding", "result", "value"), OTHER_ROWS, ids=[row[0] for row in OTHER_ROWS]
)
def test_rows_of_other_runtimes(
    path: Path, theirs: dict[str, Any], name: str, encoding: str, result: Any, value: Any
) -> None:
    """Both Python runtimes read such a row, and to the same value."""
    mundane.open(path).close()
    now = "2026-11-24T09:14:03.123456789Z"
    insert = (
        "INSERT INTO mundane_steps (name, kind, encoding, result, status, started_at, finished_at)"
        " VALUES (?, 'step', ?, ?, 'done', ?, ?)"
    )
    sql(path, (insert, (name, encoding, result, now, now)))
    assert mundane.run(path, lambda task: task.step(name, Calls())) == value
    with mundane.read(path) as view:
        assert view.get(name) == value
        size = len(result.encode() if isinstance(result, str) else result or b"")
        assert view.steps()[0].size_bytes == size
    script = (
        f"{SDK}\n    print(ascii(mundane.run(path, lambda ctx: ctx.step(sys.argv[2], sys.exit))))"
    )
    assert python(script, path, name, **theirs).strip() == ascii(value)


# At the same time.


def test_each_is_locked_out_by_the_other(path: Path, theirs: dict[str, Any]) -> None:
    """One lock protects the file, whoever holds it."""
    open_theirs = f"{SDK}\n    mundane.run(path, lambda ctx: (print('open', flush=True), input()))"
    with Child(open_theirs, path, **theirs) as child:
        child.line()
        with pytest.raises(mundane.LockedError) as info:
            mundane.open(path)
        assert info.value.pid == child.pid
        child.say()
        child.end()
    with mundane.open(path), pytest.raises(AssertionError, match="LockedError"):
        python(open_theirs, path, **theirs)


def test_our_reader_beside_their_live_writer(path: Path, theirs: dict[str, Any]) -> None:
    """`mundane.read` in a tight loop has no error, kills no 0.1.0 run, loses none of its steps.

    Any other reader would: 0.1.0 hides its locks, so its live journal looks like a dead one's.
    """
    script = f"""{SDK}
    def work(ctx):
        for i in range(150):
            ctx.step(f"s{{i}}", lambda: "x" * 300)
    print("start", flush=True)
    mundane.run(path, work)
    """
    looks = seen = 0
    refusals = set()
    with Child(script, path, **theirs) as writer:
        writer.line()
        while writer.process.poll() is None:
            try:
                view = mundane.read(path)
            except mundane.TaskNotFoundError:
                continue
            except mundane.SchemaError as error:
                refusals.add(error.reason)
                continue
            with view:
                steps = view.steps()
                assert len(steps) >= seen
                seen = len(steps)
                looks += 1
        writer.end()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert [row[0] for row in rows(path)] == [f"s{i}" for i in range(150)]
    assert {row[3] for row in rows(path)} == {"done"}
    assert looks > 0
    assert refusals <= {"holds no task yet"}


def test_we_recover_what_their_dead_writer_left(path: Path, theirs: dict[str, Any]) -> None:
    """A run of 0.1.0 killed anywhere is resumed: what it acknowledged is there."""
    script = f"""{SDK}
    def work(ctx):
        i = 0
        while True:
            ctx.step(f"s{{i}}", lambda: i)
            print(i, flush=True)
            i += 1
    mundane.run(path, work)
    """
    for acknowledged in (0, 1, 7, 20):
        path.unlink(missing_ok=True)
        with Child(script, path, **theirs) as writer:
            while int(writer.line()) < acknowledged:
                pass
            writer.kill()
        with mundane.read(path) as view:
            assert [view.get(f"s{i}") for i in range(acknowledged + 1)] == [
                *range(acknowledged + 1)
            ]
        with mundane.open(path) as task:
            assert task.step(f"s{acknowledged}", Calls()) == acknowledged
        assert beside(path) == []


def test_a_failed_step_of_ours_is_one_of_theirs(path: Path, theirs: dict[str, Any]) -> None:
    """The error text starts with the repr, which is all that 0.1.0 stores."""
    with mundane.open(path) as task:
        task.begin("a").failed(BoomError("no network"))
    script = f"""{SDK}
    import sqlite3
    print(sqlite3.connect(path).execute("SELECT error FROM mundane_steps").fetchone()[0])
    """
    assert python(script, path, **theirs).startswith("BoomError('no network')\n")
