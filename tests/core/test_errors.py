"""Errors: each is told apart, caught as a builtin, and crosses a process boundary whole."""

from __future__ import annotations

import concurrent.futures
import copy
import inspect
import multiprocessing
import os
import pickle
import re
import threading

import pytest

import mundane
from mundane import errors

EXAMPLES: dict[mundane.MundaneError, type[Exception]] = {
    errors.InvalidNameError("'a b'"): ValueError,
    errors.DurationError("-1", "is negative"): ValueError,
    errors.DuplicateStepError("task.db", "a"): ValueError,
    errors.DuplicateStepError("task.db", "a", "by cell 3"): ValueError,
    errors.StepKindError("task.db", "a", "sleep", "step"): TypeError,
    errors.StepFailedError("task.db", "a", "KeyError('x')"): RuntimeError,
    errors.MapFailedError("task.db", "a", ("3", "7"), 2, "KeyError('x')"): RuntimeError,
    errors.MapFailedError("task.db", "a", tuple("abcdefghijkl"), 4000, "E()"): RuntimeError,
    errors.ExecutorLostError("task.db", "a", 8, "BrokenProcessPool()"): RuntimeError,
    errors.SerializationError("task.db", "a", "$.x[1]", "set is not JSON"): TypeError,
    errors.AsyncFunctionError("run", "arun"): TypeError,
    errors.LockedError("task.db", None): BlockingIOError,
    errors.LockedError("task.db", 4711): BlockingIOError,
    errors.SchemaError("task.db", "is not SQLite"): ValueError,
    errors.damaged("task.db", "cut off"): ValueError,
    errors.StorageError("task.db", "the disk is full"): OSError,
    errors.TaskNotFoundError("task.db", "there is no such task file"): FileNotFoundError,
    errors.ClosedTaskError("task.db", "closed"): RuntimeError,
    errors.UnknownStepError("task.db", "a", None): LookupError,
    errors.UnknownStepError("task.db", "a", "failed"): LookupError,
    errors.CommandError("task.db: nothing was changed: add --yes"): ValueError,
}
ids = [type(error).__name__ for error in EXAMPLES]


def classes() -> set[type]:
    """Return every error class of the library."""
    return {
        value
        for _, value in inspect.getmembers(errors, inspect.isclass)
        if issubclass(value, errors.MundaneError)
    }


def test_every_class_has_an_example_here() -> None:
    """No error is left out of these tests, nor of the package's public names."""
    assert {type(error) for error in EXAMPLES} == classes() - {errors.MundaneError}
    assert all(getattr(mundane, kind.__name__) is kind for kind in classes())


@pytest.mark.parametrize(("error", "builtin"), EXAMPLES.items(), ids=ids)
def test_each_is_a_mundane_error_and_the_builtin(
    error: mundane.MundaneError, builtin: type[Exception]
) -> None:
    """It is caught by who knows mundane and by who does not."""
    assert isinstance(error, mundane.MundaneError)
    assert isinstance(error, builtin)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("error", EXAMPLES, ids=ids)
def test_each_survives_pickling(error: mundane.MundaneError, protocol: int) -> None:
    """Type, text and fields are equal after it."""
    back = pickle.loads(pickle.dumps(error, protocol))
    assert type(back) is type(error)
    assert (str(back), vars(back), back.args) == (str(error), vars(error), error.args)


@pytest.mark.parametrize("error", EXAMPLES, ids=ids)
def test_each_survives_copying(error: mundane.MundaneError) -> None:
    """As pickling does."""
    back = copy.copy(error)
    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))


@pytest.mark.parametrize("error", EXAMPLES, ids=ids)
def test_each_says_what_and_where(error: mundane.MundaneError) -> None:
    """The text is one line, names the file and the step where it has them, and no class."""
    text = str(error)
    assert "\n" not in text
    for field in ("path", "name"):
        assert str(vars(error).get(field, "")) in text


def fail() -> None:
    """Raise in a worker process."""
    raise errors.SerializationError("task.db", "a", "$", "set is not JSON")


def test_an_error_crosses_a_process_pool() -> None:
    """A worker's error arrives in the parent as itself."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        future = pool.submit(fail)
        with pytest.raises(mundane.SerializationError, match=r"\$: set is not JSON"):
            future.result()


def test_the_original_of_a_failed_step() -> None:
    """It is the cause, and is not invented after unpickling."""
    error = errors.StepFailedError("task.db", "a", "KeyError('x')")
    error.__cause__ = cause = KeyError("x")
    error.__cause__.lock = threading.Lock()  # type: ignore[attr-defined]
    assert error.original is cause
    assert pickle.loads(pickle.dumps(error)).original is None


def test_damage_says_what_to_do() -> None:
    """A damaged file is gone back from or saved; a damaged row alone is forgotten."""
    assert re.search(
        "copy .*'mundane backup'.*[.]recover.* new file$", str(errors.damaged("t.db", "x"))
    )
    assert str(errors.damaged("t.db", "x", "a")).endswith("forget 'a', so that it runs again")


def test_a_lock_held_by_this_process_says_so() -> None:
    """The advice differs: there is a task of one's own to close."""
    assert "this process" in str(errors.LockedError("task.db", os.getpid()))
    assert "process 4711" in str(errors.LockedError("task.db", 4711))
    assert "another process" in str(errors.LockedError("task.db", None))
    assert errors.LockedError("task.db", 4711).errno is not None
