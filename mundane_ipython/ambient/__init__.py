"""State outside of variables: read, compared, set again.

The files, each importing only what stands below it:

    stored        a step's changes of it, as they stand in the file
    state         all of it, state by state: those of libraries, and those below
    option_dicts  settings that libraries keep in dictionaries
    counters      counters of a library's classes, such as SimPy's
    held          who holds the notebook's objects: filters, callbacks
"""
