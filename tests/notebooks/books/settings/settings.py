# about: a library's settings, set by its own functions

# %%
#plain
import os, pathlib, sys
pathlib.Path("gauges").mkdir(exist_ok=True)
pathlib.Path("gauges/config.py").write_text(
    "from collections import UserDict\n"
    "defaults = UserDict(unit='m', limits=[0, 1], style={'grid': {'on': False}}, made=object())\n"
)
pathlib.Path("gauges/__init__.py").write_text(
    "from . import config\ndef set_defaults(**new): config.defaults.update(new)\n"
)
sys.path.insert(0, os.getcwd())

# %%
import gauges
gauges.set_defaults(unit="cm")

# %%
gauges.config.defaults["limits"].append(2)
gauges.config.defaults["style"]["grid"]["on"] = True

# %%
gauges.set_defaults(unit="cm", scale=None)

# %%
settings = dict(gauges.config.defaults)
del settings["made"], gauges
print(settings)
