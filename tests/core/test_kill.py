"""SIGKILL at random moments, with a reader that never stops looking."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import mundane

from .support import Child, beside

KILLS = 200

# A fork server: a run is a forked child of a warm interpreter, which costs a millisecond. It kills
# each after a random number of acknowledged steps plus a random moment, and resumes at once. What
# the children acknowledge goes on to the test.
SERVER = """
    import os, random, signal, sys, time
    import mundane

    path, kills = sys.argv[1], int(sys.argv[2])
    chance = random.Random(20261124)

    def steps(out, size):
        # Starts like a run, and then steps as fast as it can: a new step each time it is resumed.
        with mundane.open(path) as task:
            os.write(out, b"open\\n")
            number = 0
            while True:
                name = f"s{number}"
                stored = task.status(name) == "done"
                value = task.step(name, lambda: [number, "x" * size])
                assert value[0] == number
                if not stored:
                    os.write(out, f"{name}\\n".encode())
                number += 1

    for kill in range(kills):
        read, write = os.pipe()
        size = chance.choice([10, 10, 1000, 50_000])
        pid = os.fork()
        if pid == 0:
            os.close(read)
            try:
                steps(write, size)
            except BaseException:
                import traceback
                traceback.print_exc()
            os._exit(1)
        os.close(write)
        wanted = chance.choice([0, 0, 1, 2, 3, 5, 8])
        told = b""
        # Before its opening is over, in it, or after so many lines, each of which is one step.
        if wanted or chance.random() < 0.5:
            while told.count(b"\\n") <= wanted:
                data = os.read(read, 4096)
                if not data:
                    break
                told += data
        moment = time.perf_counter() + chance.expovariate(1 / 0.002)
        while time.perf_counter() < moment:
            pass
        os.kill(pid, signal.SIGKILL)
        while data := os.read(read, 4096):
            told += data
        os.close(read)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status), "the run ended by itself"
        # A line that was cut in its middle was not acknowledged; pipes keep short ones whole.
        names = [line for line in told.decode().splitlines() if line != "open"]
        print(" ".join(names), flush=True)
"""

READER = """
    import select, sys
    import mundane

    path = sys.argv[1]
    looks = done = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        try:
            view = mundane.read(path)
        except mundane.TaskNotFoundError:
            continue
        except mundane.SchemaError as error:
            # Only before the first run made its tables.
            assert error.reason == "holds no task yet" and not looks, error
            continue
        with view:
            steps = view.steps()
            finished = [step.name for step in steps if step.status == "done"]
            assert len(finished) >= done, "a step that was seen is gone"
            done = len(finished)
            for name in finished[-2:]:
                assert f"s{view.get(name)[0]}" == name
            looks += 1
    print(looks)
"""


def test_a_run_survives_sigkill_at_any_moment(tmp_path: Path) -> None:
    """After 200 kills no acknowledged step is lost, the file is sound, no reader had an error."""
    path = tmp_path / "task.db"  # on a disk, whose syncs make the moments long that matter
    acknowledged: list[str] = []
    with Child(READER, path) as reader, Child(SERVER, path, KILLS) as server:
        for _ in range(KILLS):
            acknowledged += server.line().split()
        server.end()
        reader.say()
        looks = int(reader.end())

    with mundane.read(path) as view:
        done = {step.name for step in view.steps() if step.status == "done"}
        lost = set(acknowledged) - done
        assert lost == set()
        for name in done:
            assert f"s{view.get(name)[0]}" == name
    with mundane.open(path) as task:
        task.step("end", lambda: 1)
    assert beside(path) == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(acknowledged) == len(set(acknowledged)), "a step ran again that was acknowledged"
    assert len(acknowledged) > KILLS / 2
    assert looks > KILLS / 10
