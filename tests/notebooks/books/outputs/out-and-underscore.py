# about: _ and Out[n] in later cells

# %%
5 + 5

# %%
_ + 1

# %%
print(_, Out)
