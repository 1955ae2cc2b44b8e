# about: a frame and its column are no views of each other

# %%
import pandas as pd
df = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
s, part = df["a"], df[:1]

# %%
column = df["b"]
holder = {"s": df["a"]}

# %%
df.loc[0, "a"] = 50.0
df.loc[0, "b"] = 60.0

# %%
s.iloc[1] = 70.0
print(df, s, part, column, holder)
