"""Data out of somebody else's file: no code runs, and nothing forged gets through.

The files, each importing only what stands below it:

    unpickler    data loads, or an error says what does not
    confinement  which names a foreign record may touch
    budget       how much memory it may take
    allowlist    what it may name and call
"""
