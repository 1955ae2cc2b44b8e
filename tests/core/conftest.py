"""Fixtures of the core's tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import pytest

import mundane

from .fanout import EXECUTORS, an_executor
from .support import FakeClock, fast_folder


@pytest.fixture
def path() -> Iterator[Path]:
    """A task file's path, in a folder of its own; the file does not exist yet."""
    with tempfile.TemporaryDirectory(prefix="mundane-test-", dir=fast_folder()) as folder:
        yield Path(folder) / "task.db"


@pytest.fixture
def clock() -> FakeClock:
    """A clock that need not be waited for."""
    return FakeClock()


@pytest.fixture
def task(path: Path) -> Iterator[mundane.Task]:
    """An open task."""
    with mundane.open(path) as opened:
        yield opened


@pytest.fixture(params=EXECUTORS)
def executor(request: pytest.FixtureRequest) -> Iterator[Executor | None]:
    """Each kind of executor in turn."""
    with an_executor(request.param) as one:
        yield one


@pytest.fixture(scope="session")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with mundane-sdk 0.1.0, the existing runtime: `mundane` to a child process."""
    folder = tmp_path_factory.mktemp("mundane-sdk")
    package = "mundane-sdk==0.1.0"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    if subprocess.run([*pip[:3], "--version"], capture_output=True).returncode != 0:
        uv = shutil.which("uv")
        assert uv is not None, "neither pip nor uv is here to install mundane-sdk"
        pip = [uv, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable]
    subprocess.run([*pip, "--target", str(folder), package], check=True)
    return folder
