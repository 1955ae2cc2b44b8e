"""What is known of each library: one file or folder for each.

The files, each importing only what stands below it:

    pyarrow             data out of untrusted pickles
    pandas.frames       data out of untrusted pickles: frames and indexes
    pandas.columns      data out of untrusted pickles: arrays and dtypes
    numpy.data          data out of untrusted pickles: arrays
    numpy.masked        masked arrays
    torch.tensors       tensors, and the memory that they share
    torch.state         generators, and what `torch.set_...` sets
    torch.types         which types are tensors and storages
    matplotlib.figures  how figures are pickled, and come back unseen
    matplotlib.colors   names of colours
    matplotlib.backend  the backend, and whether it is interactive
    ipython             formatters, magics, callbacks, transformers
    logging             loggers
    random              functions of hidden generators, NumPy's too
    decimal             the context
    jax                 `jax.config`
    mpmath              contexts
    msgspec             classes of the notebook
    pint                registries of units
    sympy               `sympy.init_printing`
    stdlib              the standard library's other settings: folder, environment, import path
"""
