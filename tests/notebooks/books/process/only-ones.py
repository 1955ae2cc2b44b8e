# about: names of what a process has one of

# %%
import os, dataclasses
import matplotlib.pyplot as plt
from sklearn.utils import check_random_state
env, params, random = os.environ, plt.rcParams, check_random_state(None)
missing = [dataclasses.MISSING]

# %%
env["MUNDANE_SEEN"] = "1"
params["lines.linewidth"] = 7
random.seed(3)

# %%
import numpy as np
print(os.environ["MUNDANE_SEEN"], plt.rcParams["lines.linewidth"], np.random.rand())
print(env is os.environ, params is plt.rcParams, missing[0] is dataclasses.MISSING)
