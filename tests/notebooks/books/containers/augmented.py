# about: a list and an array change by an assignment, and have other names

# %%
import numpy as np
a, buf = [1], np.zeros(4)
b, boxes = a, {"a": a, "buf": buf}
half = buf[:2]

# %%
a += [2]

# %%
buf += 1

# %%
a *= 2; buf -= 3

# %%
print(a, b, boxes, half, a is b is boxes["a"], buf is boxes["buf"])
