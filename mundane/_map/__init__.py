"""Many items at once, each of them a durable step.

The files, each importing only what stands below it:

    api      `map` and `amap`, as a task has them
    rows     one map under way: items -> rows -> results
    workers  who runs a map's items
    items    a map's items, their keys and names
"""
