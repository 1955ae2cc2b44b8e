# about: a plain cell draws after a step did

# %%
import random

# %%
random.seed(3)
x = [random.random() for _ in range(3)]

# %%
#plain
print(x, random.random())
