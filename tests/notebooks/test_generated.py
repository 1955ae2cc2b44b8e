"""Generated classes: each comes back as it was, or a note names what does not.

`python -m tests.bench.classes` runs as many as it is asked for; some of these are run here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.classes import drawn

from .forked import ForkServer
from .generated.running import PRELOADED, judge, record, replayed

_TOGETHER = 20  # examples that share a notebook
_SEED = 3


@pytest.fixture(scope="module")
def servers() -> Iterator[list[ForkServer]]:
    """Two processes that fork shells, whose strings have different hashes."""
    servers = [ForkServer(PRELOADED), ForkServer(PRELOADED)]
    yield servers
    for server in servers:
        server.close()


def test_the_same_choices_make_the_same_example() -> None:
    """An example is its choices, and zeros make one as well."""
    choices = record(lambda limit: limit // 2)
    assert replayed(choices) == replayed(choices)
    assert replayed([]).cells[0].startswith("class A:")


@pytest.mark.parametrize("first", [0, 20, 40])
def test_comes_back_or_is_named(first: int, servers: list[ForkServer], tmp_path: Path) -> None:
    """None comes back otherwise without a word, and none fails a cell."""
    examples = [drawn(_SEED, number) for number in range(first, first + _TOGETHER)]
    verdicts = judge(examples, tmp_path, servers)
    failed = [
        "\n---\n".join((*replayed(choices).cells, verdict.detail))
        for choices, verdict in zip(examples, verdicts, strict=True)
        if verdict.kind in ("silent", "loud")
    ]
    assert failed == []
    assert sum(verdict.kind == "equal" for verdict in verdicts) > _TOGETHER // 2
