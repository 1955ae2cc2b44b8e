"""Packages with adapters, installed without a network: a folder with what pip would leave there."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mundane_ipython.adapter.outside import GROUP

from ...core.support import REPO

EXAMPLE = Path(REPO, "tests", "adapter_package")
"""The package that shows how one brings an adapter."""


def install(site: Path, name: str, points: Mapping[str, str], modules: Mapping[str, str]) -> None:
    """Write a package into a folder: its metadata, and its modules.

    Args:
        site: the folder.
        name: of the package, as one installs it.
        points: its entry points, `module:name` by library.
        modules: their texts, by name.
    """
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"[{GROUP}]", *(f"{library} = {place}" for library, place in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    for module, text in modules.items():
        (site / f"{module}.py").write_text(text)


def install_example(site: Path) -> None:
    """Install the example as its `pyproject.toml` says; its modules stay where they are."""
    project: dict[str, Any] = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    install(site, project["name"], project["entry-points"][GROUP], {})


def search_path(*folders: Path) -> str:
    """Return the PYTHONPATH of a process that finds folders, beside what this one's names."""
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    return os.pathsep.join([*map(str, folders), *others])
