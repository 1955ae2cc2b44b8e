# about: a dictionary's iterators, used up over cells, and their types

# %%
d = {1: "a", 2: "b", 3: "c"}

# %%
its = [iter(d), iter(d.values()), iter(d.items())]
next(its[0])
print([next(it) for it in its])

# %%
print([next(it) for it in its[1:]], [type(it).__name__ for it in its])

# %%
print([list(it) for it in its])
