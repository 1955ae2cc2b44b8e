"""The commands of the command line, and what they print.

The files, each importing only what stands below it:

    inspect  status, steps, get, backup: they read only
    control  forget, vacuum: they change a task file
    plugins  commands and tables that other packages bring
    text     tables, times, sizes and values as text
    outline  a map of many items as one line
"""
