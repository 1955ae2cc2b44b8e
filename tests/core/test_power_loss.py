"""Power loss, simulated: every state in which a cut between two syncs may leave the disk is opened.

SPEC.md, Durability, says what is synced when; here is shown what that is worth.
"""

from __future__ import annotations

import random
import re
import tempfile
from pathlib import Path

import pytest

import mundane

from .disk import Disk, State
from .support import fast_folder, leave_hot_journal
from .tracing import Traced
from .workload import Told, check, look, run, step


def cut_everywhere(path: Path, told: Told, setting: str = "") -> int:
    """Run the workload, and check every state that losing the power may leave; return how many."""
    disk, chance = Disk(path.parent), random.Random(20261124)
    seen: set[int] = set()
    traced = Traced(lambda: run(path, told.tell, setting), disk.follow)

    def check_states() -> None:
        for state in disk.states(chance):
            key = hash((*sorted(told.status.items()), *sorted(state.items())))
            if key not in seen:
                seen.add(key)
                check_state(state, told.status, read_first=len(seen) % 2 == 0)

    for call in traced:
        told.hear(call)
        if disk.syncs(call):
            check_states()
    check_states()
    assert traced.exit_code == 0
    return len(seen)


def check_state(state: State, told: dict[str, str], *, read_first: bool) -> None:
    """Put a state on a disk and open it; a reader may come first, and recover what there is."""
    with tempfile.TemporaryDirectory(prefix="mundane-test-", dir=fast_folder()) as folder:
        for name, data in state.items():
            Path(folder, name).write_bytes(data)
        if read_first:
            look(Path(folder, "task.db"), told)
        check(Path(folder, "task.db"), told)


def test_power_loss(path: Path) -> None:
    """From the file's making on: no acknowledged step is ever missing, no file is damaged."""
    assert cut_everywhere(path, Told()) > 800


def test_power_loss_in_transactions_larger_than_the_cache(path: Path) -> None:
    """The same where pages are written before the commit, as those of large results are."""
    assert cut_everywhere(path, Told(), "cache_size = 1") > 800


def test_power_loss_after_a_crash(path: Path) -> None:
    """The same where the run begins by rolling back the journal of a dead writer."""
    told = Told()
    with mundane.open(path) as task:
        step(task, "tiny", str)
        step(task, "large", str)
    leave_hot_journal(path)
    told.status = {"tiny": "done", "large": "done"}
    assert cut_everywhere(path, told) > 800


@pytest.mark.parametrize("setting", ["synchronous = NORMAL", "synchronous = OFF"])
def test_the_simulation_finds_what_is_synced_too_late(path: Path, setting: str) -> None:
    """With fewer syncs the same run is damaged, so the tests above can fail."""
    with pytest.raises((AssertionError, mundane.SchemaError)) as found:
        cut_everywhere(path, Told(), setting)
    assert re.search("is damaged|integrity_check|is lost", str(found.value))
