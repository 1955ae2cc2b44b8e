# about: an object that a library knows by its identity

# %%
from matplotlib.rcsetup import _auto_backend_sentinel as auto
import matplotlib
parameters = matplotlib.RcParams()
dict.__setitem__(parameters, "backend", auto)
mine = object()
pair = [mine]

# %%
print(dict.__getitem__(parameters, "backend") is matplotlib.rcsetup._auto_backend_sentinel)
print(pair[0] is mine)
