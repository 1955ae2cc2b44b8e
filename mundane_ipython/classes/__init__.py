"""The notebook's classes and their instances, taken apart and made again.

The files, each importing only what stands below it:

    reductions       by type: what pickle alone refuses, or writes so that it does not load
    enumerations     made again with the members that they had
    instances        past the class's own code
    subclasses       objects of a Python type's subclass
    typed_dicts      typed dictionaries
    members          what a cell can change in a class
    descriptors      the functions behind static and class methods
    error_fields     what errors keep beside their `args`
    named_instances  a library's `missing`
"""
