"""Notebook 7 in a real browser, the main path: Run All, restart, Run All."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .front_end import FrontEnd, Notebook, write_notebook
from .server import Server
from .test_lab import RICH

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_restarted(chromium: Browser, server: Server, folder: Path) -> None:
    """After a restart and Run All every step shows what it showed, and a note."""
    file = folder / "work.ipynb"
    write_notebook(file, RICH)
    path = str(file.relative_to(server.root))
    with chromium.new_context(viewport={"width": 1200, "height": 1800}) as context:
        front_end = FrontEnd(context.new_page(), server)
        front_end.load(f"notebooks/{path}")
        notebook = Notebook(front_end, path)
        notebook.wait_idle()
        first = notebook.run_all()
        assert [cell.error for cell in first] == [""] * len(RICH)
        again = notebook.restart_and_run_all()
        assert [cell.plain for cell in again] == [cell.plain for cell in first]
        for index, name in enumerate(["streams", "table", "figure", "update"], 1):
            assert f"step {name}: restored, saved " in notebook.text(index)
        assert notebook.shown(2).locator("table").is_visible()
        assert notebook.shown(3).locator("img").evaluate("image => image.naturalWidth") > 100
        notebook.close()
