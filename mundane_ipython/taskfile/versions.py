"""The versions on which loading a bundle may depend: what wrote it, and what is here."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping

import cloudpickle

from ..adapter.registry import loaded


def current_versions() -> dict[str, str]:
    """Return the versions on which loading a bundle may depend: Python's, and what is loaded."""
    versions = {"python": platform.python_version(), "cloudpickle": cloudpickle.__version__}
    for package in [adapter.module for adapter in loaded() if adapter.versioned]:
        version = getattr(sys.modules.get(package), "__version__", None)
        if version is not None:
            versions[package] = str(version)
    return versions


def other_versions(wrote: Mapping[str, str]) -> str:
    """Return `python 3.11.7 (here 3.12.1), numpy 1.26.4 (here 2.1.0)`: those that are others here.

    Args:
        wrote: `current_versions` where the bundle was made.
    """
    here = current_versions()
    return ", ".join(
        f"{package} {version} (here {here.get(package, 'not loaded')})"
        for package, version in wrote.items()
        if here.get(package) != version
    )
