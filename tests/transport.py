"""How a test reaches its kernel: by sockets in a folder of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from traitlets.config import Config


@contextmanager
def own_sockets() -> Iterator[Config]:
    """Give the configuration of a kernel that listens on files, not on ports.

    `jupyter_client` looks for free ports, closes them and names them to the kernel, which binds
    them a second later. Where many kernels start side by side, some port is taken by then: the
    kernel fails with "Address already in use", and its client waits for a minute.
    """
    # Not in the test's folder: a socket's path has at most 107 bytes (unix(7)).
    with tempfile.TemporaryDirectory(prefix="k") as folder:
        yield Config(KernelManager={"transport": "ipc", "ip": str(Path(folder) / "kernel")})
