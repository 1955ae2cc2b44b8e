"""Bundles in the task file: damage is found, and what cannot be loaded harms nothing."""

from __future__ import annotations

import fnmatch
import gc
import importlib
import io
import pickle
import sqlite3
import sys
import types
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xxhash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mundane_ipython.errors import BundleError, UntrustedError
from mundane_ipython.objects.arrays import ArrayRoots
from mundane_ipython.pickling.bundle import Packer
from mundane_ipython.pickling.unpacking import unpack
from mundane_ipython.pickling.unpickler import NotebookUnpickler
from mundane_ipython.untrusted.unpickler import DataUnpickler

from ..support.shells import Shell, new_shell

Restart = Callable[[], Shell]

BODY = "import numpy as np\nx = np.arange(100_000)\ny = {1, 2}\nz = 5\nprint('shown')\nx.sum()"


def flip(buffer: int, place: str) -> str:
    """Return SQL that changes one byte of a buffer."""
    at = {"first": "1", "middle": "length(data) / 2", "last": "length(data)"}[place]
    return (
        f"UPDATE mundane_ipython_chunks SET data = CAST(substr(data, 1, ({at}) - 1)"
        f" || CASE substr(data, {at}, 1) WHEN x'07' THEN x'08' ELSE x'07' END"
        f" || substr(data, ({at}) + 1) AS BLOB) WHERE buffer = {buffer}"
    )


