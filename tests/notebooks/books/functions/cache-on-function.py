# about: a function keeps results in an attribute of its own

# %%
def square(x):
    square.seen.append(x)
    return x * x
square.seen = []

# %%
square(3)

# %%
square(4)
print(square.seen)
