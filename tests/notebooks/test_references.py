"""No object inside an older value comes back as another one; `tests.bench.references` runs more."""

from __future__ import annotations

from pathlib import Path

from .forked import ForkServer, as_steps
from .references_check import check, servers


def test_what_was_taken_out_of_a_value_is_what_it_was() -> None:
    """Containers of every kind, in processes with different hash seeds, but for what is told."""
    processes = servers()
    try:
        outcomes = [check(processes, seed, 25) for seed in range(4)]
    finally:
        for process in processes:
            process.close()
    assert [text for each in outcomes for text in each.silent] == []
    # Else nothing was tried.
    assert sum(each.equal for each in outcomes) > 80


def test_a_holder_that_an_option_leaves_out(tmp_path: Path) -> None:
    """Where -o keeps it from being stored, a note says that the two come back apart."""
    cells = [
        "class Node:\n    def __init__(self, name):\n        self.name = name\n"
        "held = {Node('a'), Node('b')}",
        "node = next(each for each in held if each.name == 'a')",
        "print(node in held)",
    ]
    steps = as_steps(cells)
    steps[2] = steps[2].replace("%%step s1", "%%step s1 -o node")
    server = ForkServer()
    try:
        first = server.run(steps, tmp_path)
        resumed = server.run(steps, tmp_path)
    finally:
        server.close()
    for run in (first, resumed):
        assert "held, node lie in one another and come back apart" in str(run.notes[2])
        assert run.errors == [None] * 4


def test_a_holder_that_could_not_be_stored(tmp_path: Path) -> None:
    """What was in it is stored by itself, and comes back though the holder does not."""
    cells = [
        "import threading\nheld = {'lock': threading.Lock(), 'rows': [1], 'more': {(2,)}}",
        "rows = held['rows']\nmore = held['more']",
        "print(rows, more)",
    ]
    steps = as_steps(cells)
    server = ForkServer()
    try:
        assert "stored, but for held" in str(server.run(steps, tmp_path, die_after=2).notes[1])
        resumed = server.run(steps, tmp_path)
    finally:
        server.close()
    assert resumed.errors == [None] * 4
    assert resumed.outputs[3][0]["text"] == "[1] {(2,)}\n"
