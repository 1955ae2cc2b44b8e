"""`mundane report`: what the page holds, whose outputs it draws, and what is taken out of them."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import os
import re
import sqlite3
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import mundane
from mundane.cli import main
from mundane_ipython.outputs.widgets import VIEW, as_texts
from mundane_ipython.report.command import _calm
from mundane_ipython.report.html import MAX_TEXT_CHARS, clean_html, outputs_html, plain

from ..support.shells import new_shell

PNG = base64.b64encode(b"\x89PNG not really").decode()


class Tags(HTMLParser):
    """Every tag of a page with its attributes, and the text between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep a piece of text."""
        self.text += data

    def classes(self, tag: str) -> list[str]:
        """Return the classes of each element of a kind."""
        return [attributes.get("class") or "" for name, attributes in self.found if name == tag]


def is_harmless(html: str) -> bool:
    """Return whether HTML has nothing that runs, leaves the page or loads something."""
    tags = Tags(html).found
    return all(
        tag not in ("script", "style", "iframe", "object", "embed", "form", "base", "link", "svg")
        and not any(name.startswith("on") for name in attributes)
        and (attributes.get("src") or "data:image/").startswith("data:image/")
        and re.match(r"https?:|mailto:|#", attributes.get("href") or "#")
        and "url(" not in (attributes.get("style") or "")
        and "position" not in (attributes.get("style") or "")
        for tag, attributes in tags
    )


def report(path: Path, *words: str) -> str:
    """Return the page of a task file."""
    target = path.with_name("report.html")
    assert main(["report", str(path), "-o", str(target), *words]) == 0
    return target.read_text(encoding="utf-8")


# Outputs.

HOSTILE_HTML = {
    "script": "<script>alert(1)</script>",
    "handler": '<img src="x" onerror="alert(1)"><b onclick="alert(1)">b</b>',
    "svg": '<svg onload="alert(1)"><script>alert(1)</script></svg>',
    "link": '<a href="javascript:alert(1)">a</a><a href=" jav&#x09;ascript:alert(1)">a</a>',
    "data link": '<a href="data:text/html,<script>alert(1)</script>">a</a>',
    "frame": '<iframe srcdoc="<script>alert(1)</script>"></iframe><object data="x"></object>',
    "form": '<form action="http://evil"><button formaction="javascript:alert(1)">b</button></form>',
    "style": '<style>body{display:none}</style><p style="background:url(http://evil)">p</p>',
    "overlay": '<div style="position:fixed;top:0;left:0;width:100%;height:100%">d</div>',
    "meta": '<meta http-equiv="refresh" content="0;url=http://evil"><base href="http://evil">',
    "image": '<img src="http://evil/x.png"><img src="data:text/html;base64,AAAA">',
    "broken": '<<img/src="`"onerror=alert(1)><math><mi//xlink:href="data:x,<script>alert(1)">',
    "nested": '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "template": "<template><script>alert(1)</script></template>",
}


@pytest.mark.parametrize("text", HOSTILE_HTML.values(), ids=HOSTILE_HTML)
def test_html_is_sanitised(text: str) -> None:
    """Nothing that runs, loads or leaves its place is left of it, and what follows stays."""
    cleaned = clean_html(text + "<b>after</b>")
    assert is_harmless(cleaned), cleaned


def test_a_data_frame_stays_a_table() -> None:
    """What pandas writes keeps its cells and their alignment, without its classes."""
    frame = (
        '<div><style scoped>.dataframe {}</style><table border="1" class="dataframe bar">'
        '<tr style="text-align: right;"><th>a</th><td colspan="2">1</td></tr></table></div>'
    )
    assert clean_html(frame) == (
        '<div><table><tbody><tr style="text-align:right"><th>a</th><td colspan="2">1</td></tr>'
        "</tbody></table></div>"
    )


def bundle(**data: Any) -> list[dict[str, Any]]:
    """Return one display with these MIME types, their slashes written as `__`."""
    kinds = {kind.replace("__", "/").replace("_xml", "+xml"): each for kind, each in data.items()}
    return [{"output_type": "display_data", "data": kinds, "metadata": {}}]


DRAWN = {
    "html": (bundle(text__html="<i>rich</i>", text__plain="poor"), "<i>rich</i>"),
    "html of a script": (bundle(text__html="<div id=a></div>", text__plain="poor"), "poor"),
    "png": (bundle(image__png=PNG, text__plain="poor"), f'src="data:image/png;base64,{PNG}"'),
    "svg": (bundle(image__svg_xml="<svg/>"), 'src="data:image/svg+xml;base64,PHN2Zy8+"'),
    "no png": (bundle(image__png='"><script>', text__plain="poor"), "poor"),
    "markdown": (bundle(text__markdown="**b**", text__plain="poor"), "**b**"),
    "latex": (bundle(text__latex="$x < y$"), "$x &lt; y$"),
    "lines": (bundle(text__plain=["a\n", "b"]), "a\nb"),
    "stream": ([{"output_type": "stream", "name": "stdout", "text": "a < b"}], "a &lt; b"),
    "colours": (
        [{"output_type": "stream", "name": "stderr", "text": "\x1b[31mred\x1b[0m"}],
        ">red<",
    ),
    "progress": (
        [{"output_type": "stream", "name": "stderr", "text": " 1%\r 50%\r100%\n"}],
        ">100%",
    ),
    "error": ([{"output_type": "error", "traceback": ["<one>", "two"]}], "&lt;one&gt;\ntwo"),
}


@pytest.mark.parametrize(("outputs", "text"), DRAWN.values(), ids=DRAWN)
def test_the_best_of_each_output_is_drawn(outputs: list[dict[str, Any]], text: str) -> None:
    """HTML and images before text; what cannot be drawn shows by its text."""
    html = outputs_html(outputs, trusted=True)
    assert text in html
    assert html.count('class="output') == 1
    assert is_harmless(html)


def test_of_a_foreign_record_text_and_bitmaps_are_drawn() -> None:
    """As a restore does (SPEC.md, Trust)."""
    rich = bundle(text__html="<i>rich</i>", image__svg_xml="<svg/>", text__plain="poor")
    assert "poor" in outputs_html(rich, trusted=False)
    assert "rich" not in outputs_html(rich, trusted=False)
    assert "svg" not in outputs_html(rich, trusted=False)
    assert PNG in outputs_html(bundle(image__png=PNG), trusted=False)


@pytest.mark.parametrize(
    "output",
    [
        {},
        {"output_type": "display_data"},
        {"output_type": "display_data", "data": {"text/plain": 1, "text/html": {}}},
        {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": {"image/png": 1}},
        {"output_type": "stream", "text": None},
        {"output_type": "error", "traceback": 5},
        {"output_type": ["x"]},
    ],
)
def test_outputs_of_any_shape_are_survived(output: dict[str, Any]) -> None:
    """Somebody may have written anything into the file."""
    assert is_harmless(outputs_html([output], trusted=True))


def test_a_long_text_loses_its_middle() -> None:
    """Its beginning and its end are shown, and how much is not."""
    text = plain("a" * MAX_TEXT_CHARS + "b" * 1000)
    assert text.startswith("aaa")
    assert text.endswith("bbb")
    assert "1,000 characters left out" in text


# The page.


@pytest.fixture
def task_file(task_path: Path) -> Path:
    """A task with steps of a cell and of a script, one that failed, a sleep, and a stale one."""
    with new_shell(task_path) as shell:
        shell.step("load", "rows = [1, 2]\nprint('two rows')")
        shell.step("use", "total = sum(rows)\nmodel = {1, 2}")
        shell.ok("%mundane_sleep nap 0s")
        for _ in range(2):
            shell.fails("%%step bad\ndef inner():\n    raise ValueError('<no> rows')\ninner()")
        shell.step("load", "rows = [1, 2, 3]\nprint('three rows')", "--rerun")
        shell.ok("from IPython.display import HTML")
        shell.step("rich", "HTML('<i>rich</i>')")
        shell.ok("%mundane_close")
    with mundane.open(task_path) as task:
        task.step("script", lambda: {"n": 42})
        task.begin("cut")
    return task_path


def test_the_page_shows_every_step(task_file: Path) -> None:
    """A bar and a section each, in order; errors with their traceback; outputs, code, values."""
    page = report(task_file)
    tags = Tags(page)
    bars = ["stale" if name == "use" else state for name, state in STATES.items()]
    assert tags.classes("rect") == [f"bar {state}" for state in bars]
    sections = [each for each in tags.classes("section") if "step" in each]
    assert sections == [f"card step {state}" for state in bars]
    assert re.findall(r"<h3>([^<]+)</h3>", page) == list(STATES)
    for text in (
        "Stale: step load was run again since",
        "ValueError('<no> rows')",
        "in inner",
        "2 tries",
        "three rows",
        '"n": 42',
        "<set, ",
        "total = sum(rows)",
        "nobody has it open",
    ):
        assert text in tags.text, text
    assert "<i>rich</i>" in page


STATES = {
    "load": "done",
    "use": "stale",
    "nap": "sleep",
    "bad": "failed",
    "rich": "done",
    "script": "done",
    "cut": "interrupted",
}


def test_the_page_is_self_contained(task_file: Path) -> None:
    """No script, nothing from elsewhere, and a policy that would stop both."""
    page = report(task_file)
    tags = Tags(page).found
    policies = [a["content"] for t, a in tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    for part in ("default-src 'none'", "img-src data:", "style-src 'unsafe-inline'"):
        assert part in (policies[0] or "")
    body = page[page.index("<body>") :]
    assert is_harmless(re.sub(r"<svg class=|</svg>", "<i class=", body))
    assert not re.search(r"@import|url\(", page)


def test_a_running_task_can_be_reported(task_path: Path) -> None:
    """Beside a live writer; the step at hand runs up to now."""
    with mundane.open(task_path) as task:
        task.begin("a")
        tags = Tags(report(task_path))
    assert tags.classes("rect") == ["bar running"]
    assert f"open in process {os.getpid()}" in tags.text


def test_a_task_without_steps(task_path: Path) -> None:
    """A page with an empty timeline."""
    mundane.open(task_path).close()
    assert Tags(report(task_path)).classes("rect") == []


def test_of_somebody_elses_file_html_is_not_drawn(
    task_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the key, and with another; making a report makes no key."""
    key = task_file.with_name("other-key")
    monkeypatch.setenv("MUNDANE_KEY_FILE", str(key))
    page = report(task_file)
    assert "rich</i>" not in page
    assert "not signed with your key" in page
    assert "three rows" in page
    assert not key.exists()
    key.touch(0o600)
    key.write_bytes(b"k" * 32)
    assert "rich</i>" not in report(task_file)


