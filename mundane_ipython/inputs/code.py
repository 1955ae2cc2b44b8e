"""Inputs as digests: values, and the notebook's functions and classes with what they carry.

Of a function its source is compared, comments and formatting left aside; of a class its members.
Neither depends on the Python that computes it, nor on the kernel: no address, no order of a set.
"""

from __future__ import annotations

import ast
import collections
import dataclasses
import dis
import enum
import functools
import inspect
import linecache
import textwrap
import types
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

from ..adapter.digest import NoDigestError, Parts, hashed, value_parts
from ..adapter.looks import bases_of, home_name, is_a, members_of, qualname_of
from ..adapter.types import class_name, home_of, is_own, is_wholly_own
from ..source.code_key import code_key, text_key
from .kinds import exact_parts, slots_of

_MAIN = "__main__"

# The file of code that `dataclasses` and the like have made of a class's other members.
_GENERATED = "<string>"

# In a closure, or as a default, these are caches and counters more often than parameters: what is
# in them tells which calls there were. So are instances.
_STATE = (list, dict, set, bytearray, collections.deque)

# What a decorator or a class body makes of functions, by what it holds them under.
_HOLDERS: dict[type, tuple[str, ...]] = {
    types.MethodType: ("__func__", "__self__"),
    functools.partial: ("func", "args", "keywords"),
    functools.partialmethod: ("func", "args", "keywords"),
    functools.cached_property: ("func",),
    property: ("fget", "fset", "fdel"),
    classmethod: ("__func__",),
    staticmethod: ("__func__",),
}

_DATACLASS_PARAMS = ("init", "repr", "eq", "order", "unsafe_hash", "frozen")

# What Python 3.14 makes of a class's annotations.
_ANNOTATE = frozenset(("__annotate__", "__annotate_func__"))

_LRU_CACHE = type(functools.lru_cache(len))

# How many functions, classes, instances and the like are walked through in one value.
_MAX_VISITS = 10_000

# How many functions' digests are kept, so that each is read once.
_MAX_SOURCES = 4096


class NoSourceError(NoDigestError):
    """A function's source is not at hand: whatever has a part in it cannot be compared either."""


def input_digest(value: Any, *, exact: bool = True) -> str | None:
    """Return a value's digest, None where it has none that holds in another kernel.

    Args:
        value: to be compared.
        exact: False for the digest that versions before `kinds` made.
    """
    return _digest(_Walk(exact).value(value))


def code_digest(value: Any, *, exact: bool = True) -> str | None:
    """Return a digest of the code of what `is_code`, None where its source is not at hand.

    Of a function it is that of its source alone, under whatever decorators; see `carried_digest`.

    Args:
        value: to be compared.
        exact: see `input_digest`.
    """
    if is_a(value, type):
        return _digest(_Walk(exact).parts(value))
    function = _layers(value)[-1]
    return _source_key(function, exact) if is_a(function, types.FunctionType) else None


def carried_digest(value: Any, *, exact: bool = True) -> str | None:
    """Return a digest of what a function has beside its source, None where there is nothing.

    That is what is in its closure, its default arguments as they were evaluated, and the code of
    the notebook's decorators around it.

    Args:
        value: to be compared.
        exact: see `input_digest`.
    """
    if is_a(value, type):
        return None
    try:
        parts = list(_Walk(exact).carried(value))
    except Exception:  # noqa: BLE001 (a value's own methods may raise anything)
        return None
    return _digest(iter(parts)) if parts else None


def is_code(value: Any) -> bool:
    """Return whether a value is a function or class of the notebook, under decorators as well."""
    kinds = (types.FunctionType, type, _LRU_CACHE)
    if is_a(value, type):
        return is_own(value)
    return is_a(value, kinds) and home_name(value) == _MAIN


def is_imported(value: Any) -> bool:
    """Return whether a value is a module, or a function or class that a module has."""
    kinds = (types.FunctionType, types.BuiltinFunctionType, type)
    code = is_a(value, kinds) and home_name(value) not in ("", _MAIN) and not is_code(value)
    return code or is_a(value, types.ModuleType)


def notebook_class(value: Any, namespace: Mapping[str, Any]) -> str:
    """Return the name that a value's class has in the namespace, "" where it is no notebook's."""
    kind = type(value)
    own = is_own(kind) and namespace.get(qualname_of(kind)) is kind
    return qualname_of(kind) if own else ""


