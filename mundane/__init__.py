"""Durable execution: one workflow run is one SQLite file, the task file.

Each named step runs once and its result is stored; after a crash the same call resumes.

The layers, each importing only what stands below it:

    cli                      the command line: status, steps, get
    _task                    Task, run, arun, open: the replay loop
    _attempt                 one attempt at a step: a body's value or error -> its row
    _store      _reader      the rows, for the one writer; for the many readers
    _writer                  the writer's connection: the lock held, what is synced when
    _schema     _lock        format v1's tables; the single-writer lock
    _sqlite                  how SQLite is opened, how its errors are told
    _values -> _json         a step's value <-> its stored form
    _clock, _duration, _failure, _names
    errors                   every error raised on purpose

Standard library only.
"""

from ._attempt import Attempt
from ._reader import StepRecord, TaskView, read
from ._task import Task, arun, open, run  # noqa: A004 (mundane.open, as gzip.open)
from .errors import (
    AsyncFunctionError,
    ClosedTaskError,
    DuplicateStepError,
    DurationError,
    InvalidNameError,
    LockedError,
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
    "DuplicateStepError",
    "DurationError",
    "InvalidNameError",
    "LockedError",
    "MundaneError",
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
    "open",
    "read",
    "run",
]
