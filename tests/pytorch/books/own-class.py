# about: arrays in the memory of a tensor whose class is the notebook's

# %%
import torch
class Own(torch.Tensor):
    pass
own = torch.ones(4).as_subclass(Own)

# %%
n = own.numpy()
part = own.numpy()[1:3]

# %%
n[0] = 5
part += 2

# %%
print(own, n, part, type(own))
own.mul_(3)

# %%
print(own, n, part)
