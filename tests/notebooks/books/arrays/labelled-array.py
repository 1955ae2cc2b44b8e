# about: an array subclass with attributes

# %%
import numpy as np
class Signal(np.ndarray):
    pass
signal = np.arange(4.0).view(Signal)
signal.labels = ["a"]

# %%
signal.labels.append("b")

# %%
print(type(signal).__name__, signal.labels, signal.sum())
