"""Durable execution: one workflow run is one SQLite file, the task file.

Each named step runs once and its result is stored; after a crash the same call resumes.

The rooms, which are folders, and the modules beside them. Each imports only what stands below it,
and a room draws its own files in the same way:

    tools       what packages that build on task files may use
    cli         the command line, others' commands among it
    _cli        The commands of the command line, and what they print
    _task       Task, run, arun, open: the replay loop
    _map        Many items at once, each of them a durable step
    _attempt    one attempt at a step: a body's value or error -> its row
    _pass       the rows that a task knows, the names it used
    _file       The task file: its format, its one writer, its many readers
    _values     a step's value <-> its stored form
    _json       strict JSON: a value <-> text
    _errortext  an exception -> the text that its step's row holds
    _callables  async functions where plain ones are called: refused
    _clock      the wall clock and waiting
    _duration   a duration as people write it <-> milliseconds
    _names      what may be a step's name, and a task file's path
    errors      every error raised on purpose

Standard library only.
"""

from ._attempt import Attempt
from ._clock import Nap
from ._file.backup import backup
from ._file.reader import StepRecord, TaskView, read
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
