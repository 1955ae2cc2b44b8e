"""SPEC.md: what the code refers to is there, and what it lists is complete."""

from __future__ import annotations

import dataclasses
import importlib
import re
import sqlite3
from pathlib import Path

import pytest

import mundane
import mundane.cli
import mundane.errors
import mundane_ipython.errors
from mundane_ipython.run.runner import EXIT_KERNEL_DIED
from mundane_ipython.taskfile.record import CellRecord
from mundane_ipython.taskfile.tables import Cells

from .support import README, ROOT, SPEC, blocks, headings, section

_REFERENCE = re.compile(r"SPEC\.md\)?, ([A-Z][\w' ]*\w)")


def references() -> list[tuple[str, str]]:
    """Return (file, section) for each place of the code and the README that names a section."""
    files = [*ROOT.glob("mundane/**/*.py"), *ROOT.glob("mundane_ipython/**/*.py")]
    files += [*ROOT.glob("tests/**/*.py"), ROOT / "README.md"]
    return [
        (path.relative_to(ROOT).as_posix(), title)
        for path in sorted(files)
        if path.parent != Path(__file__).parent
        for title in _REFERENCE.findall(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("file", "title"), sorted(set(references())))
def test_referenced_section_exists(file: str, title: str) -> None:
    """A section of SPEC.md that a docstring, a comment or the README names is there."""
    known = headings(SPEC)
    assert any(title == each or title.startswith(f"{each} ") for each in known), file


def test_faults_are_tested_by_these_names() -> None:
    """Each test that the table of faults names is there."""
    named = set(re.findall(r"`(test_\w+)`", section(SPEC, "Faults")))
    paths = [*ROOT.glob("tests/core/test_*.py"), *ROOT.glob("tests/ipython/*/test_*.py")]
    source = "".join(path.read_text() for path in paths)
    assert named
    assert named <= set(re.findall(r"^def (test_\w+)", source, re.MULTILINE))


_LIMIT = re.compile(r"^\| .* \| ([\d,.]+) ?(KiB|MiB)?.* \| `([\w.]+):(\w+)` \|$", re.MULTILINE)
_UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20}


def test_limits_are_those_of_the_code() -> None:
    """Each row of their table has the number of the constant that it names."""
    rows = [line for line in section(SPEC, "Limits").splitlines() if "`mundane" in line]
    found = _LIMIT.findall("\n".join(rows))
    assert len(found) == len(rows) > 20
    for number, unit, module, constant in found:
        value = getattr(importlib.import_module(module), constant)
        assert value == float(number.replace(",", "")) * _UNITS[unit], f"{module}.{constant}"


def schema(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Return (name, SQL without its spacing) of everything that a database defines."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(name, re.sub(r"\s+|IF NOT EXISTS", "", sql)) for name, sql in rows}


def test_tables_are_those_of_a_file(tmp_path: Path) -> None:
    """The SQL in SPEC.md makes exactly the tables that the library and the extension make."""
    with mundane.open(tmp_path / "t.db") as task:
        Cells(task)
    made, written = sqlite3.connect(tmp_path / "t.db"), sqlite3.connect(":memory:")
    for statements in blocks(SPEC, "sql"):
        written.executescript(statements)
    assert schema(written) == schema(made)


def test_members_of_a_record_are_listed() -> None:
    """Each member of a cell's record is described, and nothing else is."""
    table = section(SPEC, "Record")
    listed = {
        name
        for cell in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", cell)
    }
    assert listed == {field.name for field in dataclasses.fields(CellRecord)}


def test_errors_are_listed_with_their_builtins() -> None:
    """Each error is listed with the builtin that it also is."""
    errors = {
        name: error
        for module in (mundane.errors, mundane_ipython.errors)
        for name, error in vars(module).items()
        if isinstance(error, type) and issubclass(error, mundane.MundaneError)
    }
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section(SPEC, "Errors"), re.MULTILINE))
    assert rows.keys() == errors.keys()
    for name, bases in rows.items():
        for builtin in re.findall(r"`(\w+)`", bases):
            assert issubclass(errors[name], __builtins__[builtin]), name


@pytest.mark.parametrize("text", [README, SPEC], ids=["README", "SPEC"])
def test_exit_codes(text: str) -> None:
    """The exit codes are those of the command line."""
    codes = (
        mundane.cli.EXIT_OK,
        mundane.cli.EXIT_FAILED,
        mundane.cli.EXIT_USAGE,
        mundane.cli.EXIT_LOCKED,
        mundane.cli.EXIT_INTERRUPTED,
    )
    assert codes == (0, 1, 2, 75, 130)
    section_text = section(text, "Exit codes" if text is SPEC else "Command line")
    for code in codes:
        assert re.search(rf"\b{code}\b", section_text)


@pytest.mark.parametrize("text", [README, SPEC], ids=["README", "SPEC"])
def test_exit_codes_of_a_run(text: str) -> None:
    """Those of `mundane run` are listed in a table, each once, and no other."""
    table = section(text, "Exit codes" if text is SPEC else "Run from cron")
    listed = [int(code) for cell in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE)
              for code in cell.split(",")]  # fmt: skip
    assert listed == [0, 1, 2, EXIT_KERNEL_DIED, 75, 129, 130, 143]
