"""Steps in jupyter console: run, completed, interrupted, killed, resumed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from ..support.terminals import open_console

LOAD = "%%step load\nimport os\nprint('load', 'ran')\nrows = [os.getpid(), 2]\nrows[1:]"
# Each is shown in other words than it is typed, as what is typed is shown as well.
WAITS = "%%step use\nimport os, time\nprint('be' + 'gun')\n"
FOREVER = WAITS + "time.sleep(1000)"


def test_killed_and_resumed(tmp_path: Path) -> None:
    """A kernel killed in a step: in the next console what was done is restored, text and values."""
    with open_console(tmp_path) as console:
        shown = console.run(LOAD)
        assert shown.endswith("load ran\nOut[3]: [2]")
        assert console.run("alive = rows[0] == os.getpid(); alive").endswith("Out[4]: True")
        console.run("open('pid', 'w').write(str(os.getpid()))")
        console.type(FOREVER)
        console.wait_for("begun")
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
        console.output()
    with open_console(tmp_path) as console:
        again = console.run(LOAD)
        assert "load ran\nOut[3]: [2]\nstep load: restored, saved " in again
        shown = console.run(WAITS + "rows[0] == os.getpid()")
        assert shown.endswith("begun\nOut[4]: False")


def test_interrupted(tmp_path: Path) -> None:
    """Ctrl-C reaches the step; nothing of it is stored, and the next cell runs."""
    with open_console(tmp_path) as console:
        console.type(FOREVER)
        console.wait_for("begun")
        console.interrupt()
        shown = console.output()
        assert "----> 4 time.sleep(1000)" in shown
        assert shown.endswith("KeyboardInterrupt:")
        assert "interrupted" in console.run("%mundane_steps")
        assert console.run(WAITS + "'done'").endswith("begun\nOut[5]: 'done'")


def test_completed(tmp_path: Path) -> None:
    """Tab completes the names of stored steps and the options."""
    with open_console(tmp_path) as console:
        console.run(LOAD)
        console.complete("%%step lo", "ad")
        console.clear_line()
        console.complete("%%step load --re", "run")
