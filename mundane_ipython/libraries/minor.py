"""Libraries of which little is known: one fact for each, or two."""

from __future__ import annotations

import re

from ..adapter.contract import Adapter


def _never() -> bool:
    return False


ADAPTERS = (
    *(
        Adapter(module=name, proven=True)
        for name in (
            *("dateutil", "ipywidgets", "joblib", "patsy", "plotly", "pytz", "seaborn"),
            *("statsmodels", "tqdm", "traitlets", "tzdata"),
        )
    ),
    *(Adapter(module=name, proven=True, versioned=True) for name in ("networkx", "xarray")),
    # Their threads or devices are not there in a child.
    *(
        Adapter(module=name, outlives_fork=_never)
        for name in ("jaxlib", "mpi4py", "pyspark", "ray")
    ),
    Adapter(module="keras", unreadable=re.compile("set_")),
    Adapter(module="tensorflow", unreadable=re.compile("set_"), outlives_fork=_never),
)
