"""The task file: what is made, what is refused and left as it is, and what the system refuses."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import mundane

from .support import (
    NOBODY,
    Calls,
    Child,
    beside,
    leave_hot_journal,
    python,
    row,
    rows,
    sql,
)


def make(path: Path, steps: int = 3, size: int = 10) -> None:
    """Make a task file with some steps."""
    with mundane.open(path) as task:
        for i in range(steps):
            task.step(f"s{i}", lambda i=i: f"{i}" * size)


# What is made.


def test_the_tables_are_those_of_format_v1(path: Path) -> None:
    """Tables, columns, types, constraints and index, and nothing else, stand in a new file."""
    mundane.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        objects = dict(connection.execute("SELECT name, type FROM sqlite_master"))
        meta = dict(connection.execute("SELECT key, value FROM mundane_meta"))
        mode = connection.execute("PRAGMA journal_mode").fetchone()
    assert objects == {
        "mundane_meta": "table",
        "mundane_steps": "table",
        "sqlite_sequence": "table",
        "mundane_steps_status": "index",
        "sqlite_autoindex_mundane_meta_1": "index",
        "sqlite_autoindex_mundane_steps_1": "index",
    }
    assert meta.keys() == {"schema_version", "task_id", "created_at"}
    assert meta["schema_version"] == "1"
    assert len(meta["task_id"]) == 36
    assert meta["created_at"].endswith("Z")
    assert mode == ("delete",)


def test_the_task_is_told_by_its_file(path: Path) -> None:
    """task_id and created_at are made once, with the file."""
    with mundane.open(path) as task:
        made = task.task_id, task.created_at
    with mundane.open(path) as task:
        assert (task.task_id, task.created_at) == made


def test_an_empty_file_becomes_a_task(path: Path) -> None:
    """`touch task.db` is as good as no file."""
    path.touch()
    make(path)
    assert len(rows(path)) == 3


def test_a_database_without_tables_becomes_a_task(path: Path) -> None:
    """A file that another program made and left empty is taken."""
    sql(path, "CREATE TABLE x (y)", "DROP TABLE x")
    make(path)
    assert len(rows(path)) == 3


@pytest.mark.parametrize("lost", ["task_id", "created_at"])
def test_a_half_made_file_is_completed(path: Path, lost: str) -> None:
    """What the bootstrap lacks is made, and what is there is kept."""
    make(path)
    sql(path, ("DELETE FROM mundane_meta WHERE key = ?", (lost,)))
    with mundane.open(path) as task:
        assert task.task_id
        assert task.created_at
        assert task.get("s0") == "0" * 10


# What is refused, and left as it is.


def text_file(path: Path) -> None:
    """Make a text."""
    path.write_text("Dear diary, this is no database.\n" * 100)


def short_text(path: Path) -> None:
    """Make a text of a few bytes."""
    path.write_text("hello")


def magic_only(path: Path) -> None:
    """Make a file that has SQLite's first bytes and then others."""
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)


def cut_a_little(path: Path) -> None:
    """Cut the last 100 bytes off."""
    make(path, 50, 500)
    os.truncate(path, path.stat().st_size - 100)


