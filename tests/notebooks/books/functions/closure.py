# about: two closures share a cell that one of them changes

# %%
def make():
    k = 0
    def inc():
        nonlocal k
        k += 1
        return k
    def get():
        return k
    return inc, get
inc, get = make()

# %%
inc()

# %%
inc()
print(get(), inc())
