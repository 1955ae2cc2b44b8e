"""Fixtures: a headless Chromium that is installed here already, and pages that tell what they did.

Nothing is installed or downloaded. Where no browser is found the tests fail, and say what to
install.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ipython.conftest import _own_home, task_path

from .front_end import FrontEnd
from .server import Server, start_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

__all__ = ["_own_home", "task_path"]

# The system's, under the names that distributions give it.
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


# Not for the session: playwright's event loop runs in this thread until it is stopped, and other
# packages' tests start their own.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Run a headless Chromium: the system's, else the one that playwright installed."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.fail("playwright is missing: pip install -e '.[browser]'", pytrace=False)
    with sync_playwright() as driver:
        own = driver.chromium.executable_path
        found = next(filter(None, map(shutil.which, _NAMES)), own if Path(own).exists() else None)
        if found is None:
            pytest.fail(
                f"no browser: none of {', '.join(_NAMES)} is on the path; install Chromium, e.g. "
                "'apt-get install chromium', or run 'python -m playwright install chromium'",
                pytrace=False,
            )
        # Chromium's sandbox does not work for root, whom containers run as.
        arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        browser = driver.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page, and everything that it did which a page without scripts does not do.

    Attributes:
        page: the page.
        deeds: dialogs, requests, console messages, errors, new windows and navigations.
    """

    page: Page
    deeds: list[str] = field(default_factory=list)

    def open(self, file: Path) -> None:
        """Open a file, and wait until all that could run or load has."""
        self.page.on(
            "dialog", lambda dialog: (self._note("dialog", dialog.message), dialog.dismiss())
        )
        self.page.on("console", lambda message: self._note("console", message.text))
        self.page.on("pageerror", lambda error: self._note("error", str(error)))
        self.page.on("popup", lambda popup: self._note("window", popup.url))
        self.page.on("worker", lambda worker: self._note("worker", worker.url))
        self.page.on("frameattached", lambda frame: self._note("frame", frame.url))
        own = file.resolve().as_uri()
        self.page.on("request", lambda r: r.url in (own,) or self._request(r.url))
        self.page.goto(own)
        self.page.wait_for_load_state("networkidle")

    def _dialog(self, dialog: Dialog) -> None:
        self._note("dialog", dialog.message)
        dialog.dismiss()

    def _request(self, url: str) -> None:
        if not url.startswith("data:image/"):
            self._note("request", url)

    def _note(self, kind: str, what: str) -> None:
        self.deeds.append(f"{kind}: {what}")


@pytest.fixture(params=["light", "dark"])
def watched(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """Return a fresh page, in light and in dark colours."""
    context = chromium.new_context(
        viewport={"width": 1200, "height": 900}, color_scheme=request.param
    )
    yield Watched(context.new_page())
    context.close()


@pytest.fixture(scope="package")
def server(_own_home: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run JupyterLab's server, with a folder of its own."""
    with start_server(tmp_path_factory.mktemp("served")) as started:
        yield started


@pytest.fixture(scope="package")
def lab(chromium: Browser, server: Server) -> Iterator[FrontEnd]:
    """Load JupyterLab once: the tests open their notebooks in one page, as people do."""
    context = chromium.new_context(viewport={"width": 1200, "height": 1800})
    front_end = FrontEnd(context.new_page(), server)
    front_end.load()
    yield front_end
    context.close()


@pytest.fixture
def folder(server: Server, request: pytest.FixtureRequest) -> Path:
    """Return a served folder of the test's own."""
    made = server.root / f"{request.path.stem}-{request.node.name}"
    made.mkdir()
    return made
