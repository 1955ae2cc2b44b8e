"""Reading Markdown files, and running cells in a kernel of their own."""

from __future__ import annotations

import os
import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from tests.transport import own_sockets

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SPEC = (ROOT / "SPEC.md").read_text(encoding="utf-8")

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def without_code(text: str) -> str:
    """Return a text without its fenced blocks."""
    return _FENCED.sub("", text)


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced code blocks of a language."""
    return [code for found, code in _FENCED.findall(text) if found == language]


def headings(text: str) -> list[str]:
    """Return the headings outside code blocks."""
    return [title for _, title in _HEADING.findall(without_code(text))]


def section(text: str, title: str) -> str:
    """Return what stands under a heading, up to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}$", text, re.MULTILINE)
    assert found, f"no section {title!r}"
    rest = _FENCED.sub(lambda m: m[0].replace("\n#", "\n\0"), text[found.end() :])
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return (rest[: end.start()] if end else rest).replace("\0", "#")


def run_cells(cells: list[str], folder: Path, key: str = "key", **environment: str) -> list[str]:
    """Run cells in a fresh kernel, errors allowed; return what each showed, as plain text.

    Args:
        cells: their sources.
        folder: where the kernel runs; its signing key lies there too.
        key: the name of the signing key's file.
        environment: more variables for the kernel.
    """
    env = os.environ | {"MUNDANE_KEY_FILE": str(folder / key)} | environment
    with own_sockets() as config:
        client = NotebookClient(
            new_notebook(cells=[new_code_cell(source) for source in cells]),
            config=config,
            timeout=120,
            allow_errors=True,
            resources={"metadata": {"path": str(folder)}},
            extra_arguments=["--log-level=ERROR"],
        )
        return [_text(cell) for cell in client.execute(env=env).cells]


def _text(cell: nbformat.NotebookNode) -> str:
    parts = []
    for output in cell.outputs:
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            parts.append(f"{output.ename}: {output.evalue}\n" + "\n".join(output.traceback))
        else:
            parts.append(output.data.get("text/plain", ""))
    return "\n".join(parts)
