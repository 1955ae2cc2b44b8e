# about: a function rebinds a global

# %%
n = 0
def inc():
    global n
    n += 1

# %%
inc()

# %%
inc(); inc()
print(n)
