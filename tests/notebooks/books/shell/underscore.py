# about: a name that IPython has too, once the user has bound it

# %%
for _ in range(3):
    pass

# %%
41 + 1

# %%
print(_)

# %%
del _

# %%
6 * 7

# %%
print(_)
