"""What a headless run says."""

from __future__ import annotations

import io
import sys

import pytest

from mundane._clock import SYSTEM
from mundane_ipython.run.progress import Progress, label, outcome


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%%step fetch --rerun\nx = 1", "step fetch"),
        ("\n# why\n\nx = 1\ny = 2", "x = 1"),
        ("# only a comment", "# only a comment"),
        ("x" * 50, "x" * 37 + "..."),
        ("print('\x1b[31m')", "print('\\x1b[31m')"),
        ("%%step", "%%step"),
    ],
)
def test_label(source: str, expected: str) -> None:
    """A step's name, else the first line that is code; short, and without control characters."""
    assert label(source) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (None, "ran 5ms"),
        ({"took_ms": 133_000}, "restored, saved 2m 13s"),
        ({"took_ms": None, "stale": []}, "restored"),
        ({"took_ms": 1, "stale": ["input n changed: 1 -> 2", "x\x1b"]},
         "restored, saved 1ms, STALE: input n changed: 1 -> 2; x\\x1b"),
    ],
)  # fmt: skip
def test_outcome(facts: dict[str, object] | None, expected: str) -> None:
    """From the note of a restore, or for a cell that ran."""
    assert outcome(facts, "5ms") == expected


def test_lines_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each cell that ended, and one for a sleep that starts; restarts count anew."""
    progress = Progress(12, quiet=False)
    progress.started("step a")
    progress.ended("ran 1ms")
    progress.started("%mundane_sleep nap 2h")
    progress.sleeping("sleep nap: until tomorrow", 10**15)
    progress.tick()
    progress.restart()
    progress.started("step a")
    progress.ended("restored")
    progress.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"[ 1/12] {'step a':40} ran 1ms",
        "[ 2/12] sleep nap: until tomorrow",
        f"[ 1/12] {'step a':40} restored",
    ]


def test_the_live_line_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Says which cell runs and for how long, or how long a sleep still lasts; gone at the end."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("COLUMNS", "100")
    progress = Progress(2, quiet=False)
    progress.started("step a")
    progress.ended("ran 1ms")
    progress.started("%mundane_sleep nap 2h")
    progress.sleeping("sleep nap: until later", SYSTEM.now_ms() + 7_200_900)
    progress.close()
    written = sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert "step a, 0ms |" in written
    assert "%mundane_sleep nap 2h, 2h 00m left |" in written
    assert "| 1/2" in written
    assert f"\r[1/2] {'step a':40} ran 1ms\n" in written
    assert "until later" not in written
    assert written.rpartition("\r")[0].rpartition("\r")[2].isspace()


def test_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """No progress; warnings and copied text stay."""
    progress = Progress(1, quiet=True)
    progress.started("x")
    progress.ended("ran")
    progress.warn("look")
    progress.copy("out\n", sys.stdout)
    assert capsys.readouterr() == ("out\n", "mundane run: look\n")


def test_a_stream_that_cannot_encode() -> None:
    """Is given escapes; the run goes on."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Progress(1, quiet=True).copy("\xe4\ud800", stream)
    assert stream.buffer.getvalue() == b"\\xe4\\ud800"  # type: ignore[attr-defined]
