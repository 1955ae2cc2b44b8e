# about: a decorator counts calls in a closure

# %%
import functools
def counted(f):
    calls = []
    @functools.wraps(f)
    def wrapper(*args):
        calls.append(args)
        return f(*args), len(calls)
    return wrapper
@counted
def f(x):
    return x

# %%
f(1)

# %%
f(2)

# %%
print(f(3))
