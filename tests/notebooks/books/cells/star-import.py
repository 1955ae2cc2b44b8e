# about: names from a star import

# %%
from math import *

# %%
print(floor(pi))
