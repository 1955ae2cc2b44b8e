# about: a filter set once

# %%
import warnings
warnings.simplefilter("ignore")

# %%
warnings.warn("not shown")

# %%
warnings.warn("not shown either")
print("quiet")
