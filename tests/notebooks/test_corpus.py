"""Each book of the corpus, killed after every cell and resumed, is as if it had never died."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .corpus import BOOKS, Book
from .forked import ForkServer, as_steps, compare, timeless


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """A process that forks a shell for each run."""
    server = ForkServer()
    yield server
    server.close()


def check_book(book: Book, server: ForkServer, folder: Path) -> None:
    """Run a book straight, then killed after every cell and resumed, and compare."""
    (folder / "plain").mkdir()
    (folder / "steps").mkdir()
    straight = server.run(["pass", *book.cells], folder / "plain")
    steps = as_steps(list(book.cells))
    for last in range(1, len(steps)):
        killed = server.run(steps, folder / "steps", die_after=last)
        assert "STALE" not in str(killed.notes)
    for name in book.lost:
        assert straight.names.pop(name)
    for waits in (True, False):
        resumed = server.run(steps, folder / "steps", waits=waits)
        assert compare(straight, resumed, offset=0) == []
        assert "STALE" not in str(resumed.notes)


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_killed_after_every_cell(book: Book, server: ForkServer, tmp_path: Path) -> None:
    """Outputs, errors and final namespace are a plain run's that never died; nothing is stale."""
    check_book(book, server, tmp_path)


def test_times_are_set_aside_and_other_numbers_are_not(server: ForkServer, tmp_path: Path) -> None:
    """Two runs that print how long a thing took are equal; no other number may differ."""
    shown = [server.run([f"print('total time=   {n}s')"], tmp_path) for n in ("0.1", "0.2")]
    assert compare(*shown, offset=0) == []
    shown = [server.run([f"print('___f - {n}s, 0.0min')"], tmp_path) for n in ("0.1", "0.2")]
    assert compare(*shown, offset=0) == []
    others = [server.run([f"print('total loss=   {n}s')"], tmp_path) for n in ("0.1", "0.2")]
    assert len(compare(*others, offset=0)) == 1
    boxes = ("| time = 0.1 sec |", "|                |", "|  tie = 0.1 sec |", "| |")
    took, short, other, blank = (server.run([f"print({box!r})"], tmp_path) for box in boxes)
    assert compare(*timeless(took, short), offset=0) == []
    assert len(compare(*timeless(took, other), offset=0)) == 1
    assert len(compare(*timeless(short, blank), offset=0)) == 1


def test_a_call_that_sets_what_nobody_can_read_is_named(server: ForkServer, tmp_path: Path) -> None:
    """A library that tells no state of its generator is seeded in a plain cell, or by each cell."""
    library = "def set_random_seed(n): pass\ndef set_seed(n): pass\ndef set_floatx(kind): pass"
    for name in ("polars", "keras", "tame"):
        (tmp_path / f"{name}.py").write_text(library)
    cells = [
        "#plain\nimport sys\nsys.path.insert(0, '.')",
        "import polars as pl\npl.set_random_seed(1)\npl.set_seed(2)",
        "import tame\ntame.set_random_seed(1)\npl.set_floatx(1)",
        "import keras\nfrom keras import set_random_seed\nset_random_seed(1)\nkeras.set_floatx(2)",
    ]
    notes = server.run(as_steps(cells), tmp_path).notes
    assert "calls pl.set_random_seed, pl.set_seed, and nobody can read" in str(notes[2])
    assert "nobody" not in str(notes[3])
    assert "calls set_random_seed, keras.set_floatx, and nobody can read" in str(notes[4])


REBUILDING = """
class Layer:
    def __init__(self, weight):
        self.weight = weight
    def __reduce__(self):
        return Layer, (self.weight,)

class Model:
    def __init__(self, weights):
        self.layers = [Layer(weight) for weight in weights]
    def __reduce__(self):
        return Model, (self.weights(),)
    def weights(self):
        return [layer.weight for layer in self.layers]
    def fit(self):
        for layer in self.layers:
            layer.weight += 1
        self.history = History()
        self.history.model = self
        return self.history

class History:
    pass
"""


