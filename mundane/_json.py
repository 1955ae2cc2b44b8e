"""Strict JSON: a value to text and back, or a refusal that names the offending place.

Strict means that type and value come back equal (SPEC.md, Values). The text is what Python's
`json.dumps` writes by default, which is what the other runtimes' files hold. Nesting is bounded by
memory, not by the interpreter's stack. Nothing here touches files.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]  # absent from typeshed
from json.encoder import encode_basestring_ascii as _string
from typing import Any, NoReturn

from .errors import show

_ENCODER = json.JSONEncoder(allow_nan=False, check_circular=False)


class NotJSON(Exception):  # noqa: N818 (an answer to the caller, who knows the step's name)
    """The value at `key_path` is not strict JSON, for `reason`."""

    def __init__(self, key_path: str, reason: str) -> None:
        super().__init__(key_path, reason)
        self.key_path = key_path
        self.reason = reason


MAX_TEXT_CHARS = 1_000_000_000
"""No value's text may be longer: SQLite's limit of what a row may hold (sqlite.org/limits.html)."""

_TOO_LONG = (
    f"its JSON text would be longer than {MAX_TEXT_CHARS:,} characters, which SQLite does not take"
    " (a list or dict that stands in it several times is written out each time)"
)

# A type's names past its metaclass, which may have properties for them that raise.
_QUALNAME, _MODULE = (type.__dict__[name].__get__ for name in ("__qualname__", "__module__"))

# A place in a value: None is the root, else (place of the container, key or index).
_Place = tuple[Any, "str | int"] | None


def encode(value: Any) -> str:
    """Return the JSON text of a strict JSON value.

    Raises:
        NotJSON: a part of the value is not strict JSON, or contains itself.
    """
    check(value)
    try:
        return _ENCODER.encode(value)
    except RecursionError:
        return "".join(_encode_deep(value))


def decode(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: the text is not JSON; NaN and the infinities are not.
    """
    try:
        return _DECODER.decode(text)
    except RecursionError:
        return _decode_deep(text)


def check(value: Any) -> None:
    """Refuse a value that would not come back equal, of equal type, from JSON.

    Takes time in the number of different lists and dicts, not in that of the places where they
    stand, which may grow without bounds: 40 times `x = [x, x]` makes a terabyte of text.

    Raises:
        NotJSON: names the first such place that was met.
    """
    if type(value) is not list and type(value) is not dict:
        _check_atom(value, None)
        return
    # By id, how long a container's text is at least; 0 where the walk is inside of it. Each is
    # walked through once, however often it stands in the value.
    lengths: dict[int, int] = {}
    stack: list[tuple[Any, _Place, list[Any] | None]] = [(value, None, None)]
    while stack:
        container, place, inner = stack.pop()
        if inner is not None:
            length = 2 * len(container) + sum([lengths[id(item)] for item, *_ in inner])
            if length > MAX_TEXT_CHARS:
                raise NotJSON(key_path(place), _TOO_LONG)
            lengths[id(container)] = length
            continue
        known = lengths.get(id(container))
        if known is None:
            _enter_container(container, place, lengths, stack)
        elif not known:
            raise NotJSON(key_path(place), "contains itself")


def _enter_container(
    container: Any, place: _Place, lengths: dict[int, int], stack: list[Any]
) -> None:
    """Check the atoms of a container, and put on the stack what else is in it."""
    inner: list[tuple[Any, _Place, None]] = []
    for key, item in _items(container, place):
        kind = type(item)
        if kind is list or kind is dict:
            inner.append((item, (place, key), None))
        elif kind is int and -_SAFE_INT < item < _SAFE_INT:
            continue
        elif kind is not bool and item is not None:
            _check_atom(item, (place, key))
    if inner:
        lengths[id(container)] = 0
        stack.append((container, place, inner))
        stack += inner
    else:
        lengths[id(container)] = 2 * len(container) or 2


def key_path(place: _Place) -> str:
    """Return a place as text: `$.rows[3].when`."""
    parts: list[str] = []
    while place is not None:
        place, key = place
        if isinstance(key, int):
            parts.append(f"[{key}]")
        elif key.isidentifier():
            parts.append(f".{key}")
        else:
            parts.append(f"[{json.dumps(key)}]")
    return "$" + "".join(reversed(parts))


def _items(container: Any, place: _Place) -> Iterator[tuple[Any, Any]]:
    if type(container) is list:
        yield from enumerate(container)
        return
    for key, item in container.items():
        if type(key) is not str:
            raise NotJSON(
                key_path(place), f"key {show(key)} is a {_type_name(key)}; JSON keys are str"
            )
        _check_text(key, place, "key ")
        yield key, item


# Far below the 4,300 digits at which int() and str() refuse.
_SAFE_INT = 10**18


