"""Every kind of value comes back as it was, or the note of its step says so."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import kinds
from .forked import ForkServer, as_steps, compare
from .kinds import Kind
from .pickled import KNOWN_NAMES, names_in_bundles

# What the extra `test` brings for this; kinds of other libraries are run where these are installed.
BROUGHT = frozenset(
    """attrs bidict boltons cachetools frozendict immutables jinja2 lark marshmallow more_itertools
    mpmath msgspec pint pyarrow pycountry pydantic pyrsistent scipy sortedcontainers sqlalchemy
    sympy toolz uncertainties werkzeug wrapt""".split()  # noqa: SIM905 (a list of strings reads worse)
)

KINDS: list[Kind] = [
    each
    for module in pkgutil.iter_modules(kinds.__path__)
    for each in importlib.import_module(f"{kinds.__name__}.{module.name}").KINDS
    if all(name in BROUGHT or importlib.util.find_spec(name) for name in each.libraries)
]


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """A process that forks a shell for each run."""
    server = ForkServer()
    yield server
    server.close()


def test_each_kind_has_a_name_of_its_own() -> None:
    """A test that fails names one kind."""
    names = [each.book.name for each in KINDS]
    assert len({*names}) == len(names)


@pytest.mark.parametrize("each", KINDS, ids=lambda each: each.book.name)
def test_comes_back(each: Kind, server: ForkServer, tmp_path: Path) -> None:
    """A run never disturbed, and one killed after each cell that stores, show what plain cells do.

    The run that is not disturbed tells that storing has harmed no live object.
    """
    cells = list(each.book.cells)
    for name in ("plain", "steps", "undisturbed"):
        (tmp_path / name).mkdir()
    plain = server.run(["pass", *cells], tmp_path / "plain")
    assert plain.errors == [None] * (len(cells) + 1)
    steps = as_steps(cells)
    undisturbed = server.run(steps, tmp_path / "undisturbed")
    assert compare(plain, undisturbed, offset=0) == []
    notes = str(undisturbed.notes)
    assert "STALE" not in notes
    assert "come back apart" not in notes
    for name in each.left_out:
        assert plain.names.pop(name)
        assert f"{name} (" in notes
    if not each.left_out:
        assert "stored, but for" not in notes
    for cell in each.kills:
        server.run(steps, tmp_path / "steps", die_after=cell + 1, waits=False)
    resumed = server.run(steps, tmp_path / "steps")
    assert names_in_bundles(tmp_path / "steps" / "t.db") <= KNOWN_NAMES
    assert compare(plain, resumed, offset=0) == []
    assert "STALE" not in str(resumed.notes)
