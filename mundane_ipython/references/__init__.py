"""Objects inside older values, written down and found again.

The files, each importing only what stands below it:

    references  an older object as a name and a path, checked by a digest
    paths       keys, positions, attributes, closures
    keys        keys of dictionaries as JSON
    prologue    the first pickle of a bundle, by which older objects stand in the memo
    holding     how objects hold others, and what of that a pickle keeps
"""
