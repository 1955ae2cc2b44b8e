"""The state of the standard library's loggers, as plain values: part of the ambient state.

Levels, handlers that write to stdout, stderr or a file, and filters that are the notebook's; a
handler of another kind, or a library's filter, belongs to whoever made it, and stays theirs.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import Any

from ..adapter.compare import changed_whole, new_members
from ..adapter.contract import Adapter, State
from ..adapter.types import is_of_notebook

_STYLES: dict[Any, str] = {style[0]: name for name, style in logging._STYLES.items()}
_DEFAULT = {"level": 0, "propagate": True, "disabled": False, "handlers": [], "filters": []}


def _read() -> dict[str, dict[str, Any]]:
    """Return the state of every logger that is not as loggers are made; the root's name is ''."""
    loggers = _loggers()
    touched = {
        name: _state(logger)
        for name, logger in loggers.items()
        # Libraries make hundreds that are not.
        if logger.level
        or logger.handlers
        or logger.filters
        or logger.disabled
        or not logger.propagate
    }
    return {name: state for name, state in touched.items() if state != _DEFAULT}


def _changed(before: Any, after: Any, _: str) -> dict[str, dict[str, Any]] | None:
    """Return the loggers whose state is another one."""
    names = before.keys() | after.keys()
    changed = {n: after.get(n, _DEFAULT) for n in sorted(names) if before.get(n) != after.get(n)}
    return changed or None


def _restore(changes: dict[str, dict[str, Any]]) -> None:
    """Set loggers to stored states; handlers that are there already are kept."""
    for name, state in changes.items():
        logger = logging.getLogger(name or None)
        logger.setLevel(state["level"])
        logger.propagate, logger.disabled = state["propagate"], state["disabled"]
        _set_filters(logger, state.get("filters"))
        present = _handlers(logger)
        for text, handler in present:
            if text not in state["handlers"]:
                logger.removeHandler(handler)
        for text in state["handlers"]:
            if text not in [known for known, _ in present]:
                logger.addHandler(_make(text))


def _filter_lists() -> Iterator[list[Any]]:
    """Yield the filters of each logger and of each of its handlers that has some."""
    for logger in _loggers().values():
        for filterer in (logger, *logger.handlers):
            if filterer.filters:
                yield filterer.filters


def _loggers() -> dict[str, logging.Logger]:
    found: dict[str, logging.Logger] = {"": logging.root}
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger):
            found[name] = logger
    return found


def _state(logger: logging.Logger) -> dict[str, Any]:
    return {
        "level": logger.level,
        "propagate": logger.propagate,
        "disabled": bool(logger.disabled),
        "handlers": [described for described, _ in _handlers(logger)],
        "filters": _filters(logger),
    }


def _filters(filterer: logging.Filterer) -> list[Any]:
    """Return the filters of a logger or handler that are the notebook's functions or objects."""
    return [each for each in filterer.filters if is_of_notebook(each)]


def _set_filters(filterer: logging.Filterer, filters: list[Any] | None) -> None:
    """Make the notebook's filters those that are given; older records say nothing of any."""
    if filters is not None:
        for each in _filters(filterer):
            if each not in filters:
                filterer.removeFilter(each)
        for each in filters:
            filterer.addFilter(each)  # which it passes over where it is there


def _handlers(logger: logging.Logger) -> list[tuple[dict[str, Any], logging.Handler]]:
    """Return the logger's handlers that can be described, with their descriptions."""
    found = []
    for handler in logger.handlers:
        target = _target(handler)
        if target is not None:
            formatter = handler.formatter
            style = getattr(formatter, "_style", None)
            found.append(
                (
                    {
                        "to": target,
                        "level": handler.level,
                        "style": _STYLES.get(type(style), "%"),
                        "format": getattr(style, "_fmt", None),
                        "dates": getattr(formatter, "datefmt", None),
                        **({"filters": filters} if (filters := _filters(handler)) else {}),
                    },
                    handler,
                )
            )
    return found


def _target(handler: logging.Handler) -> str | None:
    if type(handler) is logging.FileHandler:
        return f"file:{handler.baseFilename}"
    if type(handler) is logging.StreamHandler:
        for name in ("stdout", "stderr"):
            if handler.stream is getattr(sys, name):
                return name
    return None


def _make(described: dict[str, Any]) -> logging.Handler:
    target = described["to"]
    handler: logging.Handler
    if target.startswith("file:"):
        handler = logging.FileHandler(target.removeprefix("file:"))
    else:
        handler = logging.StreamHandler(getattr(sys, target))
    handler.setLevel(described["level"])
    _set_filters(handler, described.get("filters"))
    if described["format"] is not None:
        formatter = logging.Formatter(None, described["dates"], described["style"])
        formatter._style._fmt = formatter._fmt = described["format"]
        handler.setFormatter(formatter)
    return handler


def _set_level_names(levels: dict[str, int]) -> None:
    for name, level in levels.items():
        logging.addLevelName(level, name)


ADAPTER = Adapter(
    module="logging",
    state=(
        State(
            key="logging.levels",
            read=logging.getLevelNamesMapping,
            changed=new_members,
            restore=_set_level_names,
        ),
        State(
            key="logging.disable",
            read=lambda: (logging.root.manager.disable,),
            changed=changed_whole,
            restore=lambda state: logging.disable(*state),
        ),
        State(key="logging", read=_read, changed=_changed, restore=_restore),
    ),
    held=_filter_lists,
)
