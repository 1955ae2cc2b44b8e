"""The contract between the engines and the libraries: who is asked, when, and in which order."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from mundane_ipython import libraries
from mundane_ipython.adapter.contract import Adapter, State
from mundane_ipython.adapter.registry import ENGINES, IN_TREE, adapter_of, every, loaded
from mundane_ipython.ambient.counters import COUNTERS
from mundane_ipython.ambient.held import replace_held
from mundane_ipython.ambient.option_dicts import SETTINGS
from mundane_ipython.ambient.state import changed_state, in_order, read_state, restore_state

from ...core.support import REPO, python
from ..support.shells import Shell

# What bundles have, in the order in which it is set again; counters and settings are of no library.
ORDER = [
    "random",
    "numpy.random",
    "numpy",
    "cwd",
    "environ",
    "sys.path",
    "timezone",
    "recursionlimit",
    "switchinterval",
    "gc",
    "gc.threshold",
    "int_digits",
    "csv",
    "socket",
    "warnings",
    "decimal",
    "locale",
    "logging.levels",
    "logging.disable",
    "logging",
    "matplotlib.backend",
    "matplotlib",
    "matplotlib.colors",
    "pandas",
    "sympy",
    "mpmath",
    "sklearn",
    "polars",
    "counters",
    "settings",
    "jax",
    "torch",
    "ipython",
]

NOT_STANDARD = [name for name in IN_TREE if name not in sys.stdlib_module_names]


def _state(key: str, *after: str) -> State:
    return State(key=key, read=tuple, changed=lambda *_: None, restore=lambda _: None, after=after)


def _pretend(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let only these libraries, and all of the standard library, look loaded."""
    for name in NOT_STANDARD:
        monkeypatch.delitem(sys.modules, name, raising=False)
    for name in names:
        module: Any = types.ModuleType(name)
        for attribute in _adapter(name).complete_with:
            setattr(module, attribute, object())
        monkeypatch.setitem(sys.modules, name, module)


def _adapter(name: str) -> Adapter:
    found = adapter_of(name)
    assert found is not None
    return found


def test_states_are_read_and_set_in_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever libraries are loaded; a bundle has them in this order too."""
    _pretend(monkeypatch, *NOT_STANDARD)
    assert list(read_state(())) == ORDER
    for name in NOT_STANDARD:
        monkeypatch.delitem(sys.modules, name)
        missing = {state.key for state in _adapter(name).state}
        assert list(read_state(())) == [key for key in ORDER if key not in missing]
        _pretend(monkeypatch, *NOT_STANDARD)


def test_a_state_is_set_after_those_that_it_names() -> None:
    """Others keep their places, and a name of nothing that is there counts for nothing."""
    states = [_state("a", "c", "nowhere"), _state("b"), _state("c"), _state("d", "a")]
    assert [state.key for state in in_order(states)] == ["b", "c", "a", "d"]


def test_each_key_is_of_one_adapter() -> None:
    """And nothing follows what is not there."""
    states = [state for adapter in every() for state in adapter.state]
    keys = [state.key for state in states] + ["counters", "settings"]
    assert sorted(keys) == sorted(ORDER)
    assert {each for state in states for each in state.after} <= {*keys}
    assert (COUNTERS, SETTINGS.key) == ENGINES


def test_the_registry_s_literal_is_the_folder() -> None:
    """Each file with an adapter is named by the libraries that its adapters are of."""
    found = {}
    prefix = f"{libraries.__name__}."
    for file in pkgutil.walk_packages(libraries.__path__, prefix):
        home = importlib.import_module(file.name)
        adapters = getattr(home, "ADAPTERS", None) or [getattr(home, "ADAPTER", None)]
        found |= {each.module: file.name.removeprefix(prefix) for each in adapters if each}
    assert found == IN_TREE
    assert [adapter.module for adapter in every()] == list(IN_TREE)
    assert adapter_of("nowhere") is None


def test_nobody_but_the_registry_names_an_adapter() -> None:
    """`ambient` imports no library's file."""
    for file in Path(REPO, "mundane_ipython", "ambient").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert "libraries" not in (node.module or ""), file.name


def test_an_adapter_s_file_imports_nothing_of_its_library() -> None:
    """All are there before any library is, but for the standard library."""
    script = """
        import sys
        from mundane_ipython.adapter import registry
        assert len(registry.every()) == len(registry.IN_TREE)
        print(sorted((registry.IN_TREE.keys() & sys.modules.keys()) - sys.stdlib_module_names))
    """
    assert python(script, cwd=REPO) == "[]\n"


def test_only_what_is_loaded_has_an_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard library always has; a name that is blocked is not loaded."""
    _pretend(monkeypatch, "jax", "mpmath")
    monkeypatch.setitem(sys.modules, "torch", None)
    names = [adapter.module for adapter in loaded()]
    assert names == [
        name for name in IN_TREE if name not in NOT_STANDARD or name in {"jax", "mpmath"}
    ]


@pytest.mark.parametrize("name", [n for n in NOT_STANDARD if _adapter(n).complete_with])
def test_half_imported_is_not_loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until each of the names is there by which its import is over."""
    for attribute in _adapter(name).complete_with:
        _pretend(monkeypatch, name)
        last = vars(sys.modules[name]).pop(attribute)
        assert name not in [adapter.module for adapter in loaded()]
        before = read_state(())
        assert changed_state(before, ()) == {}
        setattr(sys.modules[name], attribute, last)  # as many modules as before
        assert name in [adapter.module for adapter in loaded()]


def test_what_cannot_be_read_is_left_out(shell: Shell) -> None:
    """The note says so, by the state's key; the step is stored, and others' states are."""
    cell = "import sys, types, random\nsys.modules['sklearn'] = types.ModuleType('sklearn')\n"
    cell += "def get_config(): raise ValueError('no more')\nx = random.seed(3)\n"
    known = sys.modules.pop("sklearn", None)
    try:
        out = shell.step("s", cell + "sys.modules['sklearn'].get_config = get_config").out
        assert "the state of 'sklearn' (TypeError: ValueError: no more)" in out
        assert "not set" not in shell.step("t", "y = random.random()").out
    finally:
        del sys.modules["sklearn"]
        if known is not None:
            sys.modules["sklearn"] = known


def test_what_an_earlier_run_changed_of_a_library_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has no value any more, which is a change of what is stored."""
    _pretend(monkeypatch)
    again = {"pandas": {"display.width": 3}, "numpy": {"print": {}}}
    assert changed_state(read_state(()), (), again) == {"pandas": {"display.width": None}}


def test_keys_of_a_later_version_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be set is told by its key; a state of an unloaded library loads it."""
    monkeypatch.setitem(sys.modules, "torch", None)
    failures = restore_state({"of a later one": 1, "torch": {}})
    assert list(failures) == ["torch"]
    assert failures["torch"].startswith("ModuleNotFoundError: ")


def test_a_library_s_lists_hold_what_takes_an_object_s_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever adapter yields them."""

    class Held:
        def method(self) -> None: ...

    old, new, held = Held(), Held(), []
    held += [old, old.method, len]
    adapter = Adapter(module="any", held=lambda: [held])
    monkeypatch.setattr("mundane_ipython.ambient.held.loaded", lambda: (adapter,))
    replace_held([(old, new)])
    assert held == [new, new.method, len]
