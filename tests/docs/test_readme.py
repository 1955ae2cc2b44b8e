"""README.md: its commands, its examples, its tables and its messages."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_code_cell, new_notebook

import mundane
from mundane_ipython.magics.magics import MundaneMagics
from mundane_ipython.run import command as headless

from .support import README, ROOT, SPEC, blocks, run_cells, section

OPEN = "%load_ext mundane_ipython\n%mundane_open t.db"


def cells(example: str) -> list[str]:
    """Return the cells of an example: a new one starts at each magic below a blank line."""
    return [cell.strip() for cell in re.split(r"\n\n(?=%)", example)]


@pytest.mark.parametrize("title", ["Run it", "Test it"])
def test_section_holds_one_command(title: str) -> None:
    """`Run it` and `Test it` each hold one fenced block with one command line."""
    text = section(README, title)
    assert text.count("```") == 2
    (command,) = blocks(text, "sh")
    assert len(command.splitlines()) == 1
    parts = [part.strip() for part in command.split("&&")]
    assert parts[0] == "python3 -m venv .venv"
    assert all(part.startswith(".venv/bin/") for part in parts[1:])


def test_run_command_names_what_is_there() -> None:
    """The command of `Run it` installs an extra that exists and runs a notebook that exists."""
    (command,) = blocks(section(README, "Run it"), "sh")
    assert "'.[notebooks]'" in command
    words = shlex.split(command)
    assert (ROOT / words[-1]).is_file()
    assert words[-2] == "mundane_ipython.demo"


def test_ci_runs_the_tests_as_the_readme_does() -> None:
    """`.ci/run` calls pytest with the arguments of the README's command."""
    (command,) = blocks(section(README, "Test it"), "sh")
    arguments = command.partition("-m pytest")[2].strip()
    assert f"-m pytest {arguments}" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_ten_lines_restore(tmp_path: Path) -> None:
    """The first example runs, and in a second kernel its steps are restored with their outputs."""
    (example,) = blocks(section(README, "Ten lines"), "ipython")
    assert len([line for line in example.splitlines() if line]) == 9
    first = run_cells(cells(example), tmp_path)
    second = run_cells([*cells(example), "len(rows), total"], tmp_path)
    assert first[2] == "332,833,500\n"
    assert first[1] == ""
    assert re.match(
        r"step fetch: restored, saved 2\.\ds \(ran \d{4}-\d\d-\d\d \d\d:\d\d\)", second[1]
    )
    assert second[2].startswith("332,833,500\n")
    assert "step total: restored" in second[2]
    assert second[3] == "(1000, 332833500)"


def test_tenacity_example(tmp_path: Path) -> None:
    """Retries by tenacity inside a step work as shown."""
    example = blocks(section(README, "Working with steps"), "ipython")[0]
    shown = run_cells([OPEN, example, "len(attempts), payload"], tmp_path)
    assert shown[1:] == ["", "(3, 'payload')"]


def test_script_and_command_line(tmp_path: Path) -> None:
    """The script prints its total, and the commands shown read its file."""
    (script,) = blocks(section(README, "In a script"), "python")
    (tmp_path / "report.py").write_text(script, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    def run(*words: str) -> str:
        command = [sys.executable, *words]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        ).stdout

    assert run("report.py") == run("report.py") == "332833500\n"
    (commands,) = blocks(section(README, "Command line"), "sh")
    shown = []
    for line in commands.splitlines():
        program, *words = shlex.split(line)
        shown.append(run("-m", program, *words))
    status, steps, value, copied, wrote, forgot, vacuumed = shown
    assert re.search(r"^done +3$", status, re.MULTILINE)
    assert [json.loads(line)["name"] for line in steps.splitlines()] == [
        "fetch",
        "cool-down",
        "total",
    ]
    assert value == "332833500\n"
    assert wrote.startswith("wrote report.html")
    assert "<h3>cool-down</h3>" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert forgot.endswith("forgot 1 step\n")
    assert "given back" in vacuumed
    assert copied == ""
    assert run("-m", "mundane", "get", "report-copy.db", "total") == value


def test_many_items(tmp_path: Path) -> None:
    """The example of `map` runs, its rows are named as the text says, and it restores."""
    (script,) = blocks(section(README, "Many items"), "python")
    (tmp_path / "pages.py").write_text(script, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "pages.py"]
    for _ in range(2):
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout == "14000\n"
    steps = mundane.read(tmp_path / "pages.db").steps()
    assert [step.name for step in steps] == ["fetch.index", "fetch.about", "fetch.news"]