def cut_half(path: Path) -> None:
    """Cut the second half off."""
    make(path, 50, 500)
    os.truncate(path, path.stat().st_size // 2)


def cut_to_one_page(path: Path) -> None:
    """Leave the first page."""
    make(path, 50, 500)
    os.truncate(path, 4096)


def other_program(path: Path) -> None:
    """Make another program's database."""
    sql(path, "CREATE TABLE moz_places (id, url)", "INSERT INTO moz_places VALUES (1, 'x')")


def steps_only(path: Path) -> None:
    """Leave out the table that says what the file is."""
    make(path)
    sql(path, "DROP TABLE mundane_meta")


def version_2(path: Path) -> None:
    """Make a task file of a later format."""
    make(path)
    sql(path, "UPDATE mundane_meta SET value = '2' WHERE key = 'schema_version'")


def version_blob(path: Path) -> None:
    """Store the version with another type."""
    make(path)
    sql(path, "UPDATE mundane_meta SET value = x'31' WHERE key = 'schema_version'")


def trigger(path: Path) -> None:
    """Add a trigger, which would run on our writes."""
    make(path)
    sql(
        path,
        "CREATE TRIGGER evil AFTER UPDATE ON mundane_steps BEGIN DELETE FROM mundane_steps; END",
    )


def view(path: Path) -> None:
    """Put a view in the place of the steps."""
    make(path)
    sql(
        path,
        "ALTER TABLE mundane_steps RENAME TO other",
        "CREATE VIEW mundane_steps AS SELECT * FROM other",
    )


def virtual_table(path: Path) -> None:
    """Put a virtual table in the place of the steps."""
    make(path)
    columns = "id, name, kind, encoding, result, status, error, started_at, finished_at"
    sql(
        path,
        "DROP TABLE mundane_steps",
        f"CREATE VIRTUAL TABLE mundane_steps USING fts5({columns})",
    )


def generated_column(path: Path) -> None:
    """Compute a column by an expression of somebody else's."""
    make(path)
    sql(
        path,
        "DROP TABLE mundane_steps",
        "CREATE TABLE mundane_steps (id INTEGER PRIMARY KEY, name, kind, encoding, result,"
        " status AS (upper(kind)), error, started_at, finished_at)",
    )


def hidden_generated_column(path: Path) -> None:
    """Add a generated column."""
    make(path)
    sql(path, "ALTER TABLE mundane_steps ADD COLUMN extra AS (upper(name))")


def missing_column(path: Path) -> None:
    """Leave a column out."""
    make(path)
    sql(path, "ALTER TABLE mundane_steps DROP COLUMN error")


def remade(path: Path, old: str, new: str) -> None:
    """Make the table of steps by another statement, in which `old` is `new`."""
    make(path)
    with closing(sqlite3.connect(path)) as connection:
        (statement,) = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'mundane_steps'"
        ).fetchone()
    assert old in statement
    index = "CREATE INDEX mundane_steps_status ON mundane_steps(status)"
    sql(path, "DROP TABLE mundane_steps", statement.replace(old, new), index)


def check_constraint(path: Path) -> None:
    """Have each write compute an expression."""
    remade(path, "error TEXT", "error TEXT CHECK (length(hex(error)) > 0)")


def table_constraint(path: Path) -> None:
    """Have each write compute an expression, at the statement's end."""
    remade(path, "UNIQUE(name)", "UNIQUE(name), CHECK (name <> 'x')")


def other_unique(path: Path) -> None:
    """Have a second step of one status refused."""
    remade(path, "UNIQUE(name)", "UNIQUE(name, status)")


def collation(path: Path) -> None:
    """Have two names be one."""
    remade(path, "name TEXT NOT NULL", "name TEXT NOT NULL COLLATE NOCASE")


def conflict_clause(path: Path) -> None:
    """Have a new step replace an old one."""
    remade(path, "UNIQUE(name)", "UNIQUE(name) ON CONFLICT REPLACE")


def default(path: Path) -> None:
    """Have a missing value computed."""
    remade(path, "error TEXT", "error TEXT DEFAULT (hex(randomblob(9)))")


def strict(path: Path) -> None:
    """Have SQLite refuse results that are text, as runtimes write them."""
    make(path)
    sql(path, "DROP TABLE mundane_meta")
    sql(
        path,
        "CREATE TABLE mundane_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
        "INSERT INTO mundane_meta VALUES ('schema_version', '1'), ('task_id', 'x'),"
        " ('created_at', 'y')",
    )


def generated_meta(path: Path) -> None:
    """Compute the very version."""
    make(path)
    sql(path, "DROP TABLE mundane_meta")
    sql(path, "CREATE TABLE mundane_meta (key TEXT PRIMARY KEY, value AS (hex(zeroblob(9))))")


def reference(path: Path) -> None:
    """Have another table say what a step may be."""
    remade(path, "kind TEXT NOT NULL", "kind TEXT NOT NULL REFERENCES kinds(kind)")


def expression_index(path: Path) -> None:
    """Have each write compute an expression for an index."""
    make(path)
    sql(path, "CREATE INDEX evil ON mundane_steps(hex(name))")


