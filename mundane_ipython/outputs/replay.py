"""Showing stored outputs again, as if the cell had run: streams, displays, Out[n], updates.

What a file says is trusted or it is not (SPEC.md, Trust): of somebody else's file only text and
bitmap images are shown, since a front end runs the HTML and JavaScript that a live kernel sends,
and of its text only what draws: a terminal obeys other control characters, such as those by which a
program names the window and fills the clipboard.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from .capture import current_request
from .fold import HARMLESS, NO_VALUE, CellOutputs, Output


def replay(
    shell: InteractiveShell, shown: CellOutputs, *, value: Any = NO_VALUE, trusted: bool
) -> None:
    """Send a cell's stored outputs, in order.

    Args:
        shell: where they are shown.
        shown: as recorded.
        value: of the cell's last expression, for `_` and `Out[n]`; left out where it is not stored.
        trusted: whether rich displays may be shown.
    """
    for display_id, output in shown.updates.items():
        _publish(shell, _drawable(output, trusted), display_id, update=True)
    for output in shown.outputs:
        kind = output["output_type"]
        if kind == "stream":
            stream = sys.stderr if output["name"] == "stderr" else sys.stdout
            stream.write(output["text"] if trusted else _drawn(output["text"]))
            stream.flush()
        elif kind == "display_data":
            _publish(shell, _drawable(output, trusted), output.get("display_id"))
        elif kind == "execute_result":
            _show_result(shell, _drawable(output, trusted), value)
        elif kind == "error":
            _show_error(shell, output if trusted else _drawn_error(output))


class _NotStored:
    """Stands for the value of a cell's last expression that could not be stored."""

    def __repr__(self) -> str:
        return "<the value of a restored step's last expression, which could not be stored>"


NOT_STORED = _NotStored()
"""What `replay` takes for such a value: `_` and `Out[n]` are then not there, nor an older value."""


def _take_back(shell: InteractiveShell) -> None:
    """Let the result that was made last have no name."""
    prompt = shell.displayhook.prompt_count
    for name in ("_", f"_{prompt}"):
        if shell.user_ns.get(name) is NOT_STORED:
            del shell.user_ns[name]
    shell.user_ns["_oh"].pop(prompt, None)


def keep_result(shell: InteractiveShell, value: Any, prompt: int) -> None:
    """Make a value that was shown before `_` and `Out[prompt]`.

    `DisplayHook.update_user_ns` numbers it by the shell's own count (IPython 9.18, displayhook.py).
    """
    now, shell.execution_count = shell.execution_count, prompt
    try:
        shell.displayhook.update_user_ns(value)
        if value is NOT_STORED:
            _take_back(shell)
    finally:
        shell.execution_count = now


def _publish(
    shell: InteractiveShell, output: Output, display_id: str | None, *, update: bool = False
) -> None:
    transient = {} if display_id is None else {"display_id": display_id}
    shell.display_pub.publish(
        output["data"], output["metadata"], transient=transient, update=update
    )


def _show_result(shell: InteractiveShell, output: Output, value: Any) -> None:
    """Take the steps of `DisplayHook.__call__` with the stored data in place of a new formatting.

    IPython's own sequence (9.18, displayhook.py) has no public entry that takes formatted data.
    """
    hook = shell.displayhook
    hook.check_for_underscore()
    hook.start_displayhook()
    hook.write_output_prompt()
    if value is not NO_VALUE:
        hook.update_user_ns(value)
        hook.fill_exec_result(value)
    if value is NOT_STORED:
        _take_back(shell)
    hook.write_format_data(output["data"], output["metadata"])
    hook.log_output(output["data"])
    hook.finish_displayhook()


def _show_error(shell: InteractiveShell, output: Output) -> None:
    """Send a traceback that the cell showed and went on from."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        sys.stdout.write("\n".join(output["traceback"]) + "\n")
        return
    sys.stdout.flush()
    sys.stderr.flush()
    content = {key: output[key] for key in ("ename", "evalue", "traceback")}
    kernel.session.send(
        kernel.iopub_socket, "error", content, parent=current_request(shell), ident=b"error"
    )


def _drawable(output: Output, trusted: bool) -> Output:
    if trusted:
        return output
    shown = output["data"].items()
    kept = {kind: data for kind, data in shown if kind in HARMLESS and type(data) is str}
    text = kept.get("text/plain", "(an output of an untrusted task file, not shown)")
    return {**output, "data": {**kept, "text/plain": _drawn(text)}, "metadata": {}}


# Colours and the like (ECMA-48's "select graphic rendition"), which tracebacks are full of; else
# control characters, and those that turn the direction of what stands after them.
_STEERING = re.compile(
    r"(\x1b\[[\d;:]*m)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
)


def _drawn(text: str) -> str:
    """Return somebody else's text without what could steer a terminal."""
    return _STEERING.sub(lambda found: found[1] or "", text)


def _drawn_error(output: Output) -> Output:
    texts = {key: _drawn(output[key]) for key in ("ename", "evalue")}
    return {**output, **texts, "traceback": [_drawn(line) for line in output["traceback"]]}
