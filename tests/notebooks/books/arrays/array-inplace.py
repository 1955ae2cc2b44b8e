# about: an array changes through a reshaped view

# %%
import numpy as np
grid = np.zeros((2, 3))
flat = grid.reshape(-1)

# %%
flat[4] = 1

# %%
grid += 1
print(grid, flat)
