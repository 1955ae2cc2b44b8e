# about: views of an array see later changes

# %%
import numpy as np
a = np.arange(10.0)
v = a[::2]

# %%
a[0] = 5

# %%
w = a[1:3]

# %%
a[1] = 7

# %%
a[:] *= 2
print(a, v, w, np.shares_memory(a, v))
