"""Which task file a notebook has, where its cells do not name one, or nobody has run them yet."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

TASK_VARIABLE = "MUNDANE_TASK"


def find_task_file(shell: InteractiveShell) -> str:
    """Return the task file that a notebook has without naming one (SPEC.md, Which file).

    Raises:
        UsageError: nothing tells.
    """
    named = os.environ.get(TASK_VARIABLE)
    if named:
        return named
    # Jupyter Server says for whom it started the kernel; VS Code binds a name.
    notebook = os.environ.get("JPY_SESSION_NAME") or shell.user_ns.get("__vsc_ipynb_file__")
    if isinstance(notebook, str) and notebook.endswith(".ipynb"):
        return Path(notebook).with_suffix(".task.db").name
    raise UsageError(
        "%mundane_open FILE: name the file; this front end does not tell the notebook's name, and "
        f"{TASK_VARIABLE} is not set"
    )


def opened_file(sources: Iterable[str]) -> str | None:
    """Return the file that the first `%mundane_open` line among cells' sources names.

    Empty where it names none; None where there is no such line, or what it names is only known
    when it runs.
    """
    for source in sources:
        for line in source.splitlines():
            magic, _, rest = line.strip().partition(" ")
            if magic != "%mundane_open":
                continue
            words = rest.split()
            if not words:
                return ""
            plain = not (set("{$'\"\\#") & set(rest) or words[0].startswith("-"))
            return os.path.expanduser(words[0]) if plain else None
    return None
