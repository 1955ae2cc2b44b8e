# about: rows and columns of arrays that have no name, or no more

# %%
import numpy as np
def load():
    return np.arange(12.0).reshape(3, 4)
a = load()[:, :3]
row = a[0]
grid = load()
rows, columns = list(grid), {i: grid[:, i] for i in range(2)}
del grid

# %%
a[0, 0] = 100
rows[0][0] = 99

# %%
row[1] = 7
columns[1][2] = 8

# %%
print(a, row, rows, columns)
