"""SQL statements as SQLite's tokens: whether two say the same. Pure.

What makes no difference to SQLite makes none here: white space, comments, the case of words, quotes
around names. It reads no grammar.
"""

from __future__ import annotations

import re
from functools import cache

_TOKEN = re.compile(
    r"""
    (?P<nothing> [ \t\n\f\r]+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<word> [A-Za-z_\x80-\U0010ffff][0-9A-Za-z_$\x80-\U0010ffff]* )
  | (?P<quoted> "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] )
  | (?P<other> '(?:[^']|'')*' | . )
    """,
    re.VERBOSE | re.DOTALL,
)

# These words are the language's, or a type's, in the statements that are compared; in quotes they
# would be names, and the statement another one. Not KEY, the name of a column too: where the
# language has it, quotes around it are an error of syntax.
_LANGUAGE = {"create", "table", "index", "on", "unique", "primary", "autoincrement", "not", "null"}
_LANGUAGE |= {"integer", "text", "blob"}


def is_same(one: object, other: str) -> bool:
    """Return whether a statement out of a file says the same as one of ours.

    Args:
        one: of any type and length.
        other: a statement whose names need no quotes.
    """
    if not isinstance(one, str) or len(one) > 16 * len(other):
        return False
    return one == other or _tokens(one) == _own_tokens(other)


@cache
def _own_tokens(statement: str) -> list[str]:
    return _tokens(statement)


def _tokens(text: str) -> list[str]:
    found = []
    for match in _TOKEN.finditer(text):
        token = match.group()
        if match.lastgroup == "word":
            found.append(_folded(token))
        elif match.lastgroup == "quoted":
            name = _folded(token[1:-1])
            plain = name.isascii() and name.isidentifier() and name not in _LANGUAGE
            found.append(name if plain else token)
        elif match.lastgroup == "other":
            found.append(token)
    return found


def _folded(word: str) -> str:
    """Return a word in small letters, of which SQLite knows those of ASCII only."""
    return word.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
