"""What may be a step's name and what may be a task file's path. Pure."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Sequence

from .errors import InvalidNameError, StorageError, show

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)


def check_name(name: object) -> None:
    """Refuse what is no step name (SPEC.md, Names).

    Raises:
        InvalidNameError: not a str, or not `[A-Za-z0-9][A-Za-z0-9._-]*` as a whole.
    """
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise InvalidNameError(show(name))


def expand_names(wanted: Iterable[str], known: Sequence[str]) -> list[str]:
    """Return the names that are meant: `fetch.*` stands for each that it fits, `*` for any text.

    No name has a `*` in it. A pattern that fits none is left as it is, for the caller to refuse.

    Args:
        wanted: names and patterns.
        known: the names that there are.
    """
    found: list[str] = []
    for each in wanted:
        fitting = [n for n in known if fnmatch.fnmatchcase(n, each)] if "*" in each else []
        found += fitting or [each]
    return list(dict.fromkeys(found))


def check_path(path: str | os.PathLike[str]) -> str:
    """Return a task file's path as text, otherwise as given.

    Raises:
        TypeError: neither str nor os.PathLike of str.
        StorageError: SQLite's special names, a folder, a device or a pipe.
    """
    text = os.fspath(path)
    if not isinstance(text, str):
        raise TypeError(f"a task file's path is a str or os.PathLike, not {type(text).__name__}")
    if text == ":memory:":
        raise StorageError(text, "a task lives in a file; a temporary one is tempfile's business")
    if not text or "\0" in text:
        raise StorageError(repr(text), "is no path of a task file")
    if os.path.isdir(text):
        raise StorageError(text, "is a folder: name a file in it, such as task.db")
    if os.path.exists(text) and not os.path.isfile(text):
        raise StorageError(text, "is no regular file")
    return text
