"""An interrupt between the end of a step's body and the end of its commit: nothing is lost.

The cell is run again, as a user does, and its kernel dies. `python -m tests.bench.interrupts` does
the same to any moment of a thousand notebooks.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.support import REPO

_TRIALS = """
import json, sys, tempfile
from pathlib import Path
from tests.bench.interrupts import import_all
from tests.notebooks.strikes import Cell, run_session

import_all()
error = {"MemoryError": MemoryError}.get(sys.argv[1])
cells = [
    Cell("open", "%mundane_open task.db", False),
    Cell("setup", "import decimal, os, random\\nrandom.seed(5)\\nbase = {}\\ngone = 1", False),
    Cell("load", "rows = [1, 2, 3]\\nalias = rows\\nclass Box: total = 0"),
    Cell("change", '''rows.append(len(rows))
base['k'] = base.get('k', 0) + 1
os.environ['MT_1'] = os.environ.get('MT_1', '') + 'x'
random.random()
decimal.getcontext().prec += 1
Box.total += 1
if 'gone' in globals(): del gone
globals().setdefault('made', [rows])
from bisect import *
'''),
]
def folder():
    return Path(tempfile.mkdtemp(dir=sys.argv[2]))
counted = run_session(cells, folder(), count=True)
chances = sorted(counted.places[3]["storing"])
for chance in chances[int(sys.argv[3])::int(sys.argv[4])]:
    here = folder()
    lived = run_session(cells, here, {3: [chance]}, error=error)
    model = run_session(cells, here, plain=lived.ran)
    restored = run_session(cells, here)
    lost = {
        name: [model.names.get(name), session.names.get(name)]
        for session in (lived, restored)
        for name in model.names.keys() | session.names.keys()
        if model.names.get(name) != session.names.get(name) and name[:1] != "_"
    }
    notes = "\\n".join(lived.notes)
    told = [name for name in lost if f"'{name[1:]}'" in notes or f"{name} (" in notes]
    lost = {name: values for name, values in lost.items() if name not in told}
    print(json.dumps([chance, lived.ran, lived.where, lost, lived.errors + restored.errors]))
"""


@pytest.mark.parametrize(("error", "stride"), [("KeyboardInterrupt", 50), ("MemoryError", 100)])
def test_whatever_ends_a_commit_leaves_the_notes_of_a_failing_body(
    tmp_path: Path, error: str, stride: int
) -> None:
    """At every so many lines that is run between the body and the end of the commit."""
    output = subprocess.run(
        [sys.executable, "-c", _TRIALS, error, str(tmp_path), "3", str(stride)],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    trials = [json.loads(line) for line in output.splitlines()]
    assert len(trials) > 5
    for chance, ran, where, lost, errors in trials:
        assert where, chance
        assert "step.py" in where[0] or ran
        assert lost == {}, (chance, where)
        assert errors == [], (chance, where)
    # Some were interrupted before the commit, so that the body ran again.
    assert any(ran.count("change") == 2 for _, ran, _, _, _ in trials)


def test_interrupts_at_random_moments() -> None:
    """So do interrupts at any moment of other work; a share of the bench's trials."""
    bench = [sys.executable, "-m", "tests.bench.interrupts", "--count", "4", "--seed", "7000"]
    ran = subprocess.run(bench, cwd=REPO, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "silent losses 0, other faults 0" in ran.stdout


_LIMITED = """
import builtins, os, resource, sys
from pathlib import Path
from tests.bench.interrupts import import_all
from tests.notebooks.strikes import Cell, run_session

import_all()
tries = []
def limit(mib):
    most = resource.RLIM_INFINITY
    if mib and not tries:
        tries.append(mib)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + (mib << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
builtins.limit = limit
cells = [
    Cell("open", "%mundane_open task.db", False),
    Cell("setup", "import os, random\\nimport numpy as np\\nrandom.seed(3)\\nbase = {}", False),
    Cell("load", "rows = [1]\\narr = np.zeros(1000)"),
    Cell("big", '''limit(0)
rows.append(len(rows))
base['k'] = base.get('k', 0) + 1
os.environ['MT_1'] = os.environ.get('MT_1', '') + 'x'
random.random()
texts = [str(n) * 3 for n in range(200000)]
arr[3] += 1
limit(2)'''),
]
folder = Path(sys.argv[1])
lived = run_session(cells, folder, error=MemoryError)
model = run_session(cells, folder, plain=lived.ran)
restored = run_session(cells, folder)
assert lived.ran.count("big") == 2, (lived.ran, lived.errors)
assert lived.errors == restored.errors == [], (lived.errors, restored.errors)
for session in (lived, restored):
    for name in model.names.keys() | session.names.keys():
        assert name[:1] == "_" or session.names.get(name) == model.names.get(name), name
"""


def test_a_limit_of_memory_while_a_step_is_stored(tmp_path: Path) -> None:
    """The step fails with MemoryError; with the limit gone the cell runs again, and has it all."""
    words = [sys.executable, "-c", _LIMITED, str(tmp_path)]
    ran = subprocess.run(words, cwd=REPO, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
