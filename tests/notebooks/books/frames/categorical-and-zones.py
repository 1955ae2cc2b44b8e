# about: categorical and time zone aware columns

# %%
import pandas as pd
when = pd.date_range("2024", periods=2, tz="UTC")
df = pd.DataFrame({"c": pd.Categorical(["x", "y"]), "t": when})

# %%
df["c"] = df["c"].cat.add_categories("z")

# %%
print(df.dtypes, df["c"].cat.categories.tolist())
