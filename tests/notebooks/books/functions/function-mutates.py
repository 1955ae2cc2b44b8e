# about: a function changes a dict that the cell does not name

# %%
state = {}
def put(key, value):
    state[key] = value

# %%
put("a", 1)

# %%
put("b", 2)
print(state)
