# about: numpy's print options

# %%
import numpy as np
np.set_printoptions(precision=2)

# %%
print(np.array([1 / 3]))
