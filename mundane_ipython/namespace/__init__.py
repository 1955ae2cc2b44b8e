"""Live names: bound, reachable, changed in place.

The files, each importing only what stands below it:

    mutation       older names whose values a cell changed in place
    sharing        what a value shares with others
    aliasing       parts that a library makes anew
    fingerprint    digests of live values, and the objects inside
    snapshot       what was bound and deleted
    sinks          what a walk writes its pickle to
    reach          names that a cell can get at
    monkeypatches  attributes of modules that a cell has set
"""
