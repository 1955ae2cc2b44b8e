# about: an imported object stays the module's own

# %%
from scipy.stats import norm

# %%
import scipy.stats
print(norm is scipy.stats.norm)
