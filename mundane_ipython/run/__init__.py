"""`mundane run`: a notebook without a front end, restarted where its kernel dies.

The files, each importing only what stands below it:

    command         options, restarts, exit codes
    runner          one run in a kernel of its own
    streams         the standard streams, which somebody may close
    progress        a line for each cell that ended, and a live one
    parameters      papermill's rules for values and their cell
    output_file     the output notebook; one run writes it, readers see it whole
    kernel_process  the kernel dies with the run; that of a dead run is waited for
"""
