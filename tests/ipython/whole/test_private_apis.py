"""One test for each private attribute of IPython, ipykernel and Python that the extension needs.

They fail when an upgrade changes one, before anything subtler does.
"""

from __future__ import annotations

import abc
import enum
import functools
import gc
import inspect
import io
import os
import pickle
import types
from collections.abc import Callable
from typing import Any

import cloudpickle
import ipykernel
import numpy as np
import pytest
from IPython.core.displayhook import DisplayHook
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.cbook import CallbackRegistry

from mundane_ipython.libraries.pint import definitions
from mundane_ipython.libraries.sympy import read_printing, set_printing
from mundane_ipython.source.cell_lines import with_file
from mundane_ipython.source.transform import rewrite_step_line

from ..support.kernels import Notebook
from ..support.shells import Shell


def test_every_output_passes_send_multipart(notebook: Notebook) -> None:
    """`IOPubThread.send_multipart`, replaced on the instance, sees every kind of output."""
    notebook.ok(
        "thread = get_ipython().kernel.iopub_socket.io_thread\nsend = thread.send_multipart\n"
        "seen = []\ndef tap(parts, *a, **k):\n"
        "    seen.append(list(parts))\n    return send(parts, *a, **k)\n"
        "thread.send_multipart = tap"
    )
    notebook.ok("from IPython.display import display\nprint('text'); display('shown'); 1")
    kinds = notebook.value(
        "[get_ipython().kernel.session.unpack(bytes(p[p.index(b'<IDS|MSG>') + 2]))['msg_type']"
        " for p in seen]"
    )
    for kind in ("stream", "display_data", "execute_result", "execute_input"):
        assert f"'{kind}'" in kinds
    notebook.ok("del thread.send_multipart")
    assert notebook.value("'send_multipart' in vars(thread)") == "False"


def test_streams_have_the_reading_end_of_their_pipe(notebook: Notebook) -> None:
    """`OutStream._fid` is the descriptor whose bytes ipykernel has not read yet."""
    notebook.ok("import sys, fcntl, termios, array\nn = array.array('i', [-1])")
    assert notebook.value("(fcntl.ioctl(sys.stdout._fid, termios.FIONREAD, n), n[0])") == "(0, 0)"
    assert notebook.value("type(sys.stderr._fid)") == "<class 'int'>"


def test_streams_keep_text_in_buffers_until_it_is_sent(notebook: Notebook) -> None:
    """`OutStream._buffers` is empty just when a stream has nothing to send, and then another.

    ipykernel 6 has no such attribute: there each step waits, as if something were on its way.
    """
    notebook.ok(
        "import sys\nfrom mundane_ipython.outputs.capture import _is_empty, _unsent\nfound = []\n"
        "for stream in (sys.stdout, sys.stderr):\n    stream.flush()\n    before = _unsent()\n"
        "    found.append(_is_empty(before))\n    stream.write('text')\n"
        "    found.append(_is_empty(_unsent()))\n    stream.flush()\n    after = _unsent()\n"
        "    found.append(_is_empty(after) and list(map(id, before)) != list(map(id, after)))"
    )
    found = [True, False, True] if ipykernel.version_info >= (7,) else [False, False, False]
    assert notebook.value("found") == str(found * 2)


def test_a_thread_of_its_own_reads_each_stream_s_pipe(notebook: Notebook) -> None:
    """`watch_fd_thread` is blocked in a call on `OutStream._fid` when nothing is on its way."""
    blocked = "open(f'/proc/self/task/{s.watch_fd_thread.native_id}/syscall').read().split()[1]"
    notebook.ok("import sys")
    assert notebook.value(f"[{blocked} == hex(s._fid) for s in (sys.stdout, sys.stderr)]") == (
        "[True, True]"
    )


def test_current_request_is_the_execute_request(notebook: Notebook) -> None:
    """`get_parent()` in a cell is the request, with the `msg_id` that its outputs refer to."""
    assert notebook.value("get_ipython().get_parent()['msg_type']") == "'execute_request'"
    assert notebook.value("len(get_ipython().get_parent()['header']['msg_id']) > 8") == "True"


def test_display_hook_has_the_steps_that_replay_takes() -> None:
    """`DisplayHook.__call__` consists of the calls that `replay` makes itself, in this order."""
    source = inspect.getsource(DisplayHook.__call__)
    steps = (
        "check_for_underscore",
        "start_displayhook",
        "write_output_prompt",
        "update_user_ns",
        "fill_exec_result",
        "write_format_data",
        "log_output",
        "finish_displayhook",
    )
    places = [source.index(f"self.{step}(") for step in steps]
    assert places == sorted(places)


