"""What is shown of a task: stale steps, attempts, the table and its timeline."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mundane
from mundane import StepRecord
from mundane.cli import main
from mundane_ipython.report.command import read_report
from mundane_ipython.report.page import page
from mundane_ipython.report.steps import MapFacts, Outline, StepFacts, read_outline, read_steps
from mundane_ipython.report.table import MAX_ROWS, Table
from mundane_ipython.report.timeline import Axis, Span, axis_svg, bar_svg, make_axis

from ..support.shells import Shell, new_shell

Restart = Callable[[], Shell]
LOAD, USE = "rows = [1, 2]", "total = sum(rows)"


def facts_of(path: Path) -> dict[str, StepFacts]:
    """Return what the file alone tells of each step."""
    with mundane.read(path) as view:
        return {facts.step.name: facts for facts in read_steps(view)}


def table_rows(shell: Shell) -> dict[str, str]:
    """Return the lines of `%mundane_steps`, by step."""
    lines = repr(shell.ok("%mundane_steps").result.result).splitlines()[1:]
    return {line.split()[0]: line for line in lines}


# Stale steps.


def test_a_step_whose_upstream_ran_again_is_stale(
    restarted: Restart, task_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In `%mundane_steps` and on the command line, without running or restoring anything."""
    shell = restarted()
    shell.step("load", LOAD)
    shell.step("use", USE)
    assert "stale" not in table_rows(shell)["use"]
    shell.step("load", "rows = [1, 3]", "--rerun")
    row = table_rows(shell)["use"]
    assert row.split()[1] == "stale"
    assert row.endswith("step load was run again since")
    assert "stale" not in table_rows(shell)["load"]

    assert main(["steps", str(task_path)]) == 0
    line = capsys.readouterr().out.splitlines()[2]
    assert line.split()[:3] == ["use", "step", "stale"]
    assert line.endswith("step load was run again since")
    assert main(["steps", str(task_path), "--json"]) == 0
    records = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert [record["stale"] for record in records] == [[], ["step load was run again since"]]
    assert [record["status"] for record in records] == ["done", "done"]

    shell.step("use", USE, "--rerun")
    assert "stale" not in table_rows(shell)["use"]


def test_what_a_restore_said_is_marked(restarted: Restart, task_path: Path) -> None:
    """Differences that only the kernel can see: those that this pass saw, until they are gone."""
    shell = restarted()
    shell.ok("n = 10")
    shell.step("use", "m = n + 1")
    shell = restarted()
    shell.ok("n = 20")
    assert table_rows(shell)["use"].split()[1] == "done"
    shell.step("use", "m = n + 1")
    assert table_rows(shell)["use"].endswith("input n changed: 10 -> 20")
    assert table_rows(shell)["use"].split()[1] == "stale"
    assert facts_of(task_path)["use"].stale == ()  # the file alone cannot tell
    shell.ok(f"%mundane_open {task_path}")
    assert table_rows(shell)["use"].split()[1] == "done"
    shell.step("use", "m = n + 1")
    shell.ok("n = 10")
    shell.step("use", "m = n + 1")
    assert table_rows(shell)["use"].split()[1] == "done"


@pytest.mark.parametrize("ending", ["rerun", "fails", "forget"])
def test_a_mark_goes_with_the_value(restarted: Restart, ending: str) -> None:
    """A step that ran again, or is gone, is not stale any more."""
    shell = restarted()
    shell.ok("n = 10")
    shell.step("use", "m = n + 1")
    shell = restarted()
    shell.ok("n = 20")
    shell.step("use", "m = n + 1")
    if ending == "rerun":
        shell.step("use", "m = n + 1", "--rerun")
    elif ending == "fails":
        shell.fails("%%step use --rerun\nm = n / 0")
    else:
        shell.ok("%mundane_forget use")
        shell.step("use", "m = n + 1")
    assert "stale" not in table_rows(shell)["use"]


@pytest.mark.parametrize(
    "record",
    ["no json", "[]", '{"inputs": {"steps": [1]}}', '{"inputs": {"steps": {"a": 1}}}', b"\xff"],
)
def test_a_damaged_record_marks_nothing(shell: Shell, task_path: Path, record: Any) -> None:
    """Somebody may have written anything there; the table is shown all the same."""
    shell.step("load", LOAD)
    shell.step("use", USE)
    shell.ok("%mundane_close")
    with contextlib.closing(sqlite3.connect(task_path)) as connection, connection:
        connection.execute("UPDATE mundane_ipython_cells SET record = ?", (record,))
    assert facts_of(task_path)["use"].stale == ()