def test_a_part_that_its_library_makes_anew(server: ForkServer, tmp_path: Path) -> None:
    """What lies in an object and not in its pickle is stored with it, and told of."""
    (tmp_path / "rebuilding.py").write_text(REBUILDING)
    cells = [
        "#plain\nimport sys\nsys.path.insert(0, '.')",
        "from rebuilding import Model\nmodel = Model([1, 2])\nother = Model([3])",
        "first = model.layers[0]",
        "first.weight = 9",
        "print(model.weights(), first.weight)",
        "same = model\nhistory = model.fit()",
        "print(model.weights(), first.weight, other.weights(), history.model is model)",
    ]
    steps = as_steps(cells)
    straight = server.run(steps, tmp_path)
    apart = "model, first lie in one another and come back apart"
    assert [apart in str(notes) for notes in straight.notes[1:]] == [
        *(False, False, True, True, False, True, False)
    ]
    resumed = server.run(steps, tmp_path)
    assert apart in str(resumed.notes[3])
    assert [resumed.outputs[k] for k in (5, 7)] == [straight.outputs[k] for k in (5, 7)]
    assert "[10, 3] 10 [3] True" in str(resumed.outputs[7])


def test_a_generator_is_left_out_and_said_so(server: ForkServer, tmp_path: Path) -> None:
    """What cannot be stored is named under its cell, left unbound, and its NameError says so."""
    steps = as_steps(["g = (i for i in range(3))\nok = 1", "#plain\nprint(ok)", "#plain\nnext(g)"])
    first = server.run(steps, tmp_path)
    assert "stored, but for g (TypeError" in first.notes[1][0]
    resumed = server.run(steps, tmp_path)
    assert "not stored, and so not defined: g (TypeError" in resumed.notes[1][0]
    assert resumed.outputs[2] == first.outputs[2]
    assert resumed.errors[3] == "NameError: name 'g' is not defined"
    assert "step 's0' was restored, and 'g' could not be stored" in resumed.hints[3]


def test_a_generator_that_a_later_step_uses_up_is_used_up(
    server: ForkServer, tmp_path: Path
) -> None:
    """Where a generator came to its end is stored with the step that brought it there."""
    cells = ["g = (i for i in range(3))", "print(list(g))", "print(list(g))"]
    steps = as_steps(cells)
    server.run(steps, tmp_path, die_after=2)
    resumed = server.run(steps, tmp_path)
    assert [output[0]["text"] for output in resumed.outputs[2:]] == ["[0, 1, 2]\n", "[]\n"]


def test_a_connection_of_a_plain_cell_is_said_to_be_lost(
    server: ForkServer, tmp_path: Path
) -> None:
    """A step that uses what no step made and nothing can store says so; the object is kept."""
    plain = """#plain
import queue, re, sqlite3, threading
db = sqlite3.connect(":memory:")
q = queue.Queue()
found, lock, log = re.match("a", "a"), threading.Lock(), open("log.txt", "w")
"""
    uses = "db.execute('select 1'); q.put(log.write('a'))"
    steps = as_steps([plain, "with lock:\n    print(found[0])", uses])
    steps += ["%%step later\nq.put(2)\nprint(q.qsize())", "#plain\nprint(q.qsize())"]
    first = server.run(steps, tmp_path)
    assert first.notes[2] == []
    assert first.notes[3] == [
        "step s2: uses db (sqlite3.Connection), log (_io.TextIOWrapper), q (queue.Queue), "
        "whose state cannot be stored: what this step changed in it is lost with the kernel"
    ]
    resumed = server.run(steps, tmp_path)
    assert resumed.errors == [None] * 6
    assert [first.outputs[5][0]["text"], resumed.outputs[5][0]["text"]] == ["2\n", "0\n"]


