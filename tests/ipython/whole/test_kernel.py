"""What a kernel sends: outputs of every way to show something, and their replay."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipykernel
import pytest

from ..support.kernels import Notebook, open_notebook

BODIES = {
    "streams": "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c', end='')",
    "flushes": "for i in range(50): print(i, flush=True)",
    "logging": "import logging\nlogging.warning('logged')",
    "result": "x = {'k': (1, 2)}\nx",
    "semicolon": "1 + 1;",
    "rich": "from IPython.display import *\n"
    "display(HTML('<b>'), Markdown('*m*'), Latex('$x$'), JSON({'a': 1}), SVG('<svg></svg>'))\n"
    "HTML('<i>')",
    "metadata": "from IPython.display import publish_display_data\n"
    "publish_display_data({'text/plain': 'p'}, {'isolated': True})",
    "update": "from IPython.display import display\nh = display('first', display_id='own')\n"
    "print('between')\nh.update('second')",
    "clear": "from IPython.display import *\nprint('gone')\nclear_output()\nprint('kept')",
    "clear-wait": "from IPython.display import clear_output\nprint('gone')\n"
    "clear_output(wait=True)\nprint('kept')",
    "clear-last": "from IPython.display import *\nprint('kept')\nclear_output(wait=True)",
    "shell": "!printf 'out\\n'; printf 'err\\n' >&2",
    # Nothing is printed behind a command: a thread of ipykernel's reads what it wrote, and whether
    # before or after the next print, no kernel promises.
    "system": "import os, sys\nprint('before')\nsys.stdout.flush()\nos.system('echo system');",
    "subprocess": "import subprocess\n_ = subprocess.run('seq 2000', shell=True)",
    "descriptor": "import os\nos.write(1, b'raw bytes\\n');",
    "ctypes": "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.puts(b'from C')\nlibc.fflush(None);",
    "threads": "import threading\nt = threading.Thread(target=lambda: print('in a thread'))\n"
    "t.start()\nt.join()\nprint('joined')",
    "thread-display": "import threading\nfrom IPython.display import display\n"
    "t = threading.Thread(target=lambda: display('shown in a thread'))\nt.start()\nt.join()\n"
    "t = None",
    "gather": "import asyncio\nasync def f(i):\n    await asyncio.sleep(0)\n    print(i)\n"
    "    return i\nawait asyncio.gather(f(1), f(2))",
    "bash": "%%bash\necho from bash",
    "showtraceback": "try:\n    1 / 0\nexcept ZeroDivisionError:\n"
    "    get_ipython().showtraceback()\nprint('went on')",
    "warning": "import warnings\nwarnings.warn_explicit('careful', UserWarning, 'file.py', 1)",
    "progress": "from tqdm import tqdm\nlist(tqdm(range(3), mininterval=0, smoothing=0,"
    " bar_format='{n_fmt}/{total_fmt}'))",
    "figure": "import matplotlib.pyplot as plt\nfig, ax = plt.subplots(figsize=(1, 1))\n"
    "ax.plot([1, 2])\nprint('plotted')",
    "two-figures": "import matplotlib.pyplot as plt\nfor i in range(2):\n"
    "    plt.figure(figsize=(1, 1))\n    plt.plot([i, 1])\n    plt.show()\nprint('shown')",
    "frame": "import pandas as pd\npd.DataFrame({'a': [1, 2]})",
    "large": "print('x' * 200_000)",
    "unicode": "print('\\u00e9 \\u4e16 \\U0001f600')\n'\\u00e9'",
    "ansi": "print('\\x1b[31mred\\x1b[0m')",
    "repr-raises": "class Bad:\n    def __repr__(self): raise ValueError('no repr')\nbad = 1\n"
    "print('fine')",
}


@pytest.fixture(scope="module")
def natively(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """A kernel without the extension, whose cells end when what their commands wrote is there.

    A plain kernel does not wait for that, and may show it under the next cell.
    """
    with open_notebook(tmp_path_factory.mktemp("plain"), open_task=False) as kernel:
        kernel.ok(
            "from mundane_ipython.outputs.capture import _drain_descriptors\n"
            "get_ipython().events.register('post_execute', _drain_descriptors)"
        )
        yield kernel


@pytest.fixture(scope="module")
def durably(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """A kernel with an open task."""
    with open_notebook(tmp_path_factory.mktemp("durable")) as kernel:
        yield kernel


def uncounted(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return outputs without what differs between two cells: their numbers, their tracebacks."""
    return [
        {k: v for k, v in output.items() if k not in ("execution_count", "traceback")}
        for output in outputs
    ]


