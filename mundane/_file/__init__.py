"""The task file: its format, its one writer, its many readers. Nothing here runs a step.

The files, each importing only what stands below it:

    backup     a copy of a task file, beside its live writer
    store      the rows, for the one writer
    reader     the rows, for the many readers
    writer     the writer's connection: the lock held, what is synced when
    schema     format v1's tables
    sqlite     how SQLite is opened, and how its errors are told
    journal    what lies beside a file before SQLite sees it
    lock       the single-writer lock
    statement  SQL as tokens
"""
