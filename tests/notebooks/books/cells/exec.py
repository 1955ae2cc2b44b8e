# about: names made and changed by exec and globals()

# %%
exec("x = [1]")

# %%
globals()["y"] = x
exec("x.append(2)")

# %%
print(x, y is x)
