"""Which names of the extension the bundles of a task file refer to."""

from __future__ import annotations

import io
import json
import pickletools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

_STREAMS = "SELECT name, data FROM mundane_ipython_chunks WHERE buffer = 0 ORDER BY name, position"
_PREFIX = "mundane_ipython."
_LIST = Path(__file__).parents[1] / "ipython" / "frozen" / "pickled-names.json"

KNOWN_NAMES = frozenset(json.loads(_LIST.read_text(encoding="utf-8")))
"""All that bundles have ever named, as `names_in_bundles` says it; each has to load for ever."""


def names_in_bundles(task: Path) -> set[str]:
    """Return `module:name` of each global of the extension that a task file's pickles name."""
    with closing(sqlite3.connect(task)) as connection:
        streams: dict[str, bytes] = {}
        for name, data in connection.execute(_STREAMS):
            streams[name] = streams.get(name, b"") + data
    return {found for stream in streams.values() for found in _named(stream)}


def _named(stream: bytes) -> Iterator[str]:
    """Yield the names in the pickles of one stream, which share a memo."""
    memo: list[str] = []
    file = io.BytesIO(stream)
    while file.tell() < len(stream):
        before, last = "", ""
        for opcode, argument, _ in pickletools.genops(file):
            if opcode.name == "MEMOIZE":
                memo.append(last)
                continue
            if opcode.name == "STACK_GLOBAL" and before.startswith(_PREFIX):
                yield f"{before}:{last}"
            if opcode.name.endswith("BINUNICODE") or opcode.name == "BINUNICODE8":
                before, last = last, str(argument)
            elif opcode.name in ("BINGET", "LONG_BINGET"):
                before, last = last, memo[argument]
            else:
                before, last = last, ""
