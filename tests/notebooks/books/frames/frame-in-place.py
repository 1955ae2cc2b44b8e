# about: sorting and setting in place, seen under a second name

# %%
import pandas as pd
df = pd.DataFrame({"a": [3, 1, 2]})
same = df

# %%
df.sort_values("a", inplace=True)

# %%
df.loc[0, "a"] = 9

# %%
print(same.a.tolist(), same is df)
