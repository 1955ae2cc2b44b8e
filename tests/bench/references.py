"""Objects taken out of older values: does one come back as another, in a process with other hashes?

    nice python -m tests.bench.references [--examples 5000] [--seed 1]

Random containers of every kind, as `tests/notebooks/references_check.py` makes them. What came back
otherwise and nothing says so is printed with its code; the exit code is 1 if there was one.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.notebooks.references_check import Outcome, check, servers

_PER_NOTEBOOK = 25


def main() -> None:
    """Check as many examples as are asked for; print what went wrong, and how many there were."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    processes = servers()
    whole = Outcome()
    try:
        for k in range(-(-options.examples // _PER_NOTEBOOK)):
            outcome = check(processes, options.seed * 1_000_000 + k, _PER_NOTEBOOK)
            whole.add(outcome)
            for text in outcome.silent:
                print(text, flush=True)
            if k % 20 == 19:
                print(f"{(k + 1) * _PER_NOTEBOOK} examples, {whole.equal} equal", flush=True)
    finally:
        for process in processes:
            process.close()
    print(f"equal {whole.equal}, apart {whole.apart}, unchecked {whole.unchecked}, ", end="")
    print(f"loud {len(whole.loud)}, silent {len(whole.silent)}")
    for error, count in Counter(whole.loud).most_common(10):
        print(f"{count:6} {error}")
    sys.exit(bool(whole.silent))


if __name__ == "__main__":
    main()