def test_a_stream_that_many_hold_changes_none_of_them(server: ForkServer, tmp_path: Path) -> None:
    """A kernel's streams change with every cell: that is no change of a handler or a thread."""
    makes = "import logging, threading\nheld, thread = logging.StreamHandler(), threading.Thread()"
    steps = as_steps([f"{makes}\nrows = [1]", "rows.append(2)\nprint(held, thread is None)"])
    first = server.run(steps, tmp_path)
    assert "stored, but for held" in first.notes[1][0]
    assert first.notes[2] == []
    resumed = server.run([*steps[:2], makes, steps[2], "print(held)"], tmp_path)
    assert resumed.errors == [None] * 5
    assert "held" not in resumed.notes[3][0]


def test_a_change_that_an_option_leaves_out(server: ForkServer, tmp_path: Path) -> None:
    """Where -o names other values than the one that was changed in place, a note says so."""
    steps = as_steps(["#plain\nr, s = [], []", "r.append(1)\ns.append(2)\ntotal = len(r)"])
    steps[2] = steps[2].replace("%%step s1", "%%step s1 -o total,s")
    assert server.run(steps, tmp_path).notes[2] == [
        "step s1: changed r in place, which is not among -o and so not stored"
    ]


def test_what_ipython_has_and_nothing_can_store(server: ForkServer, tmp_path: Path) -> None:
    """A formatter that refuses to be pickled is named, and takes no other ambient state along."""
    cell = """import os, random
_pipe = (i for i in range(3))
get_ipython().display_formatter.formatters["text/plain"].for_type(
    complex, lambda c, p, cycle, pipe=_pipe: p.text("complex"))
os.environ["MUNDANE_SEEN"] = "1"
random.seed(3)
del _pipe"""
    steps = as_steps([cell, "#plain\nprint(os.environ['MUNDANE_SEEN'], random.random())\n1j"])
    first = server.run(steps, tmp_path)
    assert first.notes[1][0].startswith(
        "step s0: stored, but for what it registers with IPython (TypeError: "
    )
    resumed = server.run(steps, tmp_path)
    assert resumed.errors == [None] * 3
    assert "what it registers with IPython (TypeError" in resumed.notes[1][0]
    assert resumed.outputs[2][0] == first.outputs[2][0]
    assert resumed.outputs[2][1]["data"] == {"text/plain": "1j"}
    named = server.run([steps[0], f"%%step named -o n\n{cell}\nn = 1"], tmp_path)
    assert named.errors == [None, None]  # n itself can be stored
    assert "what it registers with IPython" in named.notes[1][0]


