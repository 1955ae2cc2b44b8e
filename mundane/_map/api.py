"""`map` and `amap`: one durable step for each item. A base of `Task`.

Joins the items, their rows (`rows`) and who runs them (`workers`); async code awaits only the
workers.
SPEC.md, Maps.
"""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
)
from contextlib import AbstractContextManager, aclosing, closing, nullcontext
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from .._callables import refuse_async
from .._pass import Pass
from .items import Items, Key, Keys
from .rows import MapRows, Result
from .workers import AsyncWorkers, Outcome, Workers, make_workers

if TYPE_CHECKING:  # who passes one has loaded it
    from concurrent.futures import Executor

T = TypeVar("T")
R = TypeVar("R")
K = TypeVar("K", bound=Key)

Progress = Callable[[int, int | None], object]
"""Called with how many items are settled, and how many there are, or None."""


class Maps:
    """What a task does with many items at once.

    Attributes:
        show_progress: for maps that are given no `progress`: called with the map's name, returns a
            context manager of a `progress` function. None shows nothing.
    """

    _pass: Pass
    show_progress: Callable[[str], AbstractContextManager[Progress]] | None = None

    @overload
    def map(
        self,
        name: str,
        fn: Callable[[T], R],
        items: Iterable[T],
        *,
        keys: Callable[[T], Key] | Iterable[Key] | None = None,
        executor: Executor | None = None,
        ordered: Literal[True] = True,
        in_flight: int | None = None,
        progress: Progress | Literal[False] | None = None,
    ) -> list[R]: ...

    @overload
    def map(
        self,
        name: str,
        fn: Callable[[T], R],
        items: Iterable[T],
        *,
        keys: None = None,
        executor: Executor | None = None,
        ordered: Literal[False],
        in_flight: int | None = None,
        progress: Progress | Literal[False] | None = None,
    ) -> Iterator[tuple[int, R]]: ...

    @overload
    def map(
        self,
        name: str,
        fn: Callable[[T], R],
        items: Iterable[T],
        *,
        keys: Callable[[T], K] | Iterable[K],
        executor: Executor | None = None,
        ordered: Literal[False],
        in_flight: int | None = None,
        progress: Progress | Literal[False] | None = None,
    ) -> Iterator[tuple[K, R]]: ...

    def map(  # noqa: PLR0913 (all but three by name)
        self,
        name: str,
        fn: Callable[[Any], Any],
        items: Iterable[Any],
        *,
        keys: Keys = None,
        executor: Executor | None = None,
        ordered: bool = True,
        in_flight: int | None = None,
        progress: Progress | Literal[False] | None = None,
    ) -> Any:
        """Call `fn` once for each item; each is a step, `NAME.KEY`, that later passes restore.

        Args:
            name: of the map; a step name.
            fn: called with an item; returns strict JSON or bytes. For an executor of other
                processes, whatever that executor can send there.
            items: anything iterable; a generator's items are taken as they are needed.
            keys: what tells items apart, so that they may change their places: a function of an
                item, or one key for each. A key is an int, or text that a step name may hold.
                None: an item's position, from 0.
            executor: any `concurrent.futures.Executor`, which stays the caller's; None: this thread
                runs one item after the other.
            ordered: whether to return a list in the items' order; else an iterator of (key, value)
                pairs in the order of completion, which works as long as it is iterated over.
            in_flight: how many items are handed out at once, at least 1. None: twice the
                executor's workers, and up to 1,024 where they are quick. Without an executor, 1.
            progress: called in this thread with how many items are settled, and of how many, or
                None; False: nothing is shown, in a notebook either.

        Returns:
            What the file holds for each item: a list, or with `ordered=False` an iterator.

        Raises:
            InvalidNameError, DuplicateStepError, StepKindError: of any item's name. Where the items
                lie there already (a list, a range), before anything is touched; else once those
                in flight are stored.
            AsyncFunctionError: `fn` is async; use `amap`.
            MapFailedError: items failed; all others are stored.
            ExecutorLostError: the executor broke; what was in flight stays `pending`.
            StorageError, SchemaError: the file cannot be written or read.
        """
        refuse_async(fn, "task.map", "task.amap")
        outcomes: list[Outcome] = []
        workers = make_workers(executor, fn, outcomes, _checked(in_flight, "in_flight"))

        def results() -> Generator[Result]:
            with self._showing(name, progress) as show:
                rows = MapRows(
                    self._pass, name, Items(self._pass, name, items, keys), workers, outcomes
                )
                with closing(_drive(rows, workers)) as batches:
                    for batch in batches:
                        show(rows.done, rows.total)
                        yield from batch

        if not ordered:
            return ((key, value) for _, key, value in results())
        values: list[Any] = []
        with closing(results()) as found:
            for result in found:
                _put(values, result)
        return values

    @overload
    def amap(
        self,
        name: str,
        fn: Callable[[T], Awaitable[R]],
        items: Iterable[T],
        *,
        keys: Callable[[T], Key] | Iterable[Key] | None = None,
        limit: int = 100,
        ordered: Literal[True] = True,
        progress: Progress | Literal[False] | None = None,
    ) -> Coroutine[Any, Any, list[R]]: ...

    @overload
    def amap(
        self,
        name: str,
        fn: Callable[[T], Awaitable[R]],
        items: Iterable[T],
        *,
        keys: None = None,
        limit: int = 100,
        ordered: Literal[False],
        progress: Progress | Literal[False] | None = None,
    ) -> AsyncIterator[tuple[int, R]]: ...

    @overload
    def amap(
        self,
        name: str,
        fn: Callable[[T], Awaitable[R]],
        items: Iterable[T],
        *,
        keys: Callable[[T], K] | Iterable[K],
        limit: int = 100,
        ordered: Literal[False],
        progress: Progress | Literal[False] | None = None,
    ) -> AsyncIterator[tuple[K, R]]: ...

    def amap(  # noqa: PLR0913 (all but three by name)
        self,
        name: str,
        fn: Callable[[Any], Awaitable[Any]],
        items: Iterable[Any],
        *,
        keys: Keys = None,
        limit: int = 100,
        ordered: bool = True,
        progress: Progress | Literal[False] | None = None,
    ) -> Any:
        """`map` for an async function, in the running event loop.

        Args:
            name: as in `map`.
            fn: async, called with an item.
            items: as in `map`.
            keys: as in `map`.
            limit: how many items run at once, at least 1.
            ordered: as in `map`.
            progress: as in `map`.

        Returns:
            A coroutine of the list; with `ordered=False` an async iterator.

        Raises:
            The errors of `map`. Where it is cancelled, so are the items that run; their rows stay
            `pending`.
        """
        outcomes: list[Outcome] = []
        _checked(limit, "limit")

        async def results() -> AsyncGenerator[list[Result]]:
            workers = AsyncWorkers(fn, outcomes, limit)
            with self._showing(name, progress) as show:
                rows = MapRows(
                    self._pass, name, Items(self._pass, name, items, keys), workers, outcomes
                )
                async with aclosing(_adrive(rows, workers)) as batches:
                    async for batch in batches:
                        show(rows.done, rows.total)
                        yield batch

        return _as_list(results()) if ordered else _as_pairs(results())

    def _showing(
        self, name: str, progress: Progress | Literal[False] | None
    ) -> AbstractContextManager[Progress]:
        if progress is None and self.show_progress is not None:
            return self.show_progress(name)
        return nullcontext(progress or _show_nothing)


