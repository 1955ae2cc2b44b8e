# about: a list grows over several cells

# %%
r = []

# %%
r.append(1)

# %%
r.append(2)
print(r)