def test_abc_tells_what_was_registered() -> None:
    """`abc._get_dump` returns weak references to an abstract class's registered ones first."""
    shape = abc.ABCMeta("shape", (), {})
    shape.register(int)
    references, *_ = abc._get_dump(shape)  # type: ignore[attr-defined]
    assert [reference() for reference in references] == [int]


def test_the_collector_knows_whose_view_it_is() -> None:
    """A dictionary's view and a mapping's proxy refer to their owner, and to nothing else."""
    owner = {"a": 1}
    for view in (owner.keys(), owner.values(), owner.items(), types.MappingProxyType(owner)):
        assert gc.get_referents(view)[0] is owner
        assert len(gc.get_referents(view)) == 1


def test_a_cached_function_has_its_parameters_in_its_dict() -> None:
    """`lru_cache` keeps nothing else there than what `update_wrapper` sets."""
    cached = functools.lru_cache(maxsize=3)(_twice)
    assert cached.cache_parameters() == {"maxsize": 3, "typed": False}
    own = {name for name in vars(cached) if getattr(_twice, name, None) is not vars(cached)[name]}
    assert own == {"__wrapped__", "cache_parameters"}


def _twice(x: int) -> int:
    return 2 * x


def test_running_cells_number_is_prompt_count(shell: Shell) -> None:
    """`displayhook.prompt_count` is the n of the In[n] that runs."""
    shown = shell.ok("get_ipython().displayhook.prompt_count").out
    assert shown == "Out[3]: 3\n"


def test_python_unpickler_has_the_opcodes_that_are_guarded() -> None:
    """`pickle._Unpickler` dispatches each opcode through `dispatch` to a method of its own."""
    unpickler = pickle._Unpickler  # type: ignore[attr-defined]
    for opcode in (
        "REDUCE",
        "NEWOBJ",
        "NEWOBJ_EX",
        "OBJ",
        "INST",
        "BUILD",
        "GLOBAL",
        "STACK_GLOBAL",
        "EXT1",
        "EXT2",
        "EXT4",
        "APPEND",
        "APPENDS",
        "SETITEM",
        "SETITEMS",
        "ADDITEMS",
    ):
        assert getattr(pickle, opcode)[0] in unpickler.dispatch
    source = inspect.getsource(unpickler)
    assert "self.get_extension(" in source
    assert source.count("self.find_class(") == 4
    loaded = unpickler(io.BytesIO(pickle.dumps([1])))
    assert loaded.load() == [1]
    assert loaded.stack == []
    assert loaded.metastack == []


def test_c_unpickler_and_pickler_expose_their_memo() -> None:
    """`Pickler.memo` can be read and set: (index, object) by id."""
    file = io.BytesIO()
    pickler = pickle.Pickler(file, protocol=5)
    older = [1]
    pickler.memo = {id(older): (0, older)}
    pickler.dump([older])
    assert pickler.memo.copy()[id(older)] == (0, older)
    assert b"h\x00" in file.getvalue()


def test_transformer_with_side_effects_is_passed_over_while_typing() -> None:
    """`has_side_effects` keeps a typed `%%step` cell a cell magic, which an empty line ends."""
    manager = TransformerManager()
    manager.cleanup_transforms.append(rewrite_step_line)
    assert manager.check_complete("%%step a\nx = 1\n")[0] == "incomplete"
    assert manager.check_complete("%%step a\nx = 1\n\n")[0] == "complete"
    assert "mundane_cell" in manager.transform_cell("%%step a\nx = 1")


def test_shell_methods_behind_commands(shell: Shell) -> None:
    """`!command`, `x = !command` and `%%bash` call these methods through the instance."""
    for name in ("system", "getoutput", "run_cell_magic", "system_piped"):
        assert callable(getattr(InteractiveShell, name))
    called: list[str] = []
    for name in ("system", "getoutput", "run_cell_magic"):
        setattr(shell.ip, name, lambda *_, name=name: called.append(name))
    shell.ok("!true\nx = !true")
    shell.ok("%%bash\ntrue")
    assert called == ["system", "getoutput", "run_cell_magic"]


def test_inline_figures_are_flushed_by_one_function(notebook: Notebook) -> None:
    """`matplotlib_inline.backend_inline.flush_figures` shows what is open, once."""
    notebook.ok("import matplotlib.pyplot as plt\nfig = plt.figure(figsize=(1, 1))")
    cell = notebook.ok(
        "plt.figure(figsize=(1, 1))\nimport matplotlib_inline.backend_inline as b\n"
        "b.flush_figures()\nprint('after')"
    )
    assert [o["output_type"] for o in cell.outputs] == ["display_data", "stream"]


