"""What is known of each library: one file or folder for each.

What the engines ask for is a file's `ADAPTER`, which a folder has in its file `adapter`; see the
room `adapter`. Nothing here imports a library before somebody else has.

The files, each importing only what stands below it:

    pyarrow                data out of untrusted pickles
    pandas.adapter         what the engines ask for
    pandas.rules           what is done with frames, series, indexes and times
    pandas.frames          data out of untrusted pickles: frames and indexes
    pandas.columns         data out of untrusted pickles: arrays and dtypes
    pandas.options         `pandas.set_option`
    numpy.adapter          what the engines ask for
    numpy.rules            what is done with arrays, numbers and types
    numpy.data             data out of untrusted pickles: arrays
    numpy.masked           masked arrays
    numpy.state            the global generator; how arrays print, and which errors are raised
    torch.adapter          what the engines ask for
    torch.rules            what is done with tensors and storages
    torch.tensors          tensors, and the memory that they share
    torch.state            generators, and what `torch.set_...` sets
    torch.types            which types are tensors and storages
    matplotlib.adapter     what the engines ask for
    matplotlib.figures     how figures are pickled, and come back unseen
    matplotlib.parameters  `rcParams`
    matplotlib.colors      names of colours
    matplotlib.backend     the backend, and whether it is interactive
    ipython                formatters, magics, callbacks, transformers
    logging                loggers
    random                 the generator, and its functions
    decimal                the context
    stdlib                 the standard library's other settings, and the process's
    jax                    `jax.config`
    mpmath                 contexts
    msgspec                classes of the notebook
    polars                 what `pl.Config` sets
    pint                   registries of units
    scipy                  sparse matrices; distributions
    sklearn                `sklearn.set_config`
    sympy                  `sympy.init_printing`
    minor                  of which one fact is known, or two
"""
