# about: a storage that is used where it was read

# %%
import torch
big = torch.zeros(400_000, dtype=torch.float64)
half = big[:200_000]

# %%
half += 1

# %%
print(big.sum(), half.sum())
n = big.numpy()

# %%
n[:10] = 5

# %%
print(big.sum(), half.sum(), n.sum())
