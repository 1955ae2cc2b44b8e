"""Async functions where plain ones are called: refused, with the name of what awaits them. Pure."""

from __future__ import annotations

import inspect

from .errors import AsyncFunctionError


def refuse_async(fn: object, called: str, instead: str) -> None:
    """Raise AsyncFunctionError for a function that is seen to be async before it is called."""
    if inspect.iscoroutinefunction(fn):
        raise AsyncFunctionError(called, instead)


def refuse_awaitable(value: object, called: str, instead: str) -> None:
    """Raise AsyncFunctionError for an awaitable that a plain function returned."""
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()
        raise AsyncFunctionError(called, instead)
