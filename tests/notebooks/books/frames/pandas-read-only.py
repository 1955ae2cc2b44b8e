# about: an array of pandas is read-only, and its block is not

# %%
import numpy as np, pandas as pd
df = pd.DataFrame({"x": [1.0, 2, 3], "y": [0, 1, 0]})
X, y = df[["x"]].to_numpy(), df["y"].to_numpy()
num = pd.DataFrame(np.arange(6.0).reshape(3, 2))
whole = num.to_numpy()
s = pd.Series([3, 1, 2])
v, named = s.to_numpy(), s.to_frame("q")

# %%
df.loc[df["y"] == 0, "y"] = 5
num.iloc[0, 0] = 9
named.loc[0, "q"] = 8
s[0] = 5
print(df, num, named, s, X, sep="\n")
del y, whole, v
