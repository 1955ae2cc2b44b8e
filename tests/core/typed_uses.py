"""Uses of the library as a user types them: mypy's strict check must pass, and tell what is wrong.

`test_types.py` checks this file and runs it. A line with `type: ignore` is one that mypy must
refuse: an unused one fails the check.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypedDict, assert_type

import mundane


class User(TypedDict):
    """A JSON object of a known shape."""

    name: str
    age: int


@dataclass
class Service:
    """Something with methods."""

    rate: float

    def fetch(self, number: int) -> User:
        """Return one user."""
        return {"name": f"user {number}", "age": number}

    async def afetch(self, number: int) -> User:
        """Return one user, later."""
        return self.fetch(number)


SERVICE = Service(1.0)


def total(numbers: list[int]) -> int:
    """Return a sum."""
    return sum(numbers)


def nothing() -> None:
    """Return nothing."""


def steps(task: mundane.Task) -> int:
    """Use what a step returns as what its function returns."""
    numbers = task.step("numbers", lambda: [n * n for n in range(10)])
    assert_type(numbers, list[int])
    user = task.step("user", lambda: SERVICE.fetch(1))
    assert_type(user, User)
    assert_type(task.step("raw", lambda: b"bytes"), bytes)
    assert_type(task.step("partial", partial(total, numbers)), int)
    assert_type(task.step("maybe", lambda: user["name"] if numbers else None), str | None)
    task.step("nothing", nothing)
    number: int = task.step("age", lambda: user["age"])
    anything: Any = task.get("numbers")
    return number + len(numbers) + len(anything)


def maps(task: mundane.Task) -> None:
    """Use what a map returns, by position and by key."""
    users = task.map("users", SERVICE.fetch, range(3))
    assert_type(users, list[User])
    assert_type(task.map("texts", str, [1, 2]), list[str])
    with ThreadPoolExecutor(2) as pool:
        sizes = task.map("sizes", len, ["a", "bb"], keys=lambda item: item, executor=pool)
        assert_type(sizes, list[int])
    by_position = task.map("by-position", SERVICE.fetch, [1, 2], ordered=False)
    assert_type(by_position, Iterator[tuple[int, User]])
    assert sorted(key for key, _ in by_position) == [0, 1]
    by_key = task.map("by-key", SERVICE.fetch, [1, 2], keys=["one", "two"], ordered=False)
    assert_type(by_key, Iterator[tuple[str, User]])
    ages: dict[str, int] = {key: user["age"] for key, user in by_key}
    assert ages == {"one": 1, "two": 2}


def wrong(task: mundane.Task) -> None:
    """Not run: each line is refused by mypy."""
    text: str = task.step("text", lambda: 1)  # type: ignore[assignment]
    task.step(text, total)  # type: ignore[arg-type]
    task.step("user", SERVICE.fetch(1))  # type: ignore[arg-type]
    task.map("users", SERVICE.fetch, ["one"])  # type: ignore[arg-type]
    sizes: list[str] = task.map("sizes", len, ["a"])  # type: ignore[arg-type]
    task.map(sizes[0], len, ["a"], keys=[1.5], ordered=False)  # type: ignore[call-overload]


async def later(task: mundane.Task) -> list[User]:
    """Await what an async step's function returns."""
    user = await task.astep("user", lambda: SERVICE.afetch(1))
    assert_type(user, User)
    users = await task.amap("users", SERVICE.afetch, [1, 2], limit=2)
    assert_type(users, list[User])
    pairs = task.amap("pairs", SERVICE.afetch, [1, 2], keys=[7, 8], ordered=False)
    assert_type(pairs, AsyncIterator[tuple[int, User]])
    assert {key async for key, _ in pairs} == {7, 8}
    await task.asleep("nap", 0)
    return [user, *users]


def attempts(path: Path) -> None:
    """Hold a task, read one, run a step's body oneself."""
    with mundane.open(path) as task:
        attempt = task.begin("own")
        if not attempt.stored:
            attempt.done({"a": 1})
    with mundane.read(path) as view:
        names: list[str] = [step.name for step in view.steps()]
    assert "own" in names


async def main(folder: Path) -> None:
    """Run all of them."""
    assert_type(mundane.run(folder / "steps.db", steps), int)
    mundane.run(folder / "maps.db", maps)
    found = await mundane.arun(folder / "later.db", later)
    assert_type(found, list[User])
    attempts(folder / "own.db")
    mundane.run(folder / "copy.db", lambda task: task.step("a", lambda: 1))
    mundane.backup(folder / "copy.db", folder / "backup.db")
