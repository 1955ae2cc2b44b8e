# about: generators used up where they are made and later

# %%
def numbers(n):
    yield from range(n)
soon = numbers(2)
print(list(soon))

# %%
squares = (n * n for n in range(3))
print(sum(squares))

# %%
print(list(soon), next(squares, "used up"), soon.__name__, squares.__qualname__, soon.gi_frame)
