# about: an array's flat, used up over cells, and an object that holds stdout

# %%
import sys
import numpy as np
flat = np.arange(4).reshape(2, 2).flat
class Printer:
    out = sys.stdout
    def __init__(self):
        self.to = sys.stdout
p = Printer()

# %%
a = next(flat)

# %%
b = next(flat)
print(a, b, flat.index, p.to is sys.stdout, file=p.to)
