# about: what torch.set_... sets in one cell holds in the next

# %%
import torch
torch.set_printoptions(precision=2, sci_mode=False)
torch.set_default_dtype(torch.float64)

# %%
print(torch.zeros(1).dtype, torch.tensor(1.23456))
torch.set_grad_enabled(False)
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
torch.backends.cudnn.benchmark = True
torch.set_float32_matmul_precision("high")

# %%
print(torch.is_grad_enabled(), torch.get_num_threads(), torch.backends.cudnn.benchmark)
print(torch.are_deterministic_algorithms_enabled(), torch.get_float32_matmul_precision())

# %%
torch.manual_seed(9)
own = torch.default_generator

# %%
own.manual_seed(12)

# %%
print(torch.rand(2), own is torch.default_generator)
