"""How SQLite is opened and how its errors are told: the only importer of `sqlite3`.

Every connection is opened here with the same defences (sqlite.org/security.html), and every error
of SQLite's becomes one of ours here. Holds no statement about the format.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection as Connection
from sqlite3 import Cursor as Cursor
from typing import Literal

from ..errors import SchemaError, StorageError, damaged
from .journal import refuse_beside

DatabaseError = sqlite3.DatabaseError
IntegrityError = sqlite3.IntegrityError
OperationalError = sqlite3.OperationalError

# macOS keeps flock and SQLite's own locks in one space, where they would collide on one file: there
# SQLite's are switched off, as the other runtimes do everywhere. Not run: no macOS machine has
# executed this branch (SPEC.md, Locking).
_VFS = "&vfs=unix-none" if sys.platform == "darwin" else ""

MOVED = (
    "was removed or replaced while it was open: nothing more can be stored there; "
    "put it back, or open a task again"
)
"""Why a writer stops whose path does not name its file any more."""

# SQLite waits so long for another process's lock inside one call, in which no interrupt is noticed.
_BUSY_SLICE_S = 0.25
# A commit waits so long in all for a reader that does not let go.
_BUSY_LIMIT_S = 600.0

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_REFUSED = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space and run again",
    sqlite3.SQLITE_IOERR: "an I/O error: the disk may be full, failing or gone",
    sqlite3.SQLITE_READONLY: "the file or its folder is read-only",
    sqlite3.SQLITE_CANTOPEN: "the file or its journal cannot be opened: is the folder writable?",
    sqlite3.SQLITE_BUSY: "another program kept the file locked: close it, or try again",
    sqlite3.SQLITE_PERM: "access is denied",
    sqlite3.SQLITE_TOOBIG: "a value is too large for SQLite",
    sqlite3.SQLITE_NOMEM: "there is not enough memory",
}

_ONLY_A_WRITER_MAY = (
    sqlite3.SQLITE_READONLY_ROLLBACK,
    sqlite3.SQLITE_READONLY_RECOVERY,
    sqlite3.SQLITE_READONLY_CANTINIT,
    sqlite3.SQLITE_READONLY_CANTLOCK,
)


def connect(path: str, file: str, mode: Literal["ro", "rw", "rwc"]) -> Connection:
    """Open a database.

    The connection may be used by several threads, one at a time, and starts no transaction itself.
    A read-only one waits for no lock: its user tries again, more often than SQLite would.

    Args:
        path: as the caller gave it, for messages.
        file: the same, absolute.
        mode: `ro` reads only, `rw` needs the file, `rwc` makes it where it is missing.

    Raises:
        SchemaError: what lies beside the file would have SQLite touch another one.
    """
    refuse_beside(path, file)
    connection = sqlite3.connect(
        f"{_uri(file)}?mode={mode}{_VFS}",
        uri=True,
        isolation_level=None,
        timeout=0.0 if mode == "ro" else _BUSY_SLICE_S,
        check_same_thread=False,
    )
    try:
        # The file may be somebody else's: its schema may name no function with side effects.
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        # Some builds of SQLite have this on: a table of somebody's that refers to ours would have
        # its rows removed with ours, or keep ours from being removed.
        connection.execute("PRAGMA foreign_keys = OFF")
        _defend(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _defend(connection: Connection) -> None:
    """Have SQLite refuse SQL that damages a file on purpose, where Python can ask for it (3.12)."""
    setconfig = getattr(connection, "setconfig", None)
    if setconfig is not None:
        setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)  # type: ignore[attr-defined]


def _uri(file: str) -> str:
    """Return an absolute path as a URI (sqlite.org/uri.html), without what pathlib imports."""
    path = file.replace(os.sep, "/")
    root = "" if path.startswith("/") else "/"  # a drive's letter stands behind a slash
    quoted = (chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in os.fsencode(path))
    return f"file://{root}{''.join(quoted)}"


_PLAIN = frozenset(b"/:.-_~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


@contextmanager
def storage_errors(path: str, doing: str) -> Iterator[None]:
    """Turn SQLite's errors into ours.

    Raises:
        SchemaError: the file is damaged or no database.
        StorageError: everything else that SQLite refuses.
    """
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        code = primary_code(error)
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_DBMOVED:
            raise StorageError(path, MOVED) from error
        if looks_damaged(error):
            if code == sqlite3.SQLITE_NOTADB:
                reason = f"is not a task file: not SQLite ({doing}: {error})"
                raise SchemaError(path, reason) from error
            raise damaged(path, f"{doing}: {error}") from error
        reason = _REFUSED.get(code, "SQLite refuses")
        raise StorageError(path, f"{doing}: {reason} ({error})") from error
    except OverflowError as error:  # from the sqlite3 module, beyond 2 GiB or 64 bits
        reason = _REFUSED[sqlite3.SQLITE_TOOBIG]
        raise StorageError(path, f"{doing}: {reason} ({error})") from error


def primary_code(error: BaseException) -> int:
    """Return SQLite's primary result code of an error (sqlite.org/rescode.html), 0 for none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def is_busy(error: BaseException) -> bool:
    """Return whether another connection's lock is what the error is about."""
    return primary_code(error) == sqlite3.SQLITE_BUSY


def is_full(error: BaseException | None) -> bool:
    """Return whether no room is left: on the disk, or in the numbers that rows may have."""
    return error is not None and primary_code(error) == sqlite3.SQLITE_FULL


def looks_damaged(error: BaseException) -> bool:
    """Return whether the file's own bytes are what the error is about."""
    # Text that is no UTF-8 is refused by the sqlite3 module, without a code; and where SQLite's
    # own message quotes such text, the message cannot be made.
    return (
        primary_code(error) in _DAMAGED
        or isinstance(error, UnicodeDecodeError)
        or "Could not decode to UTF-8" in str(error)
    )


def needs_recovery(error: BaseException) -> bool:
    """Return whether a read-only connection met a journal that only a writer may roll back."""
    return (
        getattr(error, "sqlite_errorcode", 0) in _ONLY_A_WRITER_MAY
        or primary_code(error) == sqlite3.SQLITE_CANTOPEN
    )


def patiently(connection: Connection, statement: str) -> Cursor:
    """Execute a statement, waiting while others hold the file; interrupts are noticed."""
    deadline_s = time.monotonic() + _BUSY_LIMIT_S
    while True:
        try:
            return connection.execute(statement)
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline_s:
                raise


def keep_for_ever(connection: Connection) -> None:
    """Keep a connection that this process inherited by a fork from ever being closed.

    Closing one inside a transaction would roll back the parent's; the end of the interpreter closes
    whatever it can free.
    """
    _inherited.append(connection)
    if connection.in_transaction:
        import ctypes  # here: a fork in the middle of a transaction is as good as never

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


_inherited: list[Connection] = []
