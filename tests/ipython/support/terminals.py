"""Terminal IPython and jupyter console in a pseudo terminal, typed at as a person types."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect

from .kernels import KERNEL_NAME

_ARGUMENTS = (
    "-m IPython --no-banner --no-confirm-exit --colors=NoColor --HistoryManager.enabled=False"
)
_COLOURS = r"(?:\x1b\[[0-9;]*m)*"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r")


class Terminal:
    """A running terminal IPython or jupyter console. From `open_terminal` and `open_console`.

    Args:
        child: at its first prompt.
        simple: whether it has the plain prompt, without editing.
    """

    def __init__(self, child: pexpect.spawn, *, simple: bool) -> None:
        self.child = child
        self._simple = simple
        self._prompts = 0

    def type(self, source: str) -> None:
        """Type a line, or a cell that starts with `%%` and what ends it."""
        if not self._simple:  # a bracketed paste, else the prompt would indent by itself
            end = "\n\n" if "\n" in source else ""
            self.child.send(f"\x1b[200~{source}{end}\x1b[201~\r")
            return
        lines = source.split("\n")
        if len(lines) > 1:
            # The plain prompt takes the first empty line for the end of the last one.
            lines += ["", ""]
        for line in lines[:-1]:
            self.child.sendline(line)
            self.child.expect_exact("...: ")
        self.child.sendline(lines[-1])

    def output(self) -> str:
        """Wait for the next prompt and return what was shown until then."""
        self._prompts += 1
        self.child.expect(rf"In \[{_COLOURS}{self._prompts}{_COLOURS}\]:")
        return _CONTROL.sub("", self.child.before).strip(" \n")

    def run(self, source: str) -> str:
        """Type a cell and return what it shows."""
        self.type(source)
        return self.output()

    def wait_for(self, text: str) -> None:
        """Wait until a text is shown."""
        self.child.expect_exact(text)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.child.sendintr()

    def complete(self, line: str, rest: str) -> None:
        """Type the start of a line, press Tab, and wait for the rest of its last word.

        The terminal may draw the whole word again, or only what is new of it.
        """
        self.child.send(f"{line}\t")
        self.wait_for(rest)

    def clear_line(self) -> None:
        """Leave the line without running it: Ctrl-C at the prompt closes a menu, then the line."""
        self.child.sendintr()

    def kill(self) -> None:
        """Send SIGKILL and wait for the end."""
        self.child.kill(signal.SIGKILL)
        self.wait()

    def wait(self) -> None:
        """Wait until the process has ended."""
        self.child.expect(pexpect.EOF)
        self.child.wait()


@contextmanager
def open_terminal(folder: Path, *, simple: bool = True) -> Iterator[Terminal]:
    """Start terminal IPython in a folder, with the extension loaded and `task.db` open."""
    arguments = _ARGUMENTS.split() + (["--simple-prompt"] if simple else [])
    with _spawn(folder, arguments, simple=simple) as terminal:
        terminal.run("%load_ext mundane_ipython")
        terminal.run("%mundane_open task.db")
        yield terminal


@contextmanager
def open_console(folder: Path) -> Iterator[Terminal]:
    """Start jupyter console, with its kernel, in a folder, the extension loaded, `task.db` open."""
    arguments = ["-m", "jupyter_console", f"--kernel={KERNEL_NAME}"]
    with _spawn(folder, arguments, simple=False) as terminal:
        terminal.run("%load_ext mundane_ipython")
        terminal.run("%mundane_open task.db")
        yield terminal


@contextmanager
def _spawn(folder: Path, arguments: list[str], *, simple: bool) -> Iterator[Terminal]:
    # Without the echo and without line editing, what comes back is what the shell shows.
    environment = {
        **os.environ,
        "TERM": "dumb" if simple else "xterm",
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }
    child = pexpect.spawn(
        sys.executable,
        arguments,
        cwd=str(folder),
        env=environment,
        echo=False,
        encoding="utf-8",
        timeout=60,
        dimensions=(50, 200),
    )
    try:
        terminal = Terminal(child, simple=simple)
        terminal.output()
        yield terminal
    finally:
        child.close(force=True)
