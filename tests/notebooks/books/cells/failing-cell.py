# about: a cell that raises, and one after it

# %%
x = [1]

# %%
x.append(2)
1 / 0

# %%
print(x)
