# about: NumPy's global generator is another one, which has a name

# %%
import numpy as np
np.random.seed(7)
first = np.random.get_bit_generator()

# %%
philox = np.random.Philox(3)
np.random.set_bit_generator(philox)

# %%
x = [np.random.normal(), philox.random_raw()]

# %%
y = [np.random.normal(), philox.random_raw(), np.random.default_rng(philox).random()]

# %%
w = np.random.normal()

# %%
v = philox.random_raw()

# %%
np.random.set_bit_generator(np.random.SFC64(3))

# %%
z = np.random.normal()

# %%
print(x, y, w, v, z, np.random.normal(), np.random.rand(), philox.random_raw())
np.random.set_bit_generator(np.random.MT19937(5))

# %%
print(np.random.normal(), np.random.get_bit_generator())

# %%
np.random.set_bit_generator(first)

# %%
print(np.random.normal(), np.random.rand())