DAMAGE = {
    **{f"stream-{place}": flip(0, place) for place in ("first", "middle", "last")},
    **{f"buffer-{place}": flip(1, place) for place in ("first", "middle", "last")},
    "missing-buffer": "DELETE FROM mundane_ipython_chunks WHERE buffer = 1",
    "missing-stream": "DELETE FROM mundane_ipython_chunks WHERE buffer = 0",
    "short": "UPDATE mundane_ipython_chunks SET data = substr(data, 1, 1000) WHERE buffer = 1",
    "long": "UPDATE mundane_ipython_chunks SET data = CAST(data || x'00' AS BLOB) WHERE buffer = 1",
    "no-record": "UPDATE mundane_ipython_cells SET record = 'no record'",
    "empty-record": "UPDATE mundane_ipython_cells SET record = '{}'",
    "list-record": "UPDATE mundane_ipython_cells SET record = '[]'",
    "null-in-record": "UPDATE mundane_ipython_cells SET record = '{\"bindings\": null}'",
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_an_error_and_never_a_wrong_value(
    restarted: Restart, task_path: Path, name: str
) -> None:
    """A changed or a missing byte is a BundleError that names the step; nothing is bound."""
    restarted().step("s", BODY)
    with new_shell():
        pass
    restarted().ok("%mundane_close")
    with closing(sqlite3.connect(task_path)) as connection, connection:
        before = connection.total_changes
        connection.execute(DAMAGE[name])
        assert connection.total_changes > before
    shell = restarted()
    ran = shell.run(f"%%step s\n{BODY}")
    assert isinstance(ran.error, BundleError), repr(ran.error)
    assert "step 's'" in str(ran.error)
    assert "--rerun" in str(ran.error)
    assert "Traceback" not in ran.out
    assert "shown" not in ran.out
    assert not {"x", "y", "z"} & shell.ns.keys()
    # The way on that the message names.
    shell.step("s", BODY, "--rerun")
    assert "restored" in restarted().step("s", BODY).out


def test_lost_record_is_an_error_and_the_step_can_run_again(
    restarted: Restart, task_path: Path
) -> None:
    """A row whose objects are gone from the file says so."""
    restarted().step("s", BODY)
    restarted().ok("%mundane_close")
    with closing(sqlite3.connect(task_path)) as connection, connection:
        connection.execute("DELETE FROM mundane_ipython_cells")
    shell = restarted()
    assert isinstance(shell.fails(f"%%step s\n{BODY}"), BundleError)
    shell.step("s", BODY, "--rerun")


def test_missing_module_says_what_to_do(
    restarted: Restart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module that is not there any more is named, and the step may be run again."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "gone.py").write_text("class C: pass\n")
    restarted().step("s", "import gone\nx = gone.C()\ny = 1")
    monkeypatch.delitem(sys.modules, "gone")
    (tmp_path / "gone.py").unlink()
    importlib.invalidate_caches()
    shell = restarted()
    ran = shell.run("%%step s\nimport gone\nx = gone.C()\ny = 1")
    assert isinstance(ran.error, BundleError)
    assert "'gone'" in str(ran.error)
    assert "y" not in shell.ns
    shell.step("s", "x = None\ny = 1", "--rerun")


def test_what_was_stored_is_held_by_nobody(shell: Shell) -> None:
    """No cycle of ours keeps a value alive: large ones are freed at once, and pandas asks."""
    gc.collect()
    gc.disable()
    try:
        shell.step("s", "import pandas as pd\ns = pd.Series([1, 2])\nv = s.to_numpy()")
        block = weakref.ref(shell.ns["s"]._mgr.blocks[0])
        assert not block().refs.has_reference()
        shell.ok("del s, v")
        assert block() is None
    finally:
        gc.enable()


BY_FILE = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location({name!r}, {path!r})
module = importlib.util.module_from_spec(spec)
sys.modules[{name!r}] = module
spec.loader.exec_module(module)
function, made = module.{function}, [module.{function}]
"""


def test_a_module_loaded_from_a_file_comes_back(
    restarted: Restart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No import would find it by its name: what the step took from it is loaded as it was."""
    file = tmp_path / "tools.py"
    file.write_text("class Point:\n    class Inner: pass\n    x = 1\ndef make(): return Point()\n")
    body = BY_FILE.format(name="by_file_tools", path=str(file), function="make")
    body += "point, inner = module.make(), module.Point.Inner()"
    restarted().step("s", body)
    try:
        del sys.modules["by_file_tools"]
        shell = restarted()
        shell.step("s", body)
        module = sys.modules["by_file_tools"]
        assert (shell.ns["module"], shell.ns["function"]) == (module, module.make)
        assert shell.ns["made"] == [module.make]
        assert (type(shell.ns["point"]), type(shell.ns["inner"])) == (
            module.Point,
            module.Point.Inner,
        )
        del sys.modules["by_file_tools"]
        moved = file.rename(tmp_path / "by_file_tools.py")
        error = str(restarted().fails(f"%%step s\n{body}"))
        assert f"{file}, from which module 'by_file_tools' was loaded, is not there" in error
        assert "'%%step s --rerun'" in error
        assert "by_file_tools" not in sys.modules
        shell = restarted()
        monkeypatch.syspath_prepend(tmp_path)
        shell.step("s", body)
        assert sys.modules["by_file_tools"].__file__ == str(moved)
    finally:
        sys.modules.pop("by_file_tools", None)


def test_compiled_code_loaded_from_a_file_comes_back(restarted: Restart) -> None:
    """So do the functions of an extension module, as `%%cython` compiles them."""
    path = xxhash._xxhash.__file__
    body = BY_FILE.format(name="_xxhash", path=path, function="xxh64_hexdigest")
    restarted().step("s", body)
    try:
        first = sys.modules.pop("_xxhash")
        shell = restarted()
        shell.step("s", body)
        assert shell.ns["module"] is sys.modules["_xxhash"] is not first
        assert shell.ns["made"] == [shell.ns["function"]] == [shell.ns["module"].xxh64_hexdigest]
        assert shell.ns["function"](b"a") == xxhash.xxh64_hexdigest(b"a")
    finally:
        sys.modules.pop("_xxhash", None)


def test_somebody_else_s_file_loads_no_module_from_a_file(
    restarted: Restart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would run the code of any file that the pickle names."""
    file = tmp_path / "tools.py"
    file.write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write('x')\ndef make(): pass\n")
    body = BY_FILE.format(name="by_file_tools", path=str(file), function="make")
    body += "del spec"
    restarted().step("s", body)
    try:
        del sys.modules["by_file_tools"]
        monkeypatch.setenv("MUNDANE_KEY_FILE", str(tmp_path / "other-key"))
        error = restarted().fails(f"%%step s\n{body}")
        assert isinstance(error, UntrustedError)
        assert "from_file" in str(error)
        assert (tmp_path / "ran").read_text() == "x"
    finally:
        sys.modules.pop("by_file_tools", None)


def test_object_whose_loading_raises(
    restarted: Restart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object that refuses to be unpickled is named with its own error; nothing is bound."""
    module = types.ModuleType("picky")
    exec(
        "class Picky:\n"
        "    def __reduce__(self): return make, ()\n"
        "ok = True\n"
        "def make():\n    if not ok: raise OSError('no such server')\n    return Picky()\n",
        module.__dict__,
    )
    monkeypatch.setitem(sys.modules, "picky", module)
    restarted().step("s", "import picky, numpy\nfirst = {1}\nx = picky.Picky()")
    module.__dict__["ok"] = False
    shell = restarted()
    error = shell.fails("%%step s\nimport picky\nfirst = {1}\nx = picky.Picky()")
    assert isinstance(error, BundleError)
    assert "'x' cannot be loaded here (OSError: no such server)" in str(error)
    assert "'%%step s --rerun'" in str(error)
    assert "first" not in shell.ns
    assert not hasattr(error, "__notes__")
    monkeypatch.setattr("numpy.__version__", "9.0")
    monkeypatch.setattr("platform.python_version", lambda: "3.99.0")
    (note,) = shell.fails("%%step s\nimport picky\nfirst = {1}\nx = picky.Picky()").__notes__
    assert note.startswith("it was written by ")
    assert f"python {sys.version.split()[0]} (here 3.99.0)" in note
    assert "(here 9.0)" in note


def test_one_bad_slot_leaves_the_others_unharmed(restarted: Restart) -> None:
    """An object that cannot be pickled is left out although others hold parts of it."""
    body = (
        "shared = {'s': {1}}\nimport threading\nbad = [shared, threading.Lock()]\n"
        "good = [shared, shared['s']]\nworse = (bad, good)"
    )
    shell = restarted()
    shell.step("s", body)
    assert set(shell.record("s").left_out) == {"bad", "worse"}
    shell = restarted()
    shell.step("s", body)
    assert shell.ns["good"][0] is shell.ns["shared"]
    assert shell.ns["good"][1] is shell.ns["shared"]["s"]


def test_restore_is_whole_or_not_at_all(restarted: Restart) -> None:
    """A step that refers to an older name which is not there is refused; nothing is bound."""
    shell = restarted()
    shell.ok("older = [1]")
    shell.step("s", "first = {1}\nx = (older, {2})")
    shell = restarted()
    error = shell.fails("%%step s\nfirst = {1}\nx = (older, {2})")
    assert isinstance(error, BundleError)
    assert "'older'" in str(error)
    assert not {"first", "x"} & shell.ns.keys()
    shell.ok("older = [1]")
    shell.step("s", "first = {1}\nx = (older, {2})")
    assert shell.ns["x"][0] is shell.ns["older"]


@pytest.mark.parametrize(
    "left_out",
    [
        "(n for n in 'abc')",
        "open('/dev/null', 'w')",
        "open('/dev/null')",
        "open('/dev/null', 'rb')",
        "__import__('threading').Lock()",
    ],
)
def test_a_value_left_out_is_not_missed_by_steps_that_do_not_use_it(
    restarted: Restart, left_out: str
) -> None:
    """All that is known of earlier steps may be referred to; only what is has to be there."""
    bodies = {
        "p": f"conn, kept = {left_out}, [1]",
        "q": "c = {1, 2}",
        "r": "kept.append({3})\nd = (kept, {4})",
        "value": "e = 5\ne",
    }
    shell = restarted()
    for name, body in bodies.items():
        shell.step(name, body)
    assert set(shell.record("p").left_out) == {"conn"}
    shell = restarted()
    for name, body in bodies.items():
        shell.step(name, body)
    assert (shell.ns["c"], shell.ns["kept"], shell.ns["e"]) == ({1, 2}, [1, {3}], 5)
    assert shell.ns["d"][0] is shell.ns["kept"]
    assert "conn" not in shell.ns


def test_a_library_s_cached_function_is_the_library_s(restarted: Restart) -> None:
    """Only those of the notebook are made anew, and have a cache of their own."""
    body = (
        "import fnmatch, functools, math\nfs = [fnmatch._compile_pattern]\n"
        "own = functools.lru_cache(maxsize=5, typed=True)(math.factorial)\nown.unit = 'm'"
    )
    restarted().step("s", body)
    shell = restarted()
    shell.step("s", body)
    assert shell.ns["fs"][0] is fnmatch._compile_pattern  # type: ignore[attr-defined]
    own = shell.ns["own"]
    assert (own(4), own.__name__, own.unit) == (24, "factorial", "m")
    assert own.cache_parameters() == {"maxsize": 5, "typed": True}


def test_a_view_of_a_part_of_memory_is_left_out(restarted: Restart) -> None:
    """Where it begins nobody knows; one of the whole follows its owner."""
    body = "b = bytearray(b'abc')\nwhole = memoryview(b).toreadonly()\npart = memoryview(b)[1:]"
    shell = restarted()
    shell.step("s", body)
    assert shell.record("s").left_out == {
        "part": "TypeError: cannot pickle a memoryview of a part of an object"
    }
    shell = restarted()
    shell.step("s", body)
    assert (shell.ns["whole"].obj is shell.ns["b"], shell.ns["whole"].readonly) == (True, True)


def test_a_figure_s_transforms_have_the_ids_of_this_process(restarted: Restart) -> None:
    """Matplotlib keeps transforms by id: with old ones, a new transform would displace another."""
    body = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])"
    restarted().step("s", body)
    shell = restarted()
    shell.step("s", body)
    ax = shell.ns["ax"]
    todo = [ax.viewLim, ax.bbox, ax.transAxes, ax.transData, shell.ns["fig"].bbox]
    met = {id(node): node for node in todo}
    while todo:
        for key, reference in todo.pop()._parents.items():
            parent = reference()
            assert key == id(parent)
            if key not in met:
                met[key] = parent
                todo.append(parent)
    assert len(met) > 20


def test_only_what_the_cell_deleted_is_deleted(restarted: Restart) -> None:
    """A class that a plain cell defines may have more than when the step ran."""
    shell = restarted()
    shell.ok("class A:\n    debug, kept = True, 1")
    shell.step("s", "del A.debug")
    shell = restarted()
    shell.ok("class A:\n    debug, kept, more = True, 1, 2")
    shell.step("s", "del A.debug")
    assert (hasattr(shell.ns["A"], "debug"), shell.ns["A"].more) == (False, 2)


def test_code_of_another_python_is_not_run(
    restarted: Restart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its bytecode would do here nobody knows; data, and instances of classes here, load."""
    classes = "class C:\n    def m(self): return 1\nf = lambda: 2"
    shell = restarted()
    shell.ok(classes)
    with monkeypatch.context() as patch:
        patch.setattr("platform.python_version", lambda: "3.9.18")
        shell.step("data", "x = {1}\nc = C()")
        shell.step("live", "def g(): return 3")
        shell.step("by_value", "import types\nc = types.new_class('D', (C,))()")
    shell = restarted()
    for name, body in {
        "data": "x = {1}\nc = C()",
        "live": "def g(): return 3",
        "by_value": "import types\nc = types.new_class('D', (C,))()",
    }.items():
        error = shell.fails(f"%%step {name}\n{body}")
        assert isinstance(error, BundleError)
        assert "holds code compiled by Python 3.9, which Python 3." in str(error)
        assert f"'%%step {name} --rerun' runs the step again" in str(error)
    shell.ok(classes)
    shell.step("data", "x = {1}\nc = C()")
    assert shell.ns["c"].m() == 1


def test_large_values_in_many_chunks(restarted: Restart, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value of several chunks comes back whole, and writable where it was."""
    monkeypatch.setattr("mundane_ipython.taskfile.chunks.CHUNK_BYTES", 1 << 16)
    body = "import numpy as np\nx = np.arange(50_000)\nb = bytearray(range(256)) * 1000\nx.flags"
    first = restarted()
    first.step("s", body)
    expected = first.ns["x"].sum(), bytes(first.ns["b"])
    shell = restarted()
    shell.step("s", body)
    assert (shell.ns["x"].sum(), bytes(shell.ns["b"])) == expected
    shell.ns["x"][0] = 1
    shell.ns["b"][0] = 1


@pytest.fixture(scope="module")
def one_shell() -> Iterator[Shell]:
    """One shell for many values."""
    with new_shell() as shell:
        yield shell


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.complex_numbers(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.frozensets(st.integers() | st.text())
    ),
    max_leaves=20,
)


@given(value=values)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_value_comes_back(tmp_path: Path, one_shell: Shell, value: object) -> None:
    """Whatever a name is bound to, a restore gives an equal value of equal types."""
    shell = one_shell
    shell.ok(f"%mundane_open {tmp_path}/any.db")
    shell.ns["make"] = lambda: value
    shell.step("s", "x = make()\ny = [x]", "--rerun --quiet")
    del shell.ns["x"], shell.ns["y"]
    shell.step("s", "x = make()\ny = [x]", "--quiet")
    assert typed(shell.ns["x"]) == typed(value)
    assert typed(shell.ns["y"]) == typed([value])


def typed(value: object) -> object:
    """Return what two values of the same types share, NaN and the order of sets aside."""
    if isinstance(value, frozenset):
        return frozenset, sorted(map(repr, value))
    if isinstance(value, (list, tuple)):
        return type(value), [typed(item) for item in value]
    if isinstance(value, dict):
        return dict, [(repr(key), typed(item)) for key, item in value.items()]
    return type(value), repr(value)


def test_a_path_that_python_3_13_stored() -> None:
    """That version, alone, names another module of paths, which no other Python has."""
    stored = "cpathlib._local\nPosixPath\n(Va\ntR."
    for make in (NotebookUnpickler, DataUnpickler):
        loaded = make(io.BytesIO(stored.encode()), (), dict)
        assert loaded.load() == Path("a")


def test_an_array_that_was_met_serves_its_views_unless_it_is_large_or_a_frame_s() -> None:
    """What is certain is stored at once; only what pandas may own has to be pickled again."""
    whole, large = np.zeros(10), np.zeros(100_000)
    objects = {id(each): each for each in (whole, large)}
    roots = ArrayRoots(())
    assert roots.root_of(whole[1:]) is None  # not met yet
    assert [roots.root_of(each) for each in objects.values()] == [None, None]
    assert roots.root_of(whole[1:]) is whole
    assert roots.root_of(large[:2]) is None
    roots.start()
    assert roots.root_of(whole) is None
    assert roots.root_of(whole[1:]) is whole
    assert not roots.add_shared(lambda: objects)

    values = np.array([[1.0, 2.0, 3.0]])
    block = pd.DataFrame(values.T, copy=False)._mgr.blocks[0]
    assert roots.root_of(values) is None
    assert roots.root_of(values[0]) is values
    assert roots.add_shared(lambda: {id(block): block})
    roots.start()
    assert roots.root_of(values) is None
    assert roots.root_of(values[0]) is None


def test_a_figure_is_pickled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lines hold views of arrays of their own, which are not reason to pickle all again."""

    def fail(packer: Packer) -> None:
        raise AssertionError(f"pickled again: {packer.slots}")

    figure = Figure()
    figure.add_subplot().plot([1, 2, 3])
    FigureCanvasAgg(figure).draw()
    monkeypatch.setattr(Packer, "_dump_again", fail)
    packer = Packer({}, {}, {}, {}, {})
    assert packer.add("figure", figure) is None
    bundle = packer.bundle()
    stored = io.BytesIO(bundle.stream)
    pickle.load(stored, buffers=bundle.buffers)  # the prologue
    line = pickle.load(stored, buffers=bundle.buffers).axes[0].lines[0]
    assert np.shares_memory(line._xy, line._x)


def test_an_array_inside_an_older_value_serves_its_views_too() -> None:
    """It is a reference in the end, and so are its views; a strided one would be a copy."""
    box = types.SimpleNamespace(whole=np.arange(6.0))
    namespace = {"box": box, "new": [box.whole, box.whole[::2]]}
    inner = {"box": [box.whole]}
    packer = Packer(namespace, {"new": namespace["new"]}, {}, {"box": box}, inner)
    assert packer.add("new", namespace["new"]) is None
    bundle = packer.bundle()
    loaded = unpack(
        bundle, path="", step="", namespace=namespace, trusted=True, buffers=bundle.buffers
    )
    whole, view = loaded["new"]
    assert whole is box.whole
    assert np.shares_memory(view, whole)


def test_roots_found_early_are_given_up_in_a_frame_s_memory() -> None:
    """A frame copies a block that others share before it changes it; a view of a root is none."""
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
    part = frame["x"].to_numpy()[1:]
    held = {id(each): each for each in (part, part[1:])}
    roots = ArrayRoots(())
    roots.expect(held)
    assert any(roots.root_of(each) is not None for each in held.values())
    block = frame._mgr.blocks[0]
    assert roots.add_shared(lambda: {**held, id(block): block})
    assert all(roots.root_of(each) is None for each in held.values())
