# about: an object under a name of IPython's is changed in place

# %%
_, rest = [], 8

# %%
_.append(1)

# %%
rest

# %%
_.append(2)
print(_)
