"""Large bundles: read ahead by a thread, with progress that is no output of the step's own."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mundane import SchemaError, StorageError
from mundane_ipython.display import bars
from mundane_ipython.errors import BundleError
from mundane_ipython.taskfile import chunks
from mundane_ipython.taskfile import tables as cells

from ..support.kernels import Notebook
from ..support.shells import Shell

Restart = Callable[[], Shell]

BODY = "import numpy as np\nx = np.arange(500_000)\nprint('shown')"


LARGE = "import numpy as np\nx = np.arange(6_000_000)"


def readers() -> list[str]:
    """Return the threads that read ahead, or write out, at present."""
    names = "mundane-read-ahead", "mundane-write-out"
    return [thread.name for thread in threading.enumerate() if thread.name in names]


def test_pieces_come_in_order_from_a_thread() -> None:
    """All of them, however slow the reader or the caller is."""
    seen: list[str] = []

    def pieces() -> Generator[bytes, None, None]:
        for number in range(100):
            seen.append(threading.current_thread().name)
            yield bytes([number])

    assert b"".join(chunks.read_ahead(pieces(), 1 << 30)) == bytes(range(100))
    assert set(seen) == {"mundane-read-ahead"}
    assert not readers()


def test_a_readers_error_is_the_callers() -> None:
    """What fails in the thread is raised where the piece is awaited, after those before it."""

    def pieces() -> Generator[bytes, None, None]:
        yield b"one"
        raise sqlite3.OperationalError("disk I/O error")

    ahead = chunks.read_ahead(pieces(), 1 << 30)
    assert next(ahead) == b"one"
    with pytest.raises(sqlite3.OperationalError, match="disk I/O"):
        next(ahead)
    assert not readers()


def test_a_caller_who_stops_ends_the_thread() -> None:
    """Damage found in the middle, or an interrupt: nothing reads on."""
    read: list[int] = []

    def pieces() -> Generator[bytes, None, None]:
        for number in range(1_000_000):
            read.append(number)
            yield b"x"

    with closing(chunks.read_ahead(pieces(), 1 << 30)) as ahead:
        next(ahead)
    assert not readers()
    assert len(read) < 1000


def test_a_large_value_is_written_out_while_more_is_on_its_way(
    restarted: Restart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread of its own syncs the file; a small step has none."""
    threads: list[str] = []
    monkeypatch.setattr(os, "fdatasync", lambda _: threads.append(threading.current_thread().name))
    shell = restarted()
    shell.step("small", "y = {1}")
    assert threads == []
    shell.step("large", LARGE)
    assert set(threads) == {"mundane-write-out"}
    assert not readers()
    shell = restarted()
    shell.step("large", LARGE)
    assert shell.ns["x"].sum() == 17_999_997_000_000


def test_a_disk_that_refuses_to_write_out(
    restarted: Restart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux reports such an error once: nothing is committed after it."""

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    shell = restarted()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", refuse)
        error = shell.fails(f"%%step large\n{LARGE}")
    assert isinstance(error, StorageError)
    assert "writing to it: the disk refuses" in str(error)
    assert shell.rows() == {"large": "pending"}
    assert not readers()
    shell.step("large", LARGE)
    assert shell.rows() == {"large": "done"}


def test_damage_in_a_large_value_is_found(
    restarted: Restart, task_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One changed byte in the last of many chunks; nothing is bound."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 1 << 16)
    monkeypatch.setattr(chunks, "LARGE_BYTES", 0)
    restarted().step("s", BODY)
    restarted().ok("%mundane_close")
    last = "SELECT max(id) FROM mundane_ipython_chunks"
    with closing(sqlite3.connect(task_path)) as connection, connection:
        (row_id,) = connection.execute(last).fetchone()
        with connection.blobopen("mundane_ipython_chunks", "data", row_id) as blob:
            blob[-1] = blob[-1] ^ 1
    shell = restarted()
    error = shell.fails(f"%%step s\n{BODY}")
    assert isinstance(error, BundleError)
    assert "have changed" in str(error)
    assert "x" not in shell.ns
    assert not readers()


def is_mapped(file: Path) -> bool:
    """Return whether this process has a file's bytes in its address space."""
    return str(file) in Path("/proc/self/maps").read_text(encoding="utf-8")


def test_a_large_value_is_read_from_a_map(
    restarted: Restart, task_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The map is there while a chunk is read, and gone after it; a small value needs none."""
    seen: list[bool] = []
    pieces = cells.Cells._pieces

    def watched(*arguments: Any) -> Generator[bytes, None, None]:
        for piece in pieces(*arguments):
            seen.append(is_mapped(task_path))
            yield piece
        seen.append(is_mapped(task_path))

    monkeypatch.setattr(cells.Cells, "_pieces", watched)
    shell = restarted()
    shell.step("small", BODY)
    shell.step("large", LARGE)
    shell = restarted()
    shell.step("small", BODY)
    assert not any(seen)
    seen.clear()
    shell.step("large", LARGE)
    assert shell.ns["x"].sum() == 17_999_997_000_000
    # First the pickle stream, which is small.
    assert seen[:2] == [False, False]
    assert len(seen) > 20
    assert seen[2:] == [True] * (len(seen) - 3) + [False]


def test_a_large_value_whose_file_was_cut_short(restarted: Restart, task_path: Path) -> None:
    """Behind the back of the process that has it open: an error, no end of the process."""
    restarted().step("large", LARGE)
    shell = restarted()
    os.truncate(task_path, task_path.stat().st_size // 2)
    error = shell.fails(f"%%step large\n{LARGE}")
    assert isinstance(error, (BundleError, SchemaError))
    assert "x" not in shell.ns


def test_progress_in_a_terminal_leaves_no_trace(
    restarted: Restart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bar on standard error says what is done to which step, and is wiped."""
    monkeypatch.setattr(bars, "_QUIET_BYTES", 0)
    monkeypatch.setattr(bars, "_DELAY_S", 0)
    monkeypatch.setattr("tests.ipython.support.shells._Stream.isatty", lambda self: True)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 1 << 16)
    first = restarted().step("s", BODY)
    again = restarted().step("s", BODY)
    assert "step s: storing: " in first.err
    assert "step s: restoring: " in again.err
    assert (first.err[-1], again.err[-1]) == ("\r", "\r")
    assert first.out == "shown\n"


def test_a_small_or_a_quick_step_shows_no_progress(restarted: Restart) -> None:
    """Nobody has to look at bars that are full at once."""
    assert restarted().step("s", BODY).err == ""
    assert restarted().step("s", BODY).err == ""


def test_progress_in_a_kernel_is_a_note(notebook: Notebook) -> None:
    """One note that changes; without notes, the outputs are the cell's own."""
    notebook.ok(
        "from mundane_ipython.display import bars\nfrom mundane_ipython.taskfile import chunks\n"
        "bars._QUIET_BYTES = bars._DELAY_S = 0\nchunks.CHUNK_BYTES = 1 << 16"
    )
    first = notebook.ok(f"%%step s\n{BODY}")
    notebook.ok(f"%mundane_open {notebook.folder / 'task.db'}")
    again = notebook.ok(f"%%step s\n{BODY}")
    assert [fact["event"] for fact in first.facts] == ["storing"]
    assert "step s: storing: 100%" in first.notes[0]
    assert [fact["event"] for fact in again.facts] == ["restoring", "restored"]
    assert first.plain == again.plain
    assert [output["text"] for output in first.plain] == ["shown\n"]
