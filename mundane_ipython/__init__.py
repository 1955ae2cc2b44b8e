"""Notebooks whose cells survive their kernel: the IPython extension of mundane.

    %load_ext mundane_ipython
    %mundane_open task.db
    %%step fetch

The rooms. Each imports only what stands below it, and draws its own files in the same way:

    demo        a kernel killed for show: `python -m mundane_ipython.demo`
    magics      The magics: what a user types. They decide nothing themselves
    run         `mundane run`: a notebook without a front end, restarted where its kernel dies
    report      Steps as tables, as a timeline and as a page. Nothing here writes to a task file
    session     The open task of one kernel: each `%%step` cell is run, restored or refused
    display     What we say under a cell. None of it is stored
    pickling    Objects <-> a bundle, and where each value of a step goes
    untrusted   Data out of somebody else's file: no code runs, and nothing forged gets through
    references  Objects inside older values, written down and found again
    inputs      What a step depended on, and what of that has changed
    namespace   Live names: bound, reachable, changed in place
    ambient     State outside of variables: read, compared, set again
    libraries   What is known of each library: one file or folder for each
    classes     The notebook's classes and their instances, taken apart and made again
    objects     Python's own objects and arrays' memory, taken apart and made again
    taskfile    Our tables in the task file: records, chunks, signatures
    outputs     What a cell shows: recorded, folded, shown again
    source      A cell's text: names, scopes, keys. Nothing here runs it
    adapter     The contract between the engines and the libraries, and what both share
    errors      refusals, and how each is shown in a cell

"""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line looks into a file without loading IPython
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Install the magics and transformers; `%load_ext mundane_ipython` calls it."""
    from .display.hints import NameErrorHints
    from .magics.magics import MundaneMagics
    from .source.transform import HOOK, StepWrapper, rewrite_step_line

    unload_ipython_extension(shell)
    magics = MundaneMagics(shell)
    shell.register_magics(magics)
    setattr(shell, HOOK, magics)
    shell.input_transformers_cleanup.append(rewrite_step_line)
    session = magics.session
    shell.ast_transformers.append(StepWrapper(shell, session.sources, session.attends))
    shell.events.register("pre_run_cell", session.before_cell)
    shell.events.register("post_run_cell", session.after_cell)
    magics.hints = NameErrorHints(shell, session.left_out, session.deferred.failed)
    magics.completer.install()
    # A courtesy, for a kernel that ends in order: nothing then lies beside the task file.
    atexit.register(session.close)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Close the task and remove what `load_ipython_extension` installed. Idempotent."""
    from .source.transform import HOOK

    magics = getattr(shell, HOOK, None)
    if magics is None:
        return
    magics.session.close()
    atexit.unregister(magics.session.close)
    shell.events.unregister("pre_run_cell", magics.session.before_cell)
    shell.events.unregister("post_run_cell", magics.session.after_cell)
    magics.hints.remove()
    magics.completer.remove()
    # By name: after %reload_ext the functions and classes are other objects.
    for transformers in (shell.input_transformers_cleanup, shell.ast_transformers):
        transformers[:] = [t for t in transformers if not _is_ours(t)]
    delattr(shell, HOOK)


def _is_ours(transformer: object) -> bool:
    named = transformer if callable(transformer) else type(transformer)
    return getattr(named, "__module__", "").startswith(f"{__name__}.")