def unique_index(path: Path) -> None:
    """Have a second step refused, by an index."""
    make(path, 1)
    sql(path, "CREATE UNIQUE INDEX evil ON mundane_steps(kind)")


def partial_index(path: Path) -> None:
    """Compute an expression in the place of our index."""
    make(path)
    sql(
        path,
        "DROP INDEX mundane_steps_status",
        "CREATE INDEX mundane_steps_status ON mundane_steps(status) WHERE hex(name) > ''",
    )


def disguised(path: Path) -> None:
    """Have a trigger say that it is an index of another table; SQLite itself refuses that."""
    make(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (x)")
        connection.execute("PRAGMA writable_schema = ON")
        statement = "CREATE TRIGGER evil AFTER UPDATE ON mundane_steps BEGIN SELECT 1; END"
        connection.execute(
            "INSERT INTO sqlite_master VALUES ('index', 'evil', 'notes', 0, ?)", (statement,)
        )
        connection.commit()


REFUSED = {
    text_file: "is not a task file: not SQLite",
    short_text: "is not a task file: not SQLite",
    magic_only: "is not a task file|is damaged",
    cut_a_little: "is damaged: cut off",
    cut_half: "is damaged",
    cut_to_one_page: "is damaged",
    other_program: r"is a database of another program \(table 'moz_places'\)",
    steps_only: "is a database of another program",
    version_2: "has schema_version '2'; this mundane reads '1' only",
    version_blob: "has schema_version b'1'",
    trigger: "holds a trigger, 'evil'",
    view: "holds a view, 'mundane_steps'",
    virtual_table: "holds a virtual table, 'mundane_steps'",
    generated_column: "has another table 'mundane_steps'",
    hidden_generated_column: "has another table 'mundane_steps'",
    missing_column: "has another table 'mundane_steps'",
    check_constraint: "has another table 'mundane_steps'",
    table_constraint: "has another table 'mundane_steps'",
    other_unique: "has another table 'mundane_steps'",
    collation: "has another table 'mundane_steps'",
    conflict_clause: "has another table 'mundane_steps'",
    default: "has another table 'mundane_steps'",
    strict: "has another table 'mundane_meta'",
    generated_meta: "has another table 'mundane_meta'",
    reference: "has another table 'mundane_steps'",
    expression_index: "holds an index, 'evil'",
    unique_index: "holds an index, 'evil'",
    partial_index: "has another index 'mundane_steps_status'",
    disguised: "malformed database schema",
}
names = [damage.__name__ for damage in REFUSED]


@pytest.mark.parametrize("function", [mundane.open, mundane.read], ids=["open", "read"])
@pytest.mark.parametrize(("damage", "reason"), REFUSED.items(), ids=names)
def test_a_refused_file_is_left_as_it_is(path: Path, damage: object, reason: str, function) -> None:  # type: ignore[no-untyped-def]
    """What is no sound task file is a SchemaError that says which; its bytes do not change."""
    damage(path)  # type: ignore[operator]
    before = path.read_bytes()
    with pytest.raises(mundane.SchemaError, match=reason) as info:
        function(path)
    assert str(path) in str(info.value)
    assert path.read_bytes() == before
    assert beside(path) == []


def test_an_extra_table_is_none_of_our_business(path: Path) -> None:
    """Tables of tools in the same file are left alone."""
    make(path)
    sql(path, "CREATE TABLE mundane_ipython_cells (x)", "CREATE TABLE notes (y)")
    with mundane.open(path) as task:
        assert task.get("s1") == "1" * 10


def test_another_spelling_of_the_statements_is_taken(path: Path) -> None:
    """White space, comments, the case of words and quotes around names make no other table."""
    sql(
        path,
        'CREATE TABLE "mundane_meta"([key]text primary key,`value` TEXT NOT NULL) -- of mine',
        "CREATE TABLE MUNDANE_STEPS (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,\n"
        " kind TEXT NOT NULL, encoding TEXT NOT NULL, result BLOB, status TEXT NOT NULL,\n"
        " error TEXT /* its message */, started_at TEXT NOT NULL, finished_at TEXT, UNIQUE(name))",
    )
    make(path)
    with mundane.read(path) as view:
        assert [step.name for step in view.steps()] == ["s0", "s1", "s2"]


def test_a_table_that_refers_to_ours_is_let_be(path: Path) -> None:
    """Whatever a build of SQLite does with references by default: no row of it goes with ours."""
    make(path)
    sql(
        path,
        "CREATE TABLE notes (step REFERENCES mundane_steps(name) ON DELETE CASCADE)",
        "INSERT INTO notes VALUES ('s1')",
    )
    with mundane.open(path) as task:
        assert task.query(lambda c: c.execute("PRAGMA foreign_keys").fetchone()) == (0,)
        task.forget("s1")
        assert task.query(lambda c: c.execute("SELECT * FROM notes").fetchall()) == [("s1",)]


@pytest.mark.skipif(
    not hasattr(sqlite3.Connection, "setconfig"), reason="Python can ask for it since 3.12"
)
def test_a_file_cannot_be_damaged_by_sql(path: Path) -> None:
    """SQLite's schema cannot be written to through a connection of ours."""
    make(path)
    with mundane.open(path) as task:
        task.query(lambda c: c.execute("PRAGMA writable_schema = ON"))
        with pytest.raises(mundane.StorageError, match="may not be modified"):
            task.commit(lambda c: c.execute("UPDATE sqlite_master SET sql = ''"))


LAST_IDS = {
    "sequence": "UPDATE sqlite_sequence SET seq = 9223372036854775807",
    "sequence as text": "UPDATE sqlite_sequence SET seq = '9223372036854775807'",
    "row": "UPDATE mundane_steps SET id = 9223372036854775807 WHERE name = 's2'",
}


@pytest.mark.parametrize("change", LAST_IDS.values(), ids=LAST_IDS)
def test_a_file_whose_ids_are_used_up_says_so(path: Path, change: str) -> None:
    """The disk is not full: somebody wrote the last id that SQLite knows."""
    make(path)
    sql(path, change)
    with mundane.open(path) as task:
        for _ in range(2):
            with pytest.raises(mundane.SchemaError, match="can take no further steps"):
                task.step("new", lambda: 1)
        with pytest.raises(mundane.SchemaError, match="can take no further steps"):
            task.map("m", str, [1, 2])
        with pytest.raises(mundane.SchemaError, match="can take no further steps"):
            task.sleep("nap", 0)
        assert task.step("s1", Calls()) == "1" * 10
    assert {name for name, *_ in rows(path)} == {"s0", "s1", "s2"}


def test_random_damage_is_told_or_harmless(path: Path) -> None:
    """Whatever bytes are overwritten: an error of ours or values, never a crash or another error.

    Format v1 has no checksums, so a changed byte inside of a stored value cannot be seen here.
    """
    make(path, 30, 200)
    script = """
        import random, shutil, sys
        import mundane
        whole, copy = sys.argv[1:]
        data = open(whole, "rb").read()
        told = 0
        for seed in range(300):
            chance = random.Random(seed)
            damaged = bytearray(data)
            for _ in range(chance.choice([1, 3, 30, 300])):
                at = chance.randrange(len(data) if seed % 2 else 4096)
                damaged[at] = chance.randrange(256)
            for name in (copy, copy + "-journal"):
                open(name, "wb").close()
            open(copy, "wb").write(damaged)
            try:
                with mundane.read(copy) as view:
                    for step in view.steps():
                        if step.status == "done":
                            view.get(step.name)
            except mundane.MundaneError:
                told += 1
            try:
                with mundane.open(copy) as task:
                    for i in range(35):
                        try:
                            task.step(f"s{i}", lambda: "new")
                        except mundane.StepKindError:
                            pass
                    task.sleep("nap", 0)
            except mundane.MundaneError:
                told += 1
        print(told)
    """
    assert int(python(script, path, path.with_name("copy.db"))) > 100


# What was left by a dead writer, or by another program.


def test_a_hot_journal_is_rolled_back(path: Path) -> None:
    """What a killed writer left half done is undone by the next run, and no journal stays."""
    make(path)
    leave_hot_journal(path)
    with mundane.open(path) as task:
        assert [task.get(f"s{i}") for i in range(3)] == [f"{i}" * 10 for i in range(3)]
        assert task.status("half-0") is None
    assert beside(path) == []


def test_a_wal_file_is_turned_into_a_plain_one(path: Path) -> None:
    """An inspector that switched to WAL does not lock other runtimes out for ever."""
    make(path)
    sql(path, "PRAGMA journal_mode = WAL")
    assert mundane.read(path).get("s1") == "1" * 10
    make(path, 4)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert beside(path) == []


def test_what_stands_in_a_dead_programs_wal_counts(path: Path) -> None:
    """Pages that a killed program left in the -wal are part of the file."""
    make(path)
    script = """
        import sqlite3, sys
        connection = sqlite3.connect(sys.argv[1])
        connection.execute("PRAGMA journal_mode = WAL")
        for i in range(300):
            connection.execute(
                "INSERT INTO mundane_steps (name, kind, encoding, result, status, started_at)"
                " VALUES (?, 'step', 'json', ?, 'done', '')", (f"wal-{i}", "1" * 500))
        connection.commit()
        print("committed", flush=True)
        input()
    """
    with Child(script, path) as child:
        child.line()
        assert mundane.read(path).get("wal-299") == int("1" * 500)
        child.kill()
    assert mundane.read(path).get("wal-299") == int("1" * 500)
    with mundane.open(path) as task:
        assert task.get("wal-299") == int("1" * 500)
    assert beside(path) == []


def test_a_program_that_keeps_the_file_open_in_wal_mode(path: Path) -> None:
    """The StorageError says that another program has to close it; the lock is given back."""
    make(path)
    script = """
        import sqlite3, sys
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("SELECT count(*) FROM mundane_steps").fetchone()
        print("open", flush=True)
        input()
    """
    with Child(script, path) as child:
        child.line()
        with pytest.raises(mundane.StorageError, match="another program"):
            mundane.open(path)
        child.say()
        child.end()
    make(path)


def test_a_commit_waits_for_a_reader(path: Path) -> None:
    """A program that is reading the file makes a commit wait, not fail, however long it reads."""
    script = """
        import sys, mundane
        with mundane.open(sys.argv[1]) as task:
            attempt = task.begin("a")
            task.query(lambda c: c.set_trace_callback(lambda sql: print(sql, flush=True)))
            print("begun", flush=True)
            input()
            attempt.done(1)
            print("done", flush=True)
    """
    with Child(script, path) as writer, closing(sqlite3.connect(path)) as reader:
        while writer.line() != "begun":
            pass
        reader.isolation_level = None
        reader.execute("BEGIN")
        assert reader.execute("SELECT status FROM mundane_steps").fetchone() == ("pending",)
        writer.say()
        for _ in range(3):  # it has given up inside of SQLite, and tries again
            while writer.line() != "COMMIT":
                pass
        assert reader.execute("SELECT status FROM mundane_steps").fetchone() == ("pending",)
        reader.execute("COMMIT")
        while writer.line() != "done":
            pass
        writer.end()
    assert row(path, "a")[2] == "done"


# What the system refuses.

# Root is not stopped by file modes: where the tests run as root, the child becomes nobody, once all
# is imported.
UNPRIVILEGED = f"""
    import json, os, sys, mundane
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid({NOBODY})
        os.setuid({NOBODY})
    def told(function):
        try:
            return function(sys.argv[1])
        except mundane.StorageError as error:
            return str(error)
    print(told(lambda path: mundane.open(path).close()))
    print(told(lambda path: mundane.read(path).get("s1")))
"""


@pytest.fixture
def public() -> Iterator[Path]:
    """A task file in a folder that every user reaches; pytest's own folders are private."""
    with tempfile.TemporaryDirectory(prefix="mundane-test-") as folder:
        os.chmod(folder, 0o777)
        path = Path(folder) / "task.db"
        make(path)
        path.chmod(0o666)
        yield path
        os.chmod(folder, 0o777)


def test_a_read_only_file(public: Path) -> None:
    """Opening says so; reading works."""
    public.chmod(0o444)
    refusal, value = python(UNPRIVILEGED, public).splitlines()
    assert "cannot be opened for writing: Permission denied" in refusal
    assert value == "1111111111"


def test_a_read_only_folder(public: Path) -> None:
    """SQLite could not keep its journal there: opening says so before a step runs."""
    public.parent.chmod(0o555)
    refusal, value = python(UNPRIVILEGED, public).splitlines()
    assert "its folder is read-only" in refusal
    assert value == "1111111111"


def test_a_file_that_may_not_be_read(public: Path) -> None:
    """Both ways say so."""
    public.chmod(0o000)
    refusal, value = python(UNPRIVILEGED, public).splitlines()
    assert "Permission denied" in refusal
    assert "may not be read: permission denied" in value


def test_a_read_only_file_with_a_dead_writers_journal(public: Path) -> None:
    """A reader who may not roll it back says so and shows no half-done value."""
    leave_hot_journal(public)
    public.chmod(0o444)
    refusal, value = python(UNPRIVILEGED, public).splitlines()
    assert "cannot be opened for writing" in refusal
    assert "cannot be opened for writing" in value
    assert mundane.read(public).get("s1") == "1" * 10


FULL = """
    import sys, mundane
    size = int(sys.argv[2])
    def work(task):
        task.step("small", lambda: 1)
        print("small", flush=True)
        task.step("large", lambda: "x" * size)
    try:
        mundane.run(sys.argv[1], work)
    except mundane.StorageError as error:
        print(error, flush=True)
"""


def check_after_full_disk(path: Path, refusal: str) -> None:
    """The refused step is not done, the earlier one is; with space again it runs."""
    assert refusal.startswith(f"{path}: writing to it: ")
    assert [(step.name, step.status) for step in mundane.read(path).steps()] == [
        ("small", "done"),
        ("large", "pending"),
    ]
    small, large = Calls(), Calls("now")
    with mundane.open(path) as task:
        assert task.step("small", small) == 1
        assert task.step("large", large) == "now"
    assert (small.count, large.count) == (0, 1)
    assert beside(path) == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_file_that_may_not_grow(path: Path) -> None:
    """A commit that hits the limit of a file's size leaves the step pending, and says why."""
    limited = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (2**18, 2**18))\n"
    script = limited + "import textwrap\nexec(textwrap.dedent('''" + FULL + "'''))"
    small, refusal = python(script, path, 10_000_000).splitlines()
    assert small == "small"
    check_after_full_disk(path, refusal)