@pytest.mark.parametrize(
    "record",
    ["no json", "[]", "{}", '{"source": 1}', b"\xff", "[" * 100_000, "outputs", "left_out"],
    ids=lambda record: repr(record)[:12],
)
def test_a_damaged_record_is_left_out(task_file: Path, record: Any) -> None:
    """The page shows the row then."""
    with contextlib.closing(sqlite3.connect(task_file)) as connection, connection:
        if record in ("outputs", "left_out"):
            ((text,),) = connection.execute(
                "SELECT record FROM mundane_ipython_cells WHERE name = 'use'"
            )
            record = json.dumps(json.loads(text) | {record: ["x"]})
        connection.execute("UPDATE mundane_ipython_cells SET record = ?", (record,))
    tags = Tags(report(task_file))
    assert len(tags.classes("rect")) == len(STATES)
    assert "three rows" not in tags.text


def test_the_page_of_a_hostile_file(task_file: Path) -> None:
    """Whatever stands in its columns is text."""
    hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m"
    for column in ("name", "kind", "status", "error", "started_at", "finished_at", "encoding"):
        with contextlib.closing(sqlite3.connect(task_file)) as connection, connection:
            connection.execute(f"UPDATE mundane_steps SET {column} = ? WHERE id = 5", (hostile,))
            connection.execute(
                "UPDATE mundane_meta SET value = ? WHERE key = 'task_id'", (hostile,)
            )
        body = report(task_file).partition("<body>")[2]
        assert is_harmless(re.sub(r"<svg class=|</svg>", "<i class=", body)), column


