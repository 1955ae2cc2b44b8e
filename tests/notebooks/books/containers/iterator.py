# about: an iterator is used up over cells

# %%
it = iter([1, 2, 3])

# %%
a = next(it)

# %%
b = next(it)
print(a, b, list(it))
