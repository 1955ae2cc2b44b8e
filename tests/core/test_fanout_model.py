"""Maps of every kind against a model: whatever fails, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import mundane

from .fanout import EXECUTORS, an_executor
from .support import BoomError, fast_folder, rows


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    passes=st.integers(1, 4),
    kind=st.sampled_from([*EXECUTORS, "coroutines"]),
    ordered=st.booleans(),
    lazy=st.booleans(),
)
def test_passes_against_a_model(
    data: st.DataObject, passes: int, kind: str, ordered: bool, lazy: bool
) -> None:
    """Whatever fails when: results are right, stored ones do not run, the others run once."""
    import tempfile

    stored: dict[int, int] = {}
    with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
        path = Path(folder) / "t.db"
        for number in range(passes):
            keys = data.draw(st.lists(st.integers(0, 30), unique=True))
            bad = set(data.draw(st.lists(st.sampled_from(keys)))) if keys else set()
            ran: list[int] = []

            def fn(
                key: int, ran: list[int] = ran, bad: set[int] = bad, number: int = number
            ) -> int:
                ran.append(key)
                if key in bad:
                    raise BoomError
                return 100 * key + number

            items = iter(keys) if lazy else keys
            with (
                mundane.open(path) as task,
                an_executor(kind if kind in EXECUTORS else "none") as ex,
            ):
                try:
                    if kind == "coroutines":

                        async def afn(key: int, fn: Callable[[int], int] = fn) -> int:
                            return fn(key)

                        found = asyncio.run(task.amap("m", afn, items, keys=keys, limit=3))
                    elif ordered:
                        found = task.map("m", fn, items, keys=keys, executor=ex)
                    else:
                        pairs = dict(
                            task.map("m", fn, items, keys=keys, executor=ex, ordered=False)
                        )
                        found = [pairs[key] for key in keys]
                except mundane.MapFailedError as error:
                    found, failed = None, set(error.keys)
                else:
                    failed = set()
            assert failed == {str(key) for key in bad - stored.keys()}
            assert sorted(ran) == sorted(set(keys) - stored.keys())
            stored |= {key: 100 * key + number for key in ran if key not in bad}
            assert found is None or found == [stored[key] for key in keys]
            assert {
                int(name.split(".")[1]): int(result)
                for name, _, _, status, result in rows(path)
                if status == "done"
            } == stored