def test_an_attribute_of_a_library_is_said_not_to_come_back(
    server: ForkServer, tmp_path: Path
) -> None:
    """A step that sets a module's attribute, or a library's class's, says that it does so."""
    said = (
        "step s0: sets {}, which is a library's: a restore does not set it again; "
        "do so in a plain cell"
    )
    cells = {
        "import statistics\nstatistics.mean = max": ["statistics.mean"],
        "import xml.dom as d\nd.mine = 1": ["d.mine"],
        "from fractions import Fraction\nFraction.half = 2\ndel Fraction.half": [],
        "from decimal import Decimal as D\nD.mine = property(str)": None,
        "import collections\ncollections.UserList.text = str": ["collections.UserList.text"],
        "from collections import UserList\nUserList.text = str": ["UserList.text"],
        "import sys, io\nout = sys.stdout\nsys.stdout = io.StringIO()\nsys.stdout = out": [],
        "import sys\nsys.path = [*sys.path]": [],
        "import types\ncfg = types.ModuleType('cfg')\ncfg.v = 3": [],
        "class Own: pass\nOwn.x = 1\nown = Own()\nown.y = 2": [],
    }
    for number, (cell, names) in enumerate(cells.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        ran = server.run(as_steps([cell]), folder)
        if names is None:
            assert ran.errors[1] is not None  # a class in C has no such attributes
        else:
            assert ran.notes[1] == ([said.format(", ".join(names))] if names else []), cell


PLAIN = """#plain
n = 10
K = 2
def clean(x):
    return double(x) + K
def double(x):
    return x * 2
"""
BASE = [PLAIN, "y = clean(n)\nprint(y)", "z = y + 1\nprint(z)"]


def _plain(old: str, new: str) -> list[str]:
    """Return the notebook with its plain cell edited."""
    assert old in PLAIN
    return [PLAIN.replace(old, new), *BASE[1:]]


def _step(text: str) -> list[str]:
    """Return the notebook with another body of its first step."""
    return [PLAIN, text, BASE[2]]


EDITS: dict[str, tuple[list[str], str | None]] = {
    "nothing": (BASE, None),
    "comment": (_step("# why\ny  =  clean( n )\nprint(y)"), None),
    "comment-in-helper": (_plain("    return d", "    # why\n    return d"), None),
    "constant": (_step("y = clean(n) + 1\nprint(y)"), "source changed"),
    "renamed-variable": (_step("w = clean(n)\nprint(w)"), "source changed"),
    "parameter": (_plain("n = 10", "n = 20"), "input n changed: 10 -> 20"),
    "global-of-helper": (_plain("K = 2", "K = 3"), "input K changed: 2 -> 3"),
    "helper": (_plain("+ K", "- K"), "helper clean() changed"),
    "local-of-helper": (
        _plain("(x):\n    return x", "(a):\n    return a"),
        "helper double() changed",
    ),
    "helper-of-helper": (_plain("x * 2", "x * 3"), "helper double() changed"),
    "input-gone": (_plain("n = 10\n", ""), "input n is not defined any more"),
}


@pytest.mark.parametrize(("edited", "says"), EDITS.values(), ids=EDITS)
def test_what_a_changed_notebook_says(
    edited: list[str], says: str | None, server: ForkServer, tmp_path: Path
) -> None:
    """A stored step is restored, and each difference in what it depended on is named."""
    first = server.run(as_steps(BASE), tmp_path)
    resumed = server.run(as_steps(edited), tmp_path)
    note = resumed.notes[2][0]
    assert resumed.outputs[2] == first.outputs[2]
    assert note.startswith("step s1: restored")
    if says is None:
        assert "STALE" not in note
    else:
        assert f"STALE: {says}. To run it again: %%step s1 --rerun" in note


def test_a_step_run_again_makes_later_ones_stale(server: ForkServer, tmp_path: Path) -> None:
    """A step that read another step's result says that this one was run again since."""
    server.run(as_steps(BASE), tmp_path)
    edited = as_steps(_plain("n = 10", "n = 20"))
    again = [cell.replace("%%step s1", "%%step s1 --rerun") for cell in edited]
    server.run(again, tmp_path)
    resumed = server.run(edited, tmp_path)
    assert "STALE" not in resumed.notes[2][0]
    assert "STALE: step s1 was run again since" in resumed.notes[3][0]


def test_an_option_of_the_magic_counts(server: ForkServer, tmp_path: Path) -> None:
    """Another -o is a difference, and the line that runs the step again has it."""
    server.run(as_steps(BASE), tmp_path)
    edited = [cell.replace("%%step s1", "%%step s1 -o y") for cell in as_steps(BASE)]
    note = server.run(edited, tmp_path).notes[2][0]
    assert "STALE: option changed: no -o -> -o y. To run it again: %%step s1 -o y --rerun" in note


@pytest.mark.parametrize("where", ["cell", "open"])
def test_policies_for_stale_steps(where: str, server: ForkServer, tmp_path: Path) -> None:
    """`rerun` runs a stale step, `error` refuses it, from the cell as from %mundane_open."""
    server.run(as_steps(BASE), tmp_path)
    target = "%%step s1" if where == "cell" else "t.db"
    for policy in ("error", "rerun"):
        cells = as_steps([PLAIN.replace("n = 10", "n = 20"), BASE[1]])
        run = server.run(
            [c.replace(target, f"{target} --on-change {policy}") for c in cells], tmp_path
        )
        if policy == "error":
            assert run.errors[2] is not None
            assert run.errors[2].startswith("StaleStepError")
            assert "input n changed: 10 -> 20" in run.errors[2]
        else:
            assert run.outputs[2] == [{"output_type": "stream", "name": "stdout", "text": "42\n"}]
