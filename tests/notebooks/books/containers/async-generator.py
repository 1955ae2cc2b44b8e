# about: an async generator is used up in one cell

# %%
async def numbers():
    for i in range(2):
        yield i

# %%
result = [x async for x in numbers()]

# %%
print(result)
