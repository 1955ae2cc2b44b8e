"""Small pickles of data that would become large: a grammar of them, and what one of them takes.

A good pickle is read as a tree of what makes what. In the tree numbers, texts, bytes and containers
are made large, by references to one item, and one thing in it is made over and over of the same
parts, as often as fits into a megabyte.
"""

from __future__ import annotations

import os
import pickle
import pickletools
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mundane_ipython.errors import BundleError, UntrustedError
from mundane_ipython.pickling.bundle import Bundle
from mundane_ipython.pickling.unpacking import unpack

SMALL_BYTES = 1_000_000
"""How long such a pickle is at most."""

MOST_BYTES = 64 << 20
"""How much memory it may take."""

_MARKED = {"TUPLE", "APPENDS", "SETITEMS", "ADDITEMS", "FROZENSET", "LIST", "DICT"}
_ON_CONTAINER = {"APPENDS", "SETITEMS", "ADDITEMS"}
_CHILDREN = {
    "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3, "APPEND": 2, "SETITEM": 3, "REDUCE": 2, "NEWOBJ": 2,
    "BUILD": 2, "STACK_GLOBAL": 2, "READONLY_BUFFER": 1,
}  # fmt: skip
_MADE = {"REDUCE", "NEWOBJ", "BUILD"}
_IGNORED = {"PROTO", "FRAME", "STOP"}
_NUMBERS = {"BININT", "BININT1", "BININT2", "LONG1"}
_TEXTS = {"SHORT_BINUNICODE", "BINUNICODE"}
_BYTES = {"SHORT_BINBYTES", "BINBYTES"}


@dataclass(eq=False)
class Node:
    """What an opcode makes of its children."""

    name: str
    raw: bytes
    children: list[Node] = field(default_factory=list)


def parse(stream: bytes) -> Node:
    """Return the tree of a pickle by Python's own pickler; what it refers to again is one node."""
    stack: list[Node | None] = []
    memo: dict[int, Node] = {}
    ops = list(pickletools.genops(stream))
    ends = [position for _, _, position in ops[1:]] + [len(stream)]
    for (op, argument, position), end in zip(ops, ends, strict=True):
        raw, name = stream[position:end], op.name
        if name in _IGNORED:
            continue
        if name == "MARK":
            stack.append(None)
        elif name in ("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"):
            top = stack[-1]
            assert top is not None
            memo[len(memo) if argument is None else argument] = top
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name == "POP":
            stack.pop()
        else:
            count = _CHILDREN.get(name, 0)
            if name in _MARKED:
                count = len(stack) - 1 - max(i for i, node in enumerate(stack) if node is None)
            children = [node for node in stack[len(stack) - count :] if node is not None]
            del stack[len(stack) - count :]
            if name in _MARKED:
                stack.pop()
            if name in _ON_CONTAINER:
                top = stack.pop()
                assert top is not None
                children.insert(0, top)
            node = Node(name, raw, children)
            for index, known in memo.items():  # what was filled is what was empty
                if children and known is children[0] and name in (*_ON_CONTAINER, "BUILD"):
                    memo[index] = node
            stack.append(node)
    (root,) = stack[-1:]
    assert root is not None
    return root


def nodes(root: Node) -> Iterator[Node]:
    """Yield each node once."""
    seen: set[int] = set()
    left = [root]
    while left:
        node = left.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            left += node.children


