"""The rooms and layers: who may import whom. Each `__init__` draws its own in its docstring."""

from __future__ import annotations

import ast
import itertools
import re
import sys
from pathlib import Path

import pytest

from mundane_ipython.adapter.registry import IN_TREE

from .core.support import REPO, python

MAX_LINES = 400
MAX_FILES = 12
PACKAGES = [
    name for name in ("mundane", "mundane_ipython") if (REPO / name / "__init__.py").exists()
]
# These may be imported by one module alone.
SOLE_IMPORTERS = {"sqlite3": "_file.sqlite", "fcntl": "_file.lock", "msvcrt": "_file.lock"}
# What the extension may import of the core.
PUBLIC = {"mundane", "mundane.tools", "mundane.cli"}
MAX_FUNCTION = 50  # lines, without its docstring
# What an extension of IPython is made with is no library of the user's.
OUR_OWN = {"IPython", "ipykernel", "traitlets"}
# Files outside of `libraries/` that name libraries, and why.
NAME_LIBRARIES = {
    "adapter.registry": "it lists which adapters there are",
    "adapter.types": "where bundles had our modules",
    "display.note_bar": "tqdm draws our own bars",
    "run.progress": "tqdm draws our own bars",
    "outputs.widgets": "widgets are outputs, by a protocol of their own",
    "source.cell": "a magic is called so",
    "source.magics": "a magic is called so",
    "source.strings": "as cells write it: `pd.eval`",
    "objects.arrays": "arrays own memory that other objects share",
    "objects.buffers": "arrays own memory that other objects share",
    "untrusted.allowlist": "what data may name is one list, to be read as a whole",
    "untrusted.budget": "what data may name is one list, to be read as a whole",
    "untrusted.unpickler": "what data may name is one list, to be read as a whole",
}


def modules(package: str) -> dict[str, Path]:
    """Return the modules of a package by their dotted names in it: `room.file`."""
    root = REPO / package
    return {
        ".".join(file.relative_to(root).with_suffix("").parts): file
        for file in sorted(root.rglob("*.py"))
        if file.name != "__init__.py"
    }


def rooms(package: str) -> list[str]:
    """Return the folders in a package that hold modules; the folders in these belong to them."""
    return sorted({name.partition(".")[0] for name in modules(package) if "." in name})