@pytest.mark.parametrize("name", BODIES)
def test_outputs_are_those_of_the_plain_cell(
    natively: Notebook, durably: Notebook, name: str
) -> None:
    """A step shows what the plain cell shows, when it runs and when it is restored."""
    body = BODIES[name]
    expected = natively.ok(body).outputs if name != "showtraceback" else natively.run(body).outputs
    first = durably.run(f"%%step {name}\n{body}")
    assert uncounted(first.plain) == uncounted(expected)
    again = durably.run(f"%%step {name}\n{body}")
    assert again.facts[-1]["event"] == "restored"
    assert uncounted(again.plain) == uncounted(first.plain)
    assert [o.get("traceback") for o in again.plain] == [o.get("traceback") for o in first.plain]


def test_forked_child(notebook: Notebook) -> None:
    """What a forked child prints is the step's; the child does not end or unlock the task."""
    source = (
        "%%step f\nimport os, sys\nsys.stdout.flush()\npid = os.fork()\nif not pid:\n"
        "    print('in a child', flush=True)\n    os._exit(0)\n_ = os.waitpid(pid, 0)"
    )
    # Python 3.12 and later warn of it.
    notebook.ok("import warnings\nwarnings.simplefilter('ignore', DeprecationWarning)")
    first = notebook.ok(source)
    assert first.text == "in a child\n"
    again = notebook.ok(source)
    assert (again.text, again.facts[-1]["event"]) == (first.text, "restored")


def test_one_result_with_the_cells_number(notebook: Notebook) -> None:
    """A step has one execute_result, whose number is the cell's, and Out[n] and `_` hold it."""
    for _ in range(2):
        outputs = notebook.ok("%%step a\nx = (1, 2)\nx").plain
        (result,) = outputs
        assert result["output_type"] == "execute_result"
        number = result["execution_count"]
        assert notebook.value(f"_ == Out[{number}] == (1, 2)") == "True"


def test_raising_step_is_one_error_with_the_cells_lines(notebook: Notebook) -> None:
    """A failing step, sync or async, is exactly one error output with the cell's own lines."""
    for await_line in ("", "import asyncio; await asyncio.sleep(0)"):
        cell = notebook.run(f"%%step bad\n{await_line}\nprint('before')\ndef g():\n    1 / 0\ng()")
        assert cell.error == "ZeroDivisionError: division by zero"
        assert [o["output_type"] for o in cell.outputs] == ["stream", "error"]
        assert "----> 5     1 / 0" in cell.traceback
        assert "----> 6 g()" in cell.traceback
        assert "mundane_ipython" not in cell.traceback


def test_our_refusals_are_one_line(notebook: Notebook) -> None:
    """Our own errors are error outputs of one line, without a traceback of ours."""
    notebook.ok("%%step a\nx = 1")
    cell = notebook.run("%%step a\nx = 2")
    assert cell.error.startswith("DuplicateStepError: ")
    assert cell.traceback == cell.error
    cell = notebook.run("%mundane_open /no/such/folder/t.db")
    assert cell.traceback == f"{cell.error}\ntask.db stays open."
    cell = notebook.run("%%step bad/name\n1")
    assert cell.traceback == cell.error


def test_edited_cell_is_known_by_its_id(notebook: Notebook) -> None:
    """Where the client sends a cell's id, an edited cell keeps its step; another cell may not."""
    assert not notebook.run_as("one", "%%step a\nx = 1").error
    edited = notebook.run_as("one", "%%step a\nx = 2")
    assert not edited.error
    assert edited.facts[-1]["event"] == "restored"
    other = notebook.run_as("two", "%%step a\nx = 3")
    assert other.error.startswith("DuplicateStepError: ")


def test_task_steps_of_an_edited_cell(notebook: Notebook) -> None:
    """An edited cell, known by its id, starts the pass of its `task.step` names again."""
    notebook.ok("%mundane_open task.db --as task")
    for value in (1, 2):
        cell = notebook.run_as("one", f"print(task.step('a', lambda: {value}))")
        assert cell.text == "1\n"
    cell = notebook.run_as("two", "task.step('a', lambda: 3)")
    assert cell.error.startswith("DuplicateStepError: ")


