"""The layers: who may import whom. Both packages tell theirs in the docstring of `__init__`."""

from __future__ import annotations

import ast
import itertools
import sys
from pathlib import Path

import pytest

from .support import REPO, python

MAX_LINES = 400
PACKAGES = [
    name for name in ("mundane", "mundane_ipython") if (REPO / name / "__init__.py").exists()
]
# These may be imported by one module alone.
SOLE_IMPORTERS = {"sqlite3": "_sqlite", "fcntl": "_lock", "msvcrt": "_lock"}


def modules(package: str) -> dict[str, Path]:
    """Return the modules of a package, by their name in it."""
    return {file.stem: file for file in sorted((REPO / package).glob("*.py"))}


def imports(package: str, file: Path) -> set[tuple[str, str]]:
    """Return every import of a module, anywhere in it, as (top package, module in it or "")."""
    names = set(modules(package))
    found: set[tuple[str, str]] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {tuple((alias.name + ".").split(".")[:2]) for alias in node.names}  # type: ignore[misc]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            top, _, rest = (node.module or "").partition(".")
            if rest or top != package:
                found.add((top, rest.split(".")[0]))
            else:
                found |= {(top, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1, f"{file}: packages have no subpackages"
            if node.module:
                found.add((package, node.module.split(".")[0]))
            else:
                found |= {(package, alias.name) for alias in node.names if alias.name in names}
    return found


def inside(package: str) -> dict[str, set[str]]:
    """Return which modules of its own package each module imports."""
    return {
        name: {module for top, module in imports(package, file) if top == package and module}
        for name, file in modules(package).items()
    }


def drawn_layers(package: str) -> dict[str, int]:
    """Return the height of each module in the docstring's drawing; larger is lower.

    A line starts with modules, and then says what they are. `a -> b`: a above b. Others on one line
    stand beside each other.
    """
    docstring = ast.get_docstring(ast.parse((REPO / package / "__init__.py").read_text()))
    heights: dict[str, int] = {}
    height = 0
    names = {*modules(package), "->"}
    for line in (docstring or "").splitlines():
        if not line.startswith("    "):
            continue
        words = [word.strip(",") for word in line.split()]
        height += 1
        for word in itertools.takewhile(lambda word: word in names, words):
            if word == "->":
                height += 1
            else:
                heights[word] = height
    return heights


def test_the_core_imports_the_standard_library_only() -> None:
    """No module of `mundane` imports a third-party package, nor `mundane_ipython`."""
    for name, file in modules("mundane").items():
        tops = {top for top, _ in imports("mundane", file)}
        assert tops <= {*sys.stdlib_module_names, "mundane"}, name


@pytest.mark.parametrize("module", SOLE_IMPORTERS)
def test_one_module_alone_knows_a_mechanism(module: str) -> None:
    """SQLite and the system's locks are used through one module each."""
    importers = {
        name
        for name, file in modules("mundane").items()
        if module in {top for top, _ in imports("mundane", file)}
    }
    assert importers == {SOLE_IMPORTERS[module]}


@pytest.mark.parametrize("package", PACKAGES)
def test_there_are_no_circles(package: str) -> None:
    """Modules can be put in an order in which each imports earlier ones only."""
    left = inside(package)
    while left:
        free = {name for name, needs in left.items() if not (needs - {name}) & left.keys()}
        assert free, f"these import each other: {sorted(left)}"
        left = {name: needs for name, needs in left.items() if name not in free}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_arrows_are_those_of_the_docstring(package: str) -> None:
    """A module imports only what the package's docstring draws below it, and each is drawn."""
    heights = drawn_layers(package)
    assert modules(package).keys() - {"__init__", "__main__"} == heights.keys()
    for name, needs in inside(package).items():
        for need in needs - {"__init__"}:
            if name in heights:
                assert heights[name] < heights[need], f"{name} imports {need}"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_is_long(package: str) -> None:
    """A module that grows beyond the limit holds two things."""
    for name, file in modules(package).items():
        assert len(file.read_text(encoding="utf-8").splitlines()) <= MAX_LINES, name


def test_mundane_is_imported_without_any_third_party_package() -> None:
    """In a bare interpreter it works, and loads nothing but itself and the standard library."""
    script = """
        import os, sys, tempfile
        sys.path.append(sys.argv[1])
        import mundane, mundane.cli
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "task.db")
            assert mundane.run(path, lambda task: task.step("a", lambda: [1])) == [1]
            assert mundane.cli.main(["status", path]) == 0
        tops = {name.partition(".")[0] for name in sys.modules}
        foreign = tops - set(sys.stdlib_module_names) - {"__main__", "mundane"}
        print("foreign:", sorted(name for name in foreign if not name.startswith("_distutils")))
    """
    assert "foreign: []" in python(script, REPO, flags=("-I", "-S"), cwd="/")


def test_importing_mundane_loads_no_event_loop() -> None:
    """asyncio, which would double the time, is loaded by who uses it."""
    script = (
        "import sys; sys.path.append(sys.argv[1]); import mundane; print('asyncio' in sys.modules)"
    )
    assert python(script, REPO, flags=("-I", "-S"), cwd="/") == "False\n"


def test_the_public_names() -> None:
    """`__all__` is sorted, complete and true."""
    import mundane

    assert mundane.__all__ == sorted(mundane.__all__)
    public = {name for name, value in vars(mundane).items() if not name.startswith("_")}
    assert set(mundane.__all__) == {name for name in public if name not in modules("mundane")}
