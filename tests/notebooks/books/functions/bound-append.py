# about: a list grows through its method, and through a partial of it

# %%
import functools
rows = []
add = rows.append
add_one = functools.partial(rows.append, 1)

# %%
add(0)

# %%
add_one()

# %%
print(rows, add.__self__ is rows)