# Attempts.


def test_attempts_are_counted(restarted: Restart, task_path: Path) -> None:
    """How often cells started the step for its value; from 1 again for another value."""
    shell = restarted()
    for _ in range(2):
        shell.fails("%%step a\nx = 1 / d")
    assert facts_of(task_path)["a"].attempts == 2
    shell = restarted()
    shell.ok("d = 1")
    shell.step("a", "x = 1 / d")
    assert facts_of(task_path)["a"].attempts == 3
    shell.step("a", "x = 1 / d")
    assert facts_of(task_path)["a"].attempts == 3
    shell.step("a", "x = 1 / d", "--rerun")
    assert facts_of(task_path)["a"].attempts == 1
    shell.ok("%mundane_forget a")
    shell.fails("%%step a\n1 / 0")
    assert facts_of(task_path)["a"].attempts == 1


def test_an_interrupted_step_is_not_said_to_run(shell: Shell) -> None:
    """In the kernel whose it was, as that runs no cell of it; in a cell's own time it runs."""
    within = "print('within:', repr(get_ipython().run_line_magic('mundane_steps', '')))"
    ran = shell.run(f"%%step cut\n{within}\nraise KeyboardInterrupt")
    assert re.search(r"cut +running", ran.out)
    assert table_rows(shell)["cut"].split()[1] == "interrupted"
    shell.magics.session.need_task().begin("elsewhere")
    assert table_rows(shell)["elsewhere"].split()[1] == "running"


def test_an_interrupted_function_is_not_said_to_run(shell: Shell, task_path: Path) -> None:
    """A function's step runs as long as its function; so does a map's item."""
    shell.ok(f"%mundane_open {task_path} --as task")
    table = "print(repr(get_ipython().run_line_magic('mundane_steps', '')))"
    cut = f"def cut(*_):\n    {table}\n    raise KeyboardInterrupt\n"
    assert re.search(r"f +running", shell.run(f"{cut}task.step('f', cut)").out)
    assert re.search(r"m[.]1 +running", shell.run(f"{cut}task.map('m', cut, [1], keys=[1])").out)
    assert {name: row.split()[1] for name, row in table_rows(shell).items()} == {
        "f": "interrupted",
        "m.1": "interrupted",
    }


