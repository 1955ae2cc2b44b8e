"""Generated classes: each comes back as it was, or a note names what does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .forked import ForkServer
from .generated.running import PRELOADED, Choices, judge, record, replayed

_TOGETHER = 15  # examples that share a notebook


@st.composite
def examples(draw: st.DrawFn) -> Choices:
    """Return what is drawn for an example."""
    return record(lambda limit: draw(st.integers(0, limit - 1)))


@pytest.fixture(scope="module")
def servers() -> Iterator[list[ForkServer]]:
    """Two processes that fork shells, whose strings have different hashes."""
    servers = [ForkServer(PRELOADED), ForkServer(PRELOADED)]
    yield servers
    for server in servers:
        server.close()


@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[*HealthCheck],
)
@given(drawn=st.lists(examples(), min_size=_TOGETHER, max_size=_TOGETHER))
def test_comes_back_or_is_named(
    drawn: list[Choices], servers: list[ForkServer], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """None comes back otherwise without a word, and none fails a cell (`tests.bench.classes`)."""
    folder: Path = tmp_path_factory.mktemp("generated")
    verdicts = judge(drawn, folder, servers)
    failed = [
        "\n---\n".join((*replayed(choices).cells, verdict.detail))
        for choices, verdict in zip(drawn, verdicts, strict=True)
        if verdict.kind in ("loud", "silent")
    ]
    assert not failed, failed[0]
    assert sum(verdict.kind == "equal" for verdict in verdicts) > _TOGETHER // 2


def test_the_same_choices_make_the_same_example() -> None:
    """An example is its choices, and zeros make one as well."""
    choices = record(lambda limit: limit // 2)
    assert replayed(choices) == replayed(choices)
    assert replayed([]).cells[0].startswith("class A:")
