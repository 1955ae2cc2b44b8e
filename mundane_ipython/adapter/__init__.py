"""The contract between the engines and the libraries, and what both share of types and refusals.

The files, each importing only what stands below it:

    digest       plain data as bytes that two kernels can compare
    rules        what adapters say of a type, found once for each
    registry     which libraries there are adapters for, and which of them are loaded
    outside      adapters that other packages bring, by entry points
    contract     what is known of one library: `Adapter`, `State`
    types        names of types' modules, and what is the notebook's own
    placeholder  an untrusted object between its class and its state
    compare      a state before and one after
    refusals     why a bundle is refused
    refcounts    whether somebody else holds an object
    looks        any object's type, members and contents, past its code
"""
