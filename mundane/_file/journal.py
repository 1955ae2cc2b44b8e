"""What lies beside a database before SQLite sees it: its journal, and the file that this may name.

SQLite opens what lies there and obeys it. This module reads the last bytes of a journal and looks
at the kinds of files; it never writes, but cuts a journal that is over.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from ..errors import SchemaError, show

# sqlite.org/fileformat2.html, section 3: each header of a journal starts so, and so ends a journal
# that names a super-journal.
_MAGIC = bytes.fromhex("d9d505f920a163d7")
# The end of such a journal, behind the name: its length, its checksum, the magic.
_END_BYTES = 16
_MAX_SHOWN_BYTES = 80

_JOURNAL = "-journal"
_BESIDE = (_JOURNAL, "-wal", "-shm")

# A journal is over when its header is zeros; this much of one is the header and nothing else.
_HEADER_BYTES = 512


def refuse_beside(path: str, file: str) -> None:
    """Refuse what lies beside a database and would have SQLite touch another file.

    A transaction over several databases has a super-journal; each database's journal names it, and
    whoever rolls such a journal back removes the file that it names, whatever that is. No runtime
    attaches databases, so no journal of a task file names a file: not a live writer's either.

    Args:
        path: as the caller gave it, for messages.
        file: the database, absolute; it need not exist.

    Raises:
        SchemaError: its journal names a file, or what lies beside it is no plain file.
    """
    # SQLite looks beside the file that a symbolic link leads to.
    for place in {file, os.path.realpath(file)}:
        for suffix in _BESIDE:
            _refuse_special(path, place + suffix)
        named = _named_in(place + _JOURNAL)
        if named:
            raise SchemaError(
                path,
                f"the journal beside it names another file, {show(os.fsdecode(named))}, which "
                "SQLite would remove: no mundane runtime writes such a journal, and nothing was "
                "touched. Ask who gave you the file for a copy made by 'mundane backup'; without "
                "its journal it may be damaged",
            )


def journal_of(file: str) -> str:
    """Return where SQLite keeps the rollback journal of a database."""
    return os.path.realpath(file) + _JOURNAL


def cut(journal: str, most_bytes: int) -> None:
    """Cut the journal that a large transaction left behind to its header, of zeros.

    SQLite's own limit (journal_size_limit) would cut it anywhere: inside of a page, whose text
    SQLite might take for the name of a super-journal after a crash.

    Args:
        journal: that is over. The caller has begun a transaction, so that no other program begins
            one, and has not written in it.
        most_bytes: one of this size stays, and serves the next transaction.
    """
    # One that cannot be cut is only longer than it need be.
    with suppress(OSError):
        if os.stat(journal).st_size > most_bytes:
            descriptor = os.open(journal, os.O_RDWR)
            try:
                os.ftruncate(descriptor, _HEADER_BYTES)
            finally:
                os.close(descriptor)


def _refuse_special(path: str, beside: str) -> None:
    try:
        mode = os.lstat(beside).st_mode
    except OSError:  # nothing lies there, or nothing that SQLite could get at
        return
    if not stat.S_ISREG(mode):
        raise SchemaError(
            path,
            f"{os.path.basename(beside)} beside it is a link, a folder, a device or a pipe, and no "
            "plain file: no mundane runtime makes it so. Remove it; nothing was touched",
        )


def _named_in(journal: str) -> bytes:
    """Return the beginning of the name at a journal's end, empty where there is none.

    SQLite passes over a name whose checksum does not fit. Here the checksum is not looked at: it
    depends on whether C's char has a sign, and no journal of ours ends so in any case.
    """
    try:
        with open(journal, "rb", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            if size < _END_BYTES:
                return b""
            file.seek(size - _END_BYTES)
            end = file.read(_END_BYTES)
            length = int.from_bytes(end[:4], "big")
            if end[8:] != _MAGIC or not 0 < length <= size - _END_BYTES:
                return b""
            file.seek(size - _END_BYTES - length)
            return file.read(min(length, _MAX_SHOWN_BYTES))
    except OSError:  # nothing lies there, or nothing that this user's SQLite could read
        return b""
