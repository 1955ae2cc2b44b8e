# about: an attribute that another name holds

# %%
import types
o = types.SimpleNamespace()

# %%
o.a = [1]
x = o.a

# %%
x.append(2)

# %%
print(o)
