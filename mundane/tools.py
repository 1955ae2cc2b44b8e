"""Tools for packages that build on task files: time, text, JSON, locks, and SQLite's connection.

`mundane_ipython` uses these and no private name of the core. They keep their names and meanings as
the rest of the public interface does.
"""

from ._cli.outline import Map as MapLine
from ._cli.outline import fold as fold_maps
from ._cli.outline import stretches as map_stretches
from ._cli.text import (
    encodable,
    format_bytes,
    format_table,
    printable,
    shortened,
    took,
    took_ms,
    value_text,
)
from ._cli.text import write as print_line
from ._clock import SYSTEM, iso, iso_now, iso_to_ms
from ._duration import format_ms, to_ms
from ._errortext import summary as first_line
from ._file.lock import FileLock, find_holder
from ._file.sqlite import Connection
from ._file.statement import is_same as is_same_statement
from ._json import NotJSON
from ._json import check as check_json
from .errors import show as show_briefly

__all__ = [
    "SYSTEM",
    "Connection",
    "FileLock",
    "MapLine",
    "NotJSON",
    "check_json",
    "encodable",
    "find_holder",
    "first_line",
    "fold_maps",
    "format_bytes",
    "format_ms",
    "format_table",
    "is_same_statement",
    "iso",
    "iso_now",
    "iso_to_ms",
    "map_stretches",
    "print_line",
    "printable",
    "shortened",
    "show_briefly",
    "to_ms",
    "took",
    "took_ms",
    "value_text",
]
