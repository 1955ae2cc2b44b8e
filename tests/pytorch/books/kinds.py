# about: tensors of other types and layouts

# %%
import torch
class Tagged(torch.Tensor):
    pass
tagged = torch.ones(2).as_subclass(Tagged)
tagged.tag = "x"
none, one = torch.empty(0), torch.tensor(3)
half, truth = torch.ones(3, dtype=torch.bfloat16), torch.tensor([True, False])
conjugate = torch.tensor([1 + 2j]).conj()
sparse, rows = torch.eye(3).to_sparse(), torch.eye(3).to_sparse_csr()
generator = torch.Generator().manual_seed(4)

# %%
tagged.add_(1)
first = torch.randperm(5, generator=generator)

# %%
print(tagged, tagged.tag, type(tagged), none, one, half, truth, conjugate, conjugate.is_conj())
print(sparse, rows, first, torch.randperm(5, generator=generator))

# %%
small = torch.ones(4)

# %%
small.resize_(8)[4:] = 0

# %%
print(small, small.untyped_storage().resizable())

# %%
embedding, tied = torch.nn.Embedding(4, 2), torch.nn.Linear(2, 4, bias=False)
tied.weight = embedding.weight

# %%
torch.nn.init.constant_(embedding.weight, 2.0)

# %%
print(tied.weight, tied.weight is embedding.weight)