def test_a_full_disk(tmp_path: Path) -> None:
    """A commit that finds no space leaves the step pending, and says that the disk is full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        # Nothing may be mounted here, so the other limit has to stand for it.
        test_a_file_that_may_not_grow(disk / "task.db")
        return
    try:
        path = disk / "task.db"
        small, refusal = python(FULL, path, 10_000_000).splitlines()
        assert small == "small"
        assert "the disk is full: free some space" in refusal
        check_after_full_disk(path, refusal)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_value_beyond_sqlites_limit(path: Path) -> None:
    """It is a StorageError that says so; the step is not stored."""
    with mundane.open(path) as task:
        task.query(lambda c: c.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 10_000))
        with pytest.raises(mundane.StorageError, match="a value is too large for SQLite"):
            task.step("a", lambda: "x" * 20_000)
        with pytest.raises(mundane.StorageError, match="a value is too large for SQLite"):
            task.commit(lambda c: c.execute("SELECT ?", (2**70,)))
        assert task.status("a") == "pending"
        assert task.step("b", lambda: 1) == 1


def test_how_a_step_is_made_durable(path: Path) -> None:
    """Every commit is synced in full, and the journal stays; test_power_loss.py says why."""
    seen: list[tuple[int, str]] = []

    def look(connection: sqlite3.Connection) -> None:
        level = connection.execute("PRAGMA synchronous").fetchone()[0]
        seen.append((level, connection.execute("PRAGMA journal_mode").fetchone()[0]))

    with mundane.open(path) as task:
        attempt = task.begin("a")
        task.query(look)
        attempt.done(1, also=look)
        task.commit(look)
    assert seen == [(2, "persist")] * 3


def test_a_files_schema_is_not_trusted(path: Path) -> None:
    """Expressions in a stranger's file may call no function with side effects."""
    with mundane.open(path) as task, mundane.read(path) as view:
        for holder in (task, view):
            assert holder.query(lambda c: c.execute("PRAGMA trusted_schema").fetchone()) == (0,)


