# about: an older object gets arrays of a new frame's memory, which overlap

# %%
import pandas as pd
from types import SimpleNamespace
box = SimpleNamespace()

# %%
df = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
box.rest = df["x"].to_numpy()[1:]
box.last = box.rest[1:]

# %%
df.loc[0, "x"] = 9.0
print(df, list(box.rest), list(box.last))
