# about: a figure is closed with its cell and shown by another one

# %%
import pandas as pd
ax = pd.Series([1, 2]).plot();

# %%
#plain
ax.figure

# %%
from IPython.display import display
display(ax.figure)
