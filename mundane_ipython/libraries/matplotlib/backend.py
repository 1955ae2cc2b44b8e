"""matplotlib's backend, once pyplot has loaded it, and whether it is interactive: ambient state."""

from __future__ import annotations

import sys

from ...adapter.compare import changed_whole
from ...adapter.contract import State


def read_backend() -> tuple[str, bool] | None:
    """Return the backend's name and `plt.isinteractive()`; None while pyplot has loaded none.

    A private way (matplotlib 3.10, pyplot.py: `_backend_mod`): public functions do not tell, and
    most of them load it.
    """
    if getattr(sys.modules.get("matplotlib.pyplot"), "_backend_mod", None) is None:
        return None
    import matplotlib as mpl

    # "module://matplotlib_inline.backend_inline" is "inline", as `%matplotlib inline` calls it.
    return mpl.get_backend().rpartition("backend_")[-1].lower(), mpl.is_interactive()


def load_backend(state: tuple[str, bool] | str) -> None:
    """Load this process's own backend, whichever that is.

    Loading the inline backend makes pyplot interactive, which the cell may have undone. (Older
    records have the name alone.)
    """
    import matplotlib as mpl
    from matplotlib import pyplot

    if read_backend() is None:
        pyplot.switch_backend(mpl.get_backend())
    present = read_backend()
    if isinstance(state, tuple) and present is not None and present[0] == state[0]:
        mpl.interactive(state[1])


STATE = State(
    key="matplotlib.backend", read=read_backend, changed=changed_whole, restore=load_backend
)
