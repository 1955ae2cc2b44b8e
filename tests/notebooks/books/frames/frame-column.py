# about: a column is added to a frame that a dict holds as well

# %%
import pandas as pd
df = pd.DataFrame({"a": [1, 2]})

# %%
df["c"] = df["a"] * 2
view = {"frame": df}

# %%
df["e"] = 1

# %%
print(view["frame"].columns.tolist(), view["frame"] is df)