def test_a_dropped_task_frees_its_file(path: Path) -> None:
    """A task that was not closed is locked no longer than it lives."""
    task: mundane.Task | None = mundane.open(path)
    assert task is not None
    task.step("a", lambda: 1)
    task = None
    assert mundane.run(path, lambda task: task.get("a")) == 1
    assert beside(path) == []


def test_a_steps_own_error_is_not_hidden(path: Path) -> None:
    """Where even `failed` cannot be written, what the step raised is the error's context."""
    own = ValueError("the step's own")

    def work() -> None:
        path.unlink()
        raise own

    with mundane.open(path) as task, pytest.raises(mundane.StorageError) as info:
        task.step("a", work)
    chain: list[BaseException | None] = [info.value]
    while chain[-1] is not None:
        chain.append(chain[-1].__cause__ or chain[-1].__context__)
    assert own in chain


# The file changes under an open task.


@pytest.mark.parametrize("how", ["removed", "moved", "replaced by a copy", "replaced by another"])
def test_a_file_that_is_not_there_any_more(path: Path, how: str) -> None:
    """The step is a StorageError that says what happened; a new task goes by the path again."""
    make(path)
    with mundane.open(path) as task:
        calls = Calls(1)
        if how == "removed":
            path.unlink()
        elif how == "moved":
            path.rename(path.with_name("moved.db"))
        else:
            copy = path.with_name("copy.db")
            if how == "replaced by a copy":
                shutil.copy(path, copy)
            else:
                make(copy, 1)
            copy.replace(path)
        with pytest.raises(mundane.StorageError, match="was removed or replaced while it was open"):
            task.step("new", calls)
        assert calls.count == 0
    if how != "removed":
        path.with_name("moved.db").unlink(missing_ok=True)
    with mundane.open(path) as task:
        assert task.step("new", calls) == 1


