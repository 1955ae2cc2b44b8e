"""The files of notebooks are read as they are written, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from .corpus import Book, book, books


def test_a_book_is_read(tmp_path: Path) -> None:
    """Cells are what stands between the dividing lines, without the empty lines around it."""
    file = tmp_path / "a-name.py"
    file.write_text(
        "# about: two lines # %% and a magic\n# lost: one other\n\n# %%\n"
        '%%time\n\nx = """\n # %% a text\n"""\n\n\n# %%\n#plain\n!ls  \n'
    )
    cells = ('%%time\n\nx = """\n # %% a text\n"""', "#plain\n!ls  ")
    about = "two lines # %% and a magic"
    assert book(file) == Book("a-name", about, cells, frozenset({"one", "other"}))


def test_books_come_in_their_paths_order(tmp_path: Path) -> None:
    """Whatever order the system lists them in."""
    for name in ("b/a", "a/z", "a/b"):
        file = tmp_path / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text("# about: order\n\n# %%\npass\n")
    assert [each.name for each in books(tmp_path)] == ["b", "z", "a"]


MALFORMED = {
    "no about": ("# lost: x\n\n# %%\nx = 1\n", "no line '# about:'"),
    "empty file": ("", "no line '# about:'"),
    "about nothing": ("# about: \n\n# %%\nx = 1\n", "'# about: ' is no line of a header"),
    "unknown header": ("# about: a\n# area: b\n\n# %%\nx = 1\n", "'# area: b' is no line of"),
    "about twice": ("# about: a\n# about: b\n\n# %%\nx = 1\n", "'# about: b' is no line of"),
    "code above the cells": ("# about: a\nimport os\n\n# %%\nx = 1\n", "'import os' is no line"),
    "no cell": ("# about: a\n", "no cell, or an empty one"),
    "empty cell": ("# about: a\n\n# %%\n\n# %%\nx = 1\n", "no cell, or an empty one"),
    "divider at the end": ("# about: a\n\n# %%\nx = 1\n\n# %%", "no cell, or an empty one"),
    "title of a cell": ("# about: a\n\n# %% [markdown]\n# text\n", r"'# %% \[markdown\]' has a"),
}


@pytest.mark.parametrize(("text", "says"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_file_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """The error names the file, and what is wrong with it."""
    file = tmp_path / "broken.py"
    file.write_text(text)
    with pytest.raises(ValueError, match=rf"broken\.py: .*{says}"):
        book(file)
