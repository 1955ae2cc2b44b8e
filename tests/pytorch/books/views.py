# about: tensors and arrays in one storage, changed through each of them

# %%
import torch
a = torch.arange(12.).reshape(3, 4)
row = a[1]
flat = a.view(-1)

# %%
row += 10
a.mul_(2)

# %%
print(a, row, flat)

# %%
n = a.numpy()
last = a.numpy()[2]

# %%
n[0] = -1
last[:] = 4

# %%
print(a, row, flat, n, last)

# %%
flat[5] = 8
rows = {"a": a, "rows": [a[i] for i in range(2)]}

# %%
rows["rows"][1].mul_(3)

# %%
print(a, n, rows)
