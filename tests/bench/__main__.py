"""`python -m tests.bench [NAME...]`: medians of several rounds, each against a peer, as a table."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from . import cells, core, readers, scale
from .measure import Row, show

BENCHES: dict[str, Callable[[int], Row | list[Row]]] = {
    "sequence": core.sequence,
    "replay": core.replay,
    "large-file": core.large_file,
    "map": core.fan_out,
    "small-cells": cells.small,
    "array": cells.array,
    "huge": cells.huge,
    "mutation": cells.mutation,
    "deep": core.deep,
    "scale": scale.scale,
    "readers": lambda _: readers.readers(seconds=60),
}


def main() -> None:
    """Run the named benchmarks, all by default."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rows: list[Row] = []
    for name in options.names or BENCHES:
        found = BENCHES[name](options.rounds)
        rows += found if isinstance(found, list) else [found]
    show(rows)


main()
