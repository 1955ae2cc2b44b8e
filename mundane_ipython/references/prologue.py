"""The first pickle of a bundle, by which older objects stand in the memo before the others.

It refers to objects by names; it neither finds nor loads them.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Container, Iterator, Sequence
from typing import Any


def prologue(names: Sequence[str]) -> bytes:
    """Return a pickle whose only effect is on the memo: entry i is the value of `names[i]`."""
    parts = [pickle.PROTO + bytes([5])]
    for name in names:
        text = name.encode("utf-8")
        length = len(text).to_bytes(4, "little")
        parts += [pickle.BINUNICODE, length, text, pickle.BINPERSID, pickle.MEMOIZE, pickle.POP]
    parts += [pickle.NONE, pickle.STOP]
    return b"".join(parts)


def used_of(missing: Container[str], older: Sequence[str], stream: bytes) -> Iterator[str]:
    """Yield the missing references that a slot takes from the memo.

    Args:
        missing: those that are not there.
        older: all references, in the order of their places in the memo.
        stream: the bundle's pickles.
    """
    import pickletools  # here: that something is missing is rare

    seeds: dict[Any, str] = dict(enumerate(older))
    file = io.BytesIO(stream)
    while file.tell() < len(stream):
        for opcode, index, _ in pickletools.genops(file):
            if opcode.name in ("GET", "BINGET", "LONG_BINGET") and seeds.get(index) in missing:
                yield seeds[index]