class Writer:
    """Writes trees as opcodes; what was written is referred to."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._memo: dict[int, tuple[Node, int]] = {}

    def put(self, node: Node, *, anew: bool = False) -> None:
        """Write a node; its last opcode and those that make it again with `anew`."""
        if id(node) in self._memo and not anew:
            self.parts.append(b"j" + struct.pack("<I", self._memo[id(node)][1]))
            return
        makes = anew and node.name == "BUILD"
        if node.name in _ON_CONTAINER:
            self.put(node.children[0], anew=True)
            self.parts.append(b"(")
            rest = node.children[1:]
        else:
            if node.name in _MARKED:
                self.parts.append(b"(")
            if makes:
                self.put(node.children[0], anew=True)
            rest = node.children[1:] if makes else node.children
        for child in rest:
            self.put(child)
        self.parts.append(node.raw)
        if not anew:
            self._memo[id(node)] = node, len(self._memo)
            self.parts.append(b"r" + struct.pack("<I", self._memo[id(node)][1]))


def amplified(roots: list[Node], chance: random.Random) -> bytes:
    """Return the opcodes of a small pickle that would be large."""
    root = _copied(chance.choice(roots))
    room = SMALL_BYTES // 2
    for _ in range(chance.randint(0, 4)):
        room -= _enlarge(chance.choice(list(nodes(root))), chance, room // 2)
    made = [node for node in nodes(root) if node.name in _MADE] or [root]
    unit = root if chance.random() < 0.4 else chance.choice(made)
    writer = Writer()
    writer.put(unit)
    length = sum(map(len, writer.parts))
    count = chance.choice((1, 1, 10, SMALL_BYTES))
    again = Writer()
    again._memo = writer._memo
    again.put(unit, anew=True)
    piece = b"".join(again.parts)
    if count > 1 and length < SMALL_BYTES:
        memo = chance.choice((b"", b"\x94"))
        count = max(1, min(count, (SMALL_BYTES - length - 8) // len(piece + memo)))
        return b"".join(writer.parts) + b"0](" + (piece + memo) * count + b"e."
    return b"".join(writer.parts) + b"."


def _copied(root: Node) -> Node:
    copies: dict[int, Node] = {}

    def copy(node: Node) -> Node:
        if id(node) not in copies:
            copies[id(node)] = made = Node(node.name, node.raw)
            made.children = [copy(child) for child in node.children]
        return copies[id(node)]

    return copy(root)


def _enlarge(node: Node, chance: random.Random, room: int) -> int:
    """Make a node larger, or what it says; return how many bytes it takes then."""
    size = int(room * chance.random())
    if node.name in _NUMBERS:
        number = chance.choice((0, -1, 1 << 16, 1 << 20, 1 << 26, 1 << 31, 1 << 40, 1 << 60))
        data = number.to_bytes(9, "little", signed=True)
        node.raw = pickle.LONG1 + bytes([len(data)]) + data
        return 16
    if node.name in _TEXTS:
        node.raw = b"X" + struct.pack("<I", size) + b"a" * size
        return size
    if node.name in _BYTES:
        node.raw = b"B" + struct.pack("<I", size) + bytes(size)
        return size
    if node.name.startswith("TUPLE") and node.children:
        node.name, node.raw = "TUPLE", b"t"
        node.children += [chance.choice(node.children)] * (size // 5)
        return size
    if node.name == "APPENDS":
        node.children += [chance.choice(node.children[1:])] * (size // 5)
        return size
    if node.children:
        at = chance.randrange(len(node.children))
        node.children[at] = chance.choice(node.children)
    return 0


def outcome(stream: bytes) -> str:
    """Load a pickle as out of a foreign file, show it, and return `loaded` or why it is refused."""
    prologue = b"\x80\x05N."
    bundle = Bundle(slots=[("x", len(stream))], stream=prologue + stream)
    try:
        found = unpack(bundle, path="task.db", step="s", namespace={}, trusted=False, buffers=[])
    except (UntrustedError, BundleError) as error:
        return f"refused: {error}"
    _show(found["x"])
    return "loaded"


def _show(value: Any) -> None:
    """Show a value, of many only some and each apart: one text of many may be of any length."""
    many = type(value) in (list, tuple) and len(value) > 10
    for each in value[:10] if many else (value,):
        try:
            str(repr(each))
        except Exception as error:
            del error  # data that cannot be shown is no danger


def taken(stream: bytes, prepare: Callable[[], object] = int) -> tuple[int, str]:
    """Return by how many bytes a pickle makes a process larger, and its outcome.

    A child of this process loads it, whose memory is its own from the first change on.

    Args:
        stream: the pickle's opcodes.
        prepare: called in the child first.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            before = _peak_bytes(reset=True)
            prepare()
            text = outcome(stream)
            os.write(writer, f"{_peak_bytes() - before} {text}".encode()[:4000])
        except BaseException as error:
            os.write(writer, f"-1 {type(error).__name__}: {error}".encode()[:4000])
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream_of_child:
        size, _, text = stream_of_child.read().decode("utf-8", "replace").partition(" ")
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return (int(size or -1), text) if code == 0 else (-1, f"ended with exit code {code}")


def _peak_bytes(*, reset: bool = False) -> int:
    """Return the most memory of its own that this process has had, since it was reset."""
    if reset:
        with open("/proc/self/clear_refs", "w") as file:  # proc(5): 5 resets the peak
            file.write("5")
    with open("/proc/self/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return int(lines["VmHWM"].split()[0]) * 1024