def test_async_task_steps(notebook: Notebook) -> None:
    """`await task.astep` works in cells, concurrently, inside a step too."""
    notebook.ok("%mundane_open task.db --as task\nimport asyncio")
    notebook.ok("def f(i): return task.astep(f'i{i}', lambda: asyncio.sleep(0, i))")
    assert notebook.ok("await asyncio.gather(*map(f, range(3)))").text == "[0, 1, 2]"
    body = "%%step outer\n[await task.astep('inner', lambda: asyncio.sleep(0, 5))]"
    assert notebook.ok(body).text == "[5]"


def test_display_of_a_restored_step_can_be_updated(tmp_path: Path) -> None:
    """Displays keep their ids: a later cell updates one that was restored, and it is folded in."""
    step = "%%step show\nfrom IPython.display import display\nh = display('one', display_id='d1')"
    for _ in range(2):
        with open_notebook(tmp_path) as kernel:
            kernel.ok(step)
            kernel.ok("from IPython.display import update_display as u\nu('two', display_id='d1')")
            node = kernel.client.nb.cells[1]
            assert node.outputs[0]["data"]["text/plain"] == "'two'"


def test_step_that_updates_another_cells_display(tmp_path: Path) -> None:
    """A restored step updates the other cell's display again, and shows nothing itself."""
    for _ in range(2):
        with open_notebook(tmp_path) as kernel:
            kernel.ok("from IPython.display import display\nh = display('one', display_id='other')")
            cell = kernel.ok("%%step up\nh.update('two')")
            assert cell.plain == []
            assert kernel.client.nb.cells[1].outputs[0]["data"]["text/plain"] == "'two'"


def test_late_output_belongs_to_no_step(notebook: Notebook) -> None:
    """What a background task of an older cell prints while a step runs is not the step's.

    ipykernel before 7 itself sends it as an output of the cell that runs; so it is recorded, then.
    """
    late = "" if ipykernel.version_info >= (7,) else "late\n"
    notebook.ok(
        "import asyncio\ngo = asyncio.Event()\nasync def late():\n    await go.wait()\n"
        "    print('late')\ntask = asyncio.get_running_loop().create_task(late())"
    )
    for _ in range(2):
        cell = notebook.ok("%%step a\ngo.set()\nawait asyncio.sleep(0.01)\nprint('own')")
        assert cell.text == f"{late}own\n"


def test_step_in_a_kernel_with_a_thread_that_prints(notebook: Notebook) -> None:
    """A thread that goes on printing does not break the recording or the next cells."""
    notebook.ok(
        "import threading\nstop = threading.Event()\n"
        "def chat():\n    while not stop.wait(0.001): print('.', end='', flush=True)\n"
        "thread = threading.Thread(target=chat)\nthread.start()"
    )
    notebook.ok("%%step a\nx = {1}\nprint('own')")
    notebook.ok("stop.set()\nthread.join()")
    assert notebook.ok("print('after')").text.endswith("after\n")


def test_widgets_are_drawn_again(tmp_path: Path) -> None:
    """Widget state is stored with the step and the models are opened again at a restore."""
    source = (
        "%%step w\nfrom ipywidgets import HBox, IntSlider, Label\n"
        "from IPython.display import display\n"
        "s = IntSlider(value=3)\ndisplay(HBox([s, Label('l')]))\ns.value = 7\ns = None"
    )
    states = []
    for _ in range(2):
        with open_notebook(tmp_path) as kernel:
            cell = kernel.ok(source)
            view = "application/vnd.jupyter.widget-view+json"
            model_id = cell.plain[0]["data"][view]["model_id"]
            widgets = kernel.client.widget_state
            assert model_id in widgets
            states.append({m["_model_name"]: m for m in widgets.values() if "_model_name" in m})
            outputs = cell.plain
    assert states[0].keys() == states[1].keys() >= {"HBoxModel", "IntSliderModel", "LabelModel"}
    assert states[0]["IntSliderModel"]["value"] == states[1]["IntSliderModel"]["value"] == 7
    assert states[0]["HBoxModel"] == states[1]["HBoxModel"]
    assert outputs[0]["data"]["text/plain"].startswith("HBox(")


