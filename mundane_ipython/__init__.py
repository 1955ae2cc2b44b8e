"""Notebooks whose cells survive their kernel: the IPython extension of mundane.

    %load_ext mundane_ipython
    %mundane_open task.db
    %%step fetch

The layers, each importing only what stands below it:

    headless, magics, demo                  options and help; a kernel killed for show
    runner, session                         one run of a job; the open task: run, restore or refuse
    completion                              Tab in a magic's line
    restore, running -> step                a stored cell comes back; a cell runs and is committed
    loading -> confine                      its values; which a foreign record may have brought
    deferred                                values that wait
    plaincells                              what plain cells change of steps' results
    holders                                 who holds the notebook's objects beside its names
    packing, storingtexts                   older values stored with a step's; its note
    storing                                 where each value goes: row, bundle or an import
    trials                                  what is in doubt is loaded once before it is stored
    bundle, mutation, libraries -> parts    objects <-> bytes; what a cell changed in place
    inner -> references -> paths -> holding, keys  objects inside older values, found again
    sharing                                 what a change of one value is a change of
    fingerprint, opened, replay, transform  live values; task and key; Out[n] again; native cells
    listeners, orphans, parameters, progress, saving, sleeping  the rest of a job
    reporting -> report                     the command `mundane report`; its page
    table -> timeline -> facts              steps as a table; when each ran; what is known of each
    readings                                what the extension's tables tell of many steps
    ambient, capture, cells                 state outside of variables; taps on streams; tables
    backends, counters, jaxconfig, loggers, processes, registrations, settings  entries of ambient
    namedcolors, precision, sympyprinting, torchstate  more of them
    differences                             what of a state is another one now
    dataunpickler -> allowlist              data without trust; what it may name and call
    budget                                  how much memory such data may take
    safepandas -> safecolumns, safearrow -> safearrays  frames; columns; Arrow's and NumPy's arrays
    interrupt, bars -> notebar, safehtml    SIGINT; progress; outputs on a page
    unpickler, stage -> pickler             notebook objects <-> pickles; names while they load
    loadcode -> doubts                      code that a load runs; what is to be tried
    ways -> held                            what pickle alone refuses, or does not load
    buffers, enumerations, figures, instances, mpmathparts, singletons, windows  or changes
    classes, contexts, masked, structs, subclasses, typeddicts  classes; instances of Python's types
    record                                  one stored cell
    provenance                              which step a value came from, what was there before
    source, staleness, widgets              what a body binds and reads; what is another now
    digests -> kinds -> canonical           functions, classes and values that two kernels compare
    tensors                                 PyTorch's, and the memory that they share
    chunks                                  a bundle's bytes, in and out of the file
    errors, flow, hints, lines, notes, outputs, patches, reach -> texts
    celltexts, descriptors, prologues, scopes, sinks, syntax, trust, values, versions
    views, waiting                          arrays that share memory; untrusted objects to be made
    deepstack, filemodules, generators, iterators, locks  helpers of pickling
    refusals                                why a value is refused
    torchtypes, unitregistries -> homes     PyTorch's types; pint's; facts that are kept of types
    namespace                               the user's names; what a name stands for
    errorfields, looks, refcounts           any object's type, members and contents, past its code
    mundane                                 the core
"""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line looks into a file without loading IPython
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Install the magics and transformers; `%load_ext mundane_ipython` calls it."""
    from .hints import NameErrorHints
    from .magics import MundaneMagics
    from .transform import HOOK, StepWrapper, rewrite_step_line

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
    from .transform import HOOK

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
