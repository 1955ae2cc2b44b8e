# about: a dict and a counter change through their special methods

# %%
import itertools
d = {}
put = d.__setitem__
fresh = itertools.count(5).__next__

# %%
put("a", fresh())

# %%
put("b", fresh())

# %%
print(d, fresh())
