"""What the line magics need: an expression, and a name to bind."""

from __future__ import annotations

import builtins
import keyword
import linecache
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.text import DollarFormatter


class _LineFormatter(DollarFormatter):
    """Fills in `{i}` and `$i`, and `{i:02}` as f-strings do; IPython's takes `:02` for a slice."""

    def vformat(self, format_string: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        parts = []
        for text, field, form, conversion in self.parse(format_string):
            parts.append(text)
            if field is not None:
                value = eval(field, dict(kwargs))  # noqa: S307 (the user's own line)
                parts.append(self.format_field(self.convert_field(value, conversion), form or ""))
        return "".join(parts)


def fill_in(text: str, names: Mapping[str, Any]) -> str:
    """Return a magic's line, or a name in it, with the values of the variables that it names.

    Args:
        text: such as `item-{i:03}` or `item-$i`.
        names: the variables.

    Raises:
        Exception: whatever an expression in braces raises, such as NameError.
    """
    return _LineFormatter().vformat(text, (), names)


def evaluate_step(
    shell: InteractiveShell, name: str, expression: str, local_ns: dict[str, Any] | None
) -> Callable[[], Any]:
    """Return a function that evaluates the expression where the magic stands.

    Raises:
        SyntaxError: the text is no expression.
        UsageError: the expression awaits, which a line magic cannot.
    """
    file = f"<step {name}>"
    try:
        code = compile(expression, file, "eval")
    except SyntaxError as error:
        if "await" in str(error):
            raise UsageError(f"%step {name} cannot await: make it a %%step cell") from None
        raise
    linecache.cache[file] = (len(expression), None, [expression], file)
    namespace = shell.user_ns
    if local_ns is not None and local_ns is not namespace:
        # A generator or lambda in the expression sees globals only, so the locals become some.
        namespace = {**shell.user_global_ns, **local_ns}
    return lambda: eval(code, namespace)  # noqa: S307 (the user's own line)


def check_variable(name: str) -> None:
    """Refuse what `--as` cannot bind, or what would hide a name that all code uses.

    Raises:
        UsageError: the name is no identifier, or Python's own.
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(f"--as {name}: not a variable's name; take another one, such as 'task'")
    if hasattr(builtins, name):
        raise UsageError(f"--as {name}: would hide Python's {name}; take another name")
