# about: tensors in the memory of an array

# %%
import torch, numpy as np
m = np.arange(6.0)

# %%
t = torch.from_numpy(m)
part = torch.from_numpy(m[2:4])

# %%
t.add_(1)

# %%
print(m, t, part)

# %%
m *= 2

# %%
print(m, t, part)

# %%
part.zero_()

# %%
print(m, t, part)
