# about: functions with a cache, of a cell and of a class

# %%
import functools
calls = []
@functools.lru_cache(maxsize=None)
def f(x):
    calls.append(x)
    return x * 2
@functools.cache
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
def make():
    @functools.lru_cache
    def fact(n):
        return n * fact(n - 1) if n else 1
    return fact
fact = make()
class Data:
    loads = 0
    @functools.lru_cache
    def at(self, n):
        return n + 1
    @functools.cached_property
    def rows(self):
        Data.loads += 1
        return [1, 2]
d = Data()

# %%
f(1); f(2); fib(20); fact(5); d.at(1)
d.rows.append(3)

# %%
print(f(5), calls, fib(30), fact(6), f.cache_parameters(), f.__name__, f.__wrapped__(3))
print(d.at(2), d.rows, Data.loads)
