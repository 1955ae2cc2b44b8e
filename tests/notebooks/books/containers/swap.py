# about: two names swap their values

# %%
a, b = [1], [2]
c = a

# %%
a, b = b, a

# %%
a.append(3)

# %%
print(a, b, c, c is b)
