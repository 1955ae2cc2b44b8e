"""The error text of a failed step: an exception, however broken, to bounded text. Pure."""

from __future__ import annotations

import traceback

MAX_BYTES = 64 * 1024
"""The longest error text that a row holds, in bytes of UTF-8."""

_MAX_REPR_BYTES = 8 * 1024


def error_text(error: BaseException, *, skip_frames: int = 0) -> str:
    """Return the exception's `repr`, as every runtime stores it, an empty line, its traceback.

    Args:
        error: may have a `repr` or `str` that raises.
        skip_frames: how many outermost frames, ours, to leave out.
    """
    first = short_repr(error)
    frames = error.__traceback__
    for _ in range(skip_frames):
        if frames is not None and frames.tb_next is not None:
            frames = frames.tb_next
    try:
        trace = "".join(traceback.format_exception(type(error), error, frames))
    except Exception as broken:  # noqa: BLE001 (a user's exception may break anything; keep the rest)
        trace = f"(no traceback: formatting it raised {type(broken).__name__})"
    return clip(f"{first}\n\n{trace}", MAX_BYTES)


def summary(text: str) -> str:
    """Return the first line of a stored error text."""
    return text.split("\n", 1)[0]


def short_repr(error: BaseException) -> str:
    """Return `repr(error)`, bounded, or the type's name and what `repr` raised."""
    try:
        text = repr(error)
    except Exception as broken:  # noqa: BLE001 (a user's exception may break anything; keep the rest)
        text = f"{type(error).__name__}(repr raised {type(broken).__name__})"
    return clip(text, _MAX_REPR_BYTES)


def clip(text: str, max_bytes: int) -> str:
    """Return `text` with its middle left out where it is too long, free of lone surrogates."""
    data = text.encode("utf-8", "backslashreplace")
    if len(data) > max_bytes:
        mark = f"\n... {len(data) - max_bytes:,} bytes left out ...\n".encode()
        half = (max_bytes - len(mark)) // 2
        data = data[:half] + mark + data[-half:]
    return data.decode("utf-8", "ignore")
