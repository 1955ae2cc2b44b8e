# about: matplotlib's parameters set in a step of their own

# %%
import matplotlib.pyplot as plt

# %%
plt.rc("lines", linewidth=5)

# %%
plt.plot([1, 2])

# %%
print(plt.rcParams["lines.linewidth"])