def test_a_replaced_file_is_locked_by_its_own_task(path: Path) -> None:
    """The old task holds the old file only: the new one can be opened beside it."""
    make(path)
    with mundane.open(path) as old:
        path.unlink()
        with mundane.open(path) as new:
            assert new.task_id != old.task_id
            new.step("a", lambda: 1)
    assert [name for name, *_ in rows(path)] == ["a"]
    assert beside(path) == []


def test_opening_reads_no_results(path: Path) -> None:
    """Opening a file of 40 MB costs the memory of its names, not of its values."""
    with mundane.open(path) as task:
        for i in range(20):
            task.step(f"s{i}", lambda: "x" * 2_000_000)
    script = """
        import resource, sys, mundane
        mundane.run(sys.argv[1], lambda task: None)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        mundane.run(sys.argv[2], lambda task: task.used())
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    assert int(python(script, path.with_name("small.db"), path)) < 8_000


def test_opening_costs_the_rows_not_their_results(path: Path) -> None:
    """Opening a file reads little of it, however large the results in it are."""
    with mundane.open(path) as task:
        for name in ("a", "b", "c"):
            task.step(name, lambda: "x" * 5_000_000)
    script = """
        import sys, mundane
        def bytes_read():
            with open("/proc/self/io") as file:
                return int(file.readline().split()[1])
        before = bytes_read()
        with mundane.open(sys.argv[1]) as task:
            opened = bytes_read() - before
            value = task.step("b", lambda: "not called")
        print(opened, bytes_read() - before, len(value))
    """
    with Child(script, path) as child:
        opened, whole, length = map(int, child.line().split())
        child.end()
    assert opened < 500_000
    assert length == 5_000_000
    assert whole < 6_000_000
