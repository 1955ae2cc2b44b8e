"""A notebook's parameters by papermill's rules: how values are read, where their cell goes. Pure.

The rules (papermill.readthedocs.io, Parameterize and Execute): SPEC.md, Headless runs.
"""

from __future__ import annotations

import ast
import base64
import json
import keyword
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from mundane.tools import show_briefly

PARAMETERS_TAG = "parameters"
"""The tag of the cell that sets the defaults."""

INJECTED_TAG = "injected-parameters"
"""The tag, and the id, of the cell that sets what was passed."""

# A cell with more is megabytes of source.
_MOST_PARTS = 1_000_000

_WORDS = {"True": True, "False": False, "None": None}


class ParameterError(ValueError):
    """A parameter that cannot be read or bears no Python name. The caller's mistake."""


class _Loader(yaml.SafeLoader):
    """YAML without dates, which stay text: no cell could hold them as literals."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (as PyYAML declares it)
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_value(text: str) -> Any:
    """Return what `-p NAME TEXT` means: True, False, None, an int, a float, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def read_yaml(text: str, where: str) -> dict[str, Any]:
    """Return the parameters that YAML text maps, none for an empty text.

    Raises:
        ParameterError: it is not YAML, or no mapping; `where` says which text.
    """
    try:
        found = yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except RecursionError as error:
        raise ParameterError(f"{where}: nests too deep") from error
    except Exception as error:  # what does not fit its tag, Python itself refuses
        line = " ".join(str(error).split())
        raise ParameterError(f"{where}: is no YAML: {line}") from error
    return _mapping(found, where)


def read_base64(text: str) -> dict[str, Any]:
    """Return the parameters in YAML text that is encoded in Base64.

    Raises:
        ParameterError: it is neither.
    """
    try:
        decoded = base64.b64decode(text, validate=True).decode()
    except ValueError as error:
        raise ParameterError(f"-b: is no Base64 of a text: {error}") from error
    return read_yaml(decoded, "-b")


def read_file(path: Path) -> dict[str, Any]:
    """Return the parameters in a YAML or JSON file.

    Raises:
        ParameterError: it cannot be read, or holds no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":  # not all of JSON is YAML: tabs
            return _mapping(json.loads(text), str(path))
    except RecursionError as error:
        raise ParameterError(f"{path}: nests too deep") from error
    except (OSError, ValueError) as error:
        raise ParameterError(f"{path}: cannot be read: {error}") from error
    return read_yaml(text, str(path))


def source(parameters: Mapping[str, Any]) -> str:
    """Return the source of the cell that sets parameters.

    Raises:
        ParameterError: a name is none that a cell can set, or a value none that it can hold.
    """
    lines = ["# Parameters"]
    for name, value in parameters.items():
        if not (isinstance(name, str) and name.isidentifier()):
            raise ParameterError(f"parameter {show_briefly(name)}: is no Python name")
        if keyword.iskeyword(name):
            raise ParameterError(f"parameter {name!r}: is a keyword of Python's: rename it")
        try:
            _count_parts(value, {})
            lines.append(f"{name} = {literal(value)}")
            compile(lines[-1], "parameters", "exec")
        except ParameterError as error:
            raise ParameterError(f"parameter {name!r}: {error}") from error
        except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
            raise ParameterError(f"parameter {name!r}: no cell can set it ({error})") from error
    return "\n".join(lines)


def _count_parts(value: Any, known: dict[int, int]) -> int:
    """Return how many values are written for a value: one that stands in it twice counts twice.

    Args:
        value: out of YAML or JSON; an anchor and its alias are one object.
        known: this by the ids of what was met before; 0 of what the value stands in.

    Raises:
        ParameterError: it contains itself, or a few aliases make it very large.
    """
    if not isinstance(value, (dict, list)):
        return 1
    count = known.get(id(value))
    if count == 0:
        raise ParameterError("contains itself: a cell cannot hold that as a literal")
    if count is None:
        known[id(value)] = 0
        inner = value.values() if isinstance(value, dict) else value
        count = 1 + sum(_count_parts(each, known) for each in inner)
        if count > _MOST_PARTS:
            raise ParameterError(f"holds more than {_MOST_PARTS:,} values: read it from a file")
        known[id(value)] = count
    return count


def literal(value: Any) -> str:
    """Return a value as Python source; what JSON has no type for becomes text."""
    match value:
        case float() if not math.isfinite(value):
            return f"float('{value}')"
        case None | bool() | int() | float() | str():
            return repr(value)
        case dict():
            return f"{{{', '.join(f'{str(k)!r}: {literal(v)}' for k, v in value.items())}}}"
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case _:
            return repr(str(value))


def inject(notebook: NotebookNode, parameters: Mapping[str, Any]) -> None:
    """Put the cell that sets parameters into a notebook; without parameters nothing is changed.

    It replaces the one that was injected before, else follows the cell tagged `parameters`, else
    stands at the top.

    Raises:
        ParameterError: a name is none that a cell can set, or a value none that it can hold.
    """
    if not parameters:
        return
    cell = new_code_cell(source(parameters), metadata={"tags": [INJECTED_TAG]})
    # Always the same id, so that runs can be compared.
    cell["id"] = _free_id(notebook.cells)
    if (notebook.nbformat, notebook.nbformat_minor) < (4, 5):
        del cell["id"]
    injected = _tagged(notebook.cells, INJECTED_TAG)
    defaults = _tagged(notebook.cells, PARAMETERS_TAG)
    if injected is not None:
        notebook.cells[injected] = cell
    else:
        notebook.cells.insert(0 if defaults is None else defaults + 1, cell)


def unknown(notebook: NotebookNode, names: Iterable[str]) -> list[str]:
    """Return those names that the cell tagged `parameters` does not set; none if it is not plain.

    Without such a cell that is all of them.
    """
    index = _tagged(notebook.cells, PARAMETERS_TAG)
    if index is None:
        return list(names)
    try:
        tree = ast.parse(notebook.cells[index].source)
    except SyntaxError:  # it holds magics
        return []
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    known = {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    return [name for name in names if name not in known]


def _mapping(found: Any, where: str) -> dict[str, Any]:
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ParameterError(f"{where}: holds a {type(found).__name__}, not names with values")
    return found


def _tagged(cells: Sequence[NotebookNode], tag: str) -> int | None:
    return next((i for i, cell in enumerate(cells) if tag in cell.metadata.get("tags", ())), None)


def _free_id(cells: Sequence[NotebookNode]) -> str:
    others = {cell.get("id") for cell in cells if INJECTED_TAG not in cell.metadata.get("tags", ())}
    return INJECTED_TAG if INJECTED_TAG not in others else f"{INJECTED_TAG}-{len(others)}"
