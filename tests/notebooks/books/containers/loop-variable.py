# about: the loop variable is the last row itself

# %%
rows = [{"i": i} for i in range(3)]
for row in rows:
    pass

# %%
row["last"] = True

# %%
print(rows, row is rows[-1])