def _drive(rows: MapRows, workers: Workers) -> Generator[list[Result]]:
    try:
        while not rows.over:
            fresh, results = rows.advance()
            workers.start(fresh)
            yield results
            workers.collect(wait=rows.waiting)
    except BaseException as error:
        workers.stop()
        rows.rescue(error)
        raise
    rows.check()


async def _adrive(rows: MapRows, workers: AsyncWorkers) -> AsyncGenerator[list[Result]]:
    try:
        while not rows.over:
            fresh, results = rows.advance()
            workers.start(fresh)
            yield results
            await workers.collect(wait=rows.waiting)
    except BaseException as error:
        await workers.stop()
        rows.rescue(error)
        raise
    rows.check()


async def _as_list(results: AsyncGenerator[list[Result]]) -> list[Any]:
    values: list[Any] = []
    async with aclosing(results) as batches:
        async for batch in batches:
            for result in batch:
                _put(values, result)
    return values


async def _as_pairs(results: AsyncGenerator[list[Result]]) -> AsyncIterator[tuple[Key, Any]]:
    async with aclosing(results) as batches:
        async for batch in batches:
            for _, key, value in batch:
                yield key, value


def _put(values: list[Any], result: Result) -> None:
    position, _, value = result
    if position >= len(values):
        values.extend([None] * (position + 1 - len(values)))
    values[position] = value


def _checked(count: int | None, what: str) -> int | None:
    if count is not None and count < 1:
        raise ValueError(f"map: {what} is {count}, and must be at least 1")
    return count


def _show_nothing(done: int, total: int | None) -> None:
    """Stand for the progress that nobody asked for."""
