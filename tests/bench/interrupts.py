"""Interrupts at random moments of storing, restoring, replaying, opening and maps: is a thing lost?

    nice python -m tests.bench.interrupts [--count 1000] [--seed 1]

Each trial is a notebook of random steps (`tests/notebooks/strikes.py`) in which up to three cells
are interrupted, some of them again when they are run again; its kernel dies; a second one restores,
interrupted likewise, and a third one undisturbed. All three must hold what plain cells hold whose
bodies ran as often. What differs and no note names is a silent loss, and is printed with the seed
of its trial; the exit code is 1 if there was one. So it is if a cell fails for another reason.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import random
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import mundane
import mundane_ipython
from tests.core.support import fast_folder
from tests.notebooks.strikes import Cell, Session, run_session

_TRIALS_PER_NOTEBOOK = 10
_MOST_STRIKES = 3

_SETUP = """import decimal, itertools, os, random, sys
import numpy as np
import pandas as pd
random.seed(5)
np.random.seed(5)
base = {'n': 1}
counter = itertools.count()
gone1 = gone2 = gone3 = 'there'
class Box:
    total = 0
    def __init__(self): self.items = []
class Plain: pass
def double(n): return n * 2"""
_LOAD = """rows = [1, 2, 3]
alias = rows
arr = np.arange(6.0)
df = pd.DataFrame({'a': [1, 2, 3]})
box = Box()
bag = {box}"""
# A step's body by its kind; `#` is a number of its own.
_STEPS = {
    "append": "rows.append(len(rows) * 100 + #)",
    "base": "base['k#'] = len(base)",
    "environ": "os.environ['MT_#'] = os.environ.get('MT_#', '') + 'x'",
    "random": "r# = random.random()\n[random.random() for _ in range(#)]",
    "numpy.random": "np.random.rand(#)",
    "array": "arr[#] += 1\nview# = arr[1:3]",
    "frame": "df['c#'] = df.a + len(df.columns)",
    "class": "Box.total += #",
    "member": "box.items.append((len(box.items), rows))",
    "globals": "globals().setdefault('made#', [rows])\nmade#.append(#)",
    "star": "from bisect import *\nfrom string import *",
    "delete": "if 'gone#' in globals(): del gone#",
    "closure": "def f#(): return rows, len(rows)\nf#()",
    "decimal": "decimal.getcontext().prec += #",
    "path": "sys.path.append('/mt/#')",
    "no pickle": "gen# = (n for n in 'ab')\nkept# = [rows]",
    "counter": "n# = next(counter)",
    "nested": "rows.append([rows, box])\ninner# = rows[-1]",
    "new": "new# = {'rows': rows, 'n': [#] * #}\nnew#['self'] = new#",
    "instance": "thing# = Plain()\nthing#.box = box\nbox.last = thing#",
}
# What runs code of ours within a body, which may be interrupted there: the last lines.
_SHOWN = "\nprint('shown')\nrows"
_MAP = "out# = task.map('item#', double, range(#))"
_MAP_PLAINLY = "out# = [double(n) for n in range(#)]"
_PLAIN_CELLS = (
    "rows.append('plain')",
    "base['plain'] = rows",
    "total = len(rows)",
    "drawn = np.random.rand()",
)
# Not of a run of plain cells.
_OF_THE_TASK = ("task", "get_ipython", "_", "__", "___")


@dataclass
class Verdict:
    """What became of some trials.

    Attributes:
        silent: losses of which no note tells, a text each.
        faults: cells that failed otherwise, and handlers or taps left behind.
        told: how many trials had a difference that a note named.
        stale: how many ended with a step that is called stale.
        struck: how many interrupts there were, by the kind of work.
    """

    silent: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    told: int = 0
    stale: int = 0
    struck: Counter[str] = field(default_factory=Counter)


def notebook(seed: int) -> list[Cell]:
    """Return a notebook: it opens, sets up, loads, and goes on with random steps and cells."""
    draw = random.Random(seed)
    cells = [
        Cell("open", "%mundane_open task.db --as task", is_step=False),
        Cell("setup", _SETUP, is_step=False),
        Cell("load", _LOAD),
    ]
    for index in range(draw.randint(2, 5)):
        if draw.random() < 0.15:
            cells.append(Cell(f"plain{index}", draw.choice(_PLAIN_CELLS), is_step=False))
            continue
        number = str(draw.randint(1, 3))
        if draw.random() < 0.15:
            body, plainly = _MAP.replace("#", str(index)), _MAP_PLAINLY.replace("#", str(index))
            cells.append(Cell(f"s{index}", body, plainly=plainly))
            continue
        kinds = draw.sample(sorted(_STEPS), draw.randint(1, 3))
        body = "\n".join(_STEPS[kind] for kind in kinds).replace("#", number)
        cells.append(Cell(f"s{index}", body + (_SHOWN if draw.random() < 0.3 else "")))
    return cells


def judge(cells: list[Cell], seed: int, counted: list[Session], verdict: Verdict) -> None:
    """Run one trial of a notebook.

    Args:
        cells: the notebook.
        seed: of the trial.
        counted: a first run and two restores without interrupts, values waiting in the last.
        verdict: gets what came of it.
    """
    draw = random.Random(seed)
    folder = Path(tempfile.mkdtemp(dir=fast_folder()))
    try:
        waits = draw.random() < 0.5
        lived = run_session(cells, folder, _strikes(draw, counted[0]))
        model = run_session(cells, folder, plain=lived.ran)
        struck = _strikes(draw, counted[1 + waits]) if draw.random() < 0.7 else {}
        disturbed = run_session(cells, folder, struck, waits=waits)
        restored = run_session(cells, folder, waits=not waits)
    finally:
        shutil.rmtree(folder)
    sessions = {"the first kernel": lived, "the second": disturbed, "the third": restored}
    notes = "\n".join(note for session in sessions.values() for note in session.notes)
    verdict.stale += any("STALE" in note for note in restored.notes)
    told = False
    where = "\n    ".join(lived.where + disturbed.where)
    for which, session in sessions.items():
        verdict.faults += [f"{seed}: {which}: {error}\n    {where}" for error in session.errors]
        lost = []
        for name in sorted(model.names.keys() | session.names.keys()):
            expected, found = model.names.get(name), session.names.get(name)
            if expected == found or name in _OF_THE_TASK:
                continue
            if f"{name} (" in notes or f"'{name}'" in notes:
                told = True
            else:
                lost.append(f"{name} is {_short(found)}, not {_short(expected)}")
        if lost and session.names:
            verdict.silent.append(f"{seed}: {which}: {'; '.join(lost[:3])}\n    {where}")
    verdict.told += told
    verdict.struck.update(place.partition(":")[0] for place in lived.where + disturbed.where)


def _strikes(draw: random.Random, counted: Session) -> dict[int, list[int]]:
    """Return which chances of which cells are interrupted."""
    found: dict[int, list[int]] = {}
    for _ in range(draw.randint(1, _MOST_STRIKES)):
        # Most of the time goes into few lines, and most faults are in others.
        works = sorted({work for each in counted.places for work in each})
        work = draw.choice(works)
        index = draw.choice([n for n, each in enumerate(counted.places) if work in each])
        if draw.random() < 0.75:
            chance = draw.choice(counted.places[index][work])
        else:
            chance = draw.randint(1, counted.chances[index])
        found.setdefault(index, []).append(chance)
    return found


def _short(text: str | None) -> str:
    return "missing" if text is None else text if len(text) < 120 else f"{text[:117]}..."


def _counted(cells: list[Cell]) -> list[Session]:
    """Return a first run and two restores of a notebook, with every chance counted."""
    folder = Path(tempfile.mkdtemp(dir=fast_folder()))
    try:
        waits = (False, False, True)
        found = [run_session(cells, folder, count=True, waits=each) for each in waits]
    finally:
        shutil.rmtree(folder)
    assert not any(session.errors for session in found), [session.errors for session in found]
    return found


def check(first: int, count: int) -> Verdict:
    """Return what becomes of so many trials, from a seed on."""
    import_all()
    verdict = Verdict()
    cells: list[Cell] = []
    counted: list[Session] = []
    for seed in range(first, first + count):
        if not cells or seed % _TRIALS_PER_NOTEBOOK == 0:
            cells = notebook(seed // _TRIALS_PER_NOTEBOOK)
            counted = _counted(cells)
        before = len(verdict.silent), len(verdict.faults)
        judge(cells, seed, counted, verdict)
        for text in [*verdict.silent[before[0] :], *verdict.faults[before[1] :]]:
            print(text, flush=True)
        if (done := seed - first + 1) % 100 == 0:
            print(f"{done} trials, {verdict.struck.total()} interrupts", flush=True)
    return verdict


def import_all() -> None:
    """Import what the shells would, once before they are forked."""
    for package in (mundane, mundane_ipython):
        for module in pkgutil.iter_modules(package.__path__):
            if module.name != "__main__":
                importlib.import_module(f"{package.__name__}.{module.name}")
    for name in ("numpy", "pandas", "IPython.core.interactiveshell", "jupyter_client.jsonutil"):
        importlib.import_module(name)


def main() -> None:
    """Run the trials and print what was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="of the first trial")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["MUNDANE_KEY_FILE"] = str(Path(home) / "key")
        verdict = check(options.seed, options.count)
    strikes = ", ".join(f"{work} {count}" for work, count in verdict.struck.most_common())
    print(f"trials {options.count}, interrupts {verdict.struck.total()} ({strikes})")
    print(f"silent losses {len(verdict.silent)}, other faults {len(verdict.faults)}, ", end="")
    print(f"told {verdict.told}, stale {verdict.stale}")
    sys.exit(bool(verdict.silent or verdict.faults))


if __name__ == "__main__":
    main()
