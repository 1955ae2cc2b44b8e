"""A cell's text: names, scopes, keys. Nothing here runs it.

The files, each importing only what stands below it:

    transform   how a `%%step` cell becomes native code
    cell        its key, the names that it binds and reads, its imports
    strings     names within strings that are evaluated
    magics      which names a magic can get at
    assignment  names that are surely bound before they are read
    module_text the statements of a module's text, by name
    scopes      which names code binds and refers to
    code_key    code as a digest that every Python computes alike
    cell_lines  source lines of a restored cell's functions
"""
