"""One map under way: items become rows, outcomes become stored results, many at a time.

Runs no item and waits for none: workers do. What happens to rows between two waits is one
transaction, which costs hardly more for a thousand results than for one.
"""

from __future__ import annotations

import inspect
import time
from typing import Any

from .._errortext import error_text, short_repr
from .._file.store import Batch
from .._pass import Pass, Row
from .._values import decode_result, encode_value
from ..errors import (
    AsyncFunctionError,
    ExecutorLostError,
    MapFailedError,
    MundaneError,
    SchemaError,
    SerializationError,
    StorageError,
)
from .items import Item, Items, Key
from .workers import MAX_IN_FLIGHT, Lost, Outcome, Pace

# Where items are long in coming, those that came are not kept waiting for more than this.
_TAKE_S = 0.01

# How many stored results are read at once; they may be large.
_READ = 100

# How many of the failed keys an error lists.
_LISTED = 100

Result = tuple[int, Key, Any]
"""The position of an item, its key, and its value as the file holds it."""


class MapRows:
    """The rows of one map, from its first item to its last result.

    Args:
        steps: the task's names and rows.
        name: of the map.
        items: of the map.
        pace: how many items its workers want.
        outcomes: where the workers put them.

    Attributes:
        done: how many items are stored or failed.
    """

    def __init__(
        self, steps: Pass, name: str, items: Items, pace: Pace, outcomes: list[Outcome]
    ) -> None:
        self.done = 0
        self._steps = steps
        self._name = name
        self._items = items
        self._pace = pace
        self._outcomes = outcomes
        self._window = pace.in_flight
        self._in_flight: set[Row] = set()
        self._exhausted = False
        self._refusal: Exception | None = None
        self._cause: BaseException | None = None
        self._failed: list[Item] = []
        self._failures = 0
        self._lost = 0

    @property
    def total(self) -> int | None:
        """How many items there are; None where that is not known yet."""
        return self._items.total

    @property
    def over(self) -> bool:
        """Whether nothing is left to do."""
        return self._exhausted and not self._in_flight

    @property
    def waiting(self) -> bool:
        """Whether nothing can be done until there are outcomes."""
        in_flight = len(self._in_flight)
        return in_flight > 0 and (self._exhausted or in_flight >= self._window)

    def advance(self) -> tuple[list[Item], list[Result]]:
        """Commit what has finished, and `pending` for the next items.

        Returns:
            The items that are to be run now; the results that the file holds now.

        Raises:
            StorageError, SchemaError: something could not be written or read.
            BaseException: what an item raised that is no Exception; its row stays `pending`.
        """
        if self._pace.grows and 2 * len(self._outcomes) >= self._window:
            self._window = max(self._window, min(2 * self._window, MAX_IN_FLIGHT))
        results = []
        if self._items.slow and self._outcomes:
            results = self._commit(self._outcomes, [])
        fresh, stored = self._take()
        results += self._commit(self._outcomes, fresh)
        return fresh, self._read(stored) + results

    def rescue(self, error: BaseException) -> None:
        """Store the outcomes that are there, while `error` ends the map."""
        self._items.give_back()
        try:
            self._commit(self._outcomes, [])
        except MundaneError as refusal:
            error.add_note(f"mundane could not store what had finished: {refusal}")
        self._land(list(self._in_flight))
        self._steps.reread(error)

    def check(self) -> None:
        """Raise what kept items from being stored.

        Raises:
            ExecutorLostError: the executor broke.
            MapFailedError: items failed.
            Exception: what ended the caller's items too early.
        """
        path = self._steps.path
        if self._refusal is not None:
            raise self._refusal
        if self._cause is None:
            return
        reason = short_repr(self._cause)
        if self._lost:
            raise ExecutorLostError(path, self._name, self._lost, reason) from self._cause
        self._failed.sort(key=lambda item: item.position)
        keys = tuple(str(item.key) for item in self._failed)
        raise MapFailedError(path, self._name, keys, self._failures, reason) from self._cause

    def _take(self) -> tuple[list[Item], list[Item]]:
        """Return the next items that are to be run, and the stored ones before and between them."""
        fresh: list[Item] = []
        stored: list[Item] = []
        room = self._window - (len(self._in_flight) - len(self._outcomes))
        until_s = time.monotonic() + _TAKE_S
        try:
            while len(fresh) < room and len(stored) < _READ:
                item = next(self._items, None)
                if item is None:
                    self._exhausted = True
                    break
                done = item.row is not None and item.row.status == "done"
                (stored if done else fresh).append(item)
                if self._items.slow and time.monotonic() > until_s:
                    break
        except Exception as error:  # noqa: BLE001 (raised by `check`, once all in flight is stored)
            self._end(error)
        except BaseException:
            self._steps.release(item.name for item in fresh)
            raise
        return fresh, stored

    def _end(self, refusal: Exception | None) -> None:
        self._refusal = refusal
        self._exhausted = True
        self._items.give_back()

    def _read(self, stored: list[Item]) -> list[Result]:
        """Return the results of items that earlier passes stored."""
        if not stored:
            return []
        path = self._steps.path
        found = self._steps.store.results([item.row.id for item in stored if item.row])
        self.done += len(stored)
        return [
            (item.position, item.key, decode_result(path, item.name, *each))
            for item, each in zip(stored, found, strict=True)
        ]

    def _commit(self, outcomes: list[Outcome], fresh: list[Item]) -> list[Result]:
        """Store outcomes, which are removed from their list, and start rows; return the results."""
        if not outcomes and not fresh:
            return []
        batch = Batch()
        good, failed, fatal = self._sort(outcomes, batch)
        batch.pending = [(item.name, item.row.id if item.row else None) for item in fresh]
        try:
            row_ids = self._steps.store.write_batch(batch)
        except (StorageError, SchemaError):
            self._steps.release(item.name for item in fresh)
            self._commit_singly(outcomes)
            raise
        except BaseException:
            self._steps.release(item.name for item in fresh)
            raise
        for item, row_id in zip(fresh, row_ids, strict=True):
            item.row = self._steps.rows[item.name] = Row(row_id, "step", "pending", running=True)
            self._in_flight.add(item.row)
        self._land([item.row for item, _, _ in outcomes if item.row])
        self.done += len(good) + len(failed)
        outcomes.clear()
        results = [self._result(item, encoded) for item, encoded in good]
        for item, error in failed:
            self._note_failed(item, error)
        if fatal is not None:
            raise fatal
        return results

    def _land(self, rows: list[Row]) -> None:
        """Note that nothing runs these items any more."""
        for row in rows:
            row.running = False
        self._in_flight.difference_update(rows)

    def _sort(
        self, outcomes: list[Outcome], batch: Batch
    ) -> tuple[
        list[tuple[Item, tuple[str, str | bytes]]],
        list[tuple[Item, Exception]],
        BaseException | None,
    ]:
        """Put outcomes into a batch; return the good ones, the failed ones, and what ends all."""
        good, failed = [], []
        fatal: BaseException | None = None
        for item, value, raised in outcomes:
            assert item.row is not None
            error = raised
            if error is None:
                try:
                    encoded = encode_value(self._steps.path, item.name, value)
                except SerializationError as refusal:
                    error = _refusal_of(value, refusal)
                else:
                    batch.done.append((*encoded, item.row.id))
                    good.append((item, encoded))
                    continue
            if isinstance(error, Lost):
                self._lost += 1
                self._cause = error.cause
                self._end(None)
            elif isinstance(error, Exception):
                text = error_text(error, skip_frames=self._pace.own_frames if raised else 0)
                batch.failed.append((text, item.row.id))
                failed.append((item, error))
            else:
                fatal = error
        return good, failed, fatal

    def _commit_singly(self, outcomes: list[Outcome]) -> None:
        """After a refusal: what one row meets need not cost the others theirs."""
        if len(outcomes) > 1:
            for outcome in outcomes:
                try:
                    self._commit([outcome], [])
                except MundaneError as error:
                    del error  # its like is raised by the caller
        outcomes.clear()

    def _result(self, item: Item, encoded: tuple[str, str | bytes]) -> Result:
        assert item.row is not None
        item.row.status = "done"
        return item.position, item.key, decode_result(self._steps.path, item.name, *encoded)

    def _note_failed(self, item: Item, error: Exception) -> None:
        assert item.row is not None
        item.row.status = "failed"
        self._failures += 1
        if len(self._failed) < _LISTED:
            self._failed.append(item)
        if self._cause is None:
            self._cause = error


def _refusal_of(value: Any, refusal: SerializationError) -> MundaneError:
    """Return why a value could not be stored: an async function's coroutine tells by itself."""
    if not inspect.isawaitable(value):
        return refusal
    if inspect.iscoroutine(value):
        value.close()
    return AsyncFunctionError("task.map", "task.amap")
