"""What other packages bring to the command line, by one that is installed for the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mundane

MODULE = """
def command(words):
    '''Paint 100% of it.

    In any colour.
    '''
    print("called with", words)
    return 7

def describe(connection):
    return {"a": {"colour": connection.execute("SELECT colour FROM other_colours").fetchone()[0]}}

def sweep(connection):
    gone = "name NOT IN (SELECT name FROM mundane_steps)"
    connection.execute("DELETE FROM other_colours WHERE " + gone)
"""
ENTRY_POINTS = """
[mundane.commands]
paint = other_module:command
status = other_module:command
gone = other_gone:command

[mundane.tables]
other_colours = other_module
other_gone = other_gone
"""


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder with an installed package that brings a command and knows a table."""
    folder = tmp_path / "packages"
    info = folder / "other-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    (folder / "other_module.py").write_text(MODULE)
    return folder


@pytest.fixture
def task_file(path: Path) -> Path:
    """A task file in which that package has a table."""
    with mundane.open(path) as task:
        task.step("a", lambda: 1)
        task.step("b", lambda: 2)
        task.commit(lambda c: c.execute("CREATE TABLE other_colours (name TEXT, colour TEXT)"))
        rows = [("a", "red"), ("b", "blue")]
        task.commit(lambda c: c.executemany("INSERT INTO other_colours VALUES (?, ?)", rows))
    return path


def cli(packages: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Run the command where the package is installed."""
    command = [sys.executable, "-m", "mundane", *map(str, words)]
    environment = os.environ | {"PYTHONPATH": str(packages)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_a_command_of_another_package(packages: Path) -> None:
    """It gets the words behind its name, and its exit code is the command's."""
    run = cli(packages, "paint", "it", "--black")
    assert (run.returncode, run.stdout) == (7, "called with ['it', '--black']\n")


def test_the_help_lists_them(packages: Path) -> None:
    """By the first line of their docstrings; one that cannot be loaded says so."""
    run = cli(packages, "--help")
    assert (run.returncode, run.stderr) == (0, "")
    text = " ".join(run.stdout.split())
    assert "gone 'gone' cannot be loaded (No module named 'other_gone')" in text
    assert "paint paint 100% of it report write one page" in text
    assert "run run a notebook" in text
    assert text.count("status") == 1


def test_the_cores_own_commands_come_first(packages: Path, task_file: Path) -> None:
    """Nobody takes one over."""
    assert cli(packages, "status", task_file).stdout.startswith("task ")


def test_a_command_that_cannot_be_loaded(packages: Path) -> None:
    """One line says which package is missing."""
    run = cli(packages, "gone")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("mundane: 'gone' cannot be loaded (No module named 'other_gone')")
    assert len(run.stderr.splitlines()) == 1


def test_facts_of_another_package(packages: Path, task_file: Path) -> None:
    """They stand with the steps, in files that have its table."""
    run = cli(packages, "steps", task_file, "--json")
    records = [json.loads(line) for line in run.stdout.splitlines()]
    assert [record.get("colour") for record in records] == ["red", None]
    assert run.stderr == ""


def test_a_package_for_a_table_that_cannot_be_loaded(packages: Path, task_file: Path) -> None:
    """The steps are shown without it, and a line says so."""
    with mundane.open(task_file) as task:
        task.commit(lambda c: c.execute("CREATE TABLE other_gone (x)"))
    run = cli(packages, "steps", task_file)
    assert run.returncode == 0
    assert len(run.stdout.splitlines()) == 3
    assert run.stderr.startswith("mundane: without other_gone, which cannot be loaded")


def test_vacuum_lets_a_package_sweep(packages: Path, task_file: Path) -> None:
    """What belongs to forgotten steps goes from its table."""
    assert cli(packages, "forget", task_file, "a", "--yes").returncode == 0
    assert cli(packages, "vacuum", task_file).returncode == 0
    with mundane.open(task_file) as task:
        names = task.query(lambda c: c.execute("SELECT name FROM other_colours").fetchall())
    assert names == [("b",)]
