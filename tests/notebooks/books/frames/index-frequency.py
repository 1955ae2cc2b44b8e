# about: an attribute of a frame's index

# %%
import pandas as pd
s = pd.Series([1, 2], index=pd.date_range("2020", "2020-01-02"))
s.index.freq = None

# %%
s.index.freq = "D"

# %%
print(s.index.freq)