def test_pyplot_notes_the_backend_that_it_has_loaded(notebook: Notebook) -> None:
    """`matplotlib.pyplot._backend_mod` is None until the first figure; a restore loads it too."""
    notebook.ok(
        "import matplotlib.pyplot as plt\n"
        "from mundane_ipython.libraries.matplotlib.backend import STATE as entry\n"
        "fresh = plt._backend_mod"
    )
    assert notebook.value("(fresh, entry.read())") == "(None, None)"
    notebook.ok("entry.restore('any'); name = entry.read()")
    assert notebook.value("name") == "('inline', True)"
    assert "image/png" in notebook.ok("f = plt.Figure()\nf.add_subplot()\nf").outputs[0]["data"]


def test_the_inline_backend_notes_what_to_show(notebook: Notebook) -> None:
    """`show._draw_called` and `show._to_draw` are set by each new figure, and nothing else."""
    notebook.ok("import matplotlib.pyplot as plt\nplt.figure().add_subplot();")
    notebook.ok(
        "from matplotlib_inline.backend_inline import show\nseen = [show._draw_called]\n"
        "fig = plt.figure(figsize=(1, 1))\nseen += [show._draw_called, show._to_draw == [fig]]\n"
        "show._draw_called, show._to_draw = False, []"
    )
    assert notebook.value("seen") == "[False, True, True]"
    assert [cell.outputs for cell in notebook.cells[-2:-1]] == [[]]


def test_sympy_displays_by_methods_and_settings_of_two_classes() -> None:
    """`init_printing` sets `Printable._repr_*_` and `Printer._global_settings`."""
    sympy = pytest.importorskip("sympy", reason="the run with the oldest versions has none")
    methods = vars(sympy.core._print_helpers.Printable)
    state = read_printing() or {}
    for name in ("_repr_png_", "_repr_svg_", "_repr_latex_"):
        assert state["method", name] is methods[name]
    sympy.init_printing(order="lex", pretty_print=False)
    assert (read_printing() or {})["setting", "order"] == "lex"
    set_printing({("setting", "order"): None})
    assert ("setting", "order") not in (read_printing() or {})


def test_matplotlib_pickles_the_callbacks_whose_numbers_it_marks() -> None:
    """`CallbackRegistry` has weak references by number, and keeps those of `_pickled_cids`."""
    registry, kept = CallbackRegistry(signals=["changed"]), CallbackRegistry()
    numbers = [registry.connect("changed", each) for each in (kept.process, kept.connect)]
    assert registry.callbacks["changed"][numbers[0]]() == kept.process
    registry._pickled_cids.add(numbers[1])
    state = registry.__reduce_ex__(5)[2]
    assert state["callbacks"] == {"changed": {numbers[1]: kept.connect}}
    assert state["_pickled_cids"] == {numbers[1]}


def test_estimators_and_bunches_come_back_with_the_very_attributes() -> None:
    """Their own `__setstate__` takes the state over: a path through it leads to the twin."""
    pytest.importorskip("sklearn", reason="the run with the oldest versions has none")
    from sklearn.base import BaseEstimator
    from sklearn.utils import Bunch

    from mundane_ipython.references.holding import keeps_attributes, keeps_items

    class Tree(BaseEstimator):
        """An estimator."""

    assert keeps_attributes(Tree)
    assert keeps_items(Bunch)
    tree, inside = Tree(), [1]
    tree.inside = inside
    state = tree.__getstate__()
    again = Tree()
    again.__setstate__(state)
    assert again.inside is inside
    bunch = Bunch(a=inside)
    bunch.__setstate__({"a": 2})
    assert bunch["a"] is inside
    assert "__setstate__" in vars(BaseEstimator)


def test_cloudpickle_makes_inner_functions_of_five_arguments() -> None:
    """The last of them is the closure, which is in the second part of the state as well."""
    inner = _inner(1)
    make, arguments, (attributes, slots), *rest = cloudpickle.Pickler(
        io.BytesIO()
    ).reducer_override(inner)
    assert (len(arguments), attributes, rest[:2]) == (5, {}, [None, None])
    assert [type(cell) for cell in arguments[-1]] == [types.CellType]
    assert slots["__closure__"] is inner.__closure__
    made = make(*arguments[:-1], inner.__closure__)
    rest[2](made, (attributes, {**slots, "__closure__": None}))
    assert made() == 1


def test_cloudpickle_knows_the_classes_that_it_has_pickled() -> None:
    """It makes one anew only where it has forgotten them."""
    kind = types.new_class("Kind", exec_body=lambda body: body.update(__module__="__main__"))
    pickled = cloudpickle.dumps(kind)
    assert pickle.loads(pickled) is kind
    known = cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID
    before = dict(known)
    try:
        known.clear()
        assert pickle.loads(pickled) is not kind
    finally:
        known.update(before)


