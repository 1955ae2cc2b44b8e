# about: a name is deleted

# %%
x = 1
y = 2

# %%
del x

# %%
print("x" in globals(), y)
