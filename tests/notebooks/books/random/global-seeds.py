# about: seeds are set once and used everywhere

# %%
import random
import numpy as np
np.random.seed(0)
random.seed(1)

# %%
a = np.random.rand()

# %%
b = random.random()

# %%
print(a, b, np.random.rand(), random.random())
