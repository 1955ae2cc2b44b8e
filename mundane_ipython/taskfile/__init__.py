"""Our tables in the task file: records, chunks, signatures.

The files, each importing only what stands below it:

    readings  what the tables tell of many steps at once
    tables    cell records, and the chunks of their bundles
    earlier   which values a step has stored once more
    record    what is kept of one finished cell
    chunks    a bundle's bytes, in and out of the file
    signing   the user's key, and signatures with it
    versions  on which loading a bundle may depend
    locate    which task file a notebook has
"""
