"""Which task file a notebook opens, read from its source."""

from __future__ import annotations

import pytest

from mundane_ipython.taskfile.locate import opened_file


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["x = 1", "%load_ext mundane_ipython\n%mundane_open a.db"], "a.db"),
        (["%mundane_open", "%mundane_open a.db"], ""),
        (["%mundane_open a.db --trust --as task"], "a.db"),
        (["  %mundane_open   dir/a.db  "], "dir/a.db"),
        (["%mundane_open --trust"], None),
        (["%mundane_open 'a b.db'"], None),
        (["%mundane_open {name}.db"], None),
        (["%mundane_open $name"], None),
        (["%mundane_opened a.db", "x"], None),
        ([], None),
    ],
)
def test_opened_file(sources: list[str], expected: str | None) -> None:
    """The first line counts; what is only known when it runs is not guessed."""
    assert opened_file(sources) == expected


def test_opened_file_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the home folder, as when the line runs."""
    monkeypatch.setenv("HOME", "/srv/ada")
    assert opened_file(["%mundane_open ~/a.db"]) == "/srv/ada/a.db"