def test_a_step_interrupted_before_its_body_does_not_run(
    restarted: Restart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it looks at the older values, say: it has not begun, and the task can be closed."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    shell = restarted()
    with monkeypatch.context() as patch:
        patch.setattr("mundane_ipython.session.step.Watch", interrupt)
        shell.run("%%step cut\nx = y")
    assert "cut" not in shell.ok("%mundane_steps").out
    shell.ok("y = 1")
    shell.ok("%%step cut\nx = y")
    shell = restarted()
    shell.ok("y = 2")
    with monkeypatch.context() as patch:
        patch.setattr("mundane_ipython.session.step.Watch", interrupt)
        shell.run("%%step cut --on-change rerun\nx = y")
    assert table_rows(shell)["cut"].split()[1] == "interrupted"
    assert "x" not in shell.ns
    shell.ok("%mundane_close")


def test_attempts_of_a_script_are_not_known(shell: Shell, task_path: Path) -> None:
    """What the extension did not start, it has not counted."""
    shell.step("a", "x = 1")
    shell.ok("%mundane_close")
    with mundane.open(task_path) as task:
        task.begin("a", rerun=True).done(2)
        task.step("b", lambda: 1)
    facts = facts_of(task_path)
    assert (facts["a"].attempts, facts["b"].attempts) == (None, None)


# What a rerun says.


def test_a_rerun_is_said(shell: Shell) -> None:
    """`--rerun` and `--on-change rerun` say that a stored step runs, and why."""
    shell.ok("n = 1")
    assert "runs again" not in shell.step("a", "x = n", "--rerun").out
    assert re.search(
        r"^step a: runs again \(--rerun; what it stored [-0-9]+ [:0-9]+ is dropped\)$",
        shell.step("a", "x = n", "--rerun").out,
        re.MULTILINE,
    )
    assert "runs again" not in shell.step("a", "x = n", "--rerun --quiet").out
    shell.ok("n = 2")
    out = shell.step("a", "x = n", "--on-change rerun").out
    assert "step a: runs again (input n changed: 1 -> 2)" in out


# The table and the timeline.


def step(
    name: str,
    start: str = "00",
    end: str | None = "01",
    *,
    kind: Any = "step",
    status: Any = "done",
    wake_at_ms: int | None = None,
) -> StepRecord:
    """Return a row that ran from one second to another of one minute."""
    at = "2026-11-24T09:00:{}.000000Z".format
    return StepRecord(name, kind, "json", status, None, at(start), end and at(end), 5, wake_at_ms)


def parsed(svg: str) -> ET.Element:
    """Return the drawing as XML; what is not well-formed raises."""
    return ET.fromstring(svg)


def ms(second: float) -> int:
    """Return a time of that minute in ms since the epoch."""
    return 1_795_510_800_000 + round(second * 1000)


STATES = {
    "done": StepFacts(step("a")),
    "stale": StepFacts(step("a"), stale=("source changed",)),
    "failed": StepFacts(step("a", status="failed"), stale=("source changed",)),
    "running": StepFacts(step("a", end=None, status="pending"), running=True),
    "interrupted": StepFacts(step("a", end=None, status="pending")),
    "sleep": StepFacts(step("a", kind="sleep", wake_at_ms=ms(30))),
}


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_a_bar_of_its_class(state: str) -> None:
    """One bar, whose class and title tell the state."""
    facts = STATES[state]
    svg = parsed(bar_svg(facts, make_axis([facts], ms(60)), ms(60)))
    (bar,) = svg.iter("rect")
    assert bar.get("class") == f"bar {state}"
    assert (bar[0].text or "").startswith(f"a, {state}")
    assert facts.state == state


def test_a_row_without_times_has_no_bar() -> None:
    """Another runtime, or somebody, wrote something else there."""
    facts = StepFacts(StepRecord("a", "step", "json", "done", None, "once", None, 0))
    assert "<rect" not in bar_svg(facts, make_axis([facts], ms(0)), ms(0))
    assert "once" in Table(Outline([facts]))._repr_html_()


@pytest.mark.parametrize("field", ["name", "kind", "status", "error", "started_at", "finished_at"])
def test_hostile_text_is_escaped(field: str) -> None:
    """Whatever column of a file it stands in, it is text in the HTML and in the drawing."""
    hostile = "\"'><script>alert(1)</script><b onclick=x>\x1b"
    fields = {name: getattr(step("a"), name) for name in StepRecord.__slots__} | {field: hostile}
    facts = StepFacts(StepRecord(**fields), stale=(hostile,))
    shown = Table(Outline([facts]))._repr_html_() + bar_svg(facts, make_axis([facts], ms(1)), ms(1))
    assert "<script" not in shown
    assert "<b " not in shown
    assert "\x1b" not in repr(Table(Outline([facts])))


def test_a_short_pause_is_drawn_to_scale() -> None:
    """Steps one after the other lie where their times are."""
    axis = Axis([Span(ms(0), ms(40), busy=True), Span(ms(42), ms(82), busy=True)])
    assert axis.gaps() == []
    assert axis.position(ms(0)) == 0
    assert axis.position(ms(41)) == pytest.approx(50)
    assert axis.position(ms(82)) == pytest.approx(100)


def test_a_long_pause_is_cut() -> None:
    """A week between two runs takes little room, and its length is told."""
    week = 7 * 86_400
    axis = Axis([Span(ms(0), ms(10), busy=True), Span(ms(week), ms(week + 30), busy=True)])
    ((middle, gap_ms),) = axis.gaps()
    assert gap_ms == (week - 10) * 1000
    assert axis.position(ms(10)) < middle < axis.position(ms(week)) < 50
    assert axis.position(ms(10)) == pytest.approx(24)
    assert "+6d 23h" in "".join(parsed(axis_svg(axis)).itertext())


def test_a_sleep_does_not_stretch_the_axis() -> None:
    """A sleep of hours between steps of seconds is a pause, with its bar across the cut."""
    facts = [
        StepFacts(step("a", "00", "10")),
        StepFacts(step("nap", "10", "10", kind="sleep", wake_at_ms=ms(7200))),
    ]
    axis = make_axis(facts, ms(10))
    assert len(axis.gaps()) == 1
    assert axis.position(ms(10)) > 80


def test_many_pauses_leave_room_for_bars() -> None:
    """However many runs there were, the bars keep more than half of the width."""
    spans = [Span(ms(d * 86_400), ms(d * 86_400 + 5), busy=True) for d in range(200)]
    axis = Axis(spans)
    places = [(axis.position(s.start_ms), axis.position(s.end_ms)) for s in spans]
    assert all(left < right for left, right in places)
    assert sum(right - left for left, right in places) > 55
    assert places == sorted(places)
    assert places[-1][1] == pytest.approx(100)


def test_an_empty_table() -> None:
    """A task without steps has a header."""
    assert Table(Outline([]))._repr_html_().count("<tr>") == 1
    assert repr(Table(Outline([]))).split()[0] == "step"


def test_a_long_table_is_cut_in_a_notebook(task_path: Path) -> None:
    """The last steps are shown, and how many are not and how to see them; `--all` is text."""
    with mundane.open(task_path) as task:
        task.commit(lambda c: c.executemany(INSERT, [(f"s{n}",) for n in range(MAX_ROWS + 5)]))
    with mundane.read(task_path) as view:
        cut = Table(read_outline(view, most=MAX_ROWS))
        every = Table(read_outline(view, every=True))
    html = cut._repr_html_() or ""
    assert html.count("<rect") == MAX_ROWS
    for text in (html, repr(cut)):
        assert "5 earlier steps: %mundane_steps --all shows each" in text
        assert "s4<" not in text
        assert "s4 " not in text
    assert len(repr(cut).splitlines()) == MAX_ROWS + 2
    assert every._repr_html_() is None
    assert len(repr(every).splitlines()) == MAX_ROWS + 6


INSERT = (
    "INSERT INTO mundane_steps (name, kind, encoding, result, status, started_at, finished_at)"
    " VALUES (?, 'step', 'json', '1', 'done', '2026-11-24T09:14:03.120000Z',"
    " '2026-11-24T09:14:03.130000Z')"
)


def map_of(task_path: Path, count: int) -> None:
    """Make a task file with a map, whose item 7 failed and whose item 9 ran on the next day."""
    with mundane.open(task_path) as task:
        task.step("before", lambda: 1)
        names = [(f"fetch.{n}",) for n in range(count)]
        task.commit(lambda c: c.executemany(INSERT, names))
        late = "2026-11-25T09:14:03.000000Z"
        change = f"started_at = '{late}', finished_at = '{late}' WHERE name = 'fetch.9'"
        failed = "status = 'failed', result = NULL, error = 'OSError(7)' WHERE name = 'fetch.7'"
        for what in (change, failed):
            task.commit(lambda c, what=what: c.execute(f"UPDATE mundane_steps SET {what}"))
        task.step("after.all", lambda: 2)


def test_a_map_of_many_items_is_one_line(task_path: Path) -> None:
    """In the table as text and HTML, where some of its items can be opened, and how to see all."""
    map_of(task_path, 1000)
    with mundane.read(task_path) as view:
        table = Table(read_outline(view, most=MAX_ROWS))
        every = Table(read_outline(view, every=True))
    before, fetch, after = repr(table).splitlines()[1:]
    assert (before.split()[0], after.split()[0]) == ("before", "after.all")
    assert fetch.split()[:2] == ["fetch.*", "failed"]
    assert fetch.endswith("1,000 items, 1 failed, fetch.7: OSError(7)")
    html = table._repr_html_() or ""
    tree = parsed(html)
    (opened,) = tree.iter("details")
    assert opened.findtext("summary") == "50 of 1,000 items"
    names = [row[0].text for row in opened.iter("tr")]
    assert names == ["fetch.7", *(f"fetch.{n}" for n in range(51) if n != 7)][:50]
    assert "950 more items: %mundane_steps --all shows each" in (opened.findtext("p") or "")
    bars = re.findall(r"<title>fetch[^<]*</title>", html)
    assert len(bars) == 2, "one bar for each day"
    assert repr(every).count("\nfetch.") == 1000


def test_a_small_map_has_a_line_for_each_item(task_path: Path) -> None:
    """Nobody has to open what fits on a screen."""
    map_of(task_path, 100)
    with mundane.read(task_path) as view:
        assert len(read_outline(view).lines) == 102


def test_what_is_known_of_items_counts_in_their_line(shell: Shell, task_path: Path) -> None:
    """Cells may be named as items are: sizes, attempts and what is stale are looked for."""
    shell.step("fetch.a", "n = 1")
    shell.step("fetch.b", "m = n + 1")
    shell.step("fetch.a", "n = 2", "--rerun")
    with mundane.read(task_path) as view:
        apart = {facts.step.name: facts.stored_bytes for facts in read_steps(view)}
    shell.ok("%mundane_close")
    with mundane.open(task_path) as task:
        task.commit(lambda c: c.executemany(INSERT, [(f"fetch.{n}",) for n in range(100)]))
    with mundane.read(task_path) as view:
        (line,) = read_outline(view).lines
    assert isinstance(line, MapFacts)
    assert line.states == {"done": 101, "stale": 1}
    assert line.stored_bytes == sum(apart.values()) + 100
    assert line.shown[0].step.name == "fetch.b"


def test_a_sleep_that_lasts_says_until_when(
    shell: Shell, task_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the tables, in both kinds of status and in the report; a sleep that is over does not."""
    monkeypatch.setenv("MUNDANE_EXIT_ON_SLEEP", "1m")
    shell.ok("%mundane_sleep over 0s")
    shell.fails("%mundane_sleep nap 2h")
    until = re.compile(r"sleeps until \d{4}-\d\d-\d\d \d\d:\d\d\b")
    rows = table_rows(shell)
    assert until.search(rows["nap"])
    assert not until.search(rows["over"])
    html = shell.ok("%mundane_steps").result.result._repr_html_()
    assert len(until.findall(html)) == 1
    status = shell.ok("%mundane_status").out
    assert re.search(r": steps 2 done; nap sleeps until .* \(task ", status)
    with mundane.read(task_path) as view:
        assert len(until.findall(page(read_report(view)))) == 1


def test_status_tells_what_is_stale(
    restarted: Restart, task_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`mundane status` what the file tells, `%mundane_status` what this pass saw as well."""
    shell = restarted()
    shell.ok("n = 10")
    shell.step("load", LOAD)
    shell.step("use", USE)
    shell.step("other", "m = n")
    shell.step("load", "rows = [1, 3]", "--rerun")
    shell = restarted()
    assert "steps 3 done (1 stale) (task " in shell.ok("%mundane_status").out
    shell.ok("n = 11")
    shell.step("other", "m = n")
    assert "steps 3 done (2 stale) (task " in shell.ok("%mundane_status").out
    assert main(["status", str(task_path), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["done"], facts["stale"]) == (3, 1)
    shell.ok("%mundane_close")
    assert main(["status", str(task_path), "--follow"]) == 0
    assert "3 done (1 stale), 0 failed" in capsys.readouterr().out


def test_bytes_of_a_step_are_all_that_it_takes(
    shell: Shell, task_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`mundane steps` counts what lies in the extension's tables, as `%mundane_steps` does."""
    shell.step("big", "data = {bytes(100_000)}")
    assert main(["steps", str(task_path)]) == 0
    shown = int(capsys.readouterr().out.splitlines()[1].split()[6].replace(",", ""))
    assert shown == facts_of(task_path)["big"].stored_bytes > 100_000


def test_the_table_in_a_notebook(shell: Shell) -> None:
    """A row and a bar for each step; no script, and nothing is loaded from anywhere."""
    shell.step("load", LOAD)
    shell.ok("%mundane_sleep nap 0s")
    shell.fails("%%step bad\n1 / 0")
    html = shell.ok("%mundane_steps").result.result._repr_html_()
    assert re.findall(r'class="bar (\w+)"', html) == ["done", "sleep", "failed"]
    assert "ZeroDivisionError" in html
    assert not re.search(r"<script|href|src=|url\(|@import", html)


# Settings and help.


def test_settings_take_effect_at_once(restarted: Restart) -> None:
    """`%config MundaneMagics...` holds for the next step, where its cell and pass say nothing."""
    shell = restarted()
    shell.ok("n = 1")
    shell.step("a", "x = n")
    shell = restarted()
    shell.ok("n = 2")
    shell.ok("%config MundaneMagics.on_change = 'error'")
    assert "input n changed: 1 -> 2" in str(shell.fails("%%step a\nx = n"))
    shell.step("a", "x = n", "--on-change warn")
    shell.ok(f"%mundane_open {shell.task_path} --on-change rerun")
    shell.step("a", "x = n")
    assert shell.ns["x"] == 2
    shell.ok("%config MundaneMagics.on_change = 'perhaps'")  # IPython logs the refusal
    assert shell.magics.on_change == "error"


def test_the_configuration_file_is_read() -> None:
    """`c.MundaneMagics.on_change = ...` in ipython_config.py."""
    with new_shell() as shell:
        shell.ip.config.MundaneMagics.on_change = "rerun"
        shell.ok("%reload_ext mundane_ipython")
        assert shell.magics.on_change == "rerun"


def test_quiet_leaves_notes_out_but_for_stale_steps(restarted: Restart) -> None:
    """As `--quiet` on every cell."""
    shell = restarted()
    shell.ok("n = 1")
    shell.step("a", "x = n")
    shell = restarted()
    shell.ok("n = 1\n%config MundaneMagics.quiet = True")
    assert shell.step("a", "x = n").out == ""
    assert shell.step("a", "x = n", "--rerun").out == ""
    shell.ok("n = 2")
    assert "STALE" in shell.step("a", "x = n").out


def test_the_limit_of_outputs_is_a_setting(shell: Shell) -> None:
    """What goes beyond it is not stored, and a note says so."""
    shell.ok("%config MundaneMagics.output_limit_mib = 1")
    out = shell.step("a", "print('x' * (1 << 21))").out
    assert "it showed more than 1 MiB" in out
    assert sum(len(each["text"]) for each in shell.record("a").outputs) == 1 << 20


@pytest.mark.parametrize("magic", ["%%step", "%mundane_open", "%mundane_forget", "%mundane_sleep"])
def test_help_has_the_usage_and_an_example(shell: Shell, magic: str) -> None:
    """`%%step?` and the like: how it is written, each option, and examples to copy."""
    text = shell.ok(f"{magic}?").out
    usage, _, rest = text.partition("positional arguments:")
    assert f"  {magic} [" in usage or f"  {magic} name" in usage
    examples = re.findall(rf"^ {{4}}{magic} \S.*$", usage, re.MULTILINE)
    assert examples
    assert rest


def test_forgetting_many_is_one_line(shell: Shell) -> None:
    """The note names the first ten."""
    shell.ok("%mundane_close")
    assert shell.task_path is not None
    with mundane.open(shell.task_path) as task:
        for number in range(12):
            task.step(f"s{number}", lambda: 1)
    shell.ok(f"%mundane_open {shell.task_path}")
    out = shell.ok("%mundane_forget --from s0").out
    assert out.endswith(
        "forgot s0, s1, s2, s3, s4, s5, s6, s7, s8, s9 and 2 more; their cells run again\n"
    )
    assert shell.rows() == {}


# Control from the command line.


def test_forget_and_vacuum_give_a_bundle_back(shell: Shell, task_path: Path) -> None:
    """The bytes of a forgotten cell leave the file, and the others are restored from it."""
    shell.step("big", "data = {bytes(8_000_000)}")
    shell.step("small", "kept = {1, 2}")
    shell.ok("%mundane_close")
    before = task_path.stat().st_size
    assert main(["forget", str(task_path), "big", "--yes"]) == 0
    assert main(["vacuum", str(task_path)]) == 0
    assert task_path.stat().st_size < before - 7_900_000
    shell.ok(f"del kept\n%mundane_open {task_path}")
    assert "restored" in shell.step("small", "kept = {1, 2}").out
    assert shell.ns["kept"] == {1, 2}
    assert "restored" not in shell.step("big", "data = 1").out


def test_a_damaged_sleep_is_shown(shell: Shell, task_path: Path) -> None:
    """Somebody wrote no time into it; the others are shown with it."""
    shell.ok("%mundane_sleep nap 0s")
    shell.step("a", "x = 1")
    shell.ok("%mundane_close")
    with contextlib.closing(sqlite3.connect(task_path)) as connection, connection:
        connection.execute("UPDATE mundane_steps SET result = 'no json' WHERE name = 'nap'")
    assert [facts.state for facts in facts_of(task_path).values()] == ["sleep", "done"]
