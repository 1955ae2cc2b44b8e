"""Objects <-> a bundle, and where each value of a step goes.

The files, each importing only what stands below it:

    placement      each value: in the row, in the bundle, or by a module's name
    trials         what is in doubt is loaded once before it is stored
    unpacking      a bundle is loaded, and what stops that is told
    bundle         a step's values as pickles that share one memo
    stage          the names that code finds while a bundle is loaded
    unpickler      a bundle of the user's own: everything loads, code included
    older_objects  objects inside older values, as far as the pickles meet them
    pickler        how the notebook's objects are pickled
    load_code      the notebook's code that a load runs, marked in a pickle
    doubts         of what nobody knows yet whether it loads
    row            a step's bindings <-> the JSON of its row
"""
