"""The error text of a failed step: kept and bounded, however broken the exception is."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import mundane
from mundane._errortext import MAX_BYTES, clip, error_text, summary

from .support import row


class _ReprRaisesError(Exception):
    def __repr__(self) -> str:
        raise RuntimeError("repr boom")

    def __str__(self) -> str:
        raise RuntimeError("str boom")


class _ReprIsNoTextError(Exception):
    def __repr__(self) -> str:
        return 1  # type: ignore[return-value]


class _SurrogateError(Exception):
    def __repr__(self) -> str:
        return "bad \ud800 text"


class _LinesError(Exception):
    def __repr__(self) -> str:
        return "first\nsecond"


class _EmptyError(Exception):
    def __repr__(self) -> str:
        return ""


def chain() -> BaseException:
    """Return an exception with a cause a thousand links long."""
    error = ValueError("first")
    for number in range(1000):
        following = ValueError(number)
        following.__cause__ = error
        error = following
    return error


BROKEN = {
    "repr raises": (_ReprRaisesError("x"), "_ReprRaisesError(repr raised RuntimeError)"),
    "repr is no text": (_ReprIsNoTextError(), "_ReprIsNoTextError(repr raised TypeError)"),
    "lone surrogate": (_SurrogateError(), "bad \\ud800 text"),
    "lone surrogate in the message": (ValueError("\udfff"), "ValueError('\\udfff')"),
    "surrogate escapes": (OSError(2, "none", "\udc80.txt"), "FileNotFoundError(2, 'none')"),
    "several lines": (_LinesError(), "first"),
    "empty": (_EmptyError(), ""),
    "NUL": (ValueError("\0"), "ValueError('\\x00')"),
    "group": (ExceptionGroup("several", [ValueError(1), KeyError(2)]), "ExceptionGroup('several'"),
    "long chain": (chain(), "ValueError(999)"),
    "recursion": (RecursionError("deep"), "RecursionError('deep')"),
    "memory": (MemoryError(), "MemoryError()"),
}


@pytest.mark.parametrize(("error", "first_line"), BROKEN.values(), ids=BROKEN)
def test_a_broken_exception_fails_the_step(path: Path, error: Exception, first_line: str) -> None:
    """The row is `failed`, its text starts with what could be told, and the cause is at hand."""

    def work() -> None:
        raise error

    with pytest.raises(mundane.StepFailedError) as info:
        mundane.run(path, lambda task: task.step("a", work))
    assert info.value.original is error
    status, text = row(path, "a", "status, error")
    assert status == "failed"
    assert summary(text).startswith(first_line)
    assert str(info.value).encode()
    assert str(pickle.loads(pickle.dumps(info.value))) == str(info.value)


@pytest.mark.parametrize("unit", ["x", "é", "🎉", "\ud800"], ids=ascii)
def test_a_huge_message_is_bounded(path: Path, unit: str) -> None:
    """Five million characters make a row of at most 64 KiB, with both of its ends."""

    def work() -> None:
        raise ValueError("begin" + unit * 5_000_000 + "end")

    with pytest.raises(mundane.StepFailedError) as info:
        mundane.run(path, lambda task: task.step("a", work))
    text = row(path, "a", "error")[0]
    assert len(text.encode()) <= MAX_BYTES == 64 * 1024
    assert text.startswith("ValueError('begin")
    assert "bytes left out" in text
    assert text.endswith("end\n")
    assert len(str(info.value)) < 10_000
    assert path.stat().st_size < 200_000


def test_the_chain_of_causes_is_kept() -> None:
    """The text has the traceback of the error and of what it came from."""
    try:
        try:
            {}["inner"]
        except KeyError as error:
            raise ValueError("outer") from error
    except ValueError as error:
        text = error_text(error)
    assert text.startswith("ValueError('outer')\n\nTraceback")
    assert "KeyError: 'inner'" in text
    assert "direct cause" in text


@pytest.mark.parametrize("max_bytes", range(100, 120))
def test_clipping_never_splits_a_character(max_bytes: int) -> None:
    """Whatever the limit, the text stays valid UTF-8 within it."""
    clipped = clip("é🎉x" * 100, max_bytes)
    assert len(clipped.encode()) <= max_bytes
    assert "\ufffd" not in clipped


def test_a_short_text_is_not_clipped() -> None:
    """Up to the limit nothing is left out."""
    assert clip("é" * 50, 100) == "é" * 50
