"""Task files that other runtimes and earlier versions wrote must open for ever.

Each in `frozen/` was made by the version that its name says, and is never made again: it holds the
values of `test_compat.VALUES`, a sleep that is over, a failed and a pending step.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import mundane

from .support import Calls, beside
from .test_compat import VALUES

FROZEN = sorted((Path(__file__).parent / "frozen").glob("*.db"))


@pytest.mark.parametrize("frozen", FROZEN, ids=[file.stem for file in FROZEN])
def test_a_frozen_file_is_read(frozen: Path) -> None:
    """Every value, and the state of every step, in the file as it stands."""
    before = frozen.read_bytes()
    with mundane.read(frozen) as view:
        assert {name: repr(view.get(name)) for name in VALUES} == {
            name: repr(value) for name, value in VALUES.items()
        }
        states = {step.name: (step.kind, step.status) for step in view.steps()}
    assert states.pop("nap") == ("sleep", "done")
    assert states.pop("failed") == ("step", "failed")
    assert states.pop("pending") == ("step", "pending")
    assert states == dict.fromkeys(VALUES, ("step", "done"))
    assert frozen.read_bytes() == before


@pytest.mark.parametrize("frozen", FROZEN, ids=[file.stem for file in FROZEN])
def test_a_frozen_file_is_resumed(frozen: Path, path: Path) -> None:
    """What is done is replayed, the rest runs."""
    shutil.copy(frozen, path)
    with mundane.open(path) as task:
        for name, value in VALUES.items():
            assert repr(task.step(name, Calls())) == repr(value)
        task.sleep("nap", "1d")
        assert [task.step(name, lambda: 1) for name in ("failed", "pending", "new")] == [1, 1, 1]
    assert beside(path) == []


def test_there_are_frozen_files() -> None:
    """They are in the repository."""
    assert len(FROZEN) >= 2
