# about: a module made at run time

# %%
import types
m = types.ModuleType("m")
m.x = 1

# %%
print(m.x)
