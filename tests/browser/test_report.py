"""The report's page in a real browser: what it shows, and that nothing in it runs."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from mundane.cli import main
from tests.ipython.support.shells import new_shell

from .conftest import Watched

# Sets a global, opens a dialog, and loads something: each would be seen.
_RUN = "window.owned=1;alert(1);new Image().src='http://owned.example/x'"
HOSTILE = (
    f'"\'></title></style></textarea><script>{_RUN}</script><img src=x onerror="{_RUN}">'
    f'<svg onload="{_RUN}"><animate onbegin="{_RUN}" attributeName=x dur=1s></svg>'
    f'<details open ontoggle="{_RUN}">d</details><iframe srcdoc="<script>{_RUN}</script>">'
    "</iframe><link rel=stylesheet href=http://owned.example/s.css>"
    "<meta http-equiv=refresh content='0;url=http://owned.example/'>"
    f'<a id=link href="javascript:{_RUN}">link</a><body onload="{_RUN}">'
    "<style>@import 'http://owned.example/s.css'; body {display: none}</style>"
)
_SVG = (
    f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="{_RUN}">'
    f'<script>{_RUN}</script><image href="http://owned.example/i.png"/></svg>'
)
OUTPUTS = f"""
from IPython.display import HTML, SVG, Javascript, Markdown, display
display(HTML({HOSTILE!r}), Markdown({HOSTILE!r}), Javascript({_RUN!r}), SVG({_SVG!r}))
display({{"text/html": "<b>after the hostile ones</b>", "text/latex": {HOSTILE!r}}}, raw=True)
print({HOSTILE!r})
"""


@pytest.fixture
def task_file(task_path: Path) -> Path:
    """A task with a step in every state."""
    with new_shell(task_path) as shell:
        shell.step("load", "rows = [1, 2]\nprint('two rows')")
        shell.step("use", "total = sum(rows)")
        shell.ok("%mundane_sleep nap 0s")
        shell.fails("%%step bad\ndef inner():\n    raise ValueError('no rows')\ninner()")
        shell.step("load", "rows = [1, 2, 3]", "--rerun")
        task = shell.magics.session.need_task()
        task.begin("cut")
    return task_path


def report(task_file: Path) -> Path:
    """Return the page of a task file."""
    assert main(["report", str(task_file)]) == 0
    return task_file.with_suffix(".html")


def lanes(watched: Watched) -> list[dict[str, Any]]:
    """Return the class and the place of every bar, as the browser lays it out."""
    found: list[dict[str, Any]] = watched.page.evaluate(
        "() => [...document.querySelectorAll('rect.bar')].map(bar => {"
        " const box = bar.getBoundingClientRect(), lane = bar.parentNode.getBoundingClientRect();"
        " return {kind: bar.getAttribute('class'), left: box.left - lane.left,"
        " right: lane.right - box.right, width: box.width, height: box.height}})"
    )
    return found


def test_a_bar_for_each_step(task_file: Path, watched: Watched) -> None:
    """Each is visible, within its lane, and of its state's class."""
    watched.open(report(task_file))
    bars = lanes(watched)
    states = ["done", "stale", "sleep", "failed", "interrupted"]
    assert [bar["kind"] for bar in bars] == [f"bar {state}" for state in states]
    for bar in bars:
        assert bar["width"] >= 2
        assert bar["height"] >= 2
        assert bar["left"] >= -1
        assert bar["right"] >= -1
    colours = watched.page.evaluate(
        "() => [...document.querySelectorAll('rect.bar')].map(bar => getComputedStyle(bar).fill)"
    )
    assert len(set(colours)) == len(states)
    assert watched.deeds == []


def test_an_error_shows_its_traceback(task_file: Path, watched: Watched) -> None:
    """At once, without a click, beside what the others showed and why they are stale."""
    watched.open(report(task_file))
    failed = watched.page.locator("section.failed")
    assert failed.locator("h3").inner_text() == "bad"
    trace = failed.locator(".traceback pre")
    assert trace.is_visible()
    assert "in inner" in trace.inner_text()
    assert "ValueError: no rows" in trace.inner_text()
    stale = watched.page.locator("section.stale .remark").inner_text()
    assert stale == "Stale: step load was run again since"
    # A click on a step's name in the timeline leads to it; the code opens by a click.
    watched.page.get_by_role("link", name="use").click()
    assert watched.page.url.endswith("#step-1")
    code = watched.page.locator("section.stale details").first
    code.locator("summary").click()
    assert "total = sum(rows)" in code.locator("pre").inner_text()


def test_nothing_hostile_runs(task_path: Path, watched: Watched) -> None:
    """A hostile name, error, time, id and output are shown as text, or not at all."""
    with new_shell(task_path) as shell:
        shell.step("shown", OUTPUTS)
        shell.fails(f"%%step bad\nraise ValueError({HOSTILE!r})")
        shell.step("other", "x = 1")
        shell.ok("%mundane_close")
    with contextlib.closing(sqlite3.connect(task_path)) as connection, connection:
        connection.execute(
            "UPDATE mundane_steps SET name = ?1, kind = ?1, result = json_quote(?1)"
            " WHERE name = 'other'",
            (HOSTILE,),
        )
        connection.execute(
            "INSERT INTO mundane_steps (name, kind, encoding, status, error, started_at)"
            " SELECT name || '2', kind, encoding, ?1, ?1, ?1 FROM mundane_steps WHERE id = 1",
            (HOSTILE,),
        )
        connection.execute("UPDATE mundane_meta SET value = ? WHERE key = 'task_id'", (HOSTILE,))
    # The record must stay the user's own, so that its HTML is drawn at all.
    with new_shell(task_path) as shell:
        shell.ok(f"%mundane_open {task_path} --trust")
    watched.open(report(task_path))
    page = watched.page
    assert "after the hostile ones" in page.locator("section").first.inner_text()
    assert page.locator("section").count() == 4
    for link in page.locator(".output a").all():
        link.click()
    for summary in page.locator("summary").all():
        summary.click()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("() => window.owned") is None
    assert page.locator("script, iframe, object, embed, form, link, base").count() == 0
    assert page.locator("style").count() == 1
    assert page.locator("body").is_visible()
    assert HOSTILE[:40] in page.locator("h3").nth(2).inner_text()
    assert watched.deeds == []


def test_the_test_would_see_it(tmp_path: Path, watched: Watched) -> None:
    """Each of the hostile parts, on a page of its own without a policy, is seen to run."""
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><title>{HOSTILE}", encoding="utf-8")
    watched.page.route("http://owned.example/**", lambda route: route.abort())
    with contextlib.suppress(Exception):  # it navigates away by itself
        watched.open(page)
    kinds = {deed.partition(":")[0] for deed in watched.deeds}
    assert {"dialog", "request", "frame"} <= kinds
