"""A state machine: run, fail, crash, resume, forget, against a dictionary.

`MUNDANE_TEST_EXAMPLES=5000 python -m pytest tests/core/test_machine.py` tries so many runs of it.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import mundane

from .support import BoomError, FakeClock, beside, fast_folder
from .test_json import same, strict_values

names = st.sampled_from(["a", "b", "c", "d"])
values = strict_values | st.binary(max_size=20)


class TaskMachine(RuleBasedStateMachine):
    """One task file; `stored` is what it must hold, `used` the names of the current pass."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=fast_folder())
        self.path = Path(self.folder.name) / "task.db"
        self.clock = FakeClock()
        self.stored: dict[str, Any] = {}
        self.status: dict[str, tuple[str, str]] = {}
        self.used: set[str] = set()
        self.task: mundane.Task | None = None

    @initialize()
    def open(self) -> None:
        """Start a pass."""
        self.task = mundane.Task(self.path, clock=self.clock)
        self.used = set()

    def teardown(self) -> None:
        """Close what is open."""
        if self.task is not None:
            self.task.close()
        self.folder.cleanup()

    @rule()
    def resume(self) -> None:
        """Close the file and start a new pass."""
        self.the_task.close()
        assert beside(self.path) == []
        self.open()

    @property
    def the_task(self) -> mundane.Task:
        """The open task."""
        assert self.task is not None
        return self.task

    def expected_refusal(self, name: str, kind: str) -> type[Exception] | None:
        """Return which error the use of a name must raise, if any."""
        if name in self.used:
            return mundane.DuplicateStepError
        if name in self.status and self.status[name][0] != kind:
            return mundane.StepKindError
        return None

    def check_refusal(
        self, error: Exception, expected: type[Exception] | None, ran: list[str]
    ) -> None:
        """Check that the right error came, and before the step's body ran."""
        assert type(error) is expected
        assert not ran

    @rule(name=names, value=values, outcome=st.sampled_from(["return", "raise", "interrupt"]))
    def step(self, name: str, value: Any, outcome: str) -> None:
        """Run a step that returns, raises, or is interrupted."""
        refusal = self.expected_refusal(name, "step")
        ran: list[str] = []

        def body() -> Any:
            ran.append(name)
            if outcome == "raise":
                raise BoomError
            if outcome == "interrupt":
                raise KeyboardInterrupt
            return value

        try:
            result = self.the_task.step(name, body)
        except (mundane.DuplicateStepError, mundane.StepKindError) as error:
            self.check_refusal(error, refusal, ran)
            return
        except mundane.StepFailedError:
            assert outcome == "raise"
            self.status[name] = "step", "failed"
        except KeyboardInterrupt:
            assert outcome == "interrupt"
            self.status[name] = "step", "pending"
        else:
            if ran:
                assert name not in self.stored
                self.stored[name] = value
                self.status[name] = "step", "done"
            assert same(result, self.stored[name])
        assert refusal is None
        self.used.add(name)

    @rule(name=names, minutes=st.integers(0, 90))
    def sleep(self, name: str, minutes: int) -> None:
        """Sleep, the whole time or the rest."""
        refusal = self.expected_refusal(name, "sleep")
        before_ms = self.clock.wall_ms
        try:
            self.the_task.sleep(name, f"{minutes}m")
        except (mundane.DuplicateStepError, mundane.StepKindError) as error:
            self.check_refusal(error, refusal, [])
            return
        assert refusal is None
        end_ms = self.stored.setdefault(name, before_ms + minutes * 60_000)
        assert self.clock.wall_ms == max(before_ms, end_ms)
        self.status[name] = "sleep", "done"
        self.used.add(name)

    @rule(hours=st.integers(-5, 5))
    def set_the_clock_forward(self, hours: int) -> None:
        """Let the world go on."""
        self.clock.pass_ms(abs(hours) * 3_600_000)

    @rule(name=names, value=values)
    def run_again(self, name: str, value: Any) -> None:
        """Run a step although it is stored, as a notebook's --rerun does."""
        if self.expected_refusal(name, "step") is not None:
            return
        attempt = self.the_task.begin(name, rerun=True)
        assert not attempt.stored
        attempt.done(value)
        self.stored[name] = value
        self.status[name] = "step", "done"
        self.used.add(name)

    @precondition(lambda self: self.status)
    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        """Forget some of the rows."""
        chosen = data.draw(st.lists(st.sampled_from(sorted(self.status)), max_size=3))
        self.the_task.forget(*chosen)
        for name in chosen:
            self.status.pop(name, None)
            self.stored.pop(name, None)
            self.used.discard(name)

    @rule()
    def release(self) -> None:
        """Start the pass again without closing."""
        self.the_task.release()
        self.used = set()

    @rule()
    def crash(self) -> None:
        """Take the file as it stands on the disk, as after a kill, and resume that."""
        files = {
            file.name: file.read_bytes() for file in self.path.parent.iterdir() if file.is_file()
        }
        self.the_task.close()
        for name, data in files.items():
            (self.path.parent / name).write_bytes(data)
        self.open()

    @invariant()
    def the_file_holds_what_it_must(self) -> None:
        """A reader sees just the rows and values of the model; so does the task."""
        if self.task is None:
            return
        with mundane.read(self.path) as view:
            found = {step.name: (step.kind, step.status) for step in view.steps()}
            assert found == self.status
            for name, value in self.stored.items():
                assert same(view.get(name), value)
        assert {name: self.the_task.status(name) for name in found} == {
            name: status for name, (_, status) in self.status.items()
        }
        assert self.the_task.used() == self.used


TaskMachine.TestCase.settings = settings(
    max_examples=int(os.environ.get("MUNDANE_TEST_EXAMPLES", "50")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
test_a_task_behaves_as_a_dictionary_that_survives = TaskMachine.TestCase
