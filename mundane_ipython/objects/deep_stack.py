"""Values that are nested deeper than Python's stack goes: a list of nodes, each holding the next.

pickle goes down into a value by calls, and Python's limit of these is for functions that never end.
Such a value is pickled on a stack of its own, which takes memory only as far as it is used.
"""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Callable
from typing import Any

# What a call that goes no further down takes of the stack is a fraction of the one by the other.
_STACK_BYTES = 512 << 20
_MAX_CALLS = 100_000

# The limit and the size of stacks are the process's.
_one_at_a_time = threading.RLock()


def is_too_deep(error: BaseException) -> bool:
    """Return whether an error says that a value is nested too deep; cloudpickle wraps Python's."""
    return isinstance(error, RecursionError) or isinstance(error.__cause__, RecursionError)


def on_deep_stack(function: Callable[[Any], Any], argument: Any) -> None:
    """Call a function, in the present context, on a stack for values of any depth in practice.

    Args:
        function: is called once, in another thread, while this one waits.
        argument: its argument.

    Raises:
        Exception: what the function raises; RecursionError where this is too deep still, or the
            machine has no memory for such a stack.
    """
    failed: list[BaseException] = []

    def call() -> None:
        try:
            function(argument)
        except BaseException as error:  # noqa: BLE001 (it is raised where the thread is awaited)
            failed.append(error)

    with _one_at_a_time:
        limit, size = sys.getrecursionlimit(), threading.stack_size(_STACK_BYTES)
        sys.setrecursionlimit(max(limit, _MAX_CALLS))
        try:
            thread = threading.Thread(target=contextvars.copy_context().run, args=(call,))
            thread.start()
            thread.join()
        except RuntimeError as error:
            raise RecursionError("no memory for a stack of its depth") from error
        finally:
            threading.stack_size(size)
            sys.setrecursionlimit(limit)
    if failed:
        raise failed[0]
