# about: a view follows its dictionary, which a later cell changes

# %%
d = {"a": 1}
keys = d.keys()
b = bytearray(b"abc")
memory = memoryview(b)

# %%
d["b"] = 2

# %%
b[0] = 65

# %%
print(keys, bytes(memory))
