# about: an object holds an array and, after it, views of that array

# %%
import numpy as np, pandas as pd
from types import SimpleNamespace
box = SimpleNamespace(whole=np.arange(6.0), tags=[1])

# %%
pair = SimpleNamespace(whole=np.zeros(4), tags=box.tags)
pair.part = pair.whole[1:3]
inside = SimpleNamespace(whole=box.whole, part=box.whole[::2], tags=box.tags)
df = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
frames = [df, df["x"].to_numpy(), df["x"].to_numpy()[1:]]

# %%
pair.whole[1] = 5
box.whole[2] = 7
box.tags.append(2)
df.loc[1, "x"] = 9.0
print(pair, inside, df)
del frames  # arrays of a frame's memory come back apart (SPEC.md)
print(np.shares_memory(pair.part, pair.whole), np.shares_memory(inside.part, box.whole))
