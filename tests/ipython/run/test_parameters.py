"""Parameters: papermill's rules, compared with papermill's own command."""

from __future__ import annotations

import base64
import math
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from papermill.cli import papermill

from mundane_ipython.run.command import main, parameters, parse
from mundane_ipython.run.parameters import (
    ParameterError,
    inject,
    literal,
    read_base64,
    read_file,
    read_value,
    read_yaml,
    source,
    unknown,
)

NESTED = """
x:
    - 0.0
    - 1.0
    - 2.0
linear_function:
    slope: 3.0
    intercept: 1.0
"""
# The options of papermill's documentation (Execute; Parameterize), and values at the edges.
OPTIONS = [
    ["-p", "alpha", "0.6", "-p", "l1_ratio", "0.1"],
    ["-r", "version", "1.0"],
    ["-y", NESTED],
    ["-y", '{"x": [0.0, 1.0], "linear_function": {"slope": 3.0}}'],
    ["-b", base64.b64encode(b"alpha: 0.6\nl1_ratio: 0.1\n").decode()],
    ["-f", "parameters.yaml"],
    ["-f", "parameters.yaml", "-p", "alpha", "0.7", "-r", "version", "2"],
    ["-y", "alpha: 1", "-f", "parameters.yaml", "-b", base64.b64encode(b"alpha: 2").decode()],
    ["-p", "flag", "True", "-p", "none", "None", "-p", "lower", "true"],
    ["-p", "a", "1e3", "-p", "b", "-2", "-p", "c", "1_000", "-p", "d", " 7 ", "-p", "e", "0x10"],
    ["-p", "low", "-inf", "-p", "high", "inf", "-r", "offset", "-1d", "-p", "p", "-p"],
    ["-p", "text", 'it\'s "so" \\n \u00e4\U0001f600', "-p", "empty", ""],
    ["-y", "when: 2026-11-24\nat: 2026-11-24T09:00:00\nyes_: yes\nnested: {1: {2: []}}"],
    [],
]
LAYOUTS = [
    (),
    ("parameters",),
    ("parameters", "injected-parameters"),
    ("injected-parameters", "parameters"),
    ("parameters", "parameters"),
]


def make_notebook(tags: tuple[str, ...]) -> nbformat.NotebookNode:
    """Return a notebook with a cell for each tag among others."""
    notebook = new_notebook(cells=[new_markdown_cell("# A title"), new_code_cell("first = 1")])
    for tag in tags:
        notebook.cells.append(new_code_cell(f"alpha = {tag!r}", metadata={"tags": [tag]}))
        notebook.cells.append(new_code_cell("between = 1"))
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    return notebook


def layout(notebook: nbformat.NotebookNode) -> list[Any]:
    """Return each cell's tags and what it binds, in order."""
    found = []
    for cell in notebook.cells:
        names: dict[str, Any] = {}
        if cell.cell_type == "code":
            exec(cell.source, {}, names)
        found.append((cell.cell_type, cell.metadata.get("tags", []), names))
    return found


@pytest.mark.parametrize("words", OPTIONS, ids=lambda words: " ".join(words)[:40].strip())
@pytest.mark.parametrize("tags", LAYOUTS, ids=lambda tags: "+".join(tags) or "untagged")
def test_as_papermill_does(
    words: list[str], tags: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options have papermill's meaning: the same cells in the same places bind the same values."""
    monkeypatch.chdir(tmp_path)
    Path("parameters.yaml").write_text("alpha: 0.6\nversion: 1.5\nl1_ratio: 0.1\n")
    nbformat.write(make_notebook(tags), "in.ipynb")
    result = CliRunner().invoke(papermill, ["in.ipynb", "out.ipynb", "--prepare-only", *words])
    assert result.exit_code == 0, result.output
    ours = nbformat.read("in.ipynb", as_version=4)
    inject(ours, parameters(parse(["in.ipynb", *words])))
    nbformat.validate(ours)
    assert layout(ours) == layout(nbformat.read("out.ipynb", as_version=4))


def test_nan_is_not_a_number() -> None:
    """It equals nothing, so the comparison above leaves it out."""
    assert math.isnan(read_value("nan"))
    assert literal(math.nan) == "float('nan')"


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -1,
        10**30,
        0.1,
        -math.inf,
        "",
        "'\"\\\n\0\U0001f600\ud800",
        [],
        {},
        [{"a": [1]}],
    ],
    ids=repr,
)
def test_a_literal_means_its_value(value: Any) -> None:
    """What is written into the cell evaluates to what was passed, with its type."""
    found = eval(literal(value))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("name", ["a b", "1a", "", "x = 1; y", 1], ids=repr)
def test_a_name_that_is_none_is_refused(name: Any) -> None:
    """Papermill would write a cell that does not compile, or that does something else."""
    with pytest.raises(ParameterError, match="no Python name"):
        source({name: 1})