class _Walk:
    """One walk through a value, from what holds a function, class or instance to what it holds.

    Args:
        exact: whether docstrings are left aside, and what `kinds` has is compared as it says.
    """

    def __init__(self, exact: bool) -> None:
        self._exact = exact
        # By id, from the outermost to where the walk is. What was met elsewhere does not count: a
        # set is walked through in another order in each kernel.
        self._path: list[int] = []
        self._visits = 0

    def value(self, value: Any) -> Parts:
        """Yield the parts of any value.

        Raises:
            NoDigestError: it has none that would be the same in another kernel.
        """
        return value_parts(value, self.parts, self._first)

    def _first(self, value: Any) -> Parts | None:
        return exact_parts(value, self.value) if self._exact else None

    def parts(self, value: Any) -> Parts:
        """Yield the parts of what is no plain data; see `digest.value_parts`.

        Raises:
            NoDigestError: it has none that would be the same in another kernel.
        """
        self._visits += 1
        if self._visits > _MAX_VISITS:
            raise NoDigestError
        if id(value) in self._path:
            yield f"outer {self._path.index(id(value))}".encode()
            return
        self._path.append(id(value))
        try:
            yield from self._inner_parts(value)
        finally:
            self._path.pop()

    def _inner_parts(self, value: Any) -> Parts:
        kind = type(value)
        if is_code(value):
            yield from self._class(value) if is_a(value, type) else self._function(value)
        elif is_a(value, (type, types.FunctionType)):
            yield _library_name(value)
        elif is_a(value, types.BuiltinFunctionType):
            yield from self._builtin(value)
        elif kind in _HOLDERS:
            for attribute in _HOLDERS[kind]:
                yield from self.value(getattr(value, attribute))
        elif _is_plain(kind) or (self._exact and is_wholly_own(kind)):
            for name, member in self._state(value):
                yield name.encode("utf-8", "surrogatepass")
                yield from self.value(member)
        else:
            raise NoDigestError

    def _state(self, value: Any) -> list[tuple[str, Any]]:
        found = _attributes(value) if type(value).__dictoffset__ else []
        return [*found, *sorted(slots_of(value), key=itemgetter(0))] if self._exact else found

    def carried(self, function: Any) -> Parts:
        """Yield the parts of what a function has beside its source.

        Raises:
            NoSourceError: the source of a function in it is not at hand.
        """
        layers = _layers(function)
        for layer in layers:
            if _is_own(layer):  # what a library's decorator keeps is its own business
                if layer is not layers[-1]:
                    yield self._source(layer)
                for name, content in _carried_by(layer):
                    if self._exact and is_wholly_own(type(content)):
                        continue
                    yield from self._known(name, content)

    def _source(self, function: types.FunctionType) -> bytes:
        key = _source_key(function, self._exact)
        if key is None:
            raise NoSourceError
        return key.encode()

    def _function(self, function: Any) -> Parts:
        key = code_digest(function, exact=self._exact)
        if key is None:
            raise NoSourceError
        yield key.encode()
        yield from self.carried(function)

    def _builtin(self, function: types.BuiltinFunctionType) -> Parts:
        if function.__self__ is None or isinstance(function.__self__, types.ModuleType):
            yield _library_name(function)
        else:  # such as the `append` of a list
            yield function.__name__.encode()
            yield from self.value(function.__self__)

    def _class(self, kind: type) -> Parts:
        yield class_name(kind).encode()
        for base in bases_of(kind):
            yield from self.parts(base)
        for name, member in _members(kind):
            yield from self._known(name, member)

    def _known(self, name: str, value: Any) -> Parts:
        """Yield a value's name and digest, nothing where it has none."""
        try:
            digest = hashed(self.value(value))
        except NoSourceError:
            raise
        except NoDigestError:
            return
        yield f"{name}={digest}".encode()


def _digest(parts: Parts) -> str | None:
    try:
        return hashed(parts)
    except NoDigestError:
        return None


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """Yield what is to be compared of a class by name; nothing that Python made of the rest."""
    if issubclass(kind, enum.Enum):
        yield from ((name, member.value) for name, member in kind.__members__.items())
    if "__dataclass_fields__" in members_of(kind):
        yield "fields", [_field(field) for field in dataclasses.fields(kind)]
        params = members_of(kind)["__dataclass_params__"]
        yield "params", [getattr(params, name) for name in _DATACLASS_PARAMS]
    for name, member in _attributes(kind):
        inner = _innermost(member)
        if name in _ANNOTATE or (_is_own(inner) and inner.__code__.co_filename == _GENERATED):
            continue
        special = name.startswith(("__", "_abc_")) or issubclass(kind, enum.Enum)
        if not special or _is_own(inner):
            yield name, member


