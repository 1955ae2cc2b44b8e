# about: a numpy generator moves on

# %%
import numpy as np
rng = np.random.default_rng(0)

# %%
a = rng.normal()

# %%
b = rng.normal()
print(a, b)

# %%
print(rng.normal(size=2))
