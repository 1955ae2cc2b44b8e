"""Statements compared by SQLite's tokens."""

from __future__ import annotations

import pytest

from mundane._file.statement import is_same

OURS = "CREATE TABLE t (key TEXT PRIMARY KEY, name TEXT NOT NULL, UNIQUE(name))"

SAME = [
    OURS,
    OURS.lower(),
    OURS.replace(" ", "\n\t\f\r "),
    OURS.replace("( ", "(").replace(", ", ","),
    OURS.replace("(key", "( /* a ' comment */ key -- and ( another\n"),
    OURS + " -- at the end",
    OURS + " /* that does not end",
    OURS.replace("name", '"NAME"')
    .replace("key TEXT", "[key] TEXT")
    .replace("TABLE t", "TABLE `T`"),
]
OTHERS = [
    None,
    b"CREATE TABLE t (key)",
    7,
    "",
    OURS + " STRICT",
    OURS + " WITHOUT ROWID",
    OURS + ";",
    OURS + "\0",
    OURS[:-1],
    OURS.replace("TEXT NOT", "TEXT COLLATE NOCASE NOT"),
    OURS.replace("name TEXT", "name TEXT CHECK (1)"),
    OURS.replace("NOT NULL", '"NOT" NULL'),
    OURS.replace("name TEXT", 'name "TEXT NOT NULL"'),
    OURS.replace("UNIQUE(name)", "'UNIQUE'(name)"),
    OURS.replace("UNIQUE(name)", "UNIQUE('name')"),
    OURS.replace("name", '"na""me"'),
    OURS.replace("key", "\u212aey"),  # KELVIN SIGN, whose small letter is k
    OURS.replace(" ", "\u00a0"),  # SQLite takes this space for a letter
    OURS.replace("(key", "(\vkey"),
    OURS.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"),
    OURS.replace("CREATE TABLE", "CREATE TEMP TABLE"),
    OURS + " " * 100_000_000,
]


@pytest.mark.parametrize("statement", SAME, ids=range(len(SAME)))
def test_what_sqlite_reads_alike_is_the_same(statement: str) -> None:
    """White space, comments, the case of ASCII letters and quotes around names."""
    assert is_same(statement, OURS)


@pytest.mark.parametrize("statement", OTHERS, ids=range(len(OTHERS)))
def test_everything_else_is_another(statement: object) -> None:
    """One token more, less or other; and no statement of any length costs anything."""
    assert not is_same(statement, OURS)
