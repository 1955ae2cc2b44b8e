"""Durable execution: one workflow run is one SQLite file, the task file.

Each named step runs once and its result is stored; after a crash the same call resumes.

The layers, each importing only what stands below it:

    tools                    what packages that build on task files may use
    cli                      the command line, others' commands among it
    _inspect    _control     status, steps, get, backup; forget, vacuum
    _backup                  a copy of a task file, beside its live writer
    _task                    Task, run, arun, open: the replay loop
    _fanout                  map, amap: many items at once
    _fan                     one map under way: items -> rows -> results
    _crews                   who runs a map's items
    _items                   a map's items, their keys and names
    _attempt                 one attempt at a step: a body's value or error -> its row
    _pass                    the rows that a task knows, the names it used
    _plugins, _text, _outline  what other packages bring; tables and values as text; maps in a line
    _store      _reader      the rows, for the one writer; for the many readers
    _writer                  the writer's connection: the lock held, what is synced when
    _schema     _lock        format v1's tables; the single-writer lock
    _sqlite     _statement   how SQLite is opened, how its errors are told; SQL as tokens
    _journal                 what lies beside a file before SQLite sees it
    _values -> _json         a step's value <-> its stored form
    _async, _clock, _duration, _failure, _names, _sync
    errors                   every error raised on purpose

Standard library only.
"""

from ._attempt import Attempt
from ._backup import backup
from ._clock import Nap
from ._reader import StepRecord, TaskView, read
from ._task import Task, arun, open, run  # noqa: A004 (mundane.open, as gzip.open)
from .errors import (
    AsyncFunctionError,
    ClosedTaskError,
    CommandError,
    DuplicateStepError,
    DurationError,
    ExecutorLostError,
    InvalidNameError,
    LockedError,
    MapFailedError,
    MundaneError,
    SchemaError,
    SerializationError,
    StepFailedError,
    StepKindError,
    StorageError,
    TaskNotFoundError,
    UnknownStepError,
)

__all__ = [
    "AsyncFunctionError",
    "Attempt",
    "ClosedTaskError",
    "CommandError",
    "DuplicateStepError",
    "DurationError",
    "ExecutorLostError",
    "InvalidNameError",
    "LockedError",
    "MapFailedError",
    "MundaneError",
    "Nap",
    "SchemaError",
    "SerializationError",
    "StepFailedError",
    "StepKindError",
    "StepRecord",
    "StorageError",
    "Task",
    "TaskNotFoundError",
    "TaskView",
    "UnknownStepError",
    "arun",
    "backup",
    "open",
    "read",
    "run",
]
