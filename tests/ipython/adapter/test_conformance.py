"""Each adapter does as the contract says, where its library is installed: ours, and the example's.

Who writes an adapter runs these. What the registry does with them: `test_registry`; with those of
other packages: `test_outside`.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from mundane_ipython.adapter.contract import Adapter
from mundane_ipython.adapter.registry import ENGINES, IN_TREE, every

from ...core.support import REPO
from ..support.packages import EXAMPLE, install_example, search_path

EXAMPLE_LIBRARY = "tidyprint"

INSTALLED = [
    *(name for name in IN_TREE if importlib.util.find_spec(name) is not None),
    EXAMPLE_LIBRARY,
]
NOT_STANDARD = [name for name in INSTALLED if name not in sys.stdlib_module_names]


@functools.cache
def facts(library: str) -> dict[str, Any]:
    """Return what `adapter_facts` finds."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder, "site")
        install_example(site)
        environment = os.environ | {
            "PYTHONPATH": search_path(REPO, EXAMPLE, site),
            "MPLBACKEND": "agg",
        }
        ran = subprocess.run(
            [sys.executable, "-m", "tests.ipython.support.adapter_facts", library],
            env=environment,
            cwd=REPO,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def states(library: str) -> dict[str, dict[str, Any]]:
    """Return the facts of the states that a library has here, by key."""
    return {key: each for key, each in facts(library)["states"].items() if not each["is_none"]}


@pytest.mark.parametrize("library", NOT_STANDARD)
def test_its_module_does_not_import_its_library(library: str) -> None:
    """So that a kernel which has nothing of it can ask."""
    assert not facts(library)["imported"]


@pytest.mark.parametrize("library", INSTALLED)
def test_its_library_is_complete_once_it_is_imported(library: str) -> None:
    """Else it would never count as loaded."""
    assert facts(library)["missing"] == []


@pytest.mark.parametrize("library", INSTALLED)
def test_what_it_names_is_there(library: str) -> None:
    """Objects that a process has one of, and classes; a library may have moved them."""
    assert facts(library)["not_there"] == []
    assert isinstance(facts(library)["outlives_fork"], bool)


@pytest.mark.parametrize("library", INSTALLED)
def test_each_rule_is_for_a_type_of_the_library(library: str) -> None:
    """A library may have renamed it, and the rule would be for nothing."""
    assert facts(library)["unused_rules"] == []


@pytest.mark.parametrize("library", INSTALLED)
def test_what_is_read_pickles(library: str) -> None:
    """`adapter_facts` has done that. And it is a copy, or before and after would look the same."""
    assert [key for key, each in states(library).items() if each["is_live"]] == []


@pytest.mark.parametrize("library", INSTALLED)
def test_what_is_equal_has_not_changed(library: str) -> None:
    """Whether it is the same value or was read anew."""
    for key, each in states(library).items():
        assert each["same"] == "None", key
        assert each["again"] == "None", key


@pytest.mark.parametrize("library", INSTALLED)
def test_what_was_read_and_is_set_is_read_again(library: str) -> None:
    """By way of what a step stores of it, where nothing was known before."""
    for key, each in states(library).items():
        assert each["restored"] == "None", key


@pytest.mark.parametrize("library", INSTALLED)
def test_what_is_stored_is_of_its_kind(library: str) -> None:
    """`adapter_facts` made it JSON where it is set before imports; members are by their names."""
    assert [key for key, each in states(library).items() if not each["has_members"]] == []


@pytest.mark.parametrize("library", INSTALLED)
def test_what_holds_objects_is_a_list(library: str) -> None:
    """In which another object can take one's place."""
    assert {*facts(library)["held"]} <= {"list"}


def _example() -> Adapter:
    name = "tidyprint_mundane"
    spec = importlib.util.spec_from_file_location(name, EXAMPLE / name / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    adapter: Adapter = module.ADAPTER
    return adapter


def test_keys_are_of_one_state_each_and_what_they_follow_is_there() -> None:
    """Of ours and the example's together; the engines' own are no adapter's."""
    of_all = [state for adapter in (*every(), _example()) for state in adapter.state]
    keys = [state.key for state in of_all]
    assert len({*keys}) == len(keys)
    assert {*keys}.isdisjoint(ENGINES)
    assert {each for state in of_all for each in state.after} <= {*keys, *ENGINES}