# The command.


def test_where_the_page_goes(task_file: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Beside the task file, where -o says, or to standard output; nothing else is left there."""
    assert main(["report", str(task_file)]) == 0
    assert b"wrote" in capfdbinary.readouterr().out
    assert {file.name for file in task_file.parent.iterdir()} == {"task.db", "task.html"}
    words = [sys.executable, "-m", "mundane", "report", str(task_file), "-o", "-"]
    shown = subprocess.run(words, capture_output=True, check=True).stdout
    assert shown.startswith(b"<!doctype html>")
    assert shown.endswith(b"</html>\n")


def test_a_page_on_a_terminal_does_not_steer_it(
    task_file: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Control characters and those that turn the text's direction are references: as in a file."""
    steering = "a\x1b]0;owned\x07b\x9b2J\u202ec\u2066d\r\x7f e\u2028f\ufeff \u00a0 \U000e0041 \x08"
    family = "Zo\u00eb \U0001f468\u200d\U0001f469\u200d\U0001f467"  # three people, joined
    with contextlib.closing(sqlite3.connect(task_file)) as connection, connection:
        connection.execute(
            "UPDATE mundane_steps SET status = 'failed', error = ? WHERE id = 5",
            (f"{steering} {family}",),
        )
    assert main(["report", str(task_file), "-o", "-"]) == 0
    shown = capfdbinary.readouterr().out.decode()
    assert {char for char in shown if not char.isprintable()} <= {"\n", "\t"}
    assert "Zo\u00eb \U0001f468&#x200d;\U0001f469" in shown
    assert "\u202e" not in shown


def test_a_browser_shows_the_same_of_both(task_file: Path) -> None:
    """A reference is the character that it stands for."""
    page = "<p title='\u202e\u2066'>a\u200db\u00a0c\ufeff \U000e0041\n\tZo\u00eb\u2028</p>"
    assert html.unescape(_calm(page)) == page
    assert _calm(report(task_file)) == report(task_file)


REFUSALS = {
    "no file": (["none.db"], 2, "there is no such task file"),
    "not a task": (["text.db"], 2, "is not a task file"),
    "no place": (["task.db", "-o", "none/report.html"], 1, "cannot be written"),
}


@pytest.mark.parametrize(("words", "code", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(
    task_file: Path,
    words: list[str],
    code: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line that says why, and the exit code of the core's commands."""
    task_file.with_name("text.db").write_text("hello")
    monkeypatch.chdir(task_file.parent)
    assert main(["report", *words]) == code
    err = capsys.readouterr().err
    assert message in err
    assert len(err.splitlines()) == 1
    assert {file.name for file in task_file.parent.iterdir()} == {"task.db", "text.db"}


def test_looking_loads_no_ipython(task_file: Path) -> None:
    """The commands that look into a file of the extension are quick to start."""
    script = (
        "import sys; from mundane.cli import main; main(['steps', sys.argv[1]]);"
        "main(['report', sys.argv[1]]); print('IPython' in sys.modules)"
    )
    words = [sys.executable, "-c", script, str(task_file)]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout.endswith(
        "False\n"
    )


def model(name: str, **state: Any) -> dict[str, Any]:
    """Return a widget's model as it is saved."""
    return {"model_name": f"{name}Model", "state": state}


def view(model_id: Any) -> dict[str, Any]:
    """Return the output that shows a model, with the text of its first moment."""
    data = {VIEW: {"model_id": model_id}, "text/plain": "at first"}
    return {"output_type": "display_data", "data": data, "metadata": {}}


WIDGETS = {
    "label": model("HTML", value="<b>4 units:</b>&nbsp;100%"),
    "bar": model("FloatProgress", value=5.0, max=10.0),
    "row": model("HBox", children=["IPY_MODEL_label", "IPY_MODEL_bar", "IPY_MODEL_gone"]),
    "slider": model("IntSlider", value=7, description="height"),
    "column": model("VBox", children=["IPY_MODEL_row", "IPY_MODEL_slider"]),
    "image": model("Image", format="png"),
    "loop": model("HBox", children=["IPY_MODEL_loop"]),
}
HALF = "|" + "\N{FULL BLOCK}" * 10 + " " * 10 + "|"


@pytest.mark.parametrize(
    ("model_id", "text"),
    {
        "bar": HALF,
        "row": f"4 units:\xa0100% {HALF}",
        "column": f"4 units:\xa0100% {HALF}\nheight 7",
        # Nothing of it can be told in words, or it is not there, or it is no widget at all.
        "image": "at first",
        "loop": "at first",
        "gone": "at first",
    }.items(),
)
def test_widgets_are_told_in_their_last_state(model_id: str, text: str) -> None:
    """Bars and numbers as they were last, in boxes; of others the text that they brought."""
    assert as_texts([view(model_id)], WIDGETS)[0]["data"]["text/plain"] == text


@pytest.mark.parametrize(
    "state",
    [
        None,
        [],
        {"bar": None},
        {"bar": {"state": []}},
        {"bar": model("VBox", children=[1, None, {}])},
        {"bar": model("IntProgress", value="x", max=None, description=3)},
        {"bar": model("IntProgress", value=1, max=0)},
        {"bar": model("FloatProgress", value=float("nan"), max=float("inf"))},
    ],
)
def test_widget_state_that_is_damaged_is_no_error(state: Any) -> None:
    """Whatever the file holds, there is a text."""
    for model_id in ("bar", 3, None, []):
        (output,) = as_texts([view(model_id)], state)
        assert isinstance(output["data"]["text/plain"], str)


# Large tasks.

INSERT = (
    "INSERT INTO mundane_steps (name, kind, encoding, result, status, error, started_at,"
    " finished_at) VALUES (?, 'step', 'json', ?, ?, ?, '2026-11-24T09:14:03.120000Z',"
    " '2026-11-24T09:14:03.130000Z')"
)


def test_a_map_of_many_items_is_one_line(task_path: Path) -> None:
    """Some of its items can be opened, those that are not done first; these have a section."""
    with mundane.open(task_path) as task:
        task.step("before", lambda: 1)
        rows = [(f"fetch.{n}", "1", "done", None) for n in range(1000)]
        rows[7] = ("fetch.7", None, "failed", "OSError('<no>')\n\ntrace")
        task.commit(lambda c: c.executemany(INSERT, rows))
    page = report(task_path)
    (timeline, sections) = page.split("<h2>Steps</h2>")
    assert timeline.count('<td class="name"') == 2
    assert "1,000 items: 999 done, 1 failed" in timeline
    assert timeline.count(">fetch.") == 1 + 1 + 50  # with the title of the bar
    assert timeline.index("fetch.7<") < timeline.index("fetch.0<")
    assert "950 more items: <code>mundane steps --all" in timeline
    assert sections.count("<section") == 2
    assert "OSError(&#x27;&lt;no&gt;&#x27;)" in sections
    assert "999 more steps are not shown here" in sections
    ids = re.findall(r'id="(step-\d+)"', page)
    assert set(re.findall(r'href="#(step-\d+)"', page)) == set(ids)


def test_the_page_of_a_large_task_is_bounded(task_path: Path) -> None:
    """What failed and the last steps have a section, as far as these fit; the rest is counted."""
    text = json.dumps("x" * 10_000)
    with mundane.open(task_path) as task:
        rows = [(f"s{n}", text, "done", None) for n in range(1500)]
        rows[3] = ("s3", None, "failed", "OSError(3)")
        task.commit(lambda c: c.executemany(INSERT, rows))
    page = report(task_path)
    (timeline, sections) = page.split("<h2>Steps</h2>")
    assert "500 earlier steps are not drawn: <code>mundane steps --all" in timeline
    assert timeline.count('<td class="name"') == 1000
    assert "OSError(3)" in sections
    shown = sections.count("<section")
    assert 100 < shown < 500
    assert f"{1500 - shown:,} more steps are not shown here" in sections
    assert len(page) < 5 << 20
    ids = re.findall(r'id="(step-\d+)"', page)
    assert set(re.findall(r'href="#(step-\d+)"', page)) <= set(ids)
