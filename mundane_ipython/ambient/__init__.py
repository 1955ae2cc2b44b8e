"""State outside of variables: read, compared, set again.

The files, each importing only what stands below it:

    state         all of it, state by state: those of libraries, and those below
    option_dicts  settings that libraries keep in dictionaries
    counters      counters of a library's classes, such as SimPy's
    held          who holds the notebook's objects: filters, callbacks
"""
