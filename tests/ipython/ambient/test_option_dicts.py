"""Settings that libraries keep in dictionaries: what counts as one, what is set again."""

from __future__ import annotations

import sys
import types
from collections import UserDict
from collections.abc import Iterator
from typing import Any

import pytest

from mundane_ipython.adapter.compare import may_set
from mundane_ipython.ambient.option_dicts import read_settings, set_settings, settings_changes
from mundane_ipython.ambient.state import changed_state, read_state, restore_state


@pytest.fixture
def config() -> Iterator[types.ModuleType]:
    """A loaded module `gauge_test.config`."""
    names = ("gauge_test", "gauge_test.config")
    sys.modules.update((name, types.ModuleType(name)) for name in names)
    yield sys.modules["gauge_test.config"]
    for name in names:
        del sys.modules[name]


def _read() -> dict[tuple[str, ...], Any]:
    return {place[1:]: value for place, value in read_settings().items() if "gauge" in place[0]}


def test_plain_members_of_public_dictionaries_are_settings(config: types.ModuleType) -> None:
    """Not what is private, is no data, or has keys that are no text."""
    config.__dict__.update(
        defaults=UserDict(a=1, b=[1, None], c={"d": {"e": "x"}}, f=object(), g=[object()]),
        options={1: 2, "h": True},
        _hidden={"i": 1},
        empty={},
        number=3,
    )
    assert _read() == {
        ("defaults", "a"): 1,
        ("defaults", "b"): [1, None],
        ("defaults", "c", "d", "e"): "x",
        ("options", "h"): True,
    }


def test_what_changed_is_set_again(config: types.ModuleType) -> None:
    """In place, and nothing else; a list that grew is a change."""
    config.options = {"a": 1, "b": [1], "c": {"d": 1, "e": 2}}  # type: ignore[attr-defined]
    before = read_settings()
    config.options["a"], config.options["new"] = 2, None
    config.options["b"].append(2)
    config.options["c"]["d"] = 3
    changes = settings_changes(before, read_settings(), all_new=False)
    assert changes is not None
    assert {place[2:] for place in changes} == {("a",), ("new",), ("b",), ("c", "d")}
    config.options = options = {"a": 1, "b": [1], "c": {"d": 1, "e": 5}}  # type: ignore[attr-defined]
    set_settings(changes)
    assert options == {"a": 2, "new": None, "b": [1, 2], "c": {"d": 3, "e": 5}}
    assert settings_changes(read_settings(), read_settings(), all_new=True) is None


def test_settings_of_a_library_that_was_loaded_meanwhile(config: types.ModuleType) -> None:
    """Only a cell that looks as if it set some is taken to have set them."""
    config.options = {"a": 1}  # type: ignore[attr-defined]
    assert settings_changes({}, read_settings(), all_new=False) is None
    found = settings_changes({}, read_settings(), all_new=True) or {}
    assert found[("gauge_test.config", "options", "a")] == 1
    assert may_set("import xarray as xr\nxr.set_options(display_width=9)")
    assert not may_set("import xarray as xr\nx = xr.DataArray([1]).mean()")


def test_a_setting_that_is_gone_is_an_error(config: types.ModuleType) -> None:
    """The caller names it in a note."""
    config.options = {"a": 1}  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        set_settings({("gauge_test.config", "defaults", "a"): 1})
    with pytest.raises(ImportError):
        set_settings({("gauge_test_2.config", "options", "a"): 1})


def _fake(monkeypatch: pytest.MonkeyPatch, name: str, **members: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module).update(members)
    monkeypatch.setitem(sys.modules, name, module)
    return module


def test_how_sympy_displays(monkeypatch: pytest.MonkeyPatch) -> None:
    """`init_printing` sets methods of a class and settings of another; both are set again."""

    class Printable:
        _repr_png_ = _repr_svg_ = _repr_latex_ = repr

    class Printer:
        _global_settings: dict[str, Any] = {}  # noqa: RUF012 (as SymPy has it)

        @classmethod
        def set_global_settings(cls, **settings: Any) -> None:
            cls._global_settings.update(settings)

    _fake(monkeypatch, "sympy")
    _fake(monkeypatch, "sympy.core._print_helpers", Printable=Printable)
    _fake(monkeypatch, "sympy.printing.printer", Printer=Printer)
    before = read_state(())
    assert changed_state(before, ()) == {}
    Printable._repr_png_ = str
    Printer.set_global_settings(order="lex")
    changes = changed_state(before, ())
    assert list(changes) == ["sympy"]
    Printable._repr_png_ = repr
    Printer._global_settings.clear()
    assert restore_state(changes) == {}
    assert Printable._repr_png_ is str
    assert Printable._repr_svg_ is repr
    assert Printer._global_settings == {"order": "lex"}


def test_the_configuration_of_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain values that changed are set by `config.update`; none that was not there before."""
    values = {"jax_enable_x64": False, "jax_cache": None, "jax_made": object()}
    config = types.SimpleNamespace(values=values, update=values.__setitem__)
    _fake(monkeypatch, "jax", config=config)
    before = read_state(())
    config.update("jax_enable_x64", True)
    changes = changed_state(before, ())
    assert changes == {"jax": {"jax_enable_x64": True}}
    config.update("jax_enable_x64", False)
    assert restore_state({"jax": changes["jax"] | {"jax_old": 1}}) == {}
    assert (values["jax_enable_x64"], "jax_old" in values) == (True, False)
