# about: what shows the contents of another object goes on showing them

# %%
import types
from collections import OrderedDict
d = {"a": 1}
keys, values, items = d.keys(), d.values(), d.items()
ordered = OrderedDict(d)
last = ordered.values()
shown = types.MappingProxyType(d)
b = bytearray(b"abc")
memory = memoryview(b)

# %%
d["b"] = 2
ordered["b"] = 3
b[0] = 65

# %%
print(keys, values, items, last, shown, bytes(memory), memory.readonly, keys.mapping == d)