def _inner(x: int) -> Callable[[], int]:
    return lambda: x


def test_environment_keeps_its_variables_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """`os.environ._data` has them as `decodekey` and `decodevalue`, which are public, take them."""
    monkeypatch.setenv("MUNDANE_TEST", "ä")
    environ: Any = os.environ
    variables = {environ.decodekey(n): environ.decodevalue(v) for n, v in environ._data.items()}
    assert variables == dict(os.environ)
    assert variables["MUNDANE_TEST"] == "ä"


def test_widget_instances_by_model_id(notebook: Notebook) -> None:
    """A table of ipywidgets finds a widget by the id in its display, and another a comm's maker."""
    notebook.ok(
        "import ipywidgets\nfrom mundane_ipython.outputs.widgets import comm_maker, known_widgets\n"
        "s = ipywidgets.IntSlider()"
    )
    assert notebook.value("known_widgets()[s.model_id] is s") == "True"
    assert notebook.value("type(comm_maker()(target_name='t')) is type(s.comm)") == "True"


def test_cloudpickle_has_one_name_for_the_files_of_all_code() -> None:
    """`cell_lines.with_file` puts the cell's own in its place; before 3.1 that was there."""
    code = compile("1", "<ipython-input-3-abc>", "eval")
    reduced = cloudpickle.Pickler.dispatch_table[types.CodeType](code)
    assert len(reduced) == 2
    assert sum(reduced[1].count(name) for name in ("<dynamic-code>", code.co_filename)) == 1
    make, arguments = with_file(code, reduced)
    assert make(*arguments).co_filename == "<ipython-input-3-abc>"


def test_a_registry_of_units_keeps_its_names_and_prefixes() -> None:
    """`pint.definitions` tells those that it was given from those that it has made."""
    pint = pytest.importorskip("pint", reason="the run with the oldest versions has none")
    registry = pint.UnitRegistry()
    before = definitions(registry)
    registry.parse_units("attosecond")
    assert definitions(registry) == before
    registry.define("handspan = 0.2 m")
    assert definitions(registry) != before


def test_toolz_refers_to_what_it_curries_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second argument is `MODULE:NAME`, and may be the function; the last tells which."""
    toolz = pytest.importorskip("toolz", reason="the run with the oldest versions has none")
    curried = toolz.curry(_inner)
    monkeypatch.setitem(globals(), "_inner", curried)
    make, (kind, name, *rest, is_decorated) = curried.__reduce__()
    assert (name, is_decorated) == (f"{__name__}:_inner", True)
    assert make(kind, curried.func, *rest, None).func is curried.func


def test_functions_of_singledispatch_have_one_code() -> None:
    """So are they told from others, and have a `registry`."""
    one, other = functools.singledispatch(len), functools.singledispatch(_inner)
    assert one.__code__ == other.__code__  # type: ignore[attr-defined]
    assert one.__code__ != _inner.__code__  # type: ignore[attr-defined]
    assert one.registry[object] is len


def test_enum_keeps_members_by_name_and_by_value() -> None:
    """`Enum._member_map_`, `_member_names_`, `_value2member_map_`, `_boundary_` of a class."""

    class Perm(enum.Flag):
        R = 1
        W = 2

    both = Perm.R | Perm.W
    assert Perm._member_map_ == {"R": Perm.R, "W": Perm.W}
    assert Perm._member_names_ == ["R", "W"]
    assert Perm._value2member_map_[3] is both
    assert vars(Perm)["_boundary_"] is enum.STRICT


def test_cloudpickle_tracks_classes() -> None:
    """What `members` uses of cloudpickle: a class that is made twice in a process is one."""
    private = cloudpickle.cloudpickle
    kind = type("Kind", (), {"__module__": "__main__"})
    tracker = private._get_or_create_tracker_id(kind)
    arguments = (type, "Kind", (), {"__module__": "__main__"}, tracker, None)
    assert private._make_skeleton_class(*arguments) is kind
    assert private._lookup_class_or_track(tracker, type("Other", (), {})) is kind
    assert not private._should_pickle_by_reference(kind)


def test_masked_arrays_keep_what_they_know_in_attributes() -> None:
    """`_mask`, `_hardmask`, `_sharedmask` and `_fill_value` are all that there is to know."""
    array = np.ma.array([1, 2], mask=[0, 1]).harden_mask()
    usual = {"_isfield", "_baseclass", "_optinfo", "_basedict"}
    assert set(vars(array)) == {"_mask", "_hardmask", "_sharedmask", "_fill_value", *usual}
