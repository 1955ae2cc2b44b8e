# about: two functions call each other

# %%
def even(n):
    return True if n == 0 else odd(n - 1)
def odd(n):
    return False if n == 0 else even(n - 1)

# %%
x = even(10)

# %%
print(x, odd(7))
