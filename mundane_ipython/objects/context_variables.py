"""How context variables are pickled: with their default and the value in the present context."""

from __future__ import annotations

import contextvars
from typing import Any


def context_var(name: str, default: tuple[Any, ...]) -> contextvars.ContextVar[Any]:
    """Return a new context variable; its value follows in the pickle."""
    return (
        contextvars.ContextVar(name, default=default[0])
        if default
        else contextvars.ContextVar(name)
    )


def set_context_var(variable: contextvars.ContextVar[Any], value: tuple[Any]) -> None:
    """Set a context variable in the present context; a pickle's state setter."""
    variable.set(value[0])


def reduce_context_var(variable: contextvars.ContextVar[Any]) -> Any:
    """Reduce a variable with its value in the present context."""
    default = value_in(contextvars.Context(), variable)
    value = value_in(contextvars.copy_context(), variable)
    made = (context_var, (variable.name, default))
    return made if value == default else (*made, value, None, None, set_context_var)


def value_in(
    context: contextvars.Context, variable: contextvars.ContextVar[Any]
) -> tuple[Any, ...]:
    """Return the variable's value there, in a tuple; an empty one where it has none."""
    try:
        return (context.run(variable.get),)
    except LookupError:
        return ()
