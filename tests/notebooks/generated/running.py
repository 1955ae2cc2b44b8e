"""Generated examples are run: plain, as steps undisturbed, and killed after each cell and resumed.

Several examples share a notebook, each with names of its own, as most of a run's time is for the
process and not for the cells. Where such a notebook differs it is divided until the example is
found.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..forked import ForkServer, Run, as_steps, compare, merged
from . import Example, build

__all__ = ["PRELOADED", "Choices", "Verdict", "judge", "record", "replayed", "run", "shrunk"]

PRELOADED = ("dataclasses", "typing", "fractions", "decimal", "random", "pathlib", "weakref")

Choices = Sequence[int]
"""The numbers that were drawn for an example."""

# What a note says of values that do not come back as they were.
_NAMED = re.compile(
    r"stored, but for|not stored, and so not defined|comes? back apart|comes back different"
)
_TAG = re.compile(r"_(\d+)\b")


@dataclass(frozen=True)
class Verdict:
    """How an example came back.

    Attributes:
        kind: "equal", "named" by a note, "loud" (a cell failed), "silent" (a difference without a
            word), or "invalid" (the plain run failed).
        detail: the first differences, or the note.
    """

    kind: str
    detail: str = ""


def record(below: Callable[[int], int]) -> Choices:
    """Return what is drawn for an example."""
    choices: list[int] = []

    def recorded(limit: int) -> int:
        choices.append(below(limit))
        return choices[-1]

    build(recorded)
    return choices


def replayed(choices: Choices, tag: str = "") -> Example:
    """Return the example for which these numbers were drawn; zeros follow where they end."""
    left = iter(choices)
    return build(lambda limit: min(next(left, 0), limit - 1), tag)


def judge(drawn: Sequence[Choices], folder: Path, servers: Sequence[ForkServer]) -> list[Verdict]:
    """Return how each of some examples came back.

    Args:
        drawn: the examples, which share a notebook as far as they are equal.
        folder: to work in.
        servers: two processes, whose strings have different hashes.
    """
    verdicts: dict[int, Verdict] = {}
    joined = [replayed(choices, f"_{number}") for number, choices in enumerate(drawn)]
    _leave_out_invalid(joined, verdicts, folder, servers[0])
    _judge_some(joined, verdicts, folder, servers)
    return [verdicts[number] for number in range(len(drawn))]


def _leave_out_invalid(
    joined: list[Example], verdicts: dict[int, Verdict], folder: Path, server: ForkServer
) -> None:
    """Run all cells of all examples, and find those that fail without steps."""
    texts = [[example.cells[place] for example in joined] for place in range(5)]
    cells = ["_bad = {}"]
    for row in texts:
        cells.append(
            f"for _number, _text in enumerate({row!r}):\n"
            "    if _number not in _bad:\n"
            "        try:\n"
            "            exec(_text)\n"
            "        except BaseException as _error:\n"
            "            _bad[_number] = f'{type(_error).__name__}: {_error}'\n"
        )
    cells.append("import json\nprint('\\n' + json.dumps(_bad))")
    (_fresh(folder) / "plain").mkdir()
    outputs = merged(server.run(cells, folder / "plain").outputs[-1])
    found = json.loads(str(outputs[-1]["text"]).splitlines()[-1])
    verdicts.update({int(n): Verdict("invalid", error) for n, error in found.items()})


def _judge_some(
    joined: list[Example],
    verdicts: dict[int, Verdict],
    folder: Path,
    servers: Sequence[ForkServer],
) -> None:
    left = [number for number in range(len(joined)) if number not in verdicts]
    todo = [left] if left else []
    while todo:
        numbers = todo.pop()
        rows = [joined[number].cells for number in numbers]
        cells = ["\n".join(texts) for texts in zip(*rows, strict=True)]
        found = run(cells, folder, servers, waits=numbers[0] % 2 == 0)
        if found.kind == "equal" or len(numbers) == 1:
            verdicts.update(dict.fromkeys(numbers, found))
            continue
        named = {int(tag) for tag in _TAG.findall(found.detail)} & {*numbers}
        if found.kind == "named" and named and named != {*numbers}:
            todo += [[number] for number in named]
            todo.append([number for number in numbers if number not in named])
        else:
            half = len(numbers) // 2
            todo += [numbers[:half], numbers[half:]]


def run(
    cells: Sequence[str], folder: Path, servers: Sequence[ForkServer], *, waits: bool = True
) -> Verdict:
    """Run cells in all ways and return how they compare.

    Args:
        cells: of one example, or of several that were joined.
        folder: to work in; it is emptied first.
        servers: processes with different hash seeds, in turn.
        waits: whether restored values wait at the end.
    """
    _fresh(folder)
    for name in ("plain", "steps", "undisturbed"):
        (folder / name).mkdir()
    cells = list(cells)
    try:
        plain = servers[0].run(["pass", *cells], folder / "plain")
        if any(plain.errors):
            return Verdict("invalid", _errors(plain))
        steps = as_steps(cells)
        undisturbed = servers[0].run(steps, folder / "undisturbed")
        found = _compared(plain, undisturbed)
        if found.kind != "equal":
            return Verdict(found.kind, f"undisturbed: {found.detail}")
        for last in range(1, len(steps)):
            servers[last % len(servers)].run(steps, folder / "steps", die_after=last)
        resumed = servers[-1].run(steps, folder / "steps", waits=waits)
    except RuntimeError as error:
        return Verdict("loud", f"the shell died: {str(error)[-400:]}")
    return _compared(plain, resumed)


def shrunk(choices: Choices, fails: Callable[[Choices], bool], tries: int = 200) -> Choices:
    """Return fewer and smaller numbers whose example still fails.

    Args:
        choices: of an example that fails.
        fails: runs one, and says whether it fails in the same way.
        tries: how many may be run.
    """
    best = list(choices)
    size = max(1, len(best) // 2)
    seen: set[str] = {"".join(replayed(best).cells)}
    while size and tries > 0:
        changed = False
        for start in range(0, len(best), size):
            zeros = [0] * len(best[start : start + size])
            for middle in ([], zeros):
                other = [*best[:start], *middle, *best[start + size :]]
                text = "".join(replayed(other).cells)
                if text in seen or tries <= 0:
                    continue
                seen.add(text)
                tries -= 1
                if fails(other):
                    best, changed = other, True
                    break
        size = size if changed and size == 1 else size // 2
    return best


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _errors(run: Run) -> str:
    return "; ".join(error for error in run.errors if error)


def _compared(plain: Run, other: Run) -> Verdict:
    notes = [text for texts in other.notes for text in texts]
    named = [text for text in notes if _NAMED.search(text)]
    if named:
        return Verdict("named", "\n".join(named))
    if any(other.errors):
        return Verdict("loud", f"{_errors(other)} {notes}")
    stale = [text for text in notes if "STALE" in text]
    if stale:
        return Verdict("silent", f"STALE: {stale[0]}")
    if not compare(plain, other, offset=0):
        return Verdict("equal")
    return Verdict("silent", _differences(plain, other))


def _differences(plain: Run, other: Run) -> str:
    """Return the first places in which what was shown differs, as lines."""
    found = []
    for number, (expected, shown) in enumerate(zip(plain.outputs, other.outputs, strict=True)):
        lines = [_texts(outputs) for outputs in (expected, shown)]
        for one, two in itertools.zip_longest(*lines, fillvalue=""):
            if one != two:
                alike = itertools.takewhile(
                    lambda pair: pair[0] == pair[1], zip(one, two, strict=False)
                )
                start = max(0, sum(1 for _ in alike) - 40)
                found.append(
                    f"cell {number} {one[:12]!r}: ...{two[start : start + 130]!r}\n"
                    f"      not ...{one[start : start + 130]!r}"
                )
    found += [
        f"name {name}: {other.names.get(name)!r:.200}, not {plain.names.get(name)!r:.200}"
        for name in plain.names.keys() | other.names.keys()
        if plain.names.get(name) != other.names.get(name)
    ]
    return "\n".join(found[:4])


def _texts(outputs: list[dict[str, Any]]) -> list[str]:
    return "".join(str(output.get("text", output)) for output in merged(outputs)).splitlines()
