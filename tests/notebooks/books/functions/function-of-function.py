# about: the change is two calls down, in a default argument

# %%
log = []
def inner(x, into=log):
    into.append(x)
def outer(x):
    inner(x)

# %%
outer(1)

# %%
outer(2)

# %%
print(log, inner.__defaults__[0] is log)
