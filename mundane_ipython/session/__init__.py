"""The open task of one kernel: each `%%step` cell is run, restored or refused.

The files, each importing only what stands below it:

    session        what becomes of each cell
    running_steps  the steps whose cells run, the innermost last
    restore        names, deletions, outputs, the last value, and the note
    step           a running step: its body is recorded; then it commits, fails or lets go
    loading        a stored step's values, out of the file; binds nothing
    cell_result    what a step's cell has left in the namespace, and its record
    packing        a step's values, and the older ones that go with them
    open_task      the core's task, our tables, the key, and where values come from
    deferred       restored values that are put off until something can look at them
    interrupt      SIGINT while a step runs
    sleep          a durable sleep in a cell
"""
