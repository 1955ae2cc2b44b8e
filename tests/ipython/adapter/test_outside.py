"""Adapters of other packages: found, used, told of where they are broken. Each in a new kernel."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mundane_ipython.adapter import registry
from mundane_ipython.adapter.outside import Outside
from mundane_ipython.ambient.held import replace_held
from mundane_ipython.ambient.state import changed_state, read_state
from mundane_ipython.ambient.stored import from_store, to_store
from mundane_ipython.objects.singletons import only_ones
from mundane_ipython.pickling.trials import can_try
from mundane_ipython.taskfile.versions import current_versions

from ..support.kernels import Notebook, open_notebook
from ..support.packages import EXAMPLE, install, install_example, search_path
from ..support.shells import Shell

Install = Callable[..., None]

FORMAT = "import tidyprint\ntidyprint.set_format(digits=1, sign='+')\ntotal = tidyprint.add(5)"

GOOD = """
from mundane_ipython.adapter.contract import Adapter, State
from mundane_ipython.adapter.compare import changed_whole
value = [0]
def state(key, **more):
    known = dict(read=lambda: value[0], changed=changed_whole, restore=lambda _: None) | more
    return State(key=key, **known)
def fail(*_):
    raise ValueError("no more")
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a folder with the example in it, and little libraries."""
    folder = tmp_path / "site"
    install_example(folder)
    for name in ("little", "small", "tiny"):
        (folder / f"{name}.py").write_text("")
    return folder


@pytest.fixture
def others(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Let this process find the folder's packages; return a function that installs one."""
    modules = sys.modules.copy()
    monkeypatch.syspath_prepend(EXAMPLE)
    monkeypatch.syspath_prepend(site)
    outside = Outside(registry._own, registry.IN_TREE, registry.ENGINES)
    monkeypatch.setattr(registry, "_outside", outside)

    def add(name: str, text: str = "", **points: str) -> None:
        module = f"{name}_made"
        where = {library: f"{module}:{attribute}" for library, attribute in points.items()}
        install(site, f"{name}-pack", where, {module: GOOD + text})
        importlib.invalidate_caches()

    yield add
    added = {"tidyprint", "tidyprint_mundane", "little", "small", "tiny"}
    for name in sys.modules.keys() - modules.keys():
        if name.partition(".")[0] in added or name.endswith("_made"):
            del sys.modules[name]


def kernel(folder: Path, *found: Path, open_task: bool = True) -> Any:
    """Return a kernel that finds some folders' packages."""
    return open_notebook(folder, open_task=open_task, PYTHONPATH=search_path(*found))


def notes(notebook: Notebook) -> list[str]:
    """Return all notes that were shown by now, but for those of opening."""
    return [note for cell in notebook.cells[1:] for note in cell.notes]


def test_a_setting_of_a_step_is_set_again(tmp_path: Path, site: Path) -> None:
    """As if the adapter were in the tree: its state, in its order, what is before imports too."""
    engine = "import tidyprint\ntidyprint.use('fast')\nfrom tidyprint import engine"
    cells = ["%%step engine\n" + engine, "%%step format\n" + FORMAT]
    with kernel(tmp_path, EXAMPLE, site) as notebook:
        for cell in cells:
            notebook.ok(cell)
        assert notes(notebook) == []
    with kernel(tmp_path, EXAMPLE, site) as notebook:
        for cell in cells:
            assert "restored" in notebook.ok(cell).notes[0]
        assert notebook.value("engine.NAME") == "'the fast engine'"
        assert notebook.value("tidyprint.text(2)") == "'+2.0'"
        assert notebook.value("tidyprint.add(0)") == "5"
        assert not any("not be set" in note for note in notes(notebook))


