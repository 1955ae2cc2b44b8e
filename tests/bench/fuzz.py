"""Damaged and forged bundles of a foreign file: does one run code, or end the process?

    python -m tests.bench.fuzz [--seconds 600] [--seed 1] [--amplify]

Bundles of every kind of data that a foreign file may hold are changed at random, stream and
buffers, and loaded without trust, in processes of their own; what comes out is looked at, as a
notebook would. A process that ends by a signal is a crash, an audit event of running code or of
changing the system is a breach, and an exception that is not one of ours a fault: each is printed
with the number that makes its input again (`--only`). The exit code is 1 if there was one.

With `--amplify` the inputs are small pickles that would become large
(tests/ipython/support/amplified.py), and wrong is also one that takes more than 64 MiB, or longer
than a load may take.
"""

from __future__ import annotations

import argparse
import faulthandler
import mmap
import os
import pickle
import random
import resource
import signal
import struct
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from mundane_ipython.errors import BundleError, UntrustedError
from mundane_ipython.pickling.bundle import Bundle, Packer
from mundane_ipython.pickling.unpacking import unpack
from tests.ipython.support.amplified import MOST_BYTES, amplified, outcome, parse, taken
from tests.ipython.untrusted.test_allowlist import DATA, IMPORTS

# What no data does (docs.python.org/3/library/audit_events.html).
_DEEDS = (
    "code.__new__", "ctypes.", "exec", "function.__new__", "os.", "pty.", "shutil.",
    "signal.", "socket.", "sqlite3.", "subprocess.", "sys.settrace", "tempfile.", "urllib.",
)  # fmt: skip
# Time zones are looked for in folders.
_HARMLESS = ("os.listdir", "os.scandir", "os.walk", "os.fwalk")

# What strings in a pickle, and time zones that the system lacks, import when first met.
_LATE_MODULES = (
    "/encodings/raw_unicode_escape.py",
    "/importlib/readers.py",
    "/site-packages/tzdata/",
)

# A bundle of a gigabyte out of a few bytes is refused by the system, not by this machine's end.
_MEMORY_BYTES = 4 << 30
# Then SIGALRM ends the process.
_SLOW_S = 20


