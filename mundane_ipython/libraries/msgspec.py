"""msgspec's classes: how one of the notebook is made again with its fields.

`msgspec.Struct` reads fields and options when the class is made, and never again. cloudpickle makes
a class empty and then sets its members, which leaves a struct without fields.
"""

from __future__ import annotations

import inspect
import sys
import types
from typing import Any

from ..adapter.contract import Adapter, Rule

# Of a struct's configuration, what a class statement gives only where there is one.
_NOT_OPTIONS = ("tag", "tag_field")

_INIT = "__post_init__"


def _makes_structs(metaclass: type) -> bool:
    return issubclass(metaclass, type(sys.modules["msgspec"].Struct))


def _with_fields(kind: Any, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return cloudpickle's reduction of a struct's class, made with its fields and options.

    Args:
        kind: the class.
        reduced: what cloudpickle reduces it to.
    """
    _, arguments, (members, slots), *rest = reduced
    metaclass, name, bases, first, *_ = arguments
    fields = _own_fields(kind)
    body = {**first, **{field: _default(info) for field, info in fields.items()}}
    body = {field: value for field, value in body.items() if value is not _NONE}
    body["__annotations__"] = inspect.get_annotations(kind)
    made = (metaclass, name, bases, body, _options(kind, fields), _INIT in vars(kind))
    left = {each: value for each, value in members.items() if each not in ("__slots__", *fields)}
    return make_struct, made, (left, slots), *rest


def make_struct(
    metaclass: type,
    name: str,
    bases: tuple[Any, ...],
    body: dict[str, Any],
    options: dict[str, Any],
    has_init: bool,
) -> Any:
    """Return a struct's class with its fields; its other members follow in the pickle.

    Args:
        metaclass: msgspec's, or one that inherits from it.
        name: of the class.
        bases: of the class.
        body: what the class statement's body has to give: annotations and defaults.
        options: of the class statement.
        has_init: whether it has a `__post_init__`. msgspec keeps the one that is there when the
            class is made, which is before the class's functions can be: it calls them by name.
    """
    if has_init:
        body = {**body, _INIT: lambda struct: vars(made)[_INIT](struct)}
    options = {"metaclass": metaclass, **options}
    made: Any = types.new_class(name, bases, options, lambda members: members.update(body))
    return made


def struct_field(default: tuple[Any, ...], factory: Any, name: str | None) -> Any:
    """Return what stands in a struct's body for a field: its default, and its name elsewhere."""
    import msgspec

    options: dict[str, Any] = {} if factory is None else {"default_factory": factory}
    if default:
        options["default"] = default[0]
    return msgspec.field(name=name, **options)


class _Field:
    """A field's default as `struct_field` makes it, when the pickle is loaded."""

    def __init__(self, *arguments: Any) -> None:
        self._arguments = arguments

    def __reduce__(self) -> Any:
        return struct_field, self._arguments


_NONE = object()


def _own_fields(kind: Any) -> dict[str, Any]:
    own = inspect.get_annotations(kind)
    fields = sys.modules["msgspec"].structs.fields(kind)
    return {info.name: info for info in fields if info.name in own}


def _default(info: Any) -> Any:
    msgspec = sys.modules["msgspec"]
    default = () if info.default is msgspec.NODEFAULT else (info.default,)
    factory = None if info.default_factory is msgspec.NODEFAULT else info.default_factory
    other_name = None if info.encode_name == info.name else info.encode_name
    if not default and factory is None and other_name is None:
        return _NONE
    return _Field(default, factory, other_name)


def _options(kind: Any, fields: dict[str, Any]) -> dict[str, Any]:
    config = kind.__struct_config__
    options = {
        name: getattr(config, name)
        for name in dir(config)
        if not name.startswith("_") and name not in _NOT_OPTIONS
    }
    if config.tag is not None:
        options |= {"tag": config.tag, "tag_field": config.tag_field}
    if any(name not in kind.__match_args__ for name in fields):
        options["kw_only"] = True
    return options


ADAPTER = Adapter(
    module="msgspec",
    complete_with=("Struct", "structs"),
    rules=(Rule(applies=_makes_structs, remake=_with_fields),),
)