def test_every_magic_and_option_is_there() -> None:
    """Each magic and option that the README names exists, and each that exists is named."""
    shell = InteractiveShell()
    magics = MundaneMagics(shell)
    table = section(README, "Working with steps")
    named = set(re.findall(r"%(?:mundane_\w+|step)\b", table))
    assert named == {f"%{name}" for name in magics.magics["line"]}
    options = {
        option
        for method in (magics.line_step, magics.mundane_open, magics.mundane_forget)
        for action in method.parser._actions
        for option in action.option_strings
        if option not in ("-h", "--help", "--only")
    }
    assert options == set(re.findall(r"(?<![\w-])(?:--[a-z-]+|-o)\b", README)) & options
    assert "MUNDANE_TASK" in table
    for text in (README, section(SPEC, "Options")):
        assert all(trait in text for trait in magics.trait_names(config=True))


def run_options() -> set[str]:
    """Return the options of `mundane run`, one name for each."""
    return {
        option
        for action in headless._parser()._actions
        for option in action.option_strings
        if option not in ("-h", "--help")
    }


def test_every_option_of_a_run_is_there() -> None:
    """Each option of `mundane run` is listed, by its short or its long name, and no other."""
    listed = set(re.findall(r"(?<![\w-])(?:--[a-z-]+|-\w)\b", section(README, "Run from cron")))
    assert listed <= run_options()
    for action in headless._parser()._actions:
        if action.dest not in ("help", "notebook"):
            assert listed & set(action.option_strings), action


def test_the_command_for_cron(tmp_path: Path) -> None:
    """The command runs its notebook with its parameter, and a second time it restores."""
    (line,) = blocks(section(README, "Run from cron"), "sh")
    opening = "%load_ext mundane_ipython\n%mundane_open"
    notebook = new_notebook(
        cells=[
            new_code_cell(opening),
            new_code_cell("region = 'south'", metadata={"tags": ["parameters"]}),
            new_code_cell("%%step where\nregion"),
        ]
    )
    nbformat.write(notebook, tmp_path / "report.ipynb")
    program, *words = shlex.split(line)
    said = []
    for _ in range(2):
        process = subprocess.run(
            [sys.executable, "-m", program, *words], cwd=tmp_path, capture_output=True, text=True
        )
        assert process.returncode == 0, process.stderr
        said.append(process.stderr)
    assert "ran" in said[0]
    assert "restored, saved" in said[1]
    with mundane.read(tmp_path / "report.task.db") as view:
        assert view.get("where") == "north"
    assert (tmp_path / "report.out.ipynb").is_file()


def test_what_is_stored_and_what_is_not(tmp_path: Path) -> None:
    """Names, deletions, identity and outputs come back; a connection does not, as a note says."""
    step = [
        OPEN,
        "old = [1]\ngone = 1",
        "%%step s\nimport sqlite3\nconn = sqlite3.connect(':memory:')\n"
        "class C: pass\nc = d = C()\nalso_old = old\n"
        "def f(): return 'f'\ndel gone\nfor i in range(3): print(i)\n'last'",
        "print(c is d, also_old is old, f(), i, _, Out[3])\n"
        "print('gone' in globals(), 'conn' in globals())",
    ]
    first, second = run_cells(step, tmp_path), run_cells(step, tmp_path)
    assert first[3] == "True True f 2 last last\nFalse True\n"
    assert second[3] == "True True f 2 last last\nFalse False\n"
    assert second[2].startswith("0\n1\n2\n\n'last'\nstep s: restored")
    assert "conn (TypeError" in first[2]
    assert "conn (TypeError" in second[2]


def test_changes_are_kept_and_named(tmp_path: Path) -> None:
    """In-place changes and the random generator come back; a changed input is named, or reruns."""
    step = "%%step s{}\nimport random\nresults.append(n)\nluck = random.random()"
    after = "print(results, random.random())"

    def run(n: int, option: str = "") -> list[str]:
        plain = f"import random\nrandom.seed(1)\nresults = []\nn = {n}"
        return run_cells([OPEN, plain, step.format(option), after], tmp_path)

    first, second = run(10), run(10)
    assert first[3] == second[3]
    assert first[3].startswith("[10] ")
    assert "STALE" not in second[2]
    warned, rerun, refused = run(20), run(20, " --on-change rerun"), run(30, " --on-change error")
    assert "STALE: input n changed: 10 -> 20. To run it again: %%step s --rerun" in warned[2]
    assert warned[3].startswith("[10] ")
    assert rerun[3].startswith("[20] ")
    assert "StaleStepError" in refused[2]
    assert "input n changed: 20 -> 30" in refused[2]