# What a page that is loaded while the kernel lives asks it for, by ipywidgets' control channel.
ASK = """import json
from ipywidgets import Widget
class Channel:
    def send(self, data, buffers):
        self.data, self.buffers = data, buffers
Widget._control_comm = channel = Channel()
Widget._handle_control_comm_msg({"content": {"data": {"method": "request_states"}}})
print(json.dumps([channel.data, [bytes(b).decode() for b in channel.buffers]], sort_keys=True))
"""


def test_a_page_loaded_later_gets_drawn_widgets(tmp_path: Path) -> None:
    """The kernel tells the state of restored widgets, binary values too, as of its own."""
    source = (
        "%%step w\nfrom ipywidgets import HBox, Image, IntSlider\n"
        "HBox([IntSlider(3), Image(value=b'an image')])"
    )
    told = []
    for _ in range(2):
        with open_notebook(tmp_path) as kernel:
            kernel.ok(source)
            told.append(json.loads(kernel.ok(ASK).text))
    assert told[0] == told[1]
    names = {model["model_name"] for model in told[0][0]["states"].values()}
    assert names >= {"HBoxModel", "IntSliderModel", "ImageModel"}
    assert told[0][1] == ["an image"]
    with open_notebook(tmp_path) as kernel:
        kernel.ok(source)
        kernel.ok("import ipywidgets\nipywidgets.Widget.close_all()")
        assert json.loads(kernel.ok(ASK).text)[0]["states"] == {}


def test_a_widget_that_lives_is_left_alone(notebook: Notebook) -> None:
    """The same cell again, in the kernel that ran it: its widget goes on to react."""
    source = "%%step w\nfrom ipywidgets import IntSlider\nIntSlider(3)"
    notebook.ok(source)
    notebook.ok(
        "from mundane_ipython.outputs.widgets import known_widgets\nlive = dict(known_widgets())"
    )
    assert notebook.ok(source).notes[-1].startswith("step w: restored")
    assert notebook.value("known_widgets() == live") == "True"


def test_notebook_progress_bar(tmp_path: Path) -> None:
    """A tqdm.notebook bar is drawn again in its last state."""
    source = "%%step bar\nfrom tqdm.notebook import tqdm\nfor _ in tqdm(range(3)): pass"
    for _ in range(2):
        with open_notebook(tmp_path) as kernel:
            outputs = kernel.ok(source).plain
            assert "application/vnd.jupyter.widget-view+json" in outputs[-1]["data"]
            names = {m.get("_model_name") for m in kernel.client.widget_state.values()}
            assert {"HBoxModel", "FloatProgressModel", "HTMLModel"} <= names
            bars = [m for m in kernel.client.widget_state.values() if "max" in m]
            assert bars[0]["value"] == 3.0


def test_output_widget_keeps_its_own_output(tmp_path: Path) -> None:
    """Output that goes into an ipywidgets.Output is not the cell's."""
    source = (
        "%%step o\nfrom ipywidgets import Output\nfrom IPython.display import display\n"
        "out = Output()\ndisplay(out)\nwith out:\n    print('inside')\nprint('outside')\nout = None"
    )
    for _ in range(2):
        with open_notebook(tmp_path) as kernel:
            assert [o.get("text") for o in kernel.ok(source).plain] == [None, "outside\n"]


def test_capture_over_a_step_in_a_kernel(notebook: Notebook) -> None:
    """`%%capture` over a step captures its outputs, when it runs and when it is restored."""
    for _ in range(2):
        cell = notebook.ok("%%capture cap\n%%step a\nprint('caught')\n{1, 2}")
        assert cell.plain == []
        assert notebook.value("cap.stdout.splitlines()[0]") == "'caught'"


def test_graceful_shutdown_leaves_one_file(tmp_path: Path) -> None:
    """A kernel that is shut down in order leaves nothing beside the task file."""
    with open_notebook(tmp_path, graceful=True) as kernel:
        kernel.ok("%%step a\nx = {1}")
    assert sorted(p.name for p in tmp_path.glob("task*")) == ["task.db"]


