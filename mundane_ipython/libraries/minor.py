"""Libraries of which little is known: one fact for each, or two."""

from __future__ import annotations

import re

from ..adapter.contract import Adapter, Rule, by_identity
from ..adapter.looks import mro_of, name_of


def _never() -> bool:
    return False


def _is_kernel(kind: type) -> bool:
    return any(name_of(base) == "Kernel" for base in mro_of(kind))


ADAPTERS = (
    *(
        Adapter(module=name, proven=True)
        for name in (
            *("dateutil", "ipywidgets", "joblib", "patsy", "plotly", "pytz", "seaborn"),
            *("statsmodels", "tqdm", "traitlets", "tzdata"),
        )
    ),
    *(Adapter(module=name, proven=True, versioned=True) for name in ("networkx", "xarray")),
    # Who holds the kernel, as a widget does, does not hold the namespace in it.
    Adapter(module="ipykernel", rules=(Rule(applies=_is_kernel, walk=by_identity),)),
    # Their threads or devices are not there in a child.
    *(
        Adapter(module=name, outlives_fork=_never)
        for name in ("jaxlib", "mpi4py", "pyspark", "ray")
    ),
    Adapter(module="keras", unreadable=re.compile("set_")),
    Adapter(module="tensorflow", unreadable=re.compile("set_"), outlives_fork=_never),
)