def main() -> None:
    """Load changed bundles until the time is up; print what went wrong, and how many there were."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="the number of one input, to see it fail")
    parser.add_argument("--amplify", action="store_true", help="what a small state takes")
    options = parser.parse_args()
    if options.amplify:
        sys.exit(amplify(options.seconds, options.seed, options.only))
    samples = list(make_samples())
    for sample in samples:
        load(sample)
    if options.only is not None:
        watch()
        load(changed(samples, options.seed, options.only))
        return
    until_s = time.monotonic() + options.seconds
    number, wrong = 0, 0
    while time.monotonic() < until_s:
        number, reason = run(samples, options.seed, number, until_s)
        if reason:
            wrong += 1
            print(f"input {number - 1} of seed {options.seed}: {reason}", flush=True)
    print(f"{number:,} inputs, {wrong} of them ran code, failed otherwise or ended the process")
    sys.exit(1 if wrong else 0)


def amplify(seconds: float, seed: int, only: int | None) -> int:
    """Load small pickles that would be large until the time is up; return the exit code."""
    namespace: dict[str, Any] = {}
    exec(IMPORTS, namespace)
    streams = [pickle.dumps(eval(source, namespace), 4) for source in DATA.values()]
    for stream in streams:
        outcome(stream)  # which imports all that a load imports
    roots = [parse(stream) for stream in streams]
    until_s = time.monotonic() + seconds
    number, wrong, most, loaded = only or 0, 0, 0, 0
    while time.monotonic() < until_s:
        size, text = taken(amplified(roots, random.Random(f"{seed}/{number}")), _watched)
        if size < 0 or size > MOST_BYTES:
            wrong += 1
            print(f"input {number} of seed {seed}: {size:,} bytes, {text[:300]}", flush=True)
        most, number, loaded = max(most, size), number + 1, loaded + (text == "loaded")
        if only is not None:
            print(f"{size:,} bytes, {text}")
            break
    print(
        f"seed {seed}: {number:,} inputs, {loaded:,} loaded, {wrong} wrong, at most {most:,} bytes"
    )
    return 1 if wrong else 0


def _watched() -> None:
    """Prepare a child in which something may go wrong."""
    faulthandler.disable()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    watch()
    signal.alarm(3 * _SLOW_S)  # a megabyte of small objects of a library's, beside other programs


def make_samples() -> list[tuple[Bundle, list[bytes]]]:
    """Return the bundles of everything in the table of what loads without trust."""
    namespace: dict[str, Any] = {}
    exec(IMPORTS, namespace)
    samples = []
    for source in DATA.values():
        value = eval(source, namespace)
        packer = Packer({}, {"x": value}, {}, {}, {})
        assert packer.add("x", value) is None, source
        bundle = packer.bundle()
        samples.append((bundle, [bytes(buffer) for buffer in bundle.buffers]))
    return samples


def run(samples: Any, seed: int, number: int, until_s: float) -> tuple[int, str]:
    """Load inputs from `number` on in a child, until one goes wrong; return the next, and why."""
    progress = mmap.mmap(-1, 8)
    pid = os.fork()
    if pid == 0:
        code = 0
        try:
            work(samples, seed, number, until_s, progress)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            code = 1
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    (following,) = struct.unpack("q", progress)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return following, f"ended by {signal.Signals(-code).name}"
    return following, "see the line above" if code else ""


def work(samples: Any, seed: int, number: int, until_s: float, progress: mmap.mmap) -> None:
    """Load inputs until the time is up; each is counted before it is loaded."""
    faulthandler.disable()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    watch()
    while time.monotonic() < until_s:
        number += 1
        progress[:] = struct.pack("q", number)
        load(changed(samples, seed, number - 1))


def watch() -> None:
    """Have this process end with exit code 1 where something is done that no data does."""

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and arguments[1] not in ("r", "rb", None)
        if writes or (event.startswith(_DEEDS) and event not in _HARMLESS):
            if event == "exec" and any(part in arguments[0].co_filename for part in _LATE_MODULES):
                return
            os.write(2, f"{event}: {str(arguments)[:200]}\n".encode())
            os._exit(1)

    sys.addaudithook(note)


def load(sample: tuple[Bundle, list[bytes]]) -> None:
    """Load a bundle without trust, and look at what came out.

    Raises:
        Exception: neither `BundleError` nor `UntrustedError`.
    """
    bundle, buffers = sample
    signal.alarm(_SLOW_S)
    try:
        values = unpack(
            bundle,
            path="task.db",
            step="s",
            namespace={},
            trusted=False,
            buffers=[bytearray(buffer) for buffer in buffers],
        )
    except (BundleError, UntrustedError):
        return
    finally:
        signal.alarm(0)
    try:
        repr(values)
    except Exception as error:
        del error  # data that cannot be shown is no danger


def changed(samples: Any, seed: int, number: int) -> tuple[Bundle, list[bytes]]:
    """Return input `number`: one of the samples, changed in one to eight places."""
    chance = random.Random(f"{seed}/{number}")
    bundle, buffers = chance.choice(samples)
    stream, parts = bytearray(bundle.stream), [bytearray(buffer) for buffer in buffers]
    others = [other.stream for other, _ in chance.sample(samples, 2)]
    for _ in range(chance.randint(1, 8)):
        target = chance.choice(parts) if parts and chance.random() < 0.2 else stream
        chance.choice(_CHANGES)(target, others, chance)
    return (
        Bundle(older=[], slots=[("x", len(stream))], stream=bytes(stream)),
        [bytes(part) for part in parts],
    )


def _flip(data: bytearray, _: list[bytes], chance: random.Random) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _set(data: bytearray, _: list[bytes], chance: random.Random) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.choice(
            (0, 1, 0x7F, 0x80, 0xFF, *b"cRbo\x93\x81")
        )


def _cut(data: bytearray, _: list[bytes], chance: random.Random) -> None:
    start = chance.randrange(len(data) + 1)
    del data[start : start + chance.randint(1, 16)]


def _double(data: bytearray, _: list[bytes], chance: random.Random) -> None:
    start = chance.randrange(len(data) + 1)
    piece = data[start : start + chance.randint(1, 64)]
    place = chance.randrange(len(data) + 1)
    data[place:place] = piece


def _splice(data: bytearray, others: list[bytes], chance: random.Random) -> None:
    other = chance.choice(others)
    start = chance.randrange(len(other))
    place = chance.randrange(len(data) + 1)
    data[place : place + chance.randint(0, 32)] = other[start : start + chance.randint(1, 128)]


_CHANGES: tuple[Callable[[bytearray, list[bytes], random.Random], None], ...] = (
    _flip, _flip, _set, _cut, _double, _splice,
)  # fmt: skip


if __name__ == "__main__":
    main()
