# about: slices of an array of objects

# %%
import numpy as np
a = np.array([1, "x", None, []], dtype=object)
v, last = a[:2], a[::-1]

# %%
a[0] = 99

# %%
v[1] = "y"; last[0].append(1)

# %%
print(a, v, last)
