"""Generated classes: does each come back as it was, or does a note name what does not?

    python -m tests.bench.classes [--examples 5000] [--seed 1] [--only NUMBER [--shrink]]

Each example is a notebook of classes, instances and changes (`tests/notebooks/generated`). It is
run plain, as steps that nobody disturbs, and killed after every cell and resumed. The counts are
printed, and the first that fail, each with the number that makes it again (`--only`). The exit code
is 1 if a difference was silent or a cell failed.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.notebooks.forked import ForkServer
from tests.notebooks.generated.running import (
    PRELOADED,
    Choices,
    Verdict,
    judge,
    record,
    replayed,
    run,
    shrunk,
)

_SHOWN = 20


def main() -> None:
    """Run the examples and print how they came back."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=int, default=5000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=20, help="how many share a notebook")
    parser.add_argument("--only", type=int, help="the number of one example, to see it")
    parser.add_argument("--shrink", action="store_true", help="make the one smaller first")
    parser.add_argument("--list", action="store_true", help="a line for each that is not equal")
    options = parser.parse_args()
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        servers = [ForkServer(PRELOADED), ForkServer(PRELOADED)]
        try:
            if options.only is not None:
                show_one(options, Path(folder), servers)
            else:
                sys.exit(run_all(options, Path(folder), servers))
        finally:
            for server in servers:
                server.close()


def drawn(seed: int, number: int) -> Choices:
    """Return the choices of an example."""
    return record(random.Random(f"{seed}/{number}").randrange)


def run_all(options: argparse.Namespace, folder: Path, servers: list[ForkServer]) -> int:
    """Run all examples; return the exit code."""
    started_s = time.monotonic()
    counts: Counter[str] = Counter()
    shown = 0
    last = options.first + options.examples
    for first in range(options.first, last, options.batch):
        numbers = range(first, min(first + options.batch, last))
        found = judge([drawn(options.seed, n) for n in numbers], folder / "batch", servers)
        for number, verdict in zip(numbers, found, strict=True):
            counts[verdict.kind] += 1
            failed = verdict.kind in ("loud", "silent")
            if (options.list and verdict.kind != "equal") or (failed and shown < _SHOWN):
                shown += failed
                print(f"example {number} of seed {options.seed}: {verdict.kind}: {verdict.detail}")
                print(f"    {', '.join(replayed(drawn(options.seed, number)).parts)}", flush=True)
    took_s = time.monotonic() - started_s
    total = sum(counts.values())
    print(
        f"{total:,} examples in {took_s:.0f} s: {counts['equal']:,} equal, {counts['named']:,} "
        f"named by a note, {counts['loud']:,} loud, {counts['silent']:,} silent, "
        f"{counts['invalid']:,} that fail without steps"
    )
    return 1 if counts["loud"] or counts["silent"] else 0


def show_one(options: argparse.Namespace, folder: Path, servers: list[ForkServer]) -> None:
    """Print the cells of one example, and how it came back."""
    choices = drawn(options.seed, options.only)

    def tried(some: Choices) -> Verdict:
        return run(replayed(some).cells, folder / "one", servers)

    verdict = tried(choices)
    if options.shrink and verdict.kind != "equal":
        choices = shrunk(choices, lambda some: tried(some).kind == verdict.kind)
        verdict = tried(choices)
    print("\n---\n".join(replayed(choices).cells))
    print(f"\n{verdict.kind}: {verdict.detail}")


if __name__ == "__main__":
    main()
