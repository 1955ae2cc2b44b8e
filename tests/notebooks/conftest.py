"""Where notebooks run that are killed after every cell: in memory, where there is enough of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 2 << 30


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder that is gone after the test.

    A step syncs two commits, and these tests make some ten thousand steps. What syncing is for is
    tested where power fails (`tests/core/test_power_loss.py`).
    """
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH_BYTES
    with tempfile.TemporaryDirectory(dir=_MEMORY if roomy else None) as folder:
        yield Path(folder)