@pytest.mark.parametrize("name", ["class", "None", "True", "await", "__debug__"])
def test_a_name_that_no_cell_can_set_is_refused(name: str) -> None:
    """A keyword of Python's; papermill would write a cell that does not compile."""
    with pytest.raises(ParameterError, match=f"parameter '{name}': (is a keyword|no cell can)"):
        source({name: 1})
    assert source({"match": 1, "type": 2, "_": 3}).count("=") == 3


LAUGHS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{chr(ord(name) - 1)}'] * 10)}]\n" for name in "bcdefghi"
)
UNWRITABLE = {
    "contains itself": ("a: &a [*a]", "parameter 'a': contains itself"),
    "contains itself deep down": ("a: &a {b: [1, {c: *a}]}", "parameter 'a': contains itself"),
    "is itself": ("&a {b: *a}", "parameter 'b': contains itself"),
    "grows without end": (LAUGHS, "holds more than 1,000,000 values"),
    "nests deeper than YAML's reader": ("a: " + "[" * 5000 + "]" * 5000, "nests too deep"),
    "nests deeper than a cell may": ("a: " + "[" * 220 + "]" * 220, "no cell can set it"),
    "too many digits": ("a: 0x" + "f" * 10_000, "no cell can set it"),
    "no YAML": ("a: [", "is no YAML: while parsing"),
    "no integer": ("a: !!int x", "is no YAML"),
    "no date": ("a: !!timestamp x", "is no YAML"),
}


@pytest.mark.parametrize(("text", "says"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_a_value_that_no_cell_can_hold_is_refused(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit code 2 and one line, before anything runs."""
    notebook, out = tmp_path / "n.ipynb", tmp_path / "out.ipynb"
    nbformat.write(make_notebook(()), notebook)
    assert main([str(notebook), "-o", str(out), "-y", text]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line
    assert not out.exists()


def test_what_stands_twice_is_written_twice() -> None:
    """An alias is no recursion."""
    parameters = read_yaml("a: &a [1, {b: 2}]\nc: [*a, *a, {d: *a}]", "-y")
    found: dict[str, Any] = {}
    exec(source(parameters), found)
    assert found["c"] == [found["a"], found["a"], {"d": found["a"]}]


def test_json_that_nests_too_deep(tmp_path: Path) -> None:
    """Which Python's own reader refuses by a RecursionError."""
    (tmp_path / "p.json").write_text('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}")
    with pytest.raises(ParameterError, match="nests too deep"):
        read_file(tmp_path / "p.json")


def test_the_injected_cell_has_always_the_same_id() -> None:
    """Two runs are compared more easily; another cell's id is not taken."""
    notebook = make_notebook(("parameters",))
    notebook.cells[0]["id"] = "injected-parameters"
    inject(notebook, {"alpha": 1})
    inject(notebook, {"alpha": 2})
    nbformat.validate(notebook)
    assert notebook.cells[3].source == "# Parameters\nalpha = 2"
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells) == 5


def test_a_notebook_without_ids_stays_one(tmp_path: Path) -> None:
    """Before nbformat 4.5 cells have no ids."""
    notebook = make_notebook(())
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        del cell["id"]
    inject(notebook, {"alpha": 1})
    nbformat.validate(notebook)
    assert "id" not in notebook.cells[0]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (None, ["alpha", "beta"]),
        ("alpha = 1", ["beta"]),
        ("alpha: int = 1\n(beta, c) = 1, 2", []),
        ("print(alpha)", ["alpha", "beta"]),
        ("%matplotlib inline\nalpha = 1", []),
    ],
)
def test_unknown_parameters(cell: str | None, expected: list[str]) -> None:
    """A name that the tagged cell does not set is likely to be misspelt."""
    notebook = new_notebook(cells=[new_code_cell("beta = 1")])
    if cell is not None:
        notebook.cells.append(new_code_cell(cell, metadata={"tags": ["parameters"]}))
    assert unknown(notebook, ["alpha", "beta"]) == expected


def test_a_file_of_json_may_be_indented_by_tabs(tmp_path: Path) -> None:
    """Which YAML forbids; an empty file passes nothing."""
    (tmp_path / "p.json").write_text('{\n\t"alpha": 1\n}')
    (tmp_path / "p.yaml").write_text("# nothing\n")
    assert read_file(tmp_path / "p.json") == {"alpha": 1}
    assert read_file(tmp_path / "p.yaml") == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [("[1, 2]", "holds a list"), ("a: [", "is no YAML"), ("!!python/object:os.system {}", "YAML")],
)
def test_what_maps_no_names_is_refused(text: str, says: str) -> None:
    """Nor does YAML run code."""
    with pytest.raises(ParameterError, match=says):
        read_yaml(text, "-y")


def test_files_and_base64_that_cannot_be_read(tmp_path: Path) -> None:
    """The message says which it is."""
    (tmp_path / "bad.json").write_text("{")
    for name in ("missing.yaml", "bad.json"):
        with pytest.raises(ParameterError, match=f"{name}: cannot be read"):
            read_file(tmp_path / name)
    with pytest.raises(ParameterError, match="Base64"):
        read_base64("...")