def recipes() -> list[list[str]]:
    """Return the cells of each recipe."""
    parts = section(README, "Recipes").split("\n**")[1:]
    found = [[c for block in blocks(part, "ipython") for c in cells(block)] for part in parts]
    return [recipe for recipe in found if recipe]


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe[-1].split()[1])
def test_recipe(recipe: list[str], tmp_path: Path) -> None:
    """Each recipe runs as it stands; in another kernel its steps are restored, not run again."""
    (tmp_path / "prices.csv").write_text("1\n2\n")
    first = run_cells([OPEN, *recipe], tmp_path)
    second = run_cells([OPEN, *recipe], tmp_path)
    assert "Error" not in "".join(first + second)
    for source, before, after in zip(recipe, first[1:], second[1:], strict=True):
        if source.startswith("%%step"):
            assert "restored, saved" in after
        elif "%mundane" not in source:
            assert after == before


def test_recipe_of_a_changed_file(tmp_path: Path) -> None:
    """A step that reads what a file's date is runs again once that is another."""
    (recipe,) = [each for each in recipes() if "prices.csv" in each[0]]
    for number in range(2):
        (tmp_path / "prices.csv").write_text(f"{number}\n")
        os.utime(tmp_path / "prices.csv", ns=(number, number))
        shown = run_cells([OPEN, *recipe, "lines"], tmp_path)
    assert "step prices: runs again (input version changed: 0 -> 1)" in shown[2]
    assert shown[3] == "['1']"


def test_recipe_in_a_script(tmp_path: Path) -> None:
    """The script of the recipes reads what a notebook has stored."""
    run_cells(
        ["%load_ext mundane_ipython\n%mundane_open report.task.db", "%%step total\n42"], tmp_path
    )
    (script,) = blocks(section(README, "Recipes"), "python")
    command = [sys.executable, "-c", script]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    shown = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert shown.stdout == "['total'] 42\n", shown.stderr


def messages() -> list[str]:
    """Return the messages of the troubleshooting table."""
    return re.findall(r"^\| `(.+?)` \|", section(README, "Troubleshooting"), re.MULTILINE)


@pytest.fixture(scope="module")
def provoked(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is shown by cells that go wrong in each of the ways of the troubleshooting table."""
    folder = tmp_path_factory.mktemp("troubles")
    (folder / "text.db").write_text("no database, but long enough to be read as one\n" * 20)
    (folder / "gone.py").write_text("class Thing: pass\n")
    mundane.run(folder / "cut.db", lambda task: task.step("fit", lambda: 5))
    os.truncate(folder / "cut.db", 4096)
    mundane.run(folder / "script.db", lambda task: task.step("fit", lambda: 5))
    with mundane.open(folder / "held.db"):
        shown = run_cells(
            [
                "%mundane_open t.db",
                "%load_ext mundane_ipython",
                "%%step early\n1",
                "%mundane_open held.db",
                "%mundane_open text.db",
                "%mundane_open cut.db",
                "%mundane_open script.db",
                "%%step fit\na = 1\nb = 2",
                "%mundane_open t.db",
                "%%step twice\na = 1",
                "%%step twice\nb = 2",
                "%%step part\nimport sqlite3\nconn = sqlite3.connect(':memory:')",
                "%%step x -o when\nwhen = (n for n in 'abc')",
                "%%step model\nimport fractions\ndef model(): return 1",
                "import importlib, platform",
                "%%step thing\nthing = importlib.import_module('gone').Thing()",
                "platform.python_version = lambda: '3.9.1'",
                "%%step code\ndef code(): return 1",
                "%mundane_sleep nap 2h",
            ],
            folder,
            MUNDANE_EXIT_ON_SLEEP="1m",
        )
    (folder / "gone.py").unlink()
    shown += run_cells(
        [
            OPEN,
            "%%step twice\na = 3",
            "import importlib",
            "%%step thing\nthing = importlib.import_module('gone').Thing()",
            "%%step code\ndef code(): return 1",
        ],
        folder,
        PYTHONDONTWRITEBYTECODE="1",
    )
    shown += run_cells([OPEN, "%%step model\ndef model(): return 1"], folder, key="another-key")
    return "\n".join(shown).replace(str(os.getpid()), "4711")


@pytest.mark.parametrize("message", messages())
def test_message_is_said(message: str, provoked: str) -> None:
    """Each message of the troubleshooting table is said where the table says."""
    message = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d, ", "...", message)  # a time
    for part in message.replace("(TypeError: ...)", "(TypeError: ").split("..."):
        assert part.strip() in provoked


def test_links_lead_somewhere() -> None:
    """Each relative link names a file of the repository."""
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert all((ROOT / link).is_file() for link in links)