def test_second_kernel_is_told_who_holds_the_file(tmp_path: Path) -> None:
    """A second kernel on the same file is refused by the first one's pid, and may have it later."""
    with open_notebook(tmp_path) as first:
        pid = first.value("__import__('os').getpid()")
        with open_notebook(tmp_path, open_task=False) as second:
            second.ok("%load_ext mundane_ipython")
            cell = second.run("%mundane_open task.db")
            assert cell.error.startswith("LockedError: ")
            assert f"process {pid}" in cell.error
            hint = cell.traceback.removeprefix(cell.error).strip()
            assert hint == "Where a notebook has it open: run '%mundane_close' there."
            first.ok("%mundane_close")
            second.ok("%mundane_open task.db")
            second.ok("%%step a\n1")


def test_full_disk(notebook: Notebook) -> None:
    """A commit that finds the disk full stores nothing: values stay, the next run repeats it."""
    notebook.ok("%%step small\ns = 1")
    notebook.ok("import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)")
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, ({}, resource.RLIM_INFINITY))"
    big = "%%step big\nx = 'value'\nlarge = bytearray(8_000_000)"
    notebook.ok(limit.format(1_000_000))
    cell = notebook.run(big)
    assert cell.error.startswith("StorageError: "), cell.outputs
    assert cell.traceback == cell.error
    assert notebook.value("(x, len(large))") == "('value', 8000000)"
    notebook.ok(limit.format("resource.RLIM_INFINITY"))
    assert "restored" not in str(notebook.ok(big).notes)
    assert "restored" in str(notebook.ok(big).notes)
    assert "restored" in str(notebook.ok("%%step small\ns = 1").notes)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user can reach; those of `tmp_path` are private."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_read_only_file_and_folder(open_folder: Path) -> None:
    """A task file that cannot be written is refused in one line, and so is a folder."""
    if os.geteuid() == 0:
        drop = "import os\nos.setgroups([]); os.setgid(65534); os.setuid(65534)"
    else:
        drop = "import os"
    with open_notebook(open_folder) as kernel:
        kernel.ok("%%step a\nx = 1\n")
        kernel.ok("%mundane_close")
        # Root may write everywhere, so another user takes over, with a key that it can read.
        key = open_folder / "their-key"
        key.write_bytes(bytes(32))
        key.chmod(0o644)
        (open_folder / "task.db").chmod(0o444)
        open_folder.chmod(0o555)
        try:
            kernel.ok(drop)
            kernel.ok("%env MUNDANE_KEY_FILE=their-key")
            for name in ("task.db", "new.db"):
                cell = kernel.run(f"%mundane_open {name}")
                assert cell.error.startswith("StorageError: "), cell.outputs
                assert cell.traceback == cell.error
        finally:
            open_folder.chmod(0o755)


@pytest.mark.parametrize("kill_after", [1, 2])
@pytest.mark.parametrize("off", [False, True])
def test_figures_show_after_a_restore_as_in_a_plain_kernel(
    off: bool,
    kill_after: int,
    tmp_path: Path,
) -> None:
    """Where pyplot shows figures by itself it goes on to do so; after `plt.ioff()` it does not."""
    loads = "import matplotlib.pyplot as plt\n%matplotlib inline" + "\nplt.ioff();" * off
    steps = [f"%%step a\n{loads}", "%%step b\nplt.figure(figsize=(1, 1)).add_subplot();"]
    with open_notebook(tmp_path) as notebook:
        for step in steps[:kill_after]:
            notebook.ok(step)
    with open_notebook(tmp_path) as notebook:
        shown = [len(notebook.ok(step).plain) for step in steps]
        assert notebook.value("plt.isinteractive()") == str(not off)
        shown.append(len(notebook.ok("plt.figure(figsize=(1, 1)).add_subplot();").plain))
    assert shown == ([0, 0, 0] if off else [0, 1, 1])


def test_a_note_names_what_its_cell_can_get_at(notebook: Notebook) -> None:
    """Not what leads to the kernel, as a widget does, and so to everything that this holds."""
    notebook.ok(
        "import contextvars, ipywidgets\nlevel = contextvars.ContextVar('level', default=1)\n"
        "slider, ip = ipywidgets.IntSlider(), get_ipython()"
    )
    for body in ("level.set(5) and None", "x = level.get()", "ip.user_ns['y'] = 1"):
        cell = notebook.ok(f"%%step s{len(notebook.cells)}\n{body}")
        assert not [note for note in cell.notes if "slider" in note or "ip " in note], cell.notes
