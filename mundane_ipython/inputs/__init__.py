"""What a step depended on, and what of that has changed.

The files, each importing only what stands below it:

    plain_cells  what plain cells change of steps' results
    provenance   which step a value came from, and what was there before
    staleness    a stored step's inputs, compared
    own_modules  what it used of modules of the user's
    code         digests of functions and classes, with what they carry
    kinds        kinds of values that are compared more closely
"""
