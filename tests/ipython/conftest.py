"""Fixtures: a home of the tests' own, fresh shells, and kernels."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .support.kernels import KERNEL_NAME, Notebook, open_notebook
from .support.shells import Shell, new_shell


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the developer's settings, history and signing key out of reach, and theirs unchanged."""
    home = tmp_path_factory.mktemp("home")
    spec = home / "share" / "kernels" / KERNEL_NAME
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    argv.append("--log-level=ERROR")
    (spec / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"})
    )
    with pytest.MonkeyPatch.context() as patch:
        for variable, folder in {
            "HOME": ".",
            "JUPYTER_PATH": "share",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "IPYTHONDIR": "ipython",
            "MPLCONFIGDIR": "matplotlib",
            "MUNDANE_KEY_FILE": "key",
        }.items():
            patch.setenv(variable, str(home / folder))
        # What pytest or the developer's shell may have set and a kernel would heed.
        for variable in ("MUNDANE_TASK", "JPY_SESSION_NAME", "MPLBACKEND", "PYTHONSTARTUP"):
            patch.delenv(variable, raising=False)
        yield


@pytest.fixture
def task_path(tmp_path: Path) -> Path:
    """Return where a test's task file goes."""
    return tmp_path / "task.db"


@pytest.fixture
def restarted(task_path: Path) -> Iterator[Callable[[], Shell]]:
    """Return a function that ends the shell there is and starts one on the same task file."""
    with ExitStack() as stack:

        def restart() -> Shell:
            stack.close()
            return stack.enter_context(new_shell(task_path))

        yield restart


@pytest.fixture
def shell(restarted: Callable[[], Shell]) -> Shell:
    """Return a fresh in-process shell with `task_path` open."""
    return restarted()


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Notebook]:
    """Run a kernel whose task file is `task.db` in the test's folder."""
    with open_notebook(tmp_path) as opened:
        yield opened
