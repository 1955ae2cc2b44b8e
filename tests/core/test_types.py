"""The types of the public names, as a user's type checker sees them."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from . import typed_uses
from .support import REPO

README = (REPO / "README.md").read_text(encoding="utf-8")
SCRIPTS = [
    block for block in re.findall(r"^```python\n(.*?)^```$", README, re.S | re.M)
    if "import mundane\n" in block
]  # fmt: skip


def mypy(file: Path, *options: str) -> str:
    """Return what mypy says of a file; empty where that is nothing."""
    # Without this repository's own configuration, which is strict.
    words = [sys.executable, "-m", "mypy", "--no-error-summary", "--config-file=", *options]
    words.append(str(file))
    return subprocess.run(words, capture_output=True, text=True, cwd=REPO, check=False).stdout


def test_typed_uses_pass_the_strict_check() -> None:
    """What a function returns is what its step, or its map, is said to return."""
    assert mypy(REPO / "tests/core/typed_uses.py", "--strict") == ""


def test_typed_uses_do_as_they_say(tmp_path: Path) -> None:
    """The same file, run."""
    asyncio.run(typed_uses.main(tmp_path))


@pytest.mark.parametrize("script", SCRIPTS, ids=range(len(SCRIPTS)))
def test_the_scripts_of_the_readme_are_well_typed(script: str, tmp_path: Path) -> None:
    """They have no annotations, and what they do with steps' values is checked all the same."""
    (tmp_path / "script.py").write_text(script)
    assert mypy(tmp_path / "script.py", "--check-untyped-defs") == ""


def test_there_are_scripts_in_the_readme() -> None:
    """The one above them checks something."""
    assert len(SCRIPTS) >= 2
