"""Objects inside older values, written down and found again.

The files, each importing only what stands below it:

    references  an older object as a name and a path, checked by a digest
    paths       keys, positions, attributes, closures
    keys        keys of dictionaries as JSON
    holding     how objects hold others, and what of that a pickle keeps
"""