def test_all_that_an_adapter_says_is_heeded(tmp_path: Path, site: Path) -> None:
    """What holds objects, what nobody can read, and that there are no further settings."""
    cells = [
        "class Seen:\n    texts = ()\n    def note(self, text):\n        self.texts += (text,)",
        "%%step seen\nseen = Seen()",
        "import tidyprint\ntidyprint.HOOKS.append(seen.note)",
        "%%step text\nprint(tidyprint.text(2), seen.texts)",
    ]
    unreadable = "%%step seed\ntidyprint.set_seed(3)\ntidyprint.config.OPTIONS['unit'] = 'kg'"
    with kernel(tmp_path, EXAMPLE, site) as notebook:
        for cell in cells:
            notebook.ok(cell)
        assert "calls tidyprint.set_seed, and nobody" in notebook.ok(unreadable).notes[0]
    with kernel(tmp_path, EXAMPLE, site) as notebook:
        for cell in [*cells, unreadable]:
            notebook.ok(cell)
        assert notebook.value("seen.texts") == "('2.000',)"
        assert notebook.value("tidyprint.HOOKS[0].__self__ is seen") == "True"
        assert notebook.value("tidyprint.text(3)") == "'3.000'"  # the dictionary is no setting
        assert notebook.value("len(seen.texts)") == "2"


def test_without_its_package_a_step_is_restored_but_for_the_state(
    tmp_path: Path, site: Path
) -> None:
    """A note says which package stored it; the step's values and other states are there."""
    cells = [
        f"%%step format\n{FORMAT}\nimport random\nrandom.seed(3)",
        "%%step engine\ntidyprint.use('fast')",
    ]
    with kernel(tmp_path, EXAMPLE, site) as notebook:
        for cell in cells:
            notebook.ok(cell)
        drawn = notebook.value("random.random()")
    with kernel(tmp_path, EXAMPLE) as notebook:
        for cell in cells:
            notebook.ok(cell)
        assert notebook.value("total") == "5"
        assert notebook.value("random.random()") == drawn
        why = "the package 'tidyprint-mundane' stored it, for 'tidyprint', and is not installed"
        told = "\n".join(notes(notebook))
        for key in ("tidyprint", "tidyprint.total", "tidyprint.engine"):
            assert f"{key} ({why} here)" in told


def test_broken_adapters_are_a_note_once_and_break_no_step(tmp_path: Path, site: Path) -> None:
    """One that cannot be imported, one that ends the process, and one whose state has no value."""
    install(site, "a-pack", {"little": "nowhere:ADAPTER"}, {})
    install(site, "b-pack", {"small": "exits:ADAPTER"}, {"exits": "raise SystemExit(3)"})
    text = GOOD + "ADAPTER = Adapter(module='tiny', state=(state('tiny', read=fail),))"
    install(site, "c-pack", {"tiny": "raises:ADAPTER"}, {"raises": text})
    with kernel(tmp_path, EXAMPLE, site) as notebook:
        first = notebook.ok("%%step one\nimport little, small, tiny\nx = 1")
        [note] = [n for n in first.notes if "adapter for" in n]
        assert note.splitlines() == [
            "the adapter for 'little' of the package 'a-pack' is not used: "
            "ModuleNotFoundError: No module named 'nowhere'",
            "the adapter for 'small' of the package 'b-pack' is not used: SystemExit: 3",
            "the adapter for 'tiny' of the package 'c-pack' cannot read its state 'tiny': "
            "ValueError: no more",
        ]
        assert first.facts[-1]["event"] == "adapters"
        assert notebook.ok(f"%%step two\n{FORMAT}").notes == []
        assert notebook.value("x") == "1"
    with kernel(tmp_path, EXAMPLE, site) as notebook:
        assert "restored" in notebook.ok("%%step one\nimport little, small, tiny\nx = 1").notes[0]
        notebook.ok(f"%%step two\n{FORMAT}")
        assert notebook.value("(x, tidyprint.text(2))") == "(1, '+2.0')"


