"""A step's value <-> the (encoding, result) of its row. SPEC.md, Values."""

from __future__ import annotations

from typing import Any

from . import _json
from .errors import SchemaError, SerializationError, damaged, show


def encode_value(path: str, name: str, value: Any) -> tuple[str, str | bytes]:
    """Return the encoding and the stored form of a step's value.

    Raises:
        SerializationError: the value is neither strict JSON nor bytes.
    """
    if type(value) is bytes:
        return "bytes", value
    try:
        return "json", _json.encode(value)
    except _json.NotJSON as refusal:
        raise SerializationError(path, name, refusal.key_path, refusal.reason) from None


def decode_result(path: str, name: str, encoding: str, result: str | bytes | None) -> Any:
    """Return the value of a row; its result may be TEXT or BLOB, whichever runtime wrote it.

    Raises:
        SchemaError: the row holds what no runtime writes.
    """
    if result is None:
        return None
    if encoding == "bytes":
        return result.encode("utf-8") if isinstance(result, str) else result
    if encoding != "json":
        raise SchemaError(
            path, f"step {name!r} has encoding {show(encoding)}, unknown to format v1"
        )
    try:
        return _json.decode(result if isinstance(result, str) else str(result, "utf-8"))
    except (TypeError, ValueError) as error:
        raise damaged(path, f"the result of step {name!r} is not JSON ({error})", name) from error
