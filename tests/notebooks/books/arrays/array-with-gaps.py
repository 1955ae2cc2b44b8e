# about: an array's items lie as apart as they did: products depend on it

# %%
import numpy as np
gains = np.arange(24.0).reshape(6, 4).copy()[1:4, 1:3].T
backwards = [np.arange(6).copy()[::-2]]

# %%
for array in (gains, *backwards):
    print(array, array.strides, array.flags.c_contiguous, array.flags.f_contiguous)
