"""Tab completion of the magics: their options, what these take, and the names of stored steps.

A matcher of IPython's Matcher API v2 (`IPython.core.completer`), in `IPCompleter.custom_matchers`:
terminals and the kernel's `complete_request`, and so every front end, ask it. Where it has
something to say it speaks alone, since Jedi would take the line for Python. IPython before 8.6 asks
no matcher, and completes what it knows itself.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell

from ..source.cell import analyze

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult

# What stands at a magic's first places: names of stored steps, of stored sleeps.
_PLACES = {
    "%%step": ("step",),
    "%step": ("step",),
    "%mundane_sleep": ("sleep",),
}
# It takes names until the line ends.
_FORGET = "%mundane_forget"


class MagicCompleter:
    """Completes the lines of our magics.

    Args:
        shell: whose completer it joins.
        parsers: the parser of each magic's options, by the magic with its `%`.
        stored_names: returns the names of stored rows of a kind (`step`, `sleep`, "" for all).
    """

    def __init__(
        self,
        shell: InteractiveShell,
        parsers: Mapping[str, argparse.ArgumentParser],
        stored_names: Callable[[str], list[str]],
    ) -> None:
        self._shell = shell
        self._parsers = parsers
        self._stored_names = stored_names
        self._matcher: Any = None

    def install(self) -> None:
        """Join the shell's completer, where it asks matchers."""
        try:
            from IPython.core.completer import context_matcher
        except ImportError:  # IPython before 8.6
            return

        @context_matcher(identifier="mundane_ipython")
        def complete(context: CompletionContext) -> SimpleMatcherResult:
            return self.complete(context)

        self._matcher = complete
        self._shell.Completer.custom_matchers.append(complete)

    def remove(self) -> None:
        """Leave it again. Idempotent."""
        if self._matcher is not None:
            matchers = self._shell.Completer.custom_matchers
            matchers[:] = [matcher for matcher in matchers if matcher is not self._matcher]

    def complete(self, context: CompletionContext) -> SimpleMatcherResult:
        """Return what may stand at the cursor; nothing on lines that are not ours."""
        from IPython.core.completer import SimpleCompletion

        magic, space, rest = context.text_until_cursor.lstrip().partition(" ")
        if not space or magic not in self._parsers or (magic == "%%step" and context.cursor_line):
            return {"completions": []}
        words = rest.split()
        before = words if rest[-1:].isspace() or not words else words[:-1]
        found = self._candidates(magic, before, context)
        if found is None:
            return {"completions": []}
        matching = [text for text in found if text.startswith(context.token)]
        return {
            "completions": [SimpleCompletion(text=text, type="magic") for text in matching],
            "suppress": True,
            "ordered": True,
        }

    def _candidates(
        self, magic: str, before: list[str], context: CompletionContext
    ) -> Iterable[str] | None:
        """Return all that may stand behind these words; None leaves it to IPython."""
        actions = _options(self._parsers[magic])
        if before and (action := actions.get(before[-1])) is not None and action.nargs != 0:
            return self._values(action, context)
        if context.token.startswith("-"):
            return [option for option in actions if option not in before]
        taken = [word for word in before if not word.startswith("-")]
        if magic == _FORGET:
            return [name for name in self._stored_names("") if name not in before]
        if len(taken) < len(places := _PLACES.get(magic, ())):
            return self._stored_names(places[len(taken)])
        # Behind a step's name stand options, or an expression; `%mundane_open` wants a file.
        return list(actions) if magic == "%%step" and not context.token else None

    def _values(self, action: argparse.Action, context: CompletionContext) -> Iterable[str]:
        """Return what an option takes."""
        if action.choices is not None:
            return [str(choice) for choice in action.choices]
        if action.dest == "first":
            return self._stored_names("")
        return self._bound_names(context.full_text) if action.dest == "only" else []

    def _bound_names(self, cell: str) -> list[str]:
        """Return the names that the cell below its first line binds; none while it is no Python."""
        body = cell.partition("\n")[2]
        try:
            return sorted(analyze(ast.parse(self._shell.transform_cell(body)).body).bound)
        except SyntaxError:
            return []


def _options(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    """Return a parser's options by every way in which each is written, long ones first."""
    # argparse has no public list of them.
    found = {text: action for action in parser._actions for text in action.option_strings}
    return dict(sorted(found.items(), key=lambda entry: not entry[0].startswith("--")))
