"""A durable sleep in a cell: it says until when it lasts, or ends a run that would not wait."""

from __future__ import annotations

import os

from IPython.core.interactiveshell import InteractiveShell

from mundane import Task
from mundane.tools import SYSTEM, format_ms, iso, to_ms

from ..display.notes import local_time, publish_note
from ..errors import SleepingError

EXIT_VARIABLE = "MUNDANE_EXIT_ON_SLEEP"
"""The environment variable with the longest sleep that is waited for, as a duration."""

# Shorter ones are over before their note was read.
_WORTH_A_NOTE_S = 1.0


def sleep_in_cell(shell: InteractiveShell, task: Task, name: str, duration: str) -> None:
    """Sleep what is left of a durable sleep, with a note that says until when.

    Raises:
        SleepingError: more is left than the environment variable `MUNDANE_EXIT_ON_SLEEP` allows.
        DurationError: that variable holds no duration.
        MundaneError: what `Task.sleep` raises.
    """
    limit = os.environ.get(EXIT_VARIABLE)
    limit_ms = to_ms(limit) if limit else None
    nap = task.begin_sleep(name, duration)
    rest_ms = round(nap.rest_s() * 1000)
    wake_at = iso(SYSTEM.now_ms() + rest_ms)
    shown = local_time(wake_at)
    if limit_ms is not None and rest_ms > limit_ms:
        raise SleepingError(task.path, name, shown, format_ms(rest_ms))
    if rest_ms >= _WORTH_A_NOTE_S * 1000:
        text = f"sleep {name}: until {shown}, in {format_ms(rest_ms)}"
        publish_note(shell, text, event="sleeping", step=name, wake_at=wake_at)
    nap.wait()