def imports(package: str, file: Path) -> set[str]:
    """Return every import of a module, anywhere in it, by absolute name: `package.room.file`."""
    here = file.relative_to(REPO).parts[:-1]
    names = {f"{package}.{name}" for name in modules(package)}
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = here[: len(here) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            within = {f"{base}.{alias.name}" for alias in node.names} & names
            found |= within or {base}
    return found


def inside(package: str) -> dict[str, set[str]]:
    """Return which modules of its own package each module imports, without the package itself."""
    prefix = f"{package}."
    return {
        name: {
            each.removeprefix(prefix) for each in imports(package, file) if each.startswith(prefix)
        }
        for name, file in modules(package).items()
    }


def drawn(file: Path, names: set[str]) -> dict[str, int]:
    """Return the height of each of some names in a docstring's drawing; larger is lower.

    A line starts with names, and then says what they are. `a -> b`: a above b. Others on one line
    stand beside each other.
    """
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")), clean=False)
    heights: dict[str, int] = {}
    height = 0
    for line in (docstring or "").splitlines():
        if not line.startswith("    "):
            continue
        words = [word.strip(",") for word in line.split()]
        height += 1
        for word in itertools.takewhile(lambda word: word in {*names, "->"}, words):
            if word == "->":
                height += 1
            else:
                heights[word] = height
    return heights


def test_the_core_imports_the_standard_library_only() -> None:
    """No module of `mundane` imports a third-party package, nor `mundane_ipython`."""
    for name, file in modules("mundane").items():
        tops = {each.partition(".")[0] for each in imports("mundane", file)}
        assert tops <= {*sys.stdlib_module_names, "mundane"}, name


@pytest.mark.parametrize("module", SOLE_IMPORTERS)
def test_one_module_alone_knows_a_mechanism(module: str) -> None:
    """SQLite and the system's locks are used through one module each."""
    importers = {
        name for name, file in modules("mundane").items() if module in imports("mundane", file)
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
def test_the_rooms_are_those_of_the_docstring(package: str) -> None:
    """Each room and each module beside the rooms is drawn, and imports only what is below it."""
    file = REPO / package / "__init__.py"
    top = {name.partition(".")[0] for name in modules(package)} - {"__main__"}
    heights = drawn(file, top)
    assert heights.keys() == top
    upward = set()
    for name, needs in inside(package).items():
        for need in needs:
            room, other = name.partition(".")[0], need.partition(".")[0]
            if room != other and room in heights and heights[room] >= heights[other]:
                upward.add((name, need))
    assert upward == set()


@pytest.mark.parametrize(
    ("package", "room"), [(package, room) for package in PACKAGES for room in rooms(package)]
)
def test_the_files_are_those_of_the_room_s_docstring(package: str, room: str) -> None:
    """Each is drawn, and imports only what is below it; a room has few files, but for libraries."""
    prefix = f"{room}."
    files = {name.removeprefix(prefix) for name in modules(package) if name.startswith(prefix)}
    heights = drawn(REPO / package / room / "__init__.py", files)
    assert heights.keys() == files
    for name, needs in inside(package).items():
        for need in needs if name.startswith(prefix) else ():
            if need.startswith(prefix):
                one, other = name.removeprefix(prefix), need.removeprefix(prefix)
                assert heights[one] < heights[other], f"{name} imports {need}"
    assert room == "libraries" or len({*files, "__init__"}) <= MAX_FILES


@pytest.mark.parametrize("package", PACKAGES)
def test_a_room_s_init_is_a_docstring_alone(package: str) -> None:
    """So that who imports one file of a room loads no other."""
    root = REPO / package
    for file in {*root.rglob("__init__.py")} - {root / "__init__.py"}:
        module = ast.parse(file.read_text(encoding="utf-8"))
        assert ast.get_docstring(module), file
        assert len(module.body) == 1, file


def test_the_extension_uses_what_is_public_of_the_core() -> None:
    """No private module of it, and none of which nobody was told."""
    for name, file in modules("mundane_ipython").items():
        of_core = {
            each for each in imports("mundane_ipython", file) if each.split(".")[0] == "mundane"
        }
        assert of_core <= PUBLIC, name


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_is_long(package: str) -> None:
    """A module that grows beyond the limit holds two things."""
    for name, file in modules(package).items():
        assert len(file.read_text(encoding="utf-8").splitlines()) <= MAX_LINES, name


@pytest.mark.parametrize("package", PACKAGES)
def test_no_function_is_long(package: str) -> None:
    """A function that grows beyond the limit does two things."""
    long = [
        f"{name}: {node.name}"
        for name, file in modules(package).items()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and lines_of(node) > MAX_FUNCTION
    ]
    assert long == []


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function has without its docstring."""
    first = function.body[0]
    docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    counted = [first] if docstring else []
    return lines(function) - sum(map(lines, counted))


def lines(node: ast.stmt) -> int:
    """Return how many lines a statement has."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def libraries() -> set[str]:
    """Return the names by which libraries are imported that there are adapters for."""
    return {name for name in IN_TREE if name not in sys.stdlib_module_names} - OUR_OWN


def names_libraries(file: Path) -> bool:
    """Return whether a module names a library in its code: by an import, or in a text."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and isinstance(node.body[0], ast.Expr)
    }
    names = {each.split(".")[0] for each in imports("mundane_ipython", file)}
    if names & libraries() or any(
        each.startswith("mundane_ipython.libraries.") for each in imports("mundane_ipython", file)
    ):
        return True
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    }
    return any(libraries() & set(re.split(r"\W+", text)) for text in texts)


def test_what_is_known_of_a_library_stands_in_its_adapter() -> None:
    """Outside of `libraries` no file names a library, but for those of a table with reasons."""
    named = {
        name
        for name, file in modules("mundane_ipython").items()
        if not name.startswith("libraries.") and names_libraries(file)
    }
    assert named == NAME_LIBRARIES.keys()


def test_the_tests_have_the_rooms_of_the_extension() -> None:
    """A folder for each, and none beside but what the tests use, and the extension as a whole."""
    root = REPO / "tests" / "ipython"
    folders = {file.parent.name for file in root.glob("*/test_*.py")}
    assert folders - {"whole"} == set(rooms("mundane_ipython"))
    assert {file.name for file in root.glob("*.py")} == {"__init__.py", "conftest.py"}


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
