# about: a generator's method draws, beside functions of the library

# %%
import random
import numpy as np
from numpy.random import rand
draw = random.Random(4).random
normal = np.random.default_rng(4).normal
own = random.random
random.seed(1); np.random.seed(1)

# %%
x = [draw(), normal(), rand(), own()]

# %%
y = [draw(), normal(), rand(), own()]

# %%
random.seed(2); np.random.seed(2)

# %%
print(x, y, draw(), normal(), rand(), own())
