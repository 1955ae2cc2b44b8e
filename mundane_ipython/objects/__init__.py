"""Python's own objects and arrays' memory, taken apart and made again.

The files, each importing only what stands below it:

    buffers            arrays in the memory of Python's own buffers
    arrays             arrays that share memory
    views              views of dictionaries, proxies, memoryviews
    functions          the notebook's functions, and the cells of closures
    singletons         objects that a process has one of
    path_modules       modules that no `import` finds again
    context_variables  with the value in the present context
    deep_stack         values that are nested deeper than Python's stack
    iterators          iterators, and generators that are used up
    locks              a free one comes back as a new one
"""