def _field(field: dataclasses.Field[Any]) -> tuple[Any, ...]:
    factory = field.default_factory
    made = None if factory is dataclasses.MISSING else factory
    return field.name, made, field.init, field.repr, field.hash, field.compare, field.kw_only


def _innermost(member: Any) -> Any:
    """Return the function that a class's member is made of, or the member itself."""
    for attribute in _HOLDERS.get(type(member), ())[:1]:
        member = getattr(member, attribute)
    return _layers(member)[-1]


def _is_own(function: Any) -> bool:
    """Return whether a value is a function that was written in the notebook."""
    return is_a(function, types.FunctionType) and function.__globals__.get("__name__") == _MAIN


def _is_plain(kind: type) -> bool:
    """Return whether instances of a class have their state in `__dict__` and nowhere else."""
    if kind is types.SimpleNamespace:
        return True
    return is_wholly_own(kind) and kind.__dictoffset__ != 0


def _attributes(value: Any) -> list[tuple[str, Any]]:
    """Return the attributes of an instance or a class itself in the order of their names."""
    found = members_of(value) if is_a(value, type) else vars(value)
    return sorted(((str(name), member) for name, member in found.items()), key=itemgetter(0))


def _carried_by(function: types.FunctionType) -> list[tuple[str, Any]]:
    """Return what a function carries by name, without what it keeps from call to call."""
    found = {f"default {n}": value for n, value in enumerate(function.__defaults__ or ())}
    found.update(function.__kwdefaults__ or {})
    if function.__closure__:
        rebound = set(_rebound(function.__code__))
        cells = zip(function.__code__.co_freevars, function.__closure__, strict=True)
        found.update(
            {f"outer {name}": _content(cell) for name, cell in cells if name not in rebound}
        )
    kept = {n: v for n, v in found.items() if not is_a(v, _STATE) and not _is_plain(type(v))}
    return sorted(kept.items(), key=itemgetter(0))


def _rebound(code: types.CodeType) -> Iterator[str]:
    """Yield the names that a function's code, or that of one within it, binds by `nonlocal`."""
    for instruction in dis.get_instructions(code):
        if instruction.opname == "STORE_DEREF":
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _rebound(constant)


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # still empty
        return None


def _layers(value: Any) -> list[Any]:
    """Return a function under its decorators, outermost first, as far as these tell."""
    layers = [value]
    while is_a(layers[-1], (types.FunctionType, _LRU_CACHE)):
        wrapped = vars(layers[-1]).get("__wrapped__")
        if wrapped is None or any(wrapped is each for each in layers):
            break
        layers.append(wrapped)
    return layers


def _library_name(value: Any) -> bytes:
    module = home_name(value)
    qualname = qualname_of(value) if is_a(value, type) else value.__qualname__
    if not module or "<" in qualname:
        raise NoDigestError
    return f"{home_of(module)}.{qualname}".encode()


_source_keys: dict[tuple[types.CodeType, str, bool], str | None] = {}


def _source_key(function: types.FunctionType, exact: bool) -> str | None:
    """Return the digest of a function's own source, None where it is not at hand."""
    code = function.__code__
    place = code, code.co_filename, exact  # equal code may stand in another file
    if place not in _source_keys:
        if len(_source_keys) >= _MAX_SOURCES:
            _source_keys.clear()
        _source_keys[place] = _read_key(function, exact)
    return _source_keys[place]


def _read_key(function: types.FunctionType, exact: bool) -> str | None:
    code = function.__code__
    try:
        # Of a wrapper `inspect` would give the source of what it wraps; of bare code it is slow.
        text = inspect.getsource(code if "__wrapped__" in vars(function) else function)
        text = textwrap.dedent(text)
    except (OSError, TypeError, SyntaxError):
        return None
    key = text_key(text, docstrings=not exact)
    # The lines of a lambda may be part of a statement only, such as an entry of a dictionary.
    return key or (_lambda_key(code) if code.co_name == "<lambda>" else None)


def _lambda_key(code: types.CodeType) -> str | None:
    """Return the digest of the lambdas that begin on the line on which this one does."""
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    first = code.co_firstlineno
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Lambda) and n.lineno == first]
    return code_key([ast.Expr(node) for node in found]) if found else None