REFUSED = {
    "ADAPTER = 3": "it is a int, not an Adapter",
    "ADAPTER = Adapter(module='small')": "it is for 'small'",
    "ADAPTER = Adapter(module='little', before_commit=print)": (
        "its part 'before_commit' is for adapters of mundane_ipython alone"
    ),
    "ADAPTER = Adapter(module='little', rules=(1,))": (
        "its part 'rules' is for adapters of mundane_ipython alone"
    ),
    "ADAPTER = Adapter(module='little', state=[])": "its state is no tuple of State",
    "ADAPTER = Adapter(module='little', state=(state('pandas'),))": (
        "the key 'pandas' is of a state of mundane_ipython"
    ),
    "ADAPTER = Adapter(module='little', state=(state('settings'),))": (
        "the key 'settings' is of a state of mundane_ipython"
    ),
    "ADAPTER = Adapter(module='little', state=(state('a'), state('a')))": (
        "it has the key 'a' twice"
    ),
    "ADAPTER = Adapter(module='little', state=(state(3),))": "the key 3 is no text",
    "ADAPTER = Adapter(module='little', state=(state('a', after='b'),))": (
        "the `after` of its state 'a' is no tuple of keys"
    ),
    "ADAPTER = Adapter(module='little', state=(state('a', read=3),))": (
        "a function of its state 'a' cannot be called"
    ),
    "ADAPTER = Adapter(module='little', state=(state('a', label=3),))": (
        "the label of its state 'a' is no text"
    ),
    "ADAPTER = Adapter(module='little', complete_with='text')": (
        "its complete_with is no tuple of names"
    ),
    "ADAPTER = Adapter(module='little', held=[])": "its held cannot be called",
    "ADAPTER = Adapter(module='little', unreadable='set_')": (
        "its unreadable is no pattern of text"
    ),
    "ADAPTER = Adapter(module='little', outlives_fork=True)": "its outlives_fork cannot be called",
    "ADAPTER = Adapter(module='little', keeps_items=('a', 3))": (
        "its keeps_items is no tuple of names"
    ),
    "ADAPTER = Adapter(module='little', only_ones=('little', 'name'))": (
        "its only_ones is no tuple of modules and names"
    ),
    "ADAPTER = Adapter(module='little', distribution=None)": "its distribution is no text",
    "import little as ADAPTER, nowhere": "ModuleNotFoundError: No module named 'nowhere'",
    "": "AttributeError: module 'broken_made' has no attribute 'ADAPTER'",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_as_the_contract_says_is_not_used(others: Install, text: str) -> None:
    """As a whole: half of an adapter would restore half of what it means."""
    others("broken", text, little="ADAPTER")
    importlib.import_module("little")
    for _ in range(2):
        assert "little" not in [adapter.module for adapter in registry.loaded()]
    start = "the adapter for 'little' of the package 'broken-pack' is not used: "
    assert registry.take_faults() == [start + REFUSED[text]]
    assert registry.take_faults() == []


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("lambda: True", []),
        ("lambda: False", []),
        ("fail", ["cannot tell if it outlives a fork: ValueError: no more"]),
    ],
)
def test_its_library_decides_whether_a_child_can_be_forked(
    others: Install, call: str, told: list[str]
) -> None:
    """As one of ours does; where it cannot tell, none is."""
    others("forked", f"ADAPTER = Adapter(module='little', outlives_fork={call})", little="ADAPTER")
    importlib.import_module("little")
    before = registry.begun()[-1]
    assert before.module == "little"
    assert can_try() is (call == "lambda: True")
    start = "the adapter for 'little' of the package 'forked-pack' "
    assert registry.take_faults() == [start + text for text in told]


def test_what_its_library_has_one_of_and_its_version_count(others: Install) -> None:
    """An object that a process has one of is that of the next process."""
    text = "ADAPTER = Adapter(module='little', versioned=True, only_ones=(('little', 'one'),))"
    others("ones", text, little="ADAPTER")
    little: Any = importlib.import_module("little")
    little.one, little.__version__ = [1], "2.5"
    assert only_ones()[id(little.one)] == (getattr, (little, "one"))
    assert current_versions()["little"] == "2.5"


def test_our_own_adapter_is_used_and_not_another_package_s(others: Install) -> None:
    """A note says so, once the library is there."""
    others("own", "ADAPTER = Adapter(module='random')", random="ADAPTER")
    assert [each.module for each in registry.loaded()].count("random") == 1
    [fault] = registry.take_faults()
    assert fault.endswith("'own-pack' is not used: mundane_ipython has its own")
    assert "own_made" not in sys.modules


def test_of_two_for_one_library_the_first_by_name_is_used(others: Install) -> None:
    """Which is told; whichever was installed or found first."""
    for name in ("second", "first"):
        text = f"ADAPTER = Adapter(module='little', state=(state('{name}'),))"
        others(name, text, little="ADAPTER")
    importlib.import_module("little")
    assert "first" in read_state(())
    assert "second" not in read_state(())
    [fault] = registry.take_faults()
    assert fault.endswith("the package 'second-pack' is not used: that of 'first-pack' comes first")


