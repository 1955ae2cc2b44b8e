"""Real notebooks and scripts: killed after every cell and resumed, do they give the same outputs?

    python -m tests.bench.equivalence SOURCE... [--limit-s 10] [--jobs 2] [--only TEXT]
    python -m tests.bench.equivalence scikit-learn --only /examples/
    python -m tests.bench.equivalence iminuit emcee --only .ipynb --preload ''

A source is a folder, a file, or a distribution on the package index (`name` or `name==version`),
which is fetched and unpacked, not built; `pip install -e '.[bench]'` brings what fetches it. What
the files import must be installed.

Takes `.ipynb` files and `.py` files whose cells are marked by `# %%` or a line of `#`. Each is run
plain twice, in a fresh shell; one that fails, takes longer than the limit (seconds of processor
time, so that a busy machine leaves out no more) or differs from itself is left out, with why.
Then every cell is made a step, the shell is killed after each cell in turn and everything is run
again from the top; the outputs and the namespace of the last run must be those of the plain one.

Blanks, and times that joblib, scikit-learn and iminuit print, do not count where a cell shows such
a time. Where outputs differ, up to five more plain runs are made. A file whose plain runs differ
from another in every place in which the resumed run differed (other times, an optimiser that
depends on the load) is "unsteady": it counts neither as equal nor as different, and is named.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue

from tests.notebooks.forked import PRELOADED, ForkServer, Run, as_steps, compare, timeless

_MORE_RUNS = 5
_MARK = re.compile(r"^(# ?%%|#{20,}\s*$)", re.MULTILINE)


def fetch(requirement: str, folder: Path) -> Path:
    """Unpack a source distribution below a folder: if it names no version, of that installed."""
    if "/" in requirement:
        sys.exit(f"{requirement}: no such file or folder")
    if re.fullmatch(r"[\w.-]+", requirement):
        requirement = f"{requirement}=={version(requirement)}"
    with tempfile.TemporaryDirectory() as download:
        command = ["-m", "unearth", "--no-binary", "--download", download, requirement]
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(download).iterdir()
        shutil.unpack_archive(archive, folder, filter="data")
    return folder


def files_of(source: Path, only: str) -> list[Path]:
    """Return the notebooks and scripts in a folder whose path has a text in it; or the file."""
    return sorted(
        file
        for file in (source.rglob("*") if source.is_dir() else [source])
        if file.suffix in (".py", ".ipynb") and only in str(file)
    )


def cells_of(path: Path) -> list[str]:
    """Return the code cells of a notebook or script."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = [c for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
        sources = ["".join(c["source"]) for c in cells]
    else:
        starts = [0, *(match.start() for match in _MARK.finditer(text)), len(text)]
        sources = [text[a:b] for a, b in itertools.pairwise(starts)]
    return [source for source in sources if _has_code(source)]


def check(server: ForkServer, path: Path, limit_s: int) -> tuple[str, list[str]]:
    """Return (verdict, details) for one file: equal, different, loud, unsteady or left out."""
    cells = cells_of(path)
    if not cells:
        return "left out", ["no cells"]
    try:
        started_s = time.monotonic()
        straight, again = (_run(server, path, as_plain(cells), limit_s) for _ in range(2))
        plain_s = (time.monotonic() - started_s) / 2
    except RuntimeError as error:
        return "left out", [f"plain: {str(error).strip().splitlines()[-1]}"]
    if any(straight.errors):
        return "left out", [f"plain: {next(filter(None, straight.errors))}"]
    # Times and the like: what differs between two plain runs tells nothing.
    unsteady = {n for n in straight.names if straight.names[n] != again.names.get(n)}
    _drop(unsteady, straight, again)
    if compare(straight, again, offset=0):
        return "left out", ["two plain runs differ", *compare(straight, again, offset=0)[:2]]
    steps = as_steps(cells)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for k in range(1, len(steps)):
                last = server.run(steps, Path(folder), die_after=k, timeout_s=10 * limit_s + 60)
            last = server.run(steps, Path(folder), timeout_s=10 * limit_s + 60)
    except RuntimeError as error:
        return "loud", [str(error).strip().splitlines()[-1]]
    _drop(unsteady, last)
    differences = compare(straight, last, offset=0)
    if not compare(*timeless(straight, last), offset=0):
        but = " (but for a time that it prints)" if differences else ""
        return "equal", [f"{len(cells)} cells, {plain_s:.1f} s plain{but}"]
    said = [note for notes in last.notes[1:] for note in notes if "not stored" in note]
    if said or any(last.errors):
        return "loud", [*differences, *said]
    places = {_place(difference) for difference in differences}
    for _ in range(_MORE_RUNS):
        another = _run(server, path, as_plain(cells), 2 * limit_s)
        places -= {_place(difference) for difference in compare(straight, another, offset=0)}
    return ("different" if places else "unsteady"), differences


def _place(difference: str) -> str:
    """Return the cell or the name that a difference is about."""
    return difference.partition(":")[0]


def as_plain(cells: list[str]) -> list[str]:
    """Return the cells of a plain run, with the numbers that cells and lines have in steps."""
    return ["pass", *(c if c.lstrip().startswith("%%") else f"# plain\n{c}" for c in cells)]


def _run(server: ForkServer, path: Path, cells: list[str], limit_s: int) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        return server.run(cells, Path(folder), timeout_s=limit_s)


def _drop(names: set[str], *runs: Run) -> None:
    for run in runs:
        run.names = {name: text for name, text in run.names.items() if name not in names}


def _has_code(source: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in source.splitlines())


def check_all(files: list[Path], options: argparse.Namespace) -> Counter[str]:
    """Check files, print a line for each, and count the verdicts."""
    servers: SimpleQueue[ForkServer] = SimpleQueue()
    for _ in range(options.jobs):
        servers.put(ForkServer((*PRELOADED, *filter(None, options.preload.split(",")))))

    def one(file: Path) -> str:
        server = servers.get()
        try:
            verdict, details = check(server, file, options.limit_s)
        finally:
            servers.put(server)
        print(f"{verdict:9} {file}: {details[0]}", *details[1:], sep="\n    ", flush=True)
        return verdict

    with ThreadPoolExecutor(options.jobs) as pool:
        return Counter(pool.map(one, files))


def main() -> None:
    """Check every file, print a line for each, and the shares at the end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--limit-s", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--preload", default="sklearn,scipy.stats")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as fetched:
        files = [
            file
            for number, source in enumerate(options.sources)
            for file in files_of(
                Path(source)
                if Path(source).exists()
                else fetch(source, Path(fetched, str(number))),
                options.only,
            )
        ]
        counts = check_all(files, options)
    run = counts["equal"] + counts["different"] + counts["loud"]
    share = 100 * counts["equal"] / run if run else 0.0
    print(
        f"\n{run} run, {counts['equal']} equal ({share:.1f} %), {counts['loud']} different with a"
        f" note or an error,\n{counts['different']} silently different;"
        f" {counts['unsteady']} unsteady, {counts['left out']} left out"
    )
    sys.exit(0 if run else 1)


if __name__ == "__main__":
    main()
