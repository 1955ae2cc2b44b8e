"""What a cell shows: recorded, folded, shown again.

The files, each importing only what stands below it:

    replay   stored outputs, as if the cell had run
    capture  taps on the kernel and on the streams
    widgets  ipywidgets' state in an output
    fold     outputs in order, folded as a front end folds them
    patches  attributes of live objects, replaced for a while
"""