def test_a_package_is_found_once_and_a_broken_one_hides_no_other(
    others: Install, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two of one name the first on the path counts, as for everybody else."""
    first, broken = tmp_path / "first", site / "broken-1.0.dist-info"
    install(first, "good-pack", {"small": "good_made:ADAPTER"}, {})
    broken.mkdir()
    (broken / "entry_points.txt").write_bytes(b"[mundane_ipython.adapters]\n\xff = ] x")
    others("good", "ADAPTER = Adapter(module='small')", little="ADAPTER")
    monkeypatch.syspath_prepend(first)
    found = registry._outside.offers
    assert found["small"][0].distribution == "good-pack"
    assert "little" not in found
    assert [len(offers) for offers in found.values()] == [1] * len(found)


def test_a_key_is_of_whoever_had_it_first(others: Install) -> None:
    """Another package's adapter that has it too is not used."""
    others("one", "ADAPTER = Adapter(module='little', state=(state('k'),))", little="ADAPTER")
    others("two", "ADAPTER = Adapter(module='small', state=(state('k'),))", small="ADAPTER")
    for name in ("little", "small"):
        importlib.import_module(name)
    assert "small" not in [adapter.module for adapter in registry.loaded()]
    [fault] = registry.take_faults()
    assert fault.endswith("the key 'k' is used by the adapter for 'little' of the package "
                          "'one-pack'")  # fmt: skip


def test_an_adapter_is_imported_when_its_library_is(others: Install) -> None:
    """Or when a state that it has stored is set again; to look at what is loaded imports none."""
    others("good", "ADAPTER = Adapter(module='little', state=(state('k'),))", little="ADAPTER")
    registry.loaded()
    registry.every()
    assert registry.adapter_of("little.config") is None
    assert "good_made" not in sys.modules
    changes, failures = from_store(
        {"k": {"$adapter": ["little", "good-pack"], "change": b"\x80\x05K\x07."}}
    )
    assert (changes, failures) == ({"k": 7}, {})
    assert "little" not in sys.modules


def test_half_imported_is_not_loaded(others: Install) -> None:
    """Until each of the names is there by which its import is over."""
    others("good", "ADAPTER = Adapter(module='little', complete_with=('end',))", little="ADAPTER")
    module: Any = importlib.import_module("little")
    assert "little" not in [adapter.module for adapter in registry.loaded()]
    module.end = 1
    assert "little" in [adapter.module for adapter in registry.loaded()]


def test_any_call_may_raise(others: Install) -> None:
    """The state counts as unreadable, or nothing is held; each is told of once."""
    text = (
        "def end(*_): raise SystemExit\n"
        "a = state('a', changed=end)\n"
        "b = state('b', changed=lambda b, a, _: {'x': a} if a != b else None, members=end)\n"
        "ADAPTER = Adapter(module='little', state=(a, b), held=fail)"
    )
    others("bad", text, little="ADAPTER")
    importlib.import_module("little")
    before = read_state(())
    sys.modules["bad_made"].value[0] = 1  # type: ignore[attr-defined]
    changed = changed_state(before, (), {"b": {"x": 0}})
    in_record, in_bundle = to_store({key: changed[key] for key in ("a", "b")})
    assert in_record == {}
    for key in ("a", "b"):
        with pytest.raises(TypeError, match="SystemExit"):
            in_bundle[key].__reduce__()
    replace_held([([], [1])])
    texts = [fault.partition("'bad-pack' ")[2] for fault in registry.take_faults()]
    assert texts == [
        "cannot compare its state 'a': SystemExit: ",
        "cannot tell members of its state 'b': SystemExit: ",
        "cannot tell what holds the notebook's objects: ValueError: no more",
    ]


def test_what_a_failed_run_changed_is_stored_as_it_is_now(others: Install) -> None:
    """Of a state that is one value; as what changes by members is."""
    others("good", "ADAPTER = Adapter(module='little', state=(state('k', changed="
           "lambda before, after, _: after if after != before else None),))",
           little="ADAPTER")  # fmt: skip
    importlib.import_module("little")
    before = read_state(())
    assert changed_state(before, (), {"k": 5})["k"] == 0


def test_states_that_name_each_other_are_in_some_order(others: Install) -> None:
    """Ours keep their order."""
    text = "a, b = state('a', after=('b',)), state('b', after=('a',))\n"
    others("round", f"{text}ADAPTER = Adapter(module='little', state=(a, b))", little="ADAPTER")
    before = list(read_state(()))
    importlib.import_module("little")
    keys = list(read_state(()))
    assert [key for key in keys if key not in ("a", "b")] == before
    assert {"a", "b"} < {*keys}


def test_what_cannot_be_stored_is_named(others: Install, shell: Shell) -> None:
    """A state without a pickle, and one before imports that is no JSON; the rest is stored."""
    text = (
        "a, b, c = state('a', read=lambda: value[0] and fail.__get__(3)), state('b'), "
        "state('c', read=lambda: value[0] and {1}, process=True)\n"
        "import threading\n"
        "a = state('a', read=lambda: value[0] and threading.Lock())\n"
        "ADAPTER = Adapter(module='little', state=(a, b, c))"
    )
    others("odd", text, little="ADAPTER")
    out = shell.step("s", "import little, odd_made\nodd_made.value[0] = 2").out
    assert "the state of 'a' (TypeError: TypeError: cannot pickle '_thread.lock' object)" in out
    assert "the state of 'c' (TypeError: TypeError: no JSON at $: " in out
    assert "the state of 'b'" not in out


@pytest.mark.parametrize("options", ["", ", process=True"])
def test_what_cannot_be_set_is_named(
    others: Install, restarted: Callable[[], Shell], options: str
) -> None:
    """Whatever the adapter raises; the step is restored."""
    text = (
        "def end(*_): raise SystemExit(3)\n"
        f"ADAPTER = Adapter(module='little', state=(state('k', restore=end{options}),))"
    )
    others("bad", text, little="ADAPTER")
    cell = "import little, bad_made\nbad_made.value[0] += 1\nx = [1]\nx[0] += 1"
    restarted().step("s", cell)
    shell = restarted()
    assert "could not be set again: k (RuntimeError: SystemExit: 3)" in shell.step("s", cell).out
    assert shell.ns["x"] == [2]


def test_a_state_lies_in_the_bundle_as_bytes_of_its_own(others: Install) -> None:
    """So that a kernel without its package can load what lies beside it."""
    text = "ADAPTER = Adapter(module='little', state=(state('k'),))"
    others("good", text, little="ADAPTER")
    importlib.import_module("little")
    read_state(())
    in_record, in_bundle = to_store({"k": 7, "random": 1})
    assert in_record == {}
    assert in_bundle["random"] == 1
    assert in_bundle["k"]["$adapter"] == ["little", "good-pack"]
    assert type(in_bundle["k"]["change"]) is bytes
    assert from_store(in_bundle) == ({"k": 7, "random": 1}, {})
    assert from_store({"k": {"$adapter": ["small", "gone-pack"], "change": b""}})[1]["k"] == (
        "the package 'gone-pack' stored it, for 'small', and is not installed here"
    )
    assert from_store({"j": {"$adapter": ["little", "good-pack"], "change": b""}})[1]["j"] == (
        "the package 'good-pack' stored it, for 'little'; the adapter here has no such state"
    )
    assert from_store({"k": {"$adapter": ["little", "good-pack"], "change": b""}})[1]["k"] == (
        "EOFError: Ran out of input"
    )


def test_nothing_of_another_package_is_set_out_of_a_foreign_record(
    tmp_path: Path, site: Path
) -> None:
    """As of our own states none is."""
    cell = f"%%step format\n{FORMAT}"
    with kernel(tmp_path, EXAMPLE, site) as notebook:
        notebook.ok(cell)
    path = search_path(EXAMPLE, site)
    key = str(tmp_path / "another-key")
    with open_notebook(tmp_path, PYTHONPATH=path, MUNDANE_KEY_FILE=key) as notebook:
        assert "somebody else's" in notebook.ok(cell).notes[0]
        assert notebook.value("tidyprint.text(2)") == "'2.000'"
        assert notebook.value("'tidyprint_mundane' in __import__('sys').modules") == "False"
