"""Whose record is it: the user's signing key, and signatures with it. SPEC.md, Trust.

The key never enters a task file. A record without a valid signature is not damaged, it is
somebody else's.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import warnings
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from mundane import StorageError

KEY_FILE_VARIABLE = "MUNDANE_KEY_FILE"
_KEY_BYTES = 32
# A key that a user made may be longer; a file that is larger was named by mistake.
_MOST_KEY_BYTES = 65_536

# A group may read a key: that is how a container gets a mounted one.
_TOO_OPEN = stat.S_IRWXO | stat.S_IWGRP


def key_path() -> Path:
    """Return where the user's key is kept: MUNDANE_KEY_FILE, else in Jupyter's data directory."""
    named = os.environ.get(KEY_FILE_VARIABLE)
    return Path(named) if named else Path(jupyter_data_dir()) / "mundane" / "key"


def load_key() -> bytes:
    """Return the user's signing key, made at its first use.

    A warning tells of one that other users of the machine can get at.

    Raises:
        StorageError: it can be neither read nor made, or is no key.
    """
    path = key_path()
    try:
        if not path.exists():
            _make_key(path)
        mode = path.stat().st_mode
        # A pipe would be waited for, and a device has no end.
        key = _beginning(path) if stat.S_ISREG(mode) else None
    except OSError as error:
        raise StorageError(
            str(path),
            f"the signing key cannot be read or made ({error.strerror}): "
            f"set {KEY_FILE_VARIABLE} to a file that can",
        ) from error
    if key is None:
        raise StorageError(
            str(path),
            "is no regular file, and so no signing key: "
            f"set {KEY_FILE_VARIABLE} to a file that is one, or to a name that is free",
        )
    if not _KEY_BYTES <= len(key) <= _MOST_KEY_BYTES:
        size = f"{len(key)} bytes" if len(key) < _KEY_BYTES else f"over {_MOST_KEY_BYTES} bytes"
        raise StorageError(str(path), f"is no signing key: {size}; remove it for a new one")
    if os.name == "posix" and mode & _TOO_OPEN:
        warnings.warn(
            f"{path}: other users can get at this signing key (mode {stat.S_IMODE(mode):o}), "
            f"and sign task files as you: chmod 600 '{path}'",
            stacklevel=2,
        )
    return key


def find_key() -> bytes | None:
    """Return the user's signing key, None where none was made yet.

    Raises:
        StorageError: it cannot be read, or is no key.
    """
    return load_key() if key_path().exists() else None


def signed_text(task_id: str, name: str, record: str) -> str:
    """Return what is signed: a record moved to another step or task is another text."""
    return f"{task_id}\n{name}\n{record}"


def sign(key: bytes, text: str) -> str:
    """Return the signature of a text: HMAC-SHA256, in hexadecimal."""
    return hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()


def is_signed(key: bytes, text: str, signature: str) -> bool:
    """Return whether the signature is this key's, for this very text."""
    return hmac.compare_digest(sign(key, text).encode(), signature.encode("utf-8", "replace"))


def _beginning(path: Path) -> bytes:
    """Return a key file's bytes, one more than a key may have of a larger one."""
    with path.open("rb") as file:
        return file.read(_MOST_KEY_BYTES + 1)


def _make_key(path: Path) -> None:
    """Make the key file complete and private from the start; of two processes, one wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