def _check_atom(value: Any, place: _Place) -> None:
    kind = type(value)
    if kind is str:
        _check_text(value, place, "")
    elif kind is float:
        if not math.isfinite(value):
            raise NotJSON(key_path(place), f"{value!r} is not JSON")
    elif kind is int:
        try:
            str(value)
        except ValueError:
            raise NotJSON(key_path(place), "int has too many digits to be read back") from None
    elif kind is not bool and value is not None:
        raise NotJSON(key_path(place), _why(value))


def _check_text(text: str, place: _Place, what: str) -> None:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            surrogate = text[error.start]
            raise NotJSON(
                key_path(place), f"{what}str has a lone surrogate, {surrogate!a}"
            ) from None


def _why(value: Any) -> str:
    """Return why a value is no JSON atom: `tuple is not JSON (it would come back as list)`."""
    reason = f"{_type_name(value)} is not JSON"
    for base, back in ((tuple, "list"), (str, "str"), (int, "int"), (float, "float")):
        if issubclass(type(value), base):  # `isinstance` would ask the value itself
            return f"{reason} (it would come back as {back})"
    if issubclass(type(value), (bytes, bytearray, memoryview)):
        return f"{reason} (a step's value as a whole may be bytes)"
    return reason


def _type_name(value: Any) -> str:
    kind = type(value)
    name, module = _QUALNAME(kind), _MODULE(kind)
    return name if module == "builtins" else f"{module}.{name}"


def _encode_deep(root: Any) -> Iterator[str]:
    """Yield the text of a checked list or dict as `json.dumps` would write it, however deep."""
    if not _is_nested(root):
        yield _atom_text(root)
        return
    stack = [_texts(root)]
    while stack:
        for text, inner in stack[-1]:
            yield text
            if inner is not None:
                stack.append(_texts(inner))
                break
        else:
            stack.pop()


def _texts(container: Any) -> Iterator[tuple[str, Any]]:
    """Yield the text of a list or dict in pieces, each with the container that follows it."""
    named = type(container) is dict
    before = "{" if named else "["
    for key in container:
        item = container[key] if named else key
        text = f"{before}{_string(key)}: " if named else before
        if _is_nested(item):
            yield text, item
        else:
            yield text + _atom_text(item), None
        before = ", "
    yield "}" if named else "]", None


def _is_nested(item: Any) -> bool:
    return bool(item) and (type(item) is list or type(item) is dict)


def _atom_text(item: Any) -> str:
    """Return the text of an atom, or of an empty container."""
    kind = type(item)
    if kind is str:
        return _string(item)
    if kind is bool or item is None:
        return _CONSTANTS[item]
    return repr(item)


_CONSTANTS = {None: "null", True: "true", False: "false"}


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
_WHITESPACE = " \t\n\r"


def _decode_deep(text: str) -> Any:
    """Decode a text that nests deeper than the interpreter's stack."""
    root: list[Any] = []
    stack: list[Any] = [root]
    keys: list[str] = []
    position = 0
    expect_value = True
    while True:
        position = _skip(text, position)
        if position == len(text):
            break
        char = text[position]
        if char in "[{" and expect_value:
            child: Any = [] if char == "[" else {}
            _attach(stack[-1], keys, child)
            stack.append(child)
            position, expect_value = _enter(text, position + 1, child, keys)
        elif char in "]}" and not expect_value and len(stack) > 1:
            if (char == "]") is not (type(stack.pop()) is list):
                raise ValueError(f"unexpected {char!r} at {position}")
            position += 1
        elif char == "," and not expect_value and len(stack) > 1:
            position, expect_value = position + 1, True
            if type(stack[-1]) is dict:
                position = _read_key(text, position, keys)
        elif expect_value:
            value, position = _DECODER.raw_decode(text, position)
            _attach(stack[-1], keys, value)
            expect_value = False
        else:
            raise ValueError(f"unexpected {char!r} at {position}")
    if len(stack) != 1 or len(root) != 1:
        raise ValueError("the JSON text ends too early")
    return root[0]


def _enter(text: str, position: int, child: Any, keys: list[str]) -> tuple[int, bool]:
    """Step into a container: return where its first value starts and whether there is one."""
    position = _skip(text, position)
    if text[position : position + 1] in ("]", "}"):
        return position, False
    return (_read_key(text, position, keys) if type(child) is dict else position), True


def _read_key(text: str, position: int, keys: list[str]) -> int:
    position = _skip(text, position)
    if text[position : position + 1] != '"':
        raise ValueError(f"a key was expected at {position}")
    key, position = scanstring(text, position + 1, True)
    keys.append(key)
    position = _skip(text, position)
    if text[position : position + 1] != ":":
        raise ValueError(f"':' was expected at {position}")
    return position + 1


def _attach(container: Any, keys: list[str], value: Any) -> None:
    if type(container) is list:
        container.append(value)
    else:
        container[keys.pop()] = value


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _WHITESPACE:
        position += 1
    return position
