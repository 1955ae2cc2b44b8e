"""A JupyterLab server of the tests' own, which serves Notebook 7 as well, and stops with them."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ipython.support.kernels import wait_for

# What a person would click away once.
_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    # A save in the middle of a test would ask whether to overwrite what the test wrote.
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}
_OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port=0",
    "--ServerApp.terminals_enabled=False",
    # They make the application's commands reachable from the page, as `window.jupyterapp`.
    "--LabApp.expose_app_in_browser=True",
    "--JupyterNotebookApp.expose_app_in_browser=True",
    # How often it looks whether a kernel lives, in seconds.
    "--AsyncIOLoopKernelRestarter.time_to_dead=0.5",
)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        url: without a slash at its end.
        token: that a request needs.
        root: the folder that it serves.
    """

    url: str
    token: str
    root: Path

    def request(self, path: str, method: str = "GET") -> Any:
        """Call its REST API and return the decoded answer, None for an empty one."""
        request = urllib.request.Request(
            f"{self.url}/api/{path}",
            method=method,
            headers={"Authorization": f"token {self.token}"},
            data=b"" if method == "POST" else None,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None


@contextmanager
def start_server(root: Path) -> Iterator[Server]:
    """Serve a folder until the end of the block.

    Settings, kernels and runtime files are where the environment's Jupyter variables say.
    """
    settings = Path(os.environ["JUPYTER_CONFIG_DIR"], "labconfig")
    settings.mkdir(parents=True, exist_ok=True)
    overrides = settings / "default_setting_overrides.json"
    overrides.write_text(json.dumps(_SETTINGS), encoding="utf-8")
    token = secrets.token_hex(16)
    environment = {**os.environ, "JUPYTER_TOKEN": token}
    # With it, ipykernel would not watch the file descriptors 1 and 2 as it does for users.
    environment.pop("PYTEST_CURRENT_TEST", None)
    log = root.parent / f"{root.name}.log"
    command = [sys.executable, "-m", "jupyterlab", *_OPTIONS, f"--ServerApp.root_dir={root}"]
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield Server(_listening(process, log), token, root)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _listening(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the server listens; return its URL, from the file that it leaves for clients."""
    info = Path(os.environ["JUPYTER_RUNTIME_DIR"], f"jpserver-{process.pid}.json")

    def listens() -> bool:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        return info.exists() and info.stat().st_size > 0

    wait_for(listens)
    url: str = json.loads(info.read_text(encoding="utf-8"))["url"]
    return url.rstrip("/")
