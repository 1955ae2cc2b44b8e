# about: an option of pandas

# %%
import pandas as pd

# %%
pd.set_option("display.max_rows", 5)

# %%
pd.Series(range(20))
