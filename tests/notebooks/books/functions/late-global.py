# about: a function uses a global that is set later, and again

# %%
def f():
    return K

# %%
K = 1
x = f()

# %%
K = 2

# %%
print(f(), x)
