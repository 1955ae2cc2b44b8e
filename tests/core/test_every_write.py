"""At every system call that writes, in turn: a SIGKILL, an I/O error, a full disk.

The run is that of workload.py: a new file, rows of all kinds, a failing step, a removal.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import mundane

from .support import fast_folder
from .tracing import Call, Traced
from .workload import Told, check, look, run

# Each test is done in parts, which several workers may share.
PARTS = pytest.mark.parametrize("part", range(2))
# The calls that need space, and so fail on a full disk.
NEED_SPACE = ("openat", "pwrite64", "ftruncate")


@contextmanager
def fresh() -> Iterator[tuple[Path, Told]]:
    """Give a path in a new folder, and a new pipe to acknowledge through."""
    told = Told()
    with tempfile.TemporaryDirectory(prefix="mundane-test-", dir=fast_folder()) as folder:
        try:
            yield Path(folder, "task.db"), told
        finally:
            told.close()


def every_write(part: int) -> Iterator[int]:
    """Yield the number of each call of a run that writes, of one part of them."""
    with fresh() as (path, told):
        traced = Traced(lambda: run(path, told.tell))
        count = sum(not told.hear(call) for call in traced)
        assert traced.exit_code == 0
    assert count > 200
    yield from range(part + 1, count + 1, 2)


def writes(traced: Traced, told: Told) -> Iterator[tuple[int, Call]]:
    """Yield (number from 1, call) of a run's calls that write, and hear what it acknowledges."""
    number = 0
    for call in traced:
        if not told.hear(call):
            number += 1
            yield number, call


@PARTS
def test_kill_at_every_write(part: int) -> None:
    """Killed before any of its writes, a run has lost nothing acknowledged, and is resumed."""
    for at in every_write(part):
        with fresh() as (path, told):
            traced = Traced(lambda path=path, told=told: run(path, told.tell))
            for number, call in writes(traced, told):
                if number == at:
                    call.kill()
            assert traced.exit_code == -9
            if at // 2 % 2:  # every other time a reader comes first, and recovers what there is
                look(path, told.status)
            check(path, told.status)


@PARTS
def test_kill_in_the_middle_of_every_write(part: int) -> None:
    """The same where half of what was to be written is there."""
    for at in every_write(part):
        with fresh() as (path, told):
            halved = False
            traced = Traced(lambda path=path, told=told: run(path, told.tell))
            for number, call in writes(traced, told):
                if halved:
                    call.kill()
                elif number == at:
                    if len(call.data) < 100:
                        break
                    call.shorten(len(call.data) // 2)
                    halved = True
            if halved:
                assert traced.exit_code == -9
                check(path, told.status)


def run_until_refused(path: Path, told: Told) -> None:
    """Run, and tell the StorageError that ends it, if one does; every other error is a failure."""
    try:
        run(path, told.tell)
    except mundane.StorageError as error:
        told.tell(f"error {error}")


@PARTS
def test_an_io_error_at_every_write(part: int) -> None:
    """It is told, what was acknowledged stays, and the same process may run the task again."""

    def run_twice(path: Path, told: Told) -> None:
        run_until_refused(path, told)
        run(path, told.tell)

    for at in every_write(part):
        with fresh() as (path, told):
            traced = Traced(lambda path=path, told=told: run_twice(path, told))
            for number, call in writes(traced, told):
                if number == at:
                    failed = call
                    call.fail(errno.EIO)
            assert traced.exit_code == 0, failed
            # SQLite takes no notice where its journal's name is not synced or not removed.
            if failed.name != "unlink" and (failed.path, failed.name) != (
                str(path.parent),
                "fdatasync",
            ):
                assert told.status["error"].startswith(f"{path}: ")
            check(path, told.status)


@PARTS
def test_a_disk_that_is_full_from_any_write_on(part: int) -> None:
    """It is told, what was acknowledged stays, and with space again the task is resumed."""
    for at in every_write(part):
        with fresh() as (path, told):
            traced = Traced(lambda path=path, told=told: run_until_refused(path, told))
            refused = False
            for number, call in writes(traced, told):
                if number == at and len(call.data) > 1:
                    call.shorten(len(call.data) // 2)  # what fits is written
                elif number >= at and call.name in NEED_SPACE:
                    call.fail(errno.ENOSPC)
                    refused = True
            assert traced.exit_code == 0
            if refused:
                assert told.status["error"].startswith(f"{path}: ")
            check(path, told.status)
