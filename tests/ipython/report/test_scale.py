"""A hundred thousand steps in a notebook and in a report: how much is shown of them.

How long it takes is measured by `python -m tests.bench scale`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mundane.cli import main

from ...core.support import many_steps
from ..support.shells import many_cells, new_shell

ROWS = 100_000


@pytest.fixture(scope="module", params=[many_steps, many_cells])
def large(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A task file with 100,000 items of a map, or cells."""
    path: Path = request.param(tmp_path_factory.mktemp("scale") / "task.db", ROWS)
    return path


def test_a_notebook_shows_it(large: Path) -> None:
    """The last of the steps, and that there are more."""
    with new_shell(large) as shell:
        table = shell.ok("%mundane_steps").result.result
        assert len(repr(table)) + len(table._repr_html_()) < 2_000_000
        text = repr(table)
        assert "99,000 earlier steps" in text or "100,000" in text  # a map's items are one line


def test_the_report_of_it(large: Path) -> None:
    """It is a page that a browser opens at once."""
    assert main(["report", str(large)]) == 0
    assert large.with_suffix(".html").stat().st_size < 5 << 20
