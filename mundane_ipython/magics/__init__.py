"""The magics: what a user types. They decide nothing themselves.

The files, each importing only what stands below it:

    magics      the options, their help, and the one line that each says
    line        an expression, and a name to bind
    completion  Tab in a magic's line
"""
